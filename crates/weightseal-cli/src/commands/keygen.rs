//! `weightseal keygen`: make a key pair.

use std::path::Path;

use serde_json::json;
use weightseal::key::{KeyPairFiles, Passphrase, PrivateKey, PublicKey};
use weightseal::text::EscapedPath;

use crate::args::KeygenArguments;
use crate::output::Output;
use crate::problem::Problem;
use crate::{interrupt, passphrase};

pub(crate) fn run(arguments: &KeygenArguments, output: &mut Output) -> Result<(), Problem> {
    let files = free_pair(&arguments.output)?;
    let passphrase = match arguments.no_passphrase {
        true => None,
        false => Some(passphrase::for_new_key(&arguments.passphrase, &files.private)?),
    };
    let key = PrivateKey::generate(arguments.algorithm)?;
    interrupt::check()?;
    files.write(&key, passphrase.as_ref())?;

    let public = key.public();
    output.text(&describe(&files, public, Protected::by(passphrase.as_ref())));
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

/// Where a new pair goes, if nothing is there.
pub(crate) fn free_pair(private: &Path) -> Result<KeyPairFiles, Problem> {
    let files = KeyPairFiles::beside(private);
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
    Ok(files)
}

/// What was made, for people.
pub(crate) fn describe(files: &KeyPairFiles, public: &PublicKey, protection: Protected) -> String {
    let protection = match protection {
        Protected::ByPassphrase => "encrypted with the passphrase",
        Protected::No => "NOT encrypted",
    };
    format!(
        "private key: {}  ({}, {} bits, {protection})\npublic key:  {}\nkey id:      {}\n",
        EscapedPath(&files.private),
        public.algorithm().key_name(),
        public.bits(),
        EscapedPath(&files.public),
        public.id(),
    )
}

/// Whether a private key was encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protected {
    /// With a passphrase.
    ByPassphrase,
    /// Not at all.
    No,
}

impl Protected {
    /// By the passphrase, if there is one.
    pub(crate) fn by(passphrase: Option<&Passphrase>) -> Self {
        if passphrase.is_some() { Self::ByPassphrase } else { Self::No }
    }
}
