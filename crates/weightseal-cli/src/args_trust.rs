//! The arguments of `trust`, and of `key rotate`, which edits a trust store as well.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use weightseal::key::KeySpec;
use weightseal::time::{Age, Instant};

use crate::args::{HashingArguments, PassphraseArguments, parse_time};

/// What can be done with a trust store.
#[derive(Debug, Subcommand)]
pub enum TrustCommand {
    /// Make a trust store
    Init(TrustInitArguments),
    /// Trust a key, a certificate or an identity as that of a signer
    Add(Box<TrustAddArguments>),
    /// Show who signs what, with which keys, until when
    List(TrustListArguments),
    /// Verify manifests without envelope once, and list them as accepted
    Import(TrustImportArguments),
    /// Let a key sign no more; what it has signed stays accepted
    Retire(TrustRetireArguments),
    /// Take the trust in a key back
    Revoke(TrustRevokeArguments),
    /// Say what ends soon, and what has ended
    Check(TrustCheckArguments),
    /// Say rule by rule why a model is accepted or not
    Explain(TrustExplainArguments),
    /// Look after what a verifier remembers
    #[command(subcommand)]
    State(StateCommand),
}

/// The trust store.
#[derive(Clone, Debug, Args)]
pub struct StoreArgument {
    /// The trust store
    #[arg(long, value_name = "FILE", default_value = "trust.toml", value_hint = ValueHint::FilePath)]
    pub trust: PathBuf,
}

/// Arguments of `trust init`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without --from-keys the new store explains itself, and refuses everything until a signer is added.\n\n\
                        With it, `signing_key_v2.pub` is version 2 of the signer's key: the digits after the last `v` of \
                        a file's name. All of these keys may sign: retire the old ones."
)]
pub struct TrustInitArguments {
    /// Where to write it; nothing is ever overwritten
    #[command(flatten)]
    pub store: StoreArgument,
    /// Public keys of one signer: files, or 'signing_key_v*.pub' in quotation marks (`*` and `?` in the file's name)
    #[arg(long, value_name = "GLOB", num_args = 1.., requires = "signer", value_hint = ValueHint::FilePath)]
    pub from_keys: Vec<PathBuf>,
    /// Whose keys these are, for example training-pipeline@ml-team
    #[arg(long, value_name = "NAME", requires = "from_keys")]
    pub signer: Option<String>,
    /// What this signer may sign: names of models, `*` for any characters [default: *]
    #[arg(long, value_name = "PATTERN", num_args = 1.., requires = "from_keys")]
    pub models: Vec<String>,
    /// From when on the store decides nothing: 90d, 1y, 2027-01-31
    #[arg(long, value_name = "DURATION|DATE", default_value = "1y")]
    pub expires: String,
}

