//! Reads the arguments of `verify-bundle`, and the files that they name.

use std::fs;
use std::path::Path;

use weightseal::digest::Digest;

/// What is to be verified, and under which rules.
pub(crate) struct Request {
    pub(crate) staging: bool,
    pub(crate) bundle: Vec<u8>,
    pub(crate) trusted_root: Option<Vec<u8>>,
    pub(crate) signer: Signer,
    pub(crate) input: Input,
}

/// Whose signature is expected.
pub(crate) enum Signer {
    Certificate {
        identity: String,
        issuer: String,
    },
    /// A public key in PEM.
    Key(String),
}

/// The artifact, or all that is known of it.
pub(crate) enum Input {
    File(Vec<u8>),
    Digest(Digest),
}

impl Request {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        if words.next().as_deref() != Some("verify-bundle") {
            return Err("the first word has to be `verify-bundle`; nothing is signed here".to_owned());
        }
        let (mut staging, mut bundle, mut root, mut key) = (false, None, None, None);
        let (mut identity, mut issuer, mut input) = (None, None, None);
        while let Some(word) = words.next() {
            let place = match word.as_str() {
                "--staging" => {
                    staging = true;
                    continue;
                }
                "--bundle" => &mut bundle,
                "--trusted-root" => &mut root,
                "--key" => &mut key,
                "--certificate-identity" => &mut identity,
                "--certificate-oidc-issuer" => &mut issuer,
                option if option.starts_with("--") => return Err(format!("unknown option `{option}`")),
                _ if input.is_none() => {
                    input = Some(word);
                    continue;
                }
                _ => return Err(format!("one word too many: `{word}`")),
            };
            *place = Some(words.next().ok_or(format!("`{word}` needs a value"))?);
        }
        let signer = match (key, identity, issuer) {
            (Some(path), None, None) => {
                Signer::Key(String::from_utf8(file(&path)?).map_err(|_| "the key is no PEM")?)
            }
            (None, Some(identity), Some(issuer)) => Signer::Certificate { identity, issuer },
            _ => return Err("either a key, or an identity and an issuer".to_owned()),
        };
        Ok(Self {
            staging,
            bundle: file(&bundle.ok_or("no `--bundle`")?)?,
            trusted_root: root.map(|path| file(&path)).transpose()?,
            signer,
            input: input_of(&input.ok_or("neither a file nor a digest")?)?,
        })
    }
}

/// A digest is what looks like one and is no file.
fn input_of(text: &str) -> Result<Input, String> {
    let digest = text.strip_prefix("sha256:").and_then(|hex| hex.parse::<Digest>().ok());
    match digest {
        Some(digest) if !Path::new(text).exists() => Ok(Input::Digest(digest)),
        _ => Ok(Input::File(file(text)?)),
    }
}

fn file(path: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{path}: {error}"))
}
