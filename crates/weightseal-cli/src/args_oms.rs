//! The arguments of `weightseal oms`: those of the command `model_signing` 1.1.1 (PyPI package model-signing), with `-`
//! or `_` between words, as its later versions and the command `model-signing` in Go write them.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Subcommand, ValueHint};

use crate::args::PassphraseArguments;

/// Arguments of `oms`.
#[derive(Debug, Args)]
#[command(
    after_help = "A script for model_signing needs one word changed: `weightseal oms` for `model_signing`. Names of \
                  options have `-` or `_` between words. Exit statuses, codes and texts are weightseal's; hints name \
                  the options of `weightseal sign` and `weightseal verify`. --json and --quiet stand before `sign` \
                  or `verify`, or after the method."
)]
pub struct OmsArguments {
    /// Accepted, and without effect: see --json and --quiet
    #[arg(long, alias = "log_level", value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// What to do
    #[command(subcommand)]
    pub command: OmsCommand,
}

/// What `model_signing` does.
#[derive(Debug, Subcommand)]
pub enum OmsCommand {
    /// Sign a model
    Sign(OmsSignArguments),
    /// Verify a model
    Verify(OmsVerifyArguments),
}

/// Arguments of `oms sign`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct OmsSignArguments {
    /// How to sign
    #[command(subcommand)]
    pub method: Option<OmsSignMethod>,
    /// Without a method `model_signing` signs through Sigstore
    #[command(flatten)]
    pub sigstore: UnreadArguments,
}

/// How to sign.
#[derive(Debug, Subcommand)]
pub enum OmsSignMethod {
    /// Sign with a private key
    Key(OmsSignKeyArguments),
    /// Sign with a private key and the certificate of it
    Certificate(OmsSignCertificateArguments),
    /// Not supported: weightseal does not sign through Sigstore
    Sigstore(UnreadArguments),
    /// Not supported: weightseal does not sign with keys in hardware
    #[command(alias = "pkcs11_key")]
    Pkcs11Key(UnreadArguments),
    /// Not supported: weightseal does not sign with keys in hardware
    #[command(alias = "pkcs11_certificate")]
    Pkcs11Certificate(UnreadArguments),
}

/// Arguments of a command that is refused whatever they are. They are not kept: tokens may be among them.
#[derive(Debug, Default, Args)]
pub struct UnreadArguments {
    /// Not read
    #[arg(hide = true, num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true, value_parser = unread())]
    pub arguments: Vec<Unread>,
}

/// An argument that was given, and nothing of what it says.
#[derive(Clone, Copy, Debug)]
pub struct Unread;

fn unread() -> impl TypedValueParser<Value = Unread> {
    OsStringValueParser::new().map(|_| Unread)
}

/// What both verbs say about the model.
#[derive(Debug, Default, Args)]
pub struct OmsModelArguments {
    /// The model: a folder or a file
    #[arg(value_name = "MODEL_PATH", value_hint = ValueHint::AnyPath)]
    pub model: PathBuf,
    /// Leave out this path (a place in the file system) and what is below; can be given several times
    #[arg(long, alias = "ignore_paths", value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub ignore_paths: Vec<PathBuf>,
    /// Leave out .git, .github, .gitignore and .gitattributes at the top [default: true]
    #[arg(
        long,
        alias = "ignore_git_paths",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        overrides_with = "no_ignore_git_paths"
    )]
    pub ignore_git_paths: Option<bool>,
    /// The opposite
    #[arg(long, alias = "no_ignore_git_paths", overrides_with = "ignore_git_paths")]
    pub no_ignore_git_paths: bool,
    /// Follow symbolic links
    #[arg(
        long,
        alias = "allow_symlinks",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub allow_symlinks: Option<bool>,
}

impl OmsModelArguments {
    /// Whether `.git` and its like are left out.
    pub fn ignores_git_paths(&self) -> bool {
        !self.no_ignore_git_paths && self.ignore_git_paths.unwrap_or(true)
    }

    /// Whether symbolic links are followed.
    pub fn allows_symlinks(&self) -> bool {
        self.allow_symlinks.unwrap_or(false)
    }
}

/// Where the signature goes.
#[derive(Debug, Default, Args)]
pub struct OmsOutputArguments {
    /// Where to write the signature
    #[arg(long, value_name = "SIGNATURE_PATH", default_value = "model.sig", value_hint = ValueHint::FilePath)]
    pub signature: PathBuf,
}

/// Arguments of `oms sign key`.
#[derive(Debug, Args)]
#[command(
    after_help = "The passphrase comes from --passphrase-file, --passphrase-fd, the environment variable \
                  WEIGHTSEAL_PASSPHRASE, or a prompt."
)]
pub struct OmsSignKeyArguments {
    /// The model
    #[command(flatten)]
    pub model: OmsModelArguments,
    /// Where the signature goes
    #[command(flatten)]
    pub output: OmsOutputArguments,
    /// The private key, in PEM
    #[arg(long, alias = "private_key", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub private_key: PathBuf,
    /// Refused: every user of the machine can see it. Use --passphrase-file or WEIGHTSEAL_PASSPHRASE
    #[arg(long, value_name = "PASSWORD", allow_hyphen_values = true, value_parser = unread())]
    pub password: Option<Unread>,
    /// The passphrase
    #[command(flatten)]
    pub passphrase: PassphraseArguments,
}