/// Arguments of `trust add`.
#[derive(Debug, Args)]
#[command(
    override_usage = "weightseal trust add --signer <NAME> --key <FILE>... [OPTIONS]\n       \
                      weightseal trust add --signer <NAME> --ca-root <FILE> --certificate-identity <ID> [OPTIONS]\n       \
                      weightseal trust add --signer <NAME> --certificate-identity <ID> --certificate-oidc-issuer <URL> [OPTIONS]",
    after_help = "Times: 2027-01-31 (its first moment, UTC), 2027-01-31T12:00:00Z, or a span from now such as 90d."
)]
pub struct TrustAddArguments {
    /// The trust store
    #[command(flatten)]
    pub store: StoreArgument,
    /// Who signs, as signatures have it; a new name is a new signer
    #[arg(long, value_name = "NAME")]
    pub signer: String,
    /// A public key, in PEM
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["ca_root", "certificate_identity"], value_hint = ValueHint::FilePath)]
    pub key: Vec<PathBuf>,
    /// The root certificate below which the signer's stands, in PEM
    #[arg(long, value_name = "FILE", requires = "certificate_identity", conflicts_with = "certificate_oidc_issuer", value_hint = ValueHint::FilePath)]
    pub ca_root: Option<PathBuf>,
    /// Certificates that may stand between, in PEM; they are not trusted by themselves
    #[arg(long, value_name = "FILE", requires = "ca_root", value_hint = ValueHint::FilePath)]
    pub intermediate: Option<PathBuf>,
    /// Who has to be the signer: a name in the certificate (e-mail address, URI) or its subject, exactly
    #[arg(long, value_name = "ID")]
    pub certificate_identity: Option<String>,
    /// Who vouches for the identity, for signatures through Sigstore: the URL of the OpenID Connect provider
    #[arg(long, value_name = "URL", requires = "certificate_identity")]
    pub certificate_oidc_issuer: Option<String>,
    /// Sigstore's trusted root, as JSON, for its logs and time stamps [default: for identities that of the public instance]
    #[arg(long, value_name = "FILE", requires = "certificate_identity", value_hint = ValueHint::FilePath)]
    pub trusted_root: Option<PathBuf>,
    /// Which of the signer's keys it is, counted from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 53))]
    pub key_version: Option<u64>,
    /// From when on it signs
    #[arg(long, value_name = "TIME")]
    pub signs_from: Option<String>,
    /// Until when it signs; what it has signed before stays accepted
    #[arg(long, value_name = "TIME")]
    pub signs_until: Option<String>,
    /// Until when anything signed with it is accepted
    #[arg(long, value_name = "TIME")]
    pub trusted_until: Option<String>,
    /// What this signer may sign: names of models, `*` for any characters
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    pub models: Vec<String>,
}

/// Arguments of `trust list`.
#[derive(Debug, Args)]
pub struct TrustListArguments {
    /// The trust store
    #[command(flatten)]
    pub store: StoreArgument,
}

/// Arguments of `trust import`.
#[derive(Debug, Args)]
#[command(
    after_help = "Each is verified: the signature under a key of the store that is not revoked, and the digest of the \
                        model beside it. Names, signers and times in such a manifest are signed by nobody: look where \
                        it comes from.\n\n\
                        Exit status: 0 all verified; 1 some did not, the others were listed; 2 some could not be looked at."
)]
pub struct TrustImportArguments {
    /// Folders to look through, or single models or manifests
    #[arg(required = true, value_name = "DIR", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// The trust store
    #[command(flatten)]
    pub store: StoreArgument,
    /// How hashing uses the machine
    #[command(flatten)]
    pub hashing: HashingArguments,
}

/// Arguments of `trust retire`.
#[derive(Debug, Args)]
pub struct TrustRetireArguments {
    /// Which key: its id (or eight digits of it or more), a file with the public key, or SIGNER:VERSION
    #[arg(value_name = "KEY", value_hint = ValueHint::FilePath)]
    pub key: PathBuf,
    /// The trust store
    #[command(flatten)]
    pub store: StoreArgument,
    /// From when on it signs no more: 2027-01-31, an RFC 3339 time, or a span from now such as 30d [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Verify the models below these folders that it has signed, and write their statements down: they then outlive
    /// a revocation
    #[arg(long, value_name = "DIR", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub freeze: Vec<PathBuf>,
    /// How hashing uses the machine
    #[command(flatten)]
    pub hashing: HashingArguments,
}

/// Arguments of `trust revoke`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without --compromised-since nothing that the key has signed is accepted any more. With it, older \
                        signatures stay accepted where a log or a time stamp proves that they are older, or where they were \
                        frozen: what a stolen key says about time is worth nothing. Freeze only folders that nobody \
                        with the key could have changed since."
)]
pub struct TrustRevokeArguments {
    /// Which key: its id (or eight digits of it or more), a file with the public key, or SIGNER:VERSION
    #[arg(value_name = "KEY", value_hint = ValueHint::FilePath)]
    pub key: PathBuf,
    /// The trust store
    #[command(flatten)]
    pub store: StoreArgument,
    /// Why, for people
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// From when on somebody else may have had the key: 2026-10-31 or an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    pub compromised_since: Option<String>,
    /// Verify the models below these folders that it has signed, and keep them accepted
    #[arg(long, value_name = "DIR", num_args = 1.., requires = "compromised_since", value_hint = ValueHint::AnyPath)]
    pub freeze: Vec<PathBuf>,
    /// How hashing uses the machine
    #[command(flatten)]
    pub hashing: HashingArguments,
}

