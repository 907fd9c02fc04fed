//! The arguments. docs/cli.md, the manual pages and the completions are generated from what stands here.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use weightseal::digest::HashAlgorithm;
use weightseal::hash::{Engine, Reading};
use weightseal::key::{KeySpec, PssSalt};
use weightseal::text::Escaped;
use weightseal::time::{Age, Instant, Timestamp};

use crate::args_oms::OmsArguments;
use crate::args_renew::{CountersignArguments, RenewArguments};
use crate::args_trust::{RotateArguments, TrustCommand};

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
    /// Say whom to trust for what: make, change and check a trust store
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Sign a model: a file, a folder, or several files as one bundle
    Sign(Box<SignArguments>),
    /// Verify a model before it is loaded
    Verify(Box<VerifyArguments>),
    /// Sign what is signed already, in the place of its old signature: with another key, or for longer
    Renew(Box<RenewArguments>),
    /// Sign what another signer has signed, beside their signature
    Countersign(Box<CountersignArguments>),
    /// Explain a signature file, a key or a certificate, without verifying it
    Inspect(InspectArguments),
    /// Show what differs between two signatures, two models, or a signature and a model
    Diff(DiffArguments),
    /// Print SHA-256 digests in the format of sha256sum, and those of folders
    Digest(DigestArguments),
    /// Sign and verify with the arguments of `model_signing`, the reference implementation of OMS
    Oms(Box<OmsArguments>),
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
    /// Replace a key: make a new one, trust it beside the old one, and let that end
    Rotate(Box<RotateArguments>),
}

/// Where the passphrase of a private key comes from. The first of these that is there counts: file, descriptor,
/// environment variable, prompt.
#[derive(Clone, Debug, Default, Args)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SaltArgument {
    /// As long as fits: what other programs of the manifest format write
    #[default]
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

/// How hashing uses the machine.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Hashing")]
pub struct HashingArguments {
    /// Hash on so many threads, 1 to 256 [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = parse_threads, allow_hyphen_values = true)]
    pub threads: Option<NonZeroUsize>,
    /// Read past the page cache: for files that lie on the disk alone and are not read again soon (Linux)
    #[arg(long)]
    pub direct: bool,
}

impl HashingArguments {
    /// The engine that they describe.
    pub fn engine(&self) -> Engine {
        let reading = if self.direct { Reading::Direct } else { Reading::Cached };
        Engine { threads: self.threads, reading }
    }
}

fn parse_threads(text: &str) -> Result<NonZeroUsize, String> {
    let threads = text.parse().ok().filter(|threads| *threads <= Engine::MOST_THREADS);
    let threads = threads.and_then(NonZeroUsize::new);
    threads.ok_or_else(|| format!("not a number from 1 to {}", Engine::MOST_THREADS))
}

/// Arguments of `sign`.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "The passphrase comes from --passphrase-file, --passphrase-fd, the environment variable \
                        WEIGHTSEAL_PASSPHRASE, or a prompt."
)]
pub struct SignArguments {
    /// The model: a file or a folder; several files with --bundle
    #[arg(required = true, value_name = "MODEL", value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// The private key, in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: PathBuf,
    /// Who signs, for example training-pipeline@ml-team; a manifest needs it
    #[arg(long, value_name = "ID")]
    pub signer: Option<String>,
    /// What to write: an OMS signature (usual for a folder) or a manifest (usual for a file)
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FormatArgument>,
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
    /// Where to write the signature [default: NAME.manifest.json or NAME.sig beside a file, model.sig in a folder]
    #[arg(short, long, value_name = "FILE", conflicts_with = "bundle", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Sign the files as one set, and write the bundle manifest here, as NAME.manifest.json
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub bundle: Option<PathBuf>,
    /// The folder that names in the bundle are relative to [default: the bundle manifest's]
    #[arg(long, value_name = "DIR", requires = "bundle", value_hint = ValueHint::DirPath)]
    pub base: Option<PathBuf>,
    /// Write the list of chunk digests beside the signature too, as NAME.chunks: with it, ranges can be verified
    #[arg(long)]
    pub chunk_list: bool,
    /// The passphrase
    #[command(flatten)]
    pub passphrase: PassphraseArguments,
    // Last: its heading counts for everything after it.
    /// How an OMS signature lists the files
    #[command(flatten)]
    pub listing: ListingArguments,
    /// The certificate of the key, in PEM: the OMS signature then has the method certificate
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub certificate: Option<PathBuf>,
    /// Certificates between the signer's and the root, in PEM, to be put into the signature
    #[arg(long, value_name = "FILE", requires = "certificate", value_hint = ValueHint::FilePath)]
    pub intermediate: Vec<PathBuf>,
    /// How hashing uses the machine
    #[command(flatten)]
    pub hashing: HashingArguments,
}

