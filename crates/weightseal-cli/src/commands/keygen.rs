//! `weightseal keygen`: make a key pair.

use serde_json::json;
use weightseal::key::{KeyPairFiles, PrivateKey};
use weightseal::text::EscapedPath;

use crate::args::KeygenArguments;
use crate::output::Output;
use crate::problem::Problem;
use crate::{interrupt, passphrase};

pub(crate) fn run(arguments: &KeygenArguments, output: &mut Output) -> Result<(), Problem> {
    let files = KeyPairFiles::beside(&arguments.output);
    if files.private == files.public {
        let message = format!("`{}` is the name of the public key", EscapedPath(&files.public));
        return Err(Problem::usage(
            message,
            Some("name the private key NAME.pem; NAME.pub is written beside it"),
        ));
    }
    files.ensure_free().map_err(|error| {
        let hint =
            "a key pair is never overwritten; name another file with --output, or move the old pair away";
        Problem { hint: Some(hint.to_owned()), ..Problem::from(error) }
    })?;
    let passphrase = match arguments.no_passphrase {
        true => None,
        false => Some(passphrase::for_new_key(&arguments.passphrase, &files.private)?),
    };
    let key = PrivateKey::generate(arguments.algorithm)?;
    interrupt::check()?;
    files.write(&key, passphrase.as_ref())?;

    let public = key.public();
    let protection = if passphrase.is_some() { "encrypted with the passphrase" } else { "NOT encrypted" };
    output.text(&format!(
        "private key: {}  ({}, {} bits, {protection})\npublic key:  {}\nkey id:      {}\n",
        EscapedPath(&files.private),
        public.algorithm().key_name(),
        public.bits(),
        EscapedPath(&files.public),
        public.id(),
    ));
    output.json(&json!({
        "schema": "weightseal.keygen/1",
        "private_key": files.private.to_string_lossy(),
        "public_key": files.public.to_string_lossy(),
        "algorithm": public.algorithm().manifest_name(),
        "key_size": public.bits(),
        "key_id": public.id().to_string(),
        "encrypted": passphrase.is_some(),
    }));
    Ok(())
}