/// Arguments of `trust check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 nothing ends within that time; 1 something does, or the store has expired; 2 not \
                        carried out. What has ended already is shown, and does not count."
)]
pub struct TrustCheckArguments {
    /// The trust store
    #[command(flatten)]
    pub store: StoreArgument,
    /// How far to look ahead: 30d, 1y
    #[arg(long, value_name = "DURATION", default_value = "30d")]
    pub within: Age,
}

/// Arguments of `trust explain`.
#[derive(Debug, Args)]
#[command(
    after_help = "Only the signature is looked at, no file of the model: accepted here is not verified.\n\n\
                        Exit status: 0 the store accepts or tolerates it; 1 it rejects it; 2 not carried out."
)]
pub struct TrustExplainArguments {
    /// A model: a file or a folder; or a signature file, for what it describes
    #[arg(value_name = "MODEL", value_hint = ValueHint::AnyPath)]
    pub file: PathBuf,
    /// The trust store
    #[command(flatten)]
    pub store: StoreArgument,
    /// The signature file: manifest, bundle manifest or OMS signature
    #[arg(long, value_name = "FILE", visible_alias = "manifest", value_hint = ValueHint::FilePath)]
    pub signature: Option<PathBuf>,
    /// The folder that names in a bundle are relative to [default: the bundle manifest's]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub base: Option<PathBuf>,
    /// What the model has to be called [default: the last component of its path]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Judge as of this time instead of now: 2026-06-30 (its first moment, UTC), 2026-06-30T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with = "state")]
    pub at: Option<Instant>,
    /// What a verifier remembers
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub state: Option<PathBuf>,
}

/// What can be done with a state file.
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// Show what the verifier remembers
    List(StateListArguments),
    /// Let the verifier forget a model: then an older version is accepted again
    Reset(StateResetArguments),
}

/// Arguments of `trust state list`.
#[derive(Debug, Args)]
pub struct StateListArguments {
    /// The state file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub state: PathBuf,
}

/// Arguments of `trust state reset`.
#[derive(Debug, Args)]
pub struct StateResetArguments {
    /// The model's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The state file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub state: PathBuf,
    /// Forget it for this signer only
    #[arg(long, value_name = "NAME")]
    pub signer: Option<String>,
}

/// Arguments of `key rotate`.
#[derive(Debug, Args)]
#[command(
    after_help = "The old key's passphrase comes from --passphrase-file, --passphrase-fd, the environment variable \
                        WEIGHTSEAL_PASSPHRASE, or a prompt; the new key's from --new-passphrase-file, the variable \
                        WEIGHTSEAL_NEW_PASSPHRASE, or a prompt."
)]
pub struct RotateArguments {
    /// The old private key, in PEM; it stays as it is
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: PathBuf,
    /// Where to write the new private key; the public key goes beside it with the extension `.pub`
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// The trust store, which the new key is added to
    #[command(flatten)]
    pub store: StoreArgument,
    /// How long the old key goes on signing: 30d, 12h
    #[arg(long, value_name = "DURATION")]
    pub overlap: Age,
    /// Kind of the new key: rsa-4096, rsa-3072, rsa-2048, ecdsa-p256, ecdsa-p384, ecdsa-p521 or ed25519 [default: that of
    /// the old key]
    #[arg(long, value_name = "KIND")]
    pub algorithm: Option<KeySpec>,
    /// The old key's passphrase
    #[command(flatten)]
    pub passphrase: PassphraseArguments,
    /// Read the new key's passphrase from this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub new_passphrase_file: Option<PathBuf>,
    /// Write the new private key unencrypted
    #[arg(long, conflicts_with = "new_passphrase_file")]
    pub no_passphrase: bool,
}