/// Kinds of signature files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatArgument {
    /// OpenSSF Model Signing: a Sigstore bundle
    Oms,
    /// A manifest, readable JSON
    Manifest,
}

/// How the algorithm of a shard is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ShardDialectArgument {
    /// As the specification says
    #[default]
    Specification,
    /// As the reference implementation reads it
    Reference,
}

/// How files are found and hashed for an OMS signature.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "OMS signatures")]
pub struct ListingArguments {
    /// Hash algorithm: sha256, blake2b or blake3 [default: sha256]
    #[arg(long, value_name = "ALGORITHM")]
    pub hash: Option<HashAlgorithm>,
    /// Hash files in shards of this size: bytes, or 64MiB, 1GB
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub shard_size: Option<u64>,
    /// How the algorithm of a shard is written
    #[arg(long, value_name = "DIALECT", requires = "shard_size")]
    pub shard_dialect: Option<ShardDialectArgument>,
    /// Leave out this path (exact, relative to the folder) and what is below; recorded in the signature
    #[arg(long, value_name = "PATH")]
    pub ignore: Vec<String>,
    /// Follow symbolic links; recorded in the signature
    #[arg(long)]
    pub allow_symlinks: bool,
    /// Sign .git, .github, .gitignore and .gitattributes at the top as well
    #[arg(long)]
    pub no_default_excludes: bool,
    /// Write signature files up to this size, which whoever verifies has to allow: bytes, or 256MiB [default: 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub max_signature_size: Option<u64>,
}

/// Whom to trust.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Whom to trust")]
pub struct TrustArguments {
    /// A trust store, which decides alone: who may sign which models, until when
    #[arg(
        long = "trust",
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with_all = [
            "key", "ca_root", "intermediate", "certificate_identity", "certificate_oidc_issuer", "trusted_root", "oms_compat",
        ]
    )]
    pub store: Option<PathBuf>,
    /// Where to remember what was accepted, so that nothing older is accepted later
    #[arg(long, value_name = "FILE", requires = "store", value_hint = ValueHint::FilePath)]
    pub state: Option<PathBuf>,
    /// Begin the file of --state if it is not there
    #[arg(long, requires = "state")]
    pub init_state: bool,
    /// Judge as of this time instead of now: 2026-06-30 (its first moment, UTC), 2026-06-30T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with = "state")]
    pub at: Option<Instant>,
    /// A public key that is trusted, in PEM; can be given several times (old and new key)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Vec<PathBuf>,
    /// A root certificate that is trusted, in PEM; no other root ever is
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca_root: Vec<PathBuf>,
    /// Files in which root certificates stand together with what stands below them, as `oms verify certificate` gets
    /// them: only those that sign themselves are trusted.
    #[arg(skip)]
    pub ca_chain: Vec<PathBuf>,
    /// Certificates that may stand between the signer's and the root, in PEM; they are not trusted by themselves
    #[arg(long, value_name = "FILE", requires = "ca_root", value_hint = ValueHint::FilePath)]
    pub intermediate: Vec<PathBuf>,
    /// Who has to be the signer: a name in the certificate (e-mail address, URI) or its subject, exactly
    #[arg(long, value_name = "NAME")]
    pub certificate_identity: Option<String>,
    /// Who vouched for the identity, for signatures through Sigstore: the URL of the OpenID Connect provider
    #[arg(long, value_name = "URL", requires = "certificate_identity")]
    pub certificate_oidc_issuer: Option<String>,
    /// Sigstore's trusted root, as JSON [default: that of the public instance, built in]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub trusted_root: Option<PathBuf>,
    /// Accept what the reference implementation's own samples need: certificates of authorities as signers, no
    /// identity, signatures of version 0.2.0; the result says what it was
    #[arg(long)]
    pub oms_compat: bool,
}

