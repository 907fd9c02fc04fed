//! The arguments of `renew` and `countersign`, which sign what is signed already.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::args::{
    FolderArguments, HashingArguments, LayoutArgument, PassphraseArguments, SaltArgument, parse_size,
};

/// What may lie in a folder beside the signed files, where the whole model is meant.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Folders")]
pub struct BesideArguments {
    /// Accept files that nobody signed, and list them; they stay unsigned
    #[arg(long)]
    pub ignore_unsigned_files: bool,
    /// Accept what nobody signed at or below this path (exact, relative to the folder), and list it
    #[arg(long, value_name = "PATH")]
    pub ignore: Vec<String>,
    /// Accept the files that a tool adds, and list them: hf (`hf download --local-dir`), mlflow
    #[arg(long, value_name = "TOOL")]
    pub layout: Vec<LayoutArgument>,
    /// Where the signature followed symbolic links: follow also those that lead out of the folder
    #[arg(long)]
    pub allow_symlinks: bool,
    /// Read and write signature files up to this size: bytes, or 256MiB [default: 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub max_signature_size: Option<u64>,
}

impl BesideArguments {
    /// The same, as `verify` has them.
    pub(crate) fn for_verifying(&self) -> FolderArguments {
        FolderArguments {
            ignore_unsigned_files: self.ignore_unsigned_files,
            ignore: self.ignore.clone(),
            layout: self.layout.clone(),
            allow_symlinks: self.allow_symlinks,
            max_signature_size: self.max_signature_size,
            ..FolderArguments::default()
        }
    }
}

/// Arguments of `renew`.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "Each model is verified with its old signature, every byte of it; only what verifies is renewed. \
                        A model that does not stops no other one. Of a folder that is no signed model itself, every \
                        signed model below it is renewed.\n\n\
                        What is not given is taken over, as far as it was signed: the signer, the model version, the \
                        expiry and the annotations. The key version belongs to the key, and is not.\n\n\
                        Exit status: 0 all were renewed; 1 one was rejected; 2 none was rejected, one was not carried \
                        out; 130 interrupted: what was renewed until then stays so.\n\n\
                        The passphrase comes from --passphrase-file, --passphrase-fd, the environment variable \
                        WEIGHTSEAL_PASSPHRASE, or a prompt."
)]
pub struct RenewArguments {
    /// Signed models, their signature files, or folders with signed models in them at any depth
    #[arg(required = true, value_name = "MODEL", value_hint = ValueHint::AnyPath)]
    pub models: Vec<PathBuf>,
    /// The private key to sign with from now on, in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: PathBuf,
    /// A public key that has signed until now, in PEM; can be given several times
    #[arg(long, value_name = "FILE", required_unless_present = "store", value_hint = ValueHint::FilePath)]
    pub verify_with: Vec<PathBuf>,
    /// A trust store, which says who may have signed until now
    #[arg(long = "trust", value_name = "FILE", conflicts_with = "verify_with", value_hint = ValueHint::FilePath)]
    pub store: Option<PathBuf>,
    /// Who signs from now on
    #[arg(long, value_name = "ID")]
    pub signer: Option<String>,
    /// Renew manifests without an envelope as well, of which only the digest was signed: an expiry and a version that somebody
    /// has cut off are then gone. A trust store says by itself which of them will do
    #[arg(long, requires = "signer", conflicts_with = "store")]
    pub allow_unauthenticated: bool,
    /// Which of the signer's keys the new one is, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 53))]
    pub key_version: Option<u64>,
    /// Which version of the model this is, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 53))]
    pub model_version: Option<u64>,
    /// From when on the new signature must not be accepted: 90d, 1y, 2027-01-31 (its first moment, UTC), or never
    #[arg(long, value_name = "DURATION|DATE|never")]
    pub expires: Option<String>,
    /// Sign a note along, in the place of one with the same key; can be given several times
    #[arg(long = "annotate", value_name = "KEY=VALUE")]
    pub annotations: Vec<String>,
    /// Salt of the signature over the hex digest (RSA keys)
    #[arg(long, value_name = "LENGTH", default_value = "max")]
    pub pss_salt: SaltArgument,
    /// Leave out the signature over the hex digest: without its envelope a manifest then verifies nowhere
    #[arg(long)]
    pub no_compat_signature: bool,
    /// The passphrase
    #[command(flatten)]
    pub passphrase: PassphraseArguments,
    // Last: a heading counts for everything after it.
    /// What may lie in a folder beside the signed files
    #[command(flatten)]
    pub folder: BesideArguments,
    /// How hashing uses the machine
    #[command(flatten)]
    pub hashing: HashingArguments,
}

/// Arguments of `countersign`.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "The first signature is looked for as `verify` does it. Beside X.manifest.json the second one is \
                        X.2.manifest.json, beside X.sig it is X.2.sig, and for DIR/model.sig it is DIR.2.sig beside \
                        the folder; the lowest number from 2 to 16 that is free. One by the same key is replaced.\n\n\
                        Every byte of the model is read and held against what the first signature lists, and exactly \
                        that is signed. The version of the model is taken over.\n\n\
                        The passphrase comes from --passphrase-file, --passphrase-fd, the environment variable \
                        WEIGHTSEAL_PASSPHRASE, or a prompt."
)]
pub struct CountersignArguments {
    /// A signed model: a file or a folder; or its signature file
    #[arg(value_name = "MODEL", value_hint = ValueHint::AnyPath)]
    pub model: PathBuf,
    /// The second signer's private key, in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: PathBuf,
    /// Who countersigns, for example release-managers@ml-team; beside a manifest it is needed
    #[arg(long, value_name = "ID")]
    pub signer: Option<String>,
    /// The first signature: manifest, bundle manifest or OMS signature
    #[arg(long, value_name = "FILE", visible_alias = "manifest", value_hint = ValueHint::FilePath)]
    pub signature: Option<PathBuf>,
    /// The name under which the model is signed, which you sign as well [default: the last component of its path]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The folder that names in a bundle are relative to [default: the bundle manifest's]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub base: Option<PathBuf>,
    /// The first signer's public key, in PEM: countersign only what verifies with it; can be given several times
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub verify_with: Vec<PathBuf>,
    /// A trust store: countersign only what verifies by it
    #[arg(long = "trust", value_name = "FILE", conflicts_with = "verify_with", value_hint = ValueHint::FilePath)]
    pub store: Option<PathBuf>,
    /// Which of the signer's keys this is, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 53))]
    pub key_version: Option<u64>,
    /// From when on the countersignature must not be accepted: 90d, 1y, 2027-01-31 (its first moment, UTC)
    #[arg(long, value_name = "DURATION|DATE")]
    pub expires: Option<String>,
    /// Sign a note along; can be given several times
    #[arg(long = "annotate", value_name = "KEY=VALUE")]
    pub annotations: Vec<String>,
    /// Salt of the signature over the hex digest (RSA keys)
    #[arg(long, value_name = "LENGTH", default_value = "max")]
    pub pss_salt: SaltArgument,
    /// Leave out the signature over the hex digest
    #[arg(long)]
    pub no_compat_signature: bool,
    /// Where to write the countersignature, if not beside the first signature
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// The passphrase
    #[command(flatten)]
    pub passphrase: PassphraseArguments,
    // Last: a heading counts for everything after it.
    /// What may lie in a folder beside the signed files
    #[command(flatten)]
    pub folder: BesideArguments,
    /// How hashing uses the machine
    #[command(flatten)]
    pub hashing: HashingArguments,
}
