//! From arguments to trust: the files behind `--trust`, `--key`, `--ca-root`, `--intermediate` and `--trusted-root` are read here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use weightseal::file::{Links, folder_of, read_bounded, read_protected};
use weightseal::key::{KeyFileError, PublicKey, load_public};
use weightseal::listing::{Layout, SafeName, parse_ignored};
use weightseal::time::Instant;
use weightseal::trust::{
    CertificateRoots, CertificateRules, KeyRing, MAX_TRUST_STORE, OmsCompat, Requirements, SigstoreRules,
    TrustStore, TrustedRoot, Unreadable, certificates_from_pem,
};
use weightseal::verify::{
    DefaultExcludes, FolderRules, MissingState, Policy, SignedLinks, StateFile, UnsignedFiles,
};

use crate::args::{FolderArguments, LayoutArgument, TrustArguments};
use crate::problem::Problem;

pub use crate::commands::trust::{AddedKeys, add_keys};
pub use crate::store::{NewKey, NewMeans};

/// Largest file of certificates and largest trusted root that are read: hundreds of times an honest one.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// Whom to trust and what to accept.
///
/// # Errors
/// A file that cannot be used, or arguments that contradict each other.
pub fn policy(
    trust: &TrustArguments,
    folder: &FolderArguments,
    requirements: Requirements,
) -> Result<Policy, Problem> {
    let now = trust.at.unwrap_or_else(Instant::now);
    // The parser does not see these two where something else excludes what they need.
    if trust.state.is_some() && trust.store.is_none() {
        return Err(Problem::usage(
            "--state goes with a trust store, which says whose versions are remembered",
            Some("name the store with --trust"),
        ));
    }
    if trust.init_state && trust.state.is_none() {
        return Err(Problem::usage(
            "--init-state says to begin a state file, and none is named",
            Some("name it with --state"),
        ));
    }
    if let Some(path) = &trust.store {
        let state = trust.state.clone().map(|path| StateFile {
            path,
            missing: if trust.init_state { MissingState::Begin } else { MissingState::Refuse },
        });
        let store = Arc::new(read_store(path)?);
        let folder = folder_rules(folder, compat(trust))?;
        return Ok(Policy { folder, state, ..Policy::of_store(store, requirements, now) });
    }
    let keys: Result<Vec<PublicKey>, KeyFileError> = trust.key.iter().map(|path| load_public(path)).collect();
    if !trust.intermediate.is_empty() && trust.ca_root.is_empty() {
        return Err(Problem::usage(
            "--intermediate without --ca-root leads to nobody who is trusted",
            Some("name the root that you trust with --ca-root"),
        ));
    }
    if trust.certificate_oidc_issuer.is_some() && trust.certificate_identity.is_none() {
        return Err(Problem::usage(
            "--certificate-oidc-issuer without --certificate-identity would accept everybody whom it knows",
            Some("name the signer with --certificate-identity"),
        ));
    }
    let certificates = certificate_rules(trust)?;
    let sigstore = sigstore_rules(trust)?;
    if trust.certificate_identity.is_some() && certificates.is_none() && sigstore.is_none() {
        return Err(Problem::usage(
            "--certificate-identity says who, but nothing says how that is known",
            Some(
                "name the root that you trust with --ca-root, or the provider with --certificate-oidc-issuer",
            ),
        ));
    }
    let time_stampers = match (&trust.trusted_root, &certificates) {
        (Some(path), Some(_)) => Some(read_trusted_root(path)?),
        (Some(_), None) if sigstore.is_none() => {
            return Err(Problem::usage(
                "--trusted-root is for signatures through Sigstore and for time stamps",
                Some("name the signer with --certificate-identity and --certificate-oidc-issuer"),
            ));
        }
        _ => None,
    };
    Ok(Policy {
        certificates,
        sigstore,
        time_stampers,
        folder: folder_rules(folder, compat(trust))?,
        ..Policy::of_keys(KeyRing::new(keys?), requirements, now)
    })
}

