//! The arguments. docs/cli.md, the manual pages and the completions are generated from what stands here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use weightseal::key::{KeySpec, PssSalt};
use weightseal::text::Escaped;
use weightseal::time::Age;

/// Sign machine-learning models, and verify them before they are loaded.
#[derive(Debug, Parser)]
#[command(
    name = "weightseal",
    version,
    max_term_width = 100,
    propagate_version = false,
    after_help = "Exit status: 0 verified or done; 1 rejected, the model or its signature is at fault; \
                  2 not carried out, the call is at fault; 130 interrupted."
)]
pub struct Arguments {
    /// Print one JSON object instead of text
    #[arg(long, global = true, display_order = 900)]
    pub json: bool,
    /// Print no result on success; data that was asked for, warnings and errors still are
    #[arg(short, long, global = true, display_order = 901)]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key pair
    Keygen(KeygenArguments),
    /// Look after a key file
    #[command(subcommand)]
    Key(KeyCommand),
    /// Sign a model file, or several as one bundle
    Sign(SignArguments),
    /// Verify a model before it is loaded
    Verify(VerifyArguments),
    /// Explain a manifest, a key or a certificate, without verifying it
    Inspect(InspectArguments),
    /// Print SHA-256 digests in the format of sha256sum
    Digest(DigestArguments),
    /// Print a completion script for a shell
    Completions(CompletionsArguments),
    /// Print the manual page, or write all of them
    Man(ManArguments),
}

/// What can be done with a key file.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Show algorithm, size, key id, encryption and permissions; certificates too
    Show(KeyShowArguments),
    /// Encrypt a private key under another passphrase, at today's cost
    ChangePassphrase(ChangePassphraseArguments),
}

/// Where the passphrase of a private key comes from. The first of these that is there counts: file, descriptor,
/// environment variable, prompt.
#[derive(Debug, Default, Args)]
pub struct PassphraseArguments {
    /// Read the passphrase from this file (one line end at its end is not part of it)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "passphrase_fd")]
    pub passphrase_file: Option<PathBuf>,
    /// Read the passphrase from this open file descriptor
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<u32>,
}

/// Arguments of `keygen`.
#[derive(Debug, Args)]
#[command(
    after_help = "The passphrase comes from --passphrase-file, --passphrase-fd, the environment variable \
                        WEIGHTSEAL_PASSPHRASE, or a prompt."
)]
pub struct KeygenArguments {
    /// Where to write the private key; the public key goes beside it with the extension `.pub`
    #[arg(short, long, value_name = "FILE", default_value = "signing_key.pem", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// Kind of key: rsa-4096, rsa-3072, rsa-2048, ecdsa-p256, ecdsa-p384, ecdsa-p521 or ed25519
    #[arg(long, value_name = "KIND", default_value = "rsa-4096")]
    pub algorithm: KeySpec,
    /// Write the private key unencrypted
    #[arg(long, conflicts_with_all = ["passphrase_file", "passphrase_fd"])]
    pub no_passphrase: bool,
    /// The passphrase
    #[command(flatten)]
    pub passphrase: PassphraseArguments,
}

/// Arguments of `key show`.
#[derive(Debug, Args)]
pub struct KeyShowArguments {
    /// A private key, a public key or a certificate, in PEM
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The passphrase: with it, an encrypted key shows its algorithm and key id
    #[command(flatten)]
    pub passphrase: PassphraseArguments,
}

/// Arguments of `key change-passphrase`.
#[derive(Debug, Args)]
#[command(
    after_help = "The present passphrase comes from --passphrase-file, --passphrase-fd, the environment \
                        variable WEIGHTSEAL_PASSPHRASE, or a prompt; the new one from --new-passphrase-file, the \
                        variable WEIGHTSEAL_NEW_PASSPHRASE, or a prompt. Giving the same one twice is fine: it \
                        upgrades a weakly protected key."
)]
pub struct ChangePassphraseArguments {
    /// The private key, in PEM; it is replaced in one step
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// The present passphrase
    #[command(flatten)]
    pub passphrase: PassphraseArguments,
    /// Read the new passphrase from this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub new_passphrase_file: Option<PathBuf>,
    /// Write the private key unencrypted
    #[arg(long, conflicts_with = "new_passphrase_file")]
    pub no_passphrase: bool,
}

/// How long the salt of the signature over the hex digest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SaltArgument {
    /// As long as fits: what other programs of the manifest format write
    Max,
    /// 32 bytes: what key management services and hardware modules make
    Digest,
}