/// What may lie in a folder beside the signed files.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Folders")]
pub struct FolderArguments {
    /// Verify only these files, folders or shards (by their signed names); the verdict is then `partial`
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub only: Vec<String>,
    /// Accept files that nobody signed, and list them
    #[arg(long)]
    pub ignore_unsigned_files: bool,
    /// Accept what nobody signed at or below this path (exact, relative to the folder), and list it
    #[arg(long, value_name = "PATH")]
    pub ignore: Vec<String>,
    /// Accept the files that a tool adds, and list them: hf (`hf download --local-dir`), mlflow
    #[arg(long, value_name = "TOOL")]
    pub layout: Vec<LayoutArgument>,
    /// Reject .git, .github, .gitignore and .gitattributes at the top, if nobody signed them
    #[arg(long)]
    pub no_default_excludes: bool,
    /// Where the signature followed symbolic links: follow also those that lead out of the folder
    #[arg(long)]
    pub allow_symlinks: bool,
    /// Read signature files up to this size: bytes, or 256MiB [default: 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub max_signature_size: Option<u64>,
}

/// Tools that add files to a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LayoutArgument {
    /// `hf download --local-dir`
    Hf,
    /// MLflow
    Mlflow,
}

/// Arguments of `verify`.
#[derive(Debug, Default, Args)]
#[command(
    override_usage = "weightseal verify <MODEL> [OPTIONS]",
    after_help = "Without --signature the signature is looked for. Of a file, beside it: NAME.manifest.json with the \
                        last extension replaced or the whole name kept, NAME.sig, model.sig. Of a folder: model.sig \
                        or a bundle manifest in it, NAME.sig or model.sig beside it. Two of them are one too many."
)]
pub struct VerifyArguments {
    /// A model: a file or a folder; or a signature file, for what it describes
    #[arg(value_name = "MODEL", value_hint = ValueHint::AnyPath)]
    pub file: PathBuf,
    /// The signature file: manifest, bundle manifest or OMS signature
    #[arg(long, value_name = "FILE", visible_alias = "manifest", value_hint = ValueHint::FilePath)]
    pub signature: Option<PathBuf>,
    /// The name under which the model is expected to be signed [default: the last component of its path]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
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
    /// Check the digest of whole files also where a chunk root was signed, which is enough otherwise
    #[arg(long)]
    pub whole: bool,
    /// Verify only these bytes of one file, by its chunk list; END is exclusive. The verdict is then `partial`, and
    /// --copy-to gets exactly these bytes
    #[arg(long, value_name = "START:END", value_parser = parse_range, conflicts_with = "whole", allow_hyphen_values = true)]
    pub range: Option<Range<u64>>,
    /// The chunk list of --range [default: NAME.chunks beside the signature; if that lies in the folder, beside the
    /// folder]
    #[arg(long, value_name = "FILE", requires = "range", value_hint = ValueHint::FilePath)]
    pub chunk_list: Option<PathBuf>,
    // All last: a heading counts for everything after it.
    /// Whom to trust
    #[command(flatten)]
    pub trust: TrustArguments,
    /// What may lie in a folder beside the signed files
    #[command(flatten)]
    pub folder: FolderArguments,
    /// How hashing uses the machine
    #[command(flatten)]
    pub hashing: HashingArguments,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArguments {
    /// A signature file, a key or a certificate; or a folder with `model.sig`
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing is verified. A folder stands for the model in it; its model.sig, .git and the like are left \
                        out. Two models are hashed with SHA-256, a model beside a signature as that signature says. \
                        Two signatures of one model made at different times differ.\n\n\
                        Exit status: 0 nothing differs; 1 something differs; 2 not compared, the call is at fault; \
                        130 interrupted."
)]
pub struct DiffArguments {
    /// The old side: a signature file of any kind, a folder or a file
    #[arg(value_name = "OLD", value_hint = ValueHint::AnyPath)]
    pub old: PathBuf,
    /// The new side
    #[arg(value_name = "NEW", value_hint = ValueHint::AnyPath)]
    pub new: PathBuf,
    /// How hashing uses the machine
    #[command(flatten)]
    pub hashing: HashingArguments,
}