fn certificate_rules(trust: &TrustArguments) -> Result<Option<CertificateRules>, Problem> {
    if trust.ca_root.is_empty() && trust.ca_chain.is_empty() {
        return Ok(None);
    }
    if trust.certificate_identity.is_none() && !trust.oms_compat {
        return Err(Problem::usage(
            "--ca-root without --certificate-identity would accept everybody whom that authority knows",
            Some("name the signer with --certificate-identity"),
        ));
    }
    let mut roots = CertificateRoots::default();
    let mut intermediates = read_certificates(&trust.intermediate)?;
    for path in &trust.ca_root {
        let read = CertificateRoots::from_pem(&read(path)?);
        roots.extend(read.map_err(|error| Problem::of_file(path, &error, error.code(), error.hint()))?);
    }
    for path in &trust.ca_chain {
        let read = CertificateRoots::split_pem(&read(path)?);
        let (found, below) =
            read.map_err(|error| Problem::of_file(path, &error, error.code(), error.hint()))?;
        roots.extend(found);
        intermediates.extend(below);
    }
    if roots.is_empty() {
        return Err(Problem::usage(
            "none of the given certificates is a root: none signs itself",
            Some("give the file that has the root certificate as well"),
        ));
    }
    Ok(Some(CertificateRules {
        roots,
        intermediates,
        identity: trust.certificate_identity.clone(),
        compat: compat(trust),
    }))
}

fn sigstore_rules(trust: &TrustArguments) -> Result<Option<SigstoreRules>, Problem> {
    let (Some(identity), Some(issuer)) = (&trust.certificate_identity, &trust.certificate_oidc_issuer) else {
        return Ok(None);
    };
    let trusted_root = match &trust.trusted_root {
        Some(path) => read_trusted_root(path)?,
        None => TrustedRoot::production().map_err(|error| {
            Problem::of_file(Path::new("built in"), &error, error.code(), error.hint().map(str::to_owned))
        })?,
    };
    Ok(Some(SigstoreRules { identity: identity.clone(), issuer: issuer.clone(), trusted_root }))
}

fn read_trusted_root(path: &Path) -> Result<TrustedRoot, Problem> {
    TrustedRoot::from_json(&read(path)?)
        .map_err(|error| Problem::of_file(path, &error, error.code(), error.hint().map(str::to_owned)))
}

/// The certificates in these files (PEM), in their order, as DER.
///
/// # Errors
/// A file that cannot be used.
pub fn read_certificates(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, Problem> {
    let mut all = Vec::new();
    for path in paths {
        let read = certificates_from_pem(&read(path)?);
        all.extend(read.map_err(|error| Problem::of_file(path, &error, error.code(), error.hint()))?);
    }
    Ok(all)
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    Ok(read_bounded(path, Links::Follow, MAX_FILE)?.0)
}

/// Reads a trust store and the files that it names. Nobody else may be able to write any of them.
///
/// # Errors
/// A file that cannot be used.
pub fn read_store(path: &Path) -> Result<TrustStore, Problem> {
    parse_store(path, &read_protected(path, MAX_TRUST_STORE)?)
}

/// Reads the text of a store that is or will be at `path`, and the files that it names.
///
/// # Errors
/// A store or a file that cannot be used.
pub fn parse_store(path: &Path, text: &[u8]) -> Result<TrustStore, Problem> {
    let folder = folder_of(path);
    let read = |named: &str| {
        read_protected(&folder.join(named), MAX_FILE).map_err(|error| {
            let problem = Problem::from(error);
            Unreadable { message: problem.message, code: problem.code, hint: problem.hint }
        })
    };
    TrustStore::parse(text, &read).map_err(|error| Problem::of_file(path, &error, error.code(), error.hint()))
}

fn compat(trust: &TrustArguments) -> OmsCompat {
    if trust.oms_compat { OmsCompat::On } else { OmsCompat::Off }
}

pub(crate) fn folder_rules(folder: &FolderArguments, compat: OmsCompat) -> Result<FolderRules, Problem> {
    let layouts = folder.layout.iter().map(|layout| match layout {
        LayoutArgument::Hf => Layout::HuggingFace,
        LayoutArgument::Mlflow => Layout::MlFlow,
    });
    Ok(FolderRules {
        unsigned_files: match folder.ignore_unsigned_files {
            true => UnsignedFiles::List,
            false => UnsignedFiles::Reject,
        },
        ignore: ignored(&folder.ignore)?,
        layouts: layouts.collect(),
        default_excludes: match folder.no_default_excludes {
            true => DefaultExcludes::Reject,
            false => DefaultExcludes::List,
        },
        links: if folder.allow_symlinks { SignedLinks::Anywhere } else { SignedLinks::Beneath },
        compat,
    })
}

/// Paths to be left out; a slash at the end is how shells complete folders.
pub(crate) fn ignored(paths: &[String]) -> Result<Vec<SafeName>, Problem> {
    paths
        .iter()
        .map(|path| {
            let path = path.strip_suffix('/').unwrap_or(path);
            Ok(parse_ignored(path.strip_prefix("./").unwrap_or(path))?)
        })
        .collect()
}