impl From<SaltArgument> for PssSalt {
    fn from(argument: SaltArgument) -> Self {
        match argument {
            SaltArgument::Max => Self::Max,
            SaltArgument::Digest => Self::Digest,
        }
    }
}

/// Arguments of `sign`.
#[derive(Debug, Args)]
#[command(
    after_help = "The passphrase comes from --passphrase-file, --passphrase-fd, the environment variable \
                        WEIGHTSEAL_PASSPHRASE, or a prompt."
)]
pub struct SignArguments {
    /// The model file; several with --bundle
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// The private key, in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: PathBuf,
    /// Who signs, for example training-pipeline@ml-team
    #[arg(long, value_name = "ID")]
    pub signer: String,
    /// Which of the signer's keys this is, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 53))]
    pub key_version: Option<u64>,
    /// Which version of the model this is, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 53))]
    pub model_version: Option<u64>,
    /// From when on the signature must not be accepted: 90d, 1y, 2027-01-31 (its first moment, UTC)
    #[arg(long, value_name = "DURATION|DATE")]
    pub expires: Option<String>,
    /// Sign a note along; can be given several times
    #[arg(long = "annotate", value_name = "KEY=VALUE")]
    pub annotations: Vec<String>,
    /// Salt of the signature over the hex digest (RSA keys)
    #[arg(long, value_name = "LENGTH", default_value = "max")]
    pub pss_salt: SaltArgument,
    /// Leave out the signature over the hex digest: without its envelope the manifest then verifies nowhere
    #[arg(long)]
    pub no_compat_signature: bool,
    /// Where to write the manifest [default: beside the model, as NAME.manifest.json]
    #[arg(short, long, value_name = "FILE", conflicts_with = "bundle", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Sign the files as one set, and write the bundle manifest here, as NAME.manifest.json
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub bundle: Option<PathBuf>,
    /// The folder that names in the bundle are relative to [default: the bundle manifest's]
    #[arg(long, value_name = "DIR", requires = "bundle", value_hint = ValueHint::DirPath)]
    pub base: Option<PathBuf>,
    /// The passphrase
    #[command(flatten)]
    pub passphrase: PassphraseArguments,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without --signature the manifest is looked for beside the model: NAME.manifest.json with the \
                        model's last extension replaced, then with the whole name kept."
)]
pub struct VerifyArguments {
    /// A model file; or a manifest or bundle manifest, for the files it describes; or a folder with a bundle manifest
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// A public key that is trusted, in PEM; can be given several times (old and new key)
    #[arg(long, value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub key: Vec<PathBuf>,
    /// The manifest or bundle manifest
    #[arg(long, value_name = "FILE", visible_alias = "manifest", value_hint = ValueHint::FilePath)]
    pub signature: Option<PathBuf>,
    /// The folder that names in a bundle are relative to [default: the bundle manifest's]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub base: Option<PathBuf>,
    /// Accept only this signer
    #[arg(long, value_name = "ID")]
    pub signer: Option<String>,
    /// Accept only this version of the model or a later one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 53))]
    pub model_version_at_least: Option<u64>,
    /// Accept only what was signed within this time: 12h, 90d, 1y
    #[arg(long, value_name = "DURATION")]
    pub max_age: Option<Age>,
    /// Refuse manifests without an envelope, of which only the digest is signed
    #[arg(long)]
    pub require_authenticated: bool,
    /// Keep a private copy of exactly the bytes that were hashed, put in place only when verified
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub copy_to: Option<PathBuf>,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArguments {
    /// A manifest, a bundle manifest, a key or a certificate
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

/// Arguments of `digest`.
#[derive(Debug, Args)]
pub struct DigestArguments {
    /// Files; `-` is standard input
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArguments {
    /// Write one page for each subcommand into this folder
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: Option<PathBuf>,
}

/// Splits `KEY=VALUE` arguments; a key given twice is an error.
///
/// # Errors
/// What is wrong.
pub(crate) fn parse_annotations(arguments: &[String]) -> Result<BTreeMap<String, String>, String> {
    let mut annotations = BTreeMap::new();
    for argument in arguments {
        let (key, value) = argument
            .split_once('=')
            .ok_or_else(|| format!("--annotate `{}` has no `=`", Escaped(argument)))?;
        if annotations.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(format!("--annotate `{}` was given twice", Escaped(key)));
        }
    }
    Ok(annotations)
}