/// Arguments of `digest`.
#[derive(Debug, Args)]
#[command(
    after_help = "For a folder there are two lines, `DIGEST  DIR (OMS root, ORDER order)` and `DIGEST  DIR (listing)`. \
                        .git and the like and the folder's own model.sig are left out.\n\n\
                        The OMS root is the digest that stands in an OMS signature. It does not bind the names of \
                        files: two models whose files have other names can have the same root. Never use it as \
                        an identity.\n\n\
                        The listing binds names and contents. Where nothing is left out, it is what this prints in \
                        the folder:\n  \
                        find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum -- | sha256sum"
)]
pub struct DigestArguments {
    /// Files and folders; `-` is standard input
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// Order of the OMS root digest of a folder
    #[arg(long, value_name = "ORDER", default_value = "specification")]
    pub order: OrderArgument,
    /// How hashing uses the machine
    #[command(flatten)]
    pub hashing: HashingArguments,
}

/// Orders of the files under an OMS root digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderArgument {
    /// By name, as the specification says
    Specification,
    /// Component by component, as the reference implementation does
    Reference,
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

/// Reads a number of bytes: `1048576`, `64MiB`, `1GB`.
///
/// # Errors
/// What is wrong.
pub fn parse_size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 7] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("", 1),
    ];
    // The unit of nothing fits any text.
    let fitting = UNITS.into_iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let size = fitting.and_then(|(number, factor)| number.trim().parse::<u64>().ok()?.checked_mul(factor));
    size.filter(|size| (1..=1 << 53).contains(size))
        .ok_or_else(|| "not a size: bytes, or a number with KiB, MiB, GiB, kB, MB or GB".to_owned())
}

const NOT_A_RANGE: &str = "not a range: START:END, two numbers of bytes without units, such as 0:1048576";

/// Reads a point in time: RFC 3339, or a date, which is its first moment in UTC.
///
/// # Errors
/// What is wrong.
pub fn parse_time(text: &str) -> Result<Instant, String> {
    let time = text.parse::<Timestamp>().or_else(|_| format!("{text}T00:00:00Z").parse());
    time.map(|time| time.instant())
        .map_err(|_| "not a time such as 2026-06-30 or 2026-06-30T12:00:00Z".to_owned())
}

/// Reads a range of bytes: `0:1048576`.
///
/// # Errors
/// What is wrong.
pub fn parse_range(text: &str) -> Result<Range<u64>, String> {
    // `parse` would take a sign as well.
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
    let (start, end) = text.split_once(':').ok_or(NOT_A_RANGE)?;
    match (number(start), number(end)) {
        // Whether there are such bytes, only the signature says.
        (Some(start), Some(end)) => Ok(Range { start, end }),
        _ => Err(NOT_A_RANGE.to_owned()),
    }
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