/// Arguments of `oms sign certificate`.
#[derive(Debug, Args)]
#[command(
    after_help = "The passphrase comes from --passphrase-file, --passphrase-fd, the environment variable \
                  WEIGHTSEAL_PASSPHRASE, or a prompt."
)]
pub struct OmsSignCertificateArguments {
    /// The model
    #[command(flatten)]
    pub model: OmsModelArguments,
    /// Where the signature goes
    #[command(flatten)]
    pub output: OmsOutputArguments,
    /// The private key, in PEM
    #[arg(long, alias = "private_key", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub private_key: PathBuf,
    /// The certificate of the key, in PEM
    #[arg(long, alias = "signing_certificate", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub signing_certificate: PathBuf,
    /// Certificates above it, in PEM, to be put into the signature; can be given several times
    #[arg(long, alias = "certificate_chain", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub certificate_chain: Vec<PathBuf>,
    /// The passphrase
    #[command(flatten)]
    pub passphrase: PassphraseArguments,
}

/// Arguments of `oms verify`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true
)]
pub struct OmsVerifyArguments {
    /// How it was signed
    #[command(subcommand)]
    pub method: Option<OmsVerifyMethod>,
    /// Without a method, as `model_signing` does: through Sigstore
    #[command(flatten)]
    pub sigstore: Option<OmsVerifySigstoreArguments>,
}

/// How it was signed.
#[derive(Debug, Subcommand)]
pub enum OmsVerifyMethod {
    /// Verify with a public key
    Key(OmsVerifyKeyArguments),
    /// Verify with a certificate up to a root that you name
    Certificate(OmsVerifyCertificateArguments),
    /// Verify what was signed through Sigstore; `oms verify` without a method does the same
    Sigstore(OmsVerifySigstoreArguments),
}

/// What all methods of `oms verify` know.
#[derive(Debug, Default, Args)]
pub struct OmsCheckArguments {
    /// The model
    #[command(flatten)]
    pub model: OmsModelArguments,
    /// The signature file
    #[arg(long, value_name = "SIGNATURE_PATH", required = true, value_hint = ValueHint::FilePath)]
    pub signature: PathBuf,
    /// Accept files that nobody signed, and list them
    #[arg(
        long,
        alias = "ignore_unsigned_files",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        overrides_with = "no_ignore_unsigned_files"
    )]
    pub ignore_unsigned_files: Option<bool>,
    /// The opposite; the default
    #[arg(
        long,
        aliases = ["no_ignore_unsigned_files", "no-ignore_unsigned_files"],
        overrides_with = "ignore_unsigned_files"
    )]
    pub no_ignore_unsigned_files: bool,
    /// As for `weightseal verify`: accept what the reference implementation's own samples need
    #[arg(long)]
    pub oms_compat: bool,
}

impl OmsCheckArguments {
    /// Whether files that nobody signed are accepted.
    pub fn ignores_unsigned_files(&self) -> bool {
        !self.no_ignore_unsigned_files && self.ignore_unsigned_files.unwrap_or(false)
    }
}

/// Arguments of `oms verify key`.
#[derive(Debug, Args)]
pub struct OmsVerifyKeyArguments {
    /// The model and its signature
    #[command(flatten)]
    pub check: OmsCheckArguments,
    /// The public key, in PEM
    #[arg(long, alias = "public_key", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub public_key: PathBuf,
}

/// Arguments of `oms verify certificate`.
#[derive(Debug, Args)]
pub struct OmsVerifyCertificateArguments {
    /// The model and its signature
    #[command(flatten)]
    pub check: OmsCheckArguments,
    /// Needed: root certificates, in PEM, and what stands below them. Those that sign themselves are trusted, no
    /// others, and never the authorities of the web
    #[arg(long, alias = "certificate_chain", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub certificate_chain: Vec<PathBuf>,
    /// Needed, and unknown to model_signing: who has to be the signer, as for `weightseal verify`
    #[arg(long, alias = "certificate_identity", value_name = "NAME")]
    pub certificate_identity: Option<String>,
    /// Accepted, and without effect: --json has the fingerprint of the signer's certificate
    #[arg(
        long,
        alias = "log_fingerprints",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub log_fingerprints: Option<bool>,
}

/// Arguments of `oms verify sigstore`.
#[derive(Debug, Args)]
pub struct OmsVerifySigstoreArguments {
    /// The model and its signature
    #[command(flatten)]
    pub check: OmsCheckArguments,
    /// Who has to be the signer, exactly
    // It stands for the group of these arguments, in which clap does not count those that are flattened.
    #[arg(long, value_name = "IDENTITY", required = true, group = "OmsVerifySigstoreArguments")]
    pub identity: String,
    /// Who vouched for the identity: the URL of the OpenID Connect provider
    #[arg(long, alias = "identity_provider", value_name = "URL", required = true)]
    pub identity_provider: String,
    /// A client trust configuration or a trusted root, as JSON [default: that of the public instance, built in]
    #[arg(long, alias = "trust_config", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub trust_config: Option<PathBuf>,
    /// Refused: no root of the staging instance is built in. Use --trust-config
    #[arg(long, alias = "use_staging")]
    pub use_staging: bool,
}
