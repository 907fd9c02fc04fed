//! The client `verify-bundle` of the suite sigstore-conformance, on what weightseal has.
//!
//! A bundle with a DSSE envelope is judged by weightseal's own adapter, [`judge_sigstore`]. weightseal signs no bare
//! bytes and knows no bundles of managed keys, so its adapter refuses these. They are judged by the library that the
//! adapter stands on, with the adapter's version, features and policy. That shows the library, not the adapter, and
//! the word on standard output says which one it was.
//!
//! Exit status: 0 verified, 1 refused, 2 not carried out, 3 when the adapter took what it must refuse.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command that prints its verdict")]

mod arguments;

use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, SIGSTORE_STAGING_TRUSTED_ROOT};
use sigstore_verify::types::{Artifact, Bundle, DerPublicKey, Sha256Hash};
use sigstore_verify::{IdentityMatcher, PublicKeyVerificationPolicy, VerificationPolicy, Verifier};
use weightseal::digest::Digest;
use weightseal::trust::{SigstoreRules, TrustedRoot, judge_sigstore};

use arguments::{Input, Request, Signer};

/// Who gave the verdict.
enum Verdict {
    Adapter(Result<(), String>),
    Library(Result<(), String>),
    /// The adapter accepted a bundle of a kind that it does not have.
    Broken,
}

fn main() -> ExitCode {
    let verdict = Request::read(std::env::args().skip(1)).and_then(|request| judge(&request));
    let (who, result) = match verdict {
        Ok(Verdict::Adapter(result)) => ("adapter", result),
        Ok(Verdict::Library(result)) => ("library", result),
        Ok(Verdict::Broken) => {
            eprintln!("the adapter accepted a bundle without a DSSE envelope");
            return ExitCode::from(3);
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => {
            println!("{who}: verified");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            println!("{who}: refused: {problem}");
            ExitCode::from(1)
        }
    }
}

fn judge(request: &Request) -> Result<Verdict, String> {
    let root = match (&request.trusted_root, request.staging) {
        (Some(text), _) => text.clone(),
        (None, true) => SIGSTORE_STAGING_TRUSTED_ROOT.as_bytes().to_vec(),
        (None, false) => SIGSTORE_PRODUCTION_TRUSTED_ROOT.as_bytes().to_vec(),
    };
    let trusted_root = match TrustedRoot::from_json(&root) {
        Ok(root) => root,
        // The suite has roots that have to be refused.
        Err(error) => return Ok(Verdict::Adapter(Err(error.to_string()))),
    };
    let payload = payload_of(&request.bundle);
    let kind_is_ours = payload.is_some() && matches!(request.signer, Signer::Certificate { .. });
    let (identity, issuer) = match &request.signer {
        Signer::Certificate { identity, issuer } => (identity.clone(), issuer.clone()),
        Signer::Key(_) => Default::default(),
    };
    let rules = SigstoreRules { identity, issuer, trusted_root };
    let ours = judge_sigstore(&request.bundle, &payload.unwrap_or_default(), &request.input.digest(), &rules)
        .map(drop)
        .map_err(|refusal| format!("{}: {refusal}", refusal.code()));
    Ok(match (kind_is_ours, ours) {
        (true, ours) => Verdict::Adapter(ours),
        (false, Ok(())) => Verdict::Broken,
        (false, Err(_)) => Verdict::Library(by_library(request, &root)),
    })
}

/// The payload of the DSSE envelope, as a caller of the adapter reads it.
fn payload_of(bundle: &[u8]) -> Option<Vec<u8>> {
    let bundle: Value = serde_json::from_slice(bundle).ok()?;
    STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str()?).ok()
}

/// Without anything of the adapter but its policy: an exact identity and issuer, and no check left out.
fn by_library(request: &Request, root: &[u8]) -> Result<(), String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let root = serde_json::from_slice(root).map_err(|error| said(&error))?;
    let bundle: Bundle = serde_json::from_slice(&request.bundle).map_err(|error| said(&error))?;
    let verifier = Verifier::new(&root).map_err(|error| said(&error))?;
    let artifact = match &request.input {
        Input::File(content) => Artifact::from(content.as_slice()),
        Input::Digest(digest) => Artifact::from_digest(Sha256Hash::new(*digest.as_bytes())),
    };
    let verified = match &request.signer {
        Signer::Certificate { identity, issuer } => {
            let policy = VerificationPolicy::new(IdentityMatcher::Exact(identity.clone()), issuer.clone());
            verifier.verify(artifact, &bundle, &policy)
        }
        Signer::Key(pem) => {
            let key = DerPublicKey::from_pem(pem).map_err(|error| said(&error))?;
            verifier.verify(artifact, &bundle, &PublicKeyVerificationPolicy::new(key))
        }
    };
    verified.map(drop).map_err(|error| said(&error))
}

impl Input {
    fn digest(&self) -> Digest {
        match self {
            Self::File(content) => Digest::of(content),
            Self::Digest(digest) => *digest,
        }
    }
}
