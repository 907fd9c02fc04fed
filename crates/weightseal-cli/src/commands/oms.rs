//! `weightseal oms`: the arguments of `model_signing`, the reference implementation of OMS, turned into those of
//! `weightseal sign` and `weightseal verify`.

use std::path::{Component, Path, PathBuf};

use weightseal::file::resolve;
use weightseal::listing::UnsafeName;
use weightseal::text::EscapedPath;

use crate::args::{
    FolderArguments, FormatArgument, ListingArguments, SignArguments, TrustArguments, VerifyArguments,
};
use crate::args_oms::{
    OmsArguments, OmsCheckArguments, OmsCommand, OmsModelArguments, OmsSignArguments,
    OmsSignCertificateArguments, OmsSignKeyArguments, OmsSignMethod, OmsVerifyArguments,
    OmsVerifyCertificateArguments, OmsVerifyMethod, OmsVerifySigstoreArguments,
};
use crate::commands::{sign, verify};
use crate::output::Output;
use crate::problem::Problem;
use crate::result::some_names;

pub(crate) fn run(arguments: &OmsArguments, output: &mut Output) -> Result<(), Problem> {
    match &arguments.command {
        OmsCommand::Sign(arguments) => sign::run(&signing(arguments, output)?, output),
        OmsCommand::Verify(arguments) => match verification(arguments, output) {
            Ok(arguments) => verify::run(&arguments, output),
            Err(problem) => Err(verify::not_carried_out(problem, None, output)),
        },
    }
}

/// `oms sign` as `sign`.
fn signing(arguments: &OmsSignArguments, output: &Output) -> Result<SignArguments, Problem> {
    match &arguments.method {
        Some(OmsSignMethod::Key(arguments)) => sign_key(arguments, output),
        Some(OmsSignMethod::Certificate(arguments)) => sign_certificate(arguments, output),
        Some(OmsSignMethod::Sigstore(_)) | None => Err(Problem::usage(
            "weightseal does not sign through Sigstore: it verifies such signatures, and makes none",
            Some("sign with `oms sign key` or `oms sign certificate`, or go on to sign with model_signing"),
        )),
        Some(OmsSignMethod::Pkcs11Key(_) | OmsSignMethod::Pkcs11Certificate(_)) => Err(Problem::usage(
            "weightseal does not sign with keys in hardware (PKCS #11)",
            Some("go on to sign with model_signing; weightseal verifies what it makes"),
        )),
    }
}

fn sign_key(arguments: &OmsSignKeyArguments, output: &Output) -> Result<SignArguments, Problem> {
    let OmsSignKeyArguments { model, output: place, private_key, password, passphrase } = arguments;
    if password.is_some() {
        return Err(Problem::usage(
            "--password is not accepted: every user of this machine can see the arguments of a program",
            Some(
                "use --passphrase-file FILE or the environment variable WEIGHTSEAL_PASSPHRASE, and consider \
                 whether this passphrase has been seen: `weightseal key change-passphrase`",
            ),
        ));
    }
    Ok(SignArguments {
        key: private_key.clone(),
        output: Some(place.signature.clone()),
        passphrase: passphrase.clone(),
        ..what_to_sign(model, output)?
    })
}

fn sign_certificate(
    arguments: &OmsSignCertificateArguments,
    output: &Output,
) -> Result<SignArguments, Problem> {
    let OmsSignCertificateArguments {
        model,
        output: place,
        private_key,
        signing_certificate,
        certificate_chain,
        passphrase,
    } = arguments;
    Ok(SignArguments {
        key: private_key.clone(),
        output: Some(place.signature.clone()),
        certificate: Some(signing_certificate.clone()),
        intermediate: certificate_chain.clone(),
        passphrase: passphrase.clone(),
        ..what_to_sign(model, output)?
    })
}

/// What both methods say of the model.
fn what_to_sign(model: &OmsModelArguments, output: &Output) -> Result<SignArguments, Problem> {
    let listing = ListingArguments {
        ignore: ignored(model, output)?,
        allow_symlinks: model.allows_symlinks(),
        no_default_excludes: !model.ignores_git_paths(),
        ..ListingArguments::default()
    };
    let (files, format) = (vec![model.model.clone()], Some(FormatArgument::Oms));
    Ok(SignArguments { files, format, listing, ..SignArguments::default() })
}

/// `oms verify` as `verify`.
fn verification(arguments: &OmsVerifyArguments, output: &Output) -> Result<VerifyArguments, Problem> {
    match (&arguments.method, &arguments.sigstore) {
        (Some(OmsVerifyMethod::Key(arguments)), _) => {
            let trust =
                TrustArguments { key: vec![arguments.public_key.clone()], ..TrustArguments::default() };
            verify_with(trust, &arguments.check, output)
        }
        (Some(OmsVerifyMethod::Certificate(arguments)), _) => {
            verify_with(trust_in_certificates(arguments, output)?, &arguments.check, output)
        }
        (Some(OmsVerifyMethod::Sigstore(arguments)), _) | (None, Some(arguments)) => {
            verify_with(trust_in_sigstore(arguments)?, &arguments.check, output)
        }
        // The parser asks for a method or for the arguments of this one.
        (None, None) => Err(Problem::usage("a method is missing: key, certificate or sigstore", None)),
    }
}

fn verify_with(
    trust: TrustArguments,
    check: &OmsCheckArguments,
    output: &Output,
) -> Result<VerifyArguments, Problem> {
    let folder = FolderArguments {
        ignore_unsigned_files: check.ignores_unsigned_files(),
        ignore: ignored(&check.model, output)?,
        no_default_excludes: !check.model.ignores_git_paths(),
        allow_symlinks: check.model.allows_symlinks(),
        ..FolderArguments::default()
    };
    Ok(VerifyArguments {
        file: check.model.model.clone(),
        trust: TrustArguments { oms_compat: check.oms_compat, ..trust },
        signature: Some(check.signature.clone()),
        folder,
        ..VerifyArguments::default()
    })
}

fn trust_in_certificates(
    arguments: &OmsVerifyCertificateArguments,
    output: &Output,
) -> Result<TrustArguments, Problem> {
    let OmsVerifyCertificateArguments { check, certificate_chain, certificate_identity, log_fingerprints } =
        arguments;
    if certificate_chain.is_empty() {
        return Err(Problem::usage(
            "no root is named, and weightseal does not fall back on the authorities of the web",
            Some("name the root that you trust with --certificate-chain FILE"),
        ));
    }
    if certificate_identity.is_none() && !check.oms_compat {
        return Err(Problem::usage(
            "nothing says who has to be the signer: everybody whom that authority knows would be accepted, as \
             model_signing does",
            Some("name the signer with --certificate-identity NAME"),
        ));
    }
    if log_fingerprints.unwrap_or(false) {
        output
            .note("--log-fingerprints has no effect: --json has the fingerprint of the signer's certificate");
    }
    Ok(TrustArguments {
        ca_chain: certificate_chain.clone(),
        certificate_identity: certificate_identity.clone(),
        ..TrustArguments::default()
    })
}

fn trust_in_sigstore(arguments: &OmsVerifySigstoreArguments) -> Result<TrustArguments, Problem> {
    if arguments.use_staging {
        return Err(Problem::usage(
            "weightseal has the trusted root of Sigstore's public instance, and none of the staging instance",
            Some(
                "leave --use-staging out, and name the file of the staging instance with --trust-config FILE",
            ),
        ));
    }
    Ok(TrustArguments {
        certificate_identity: Some(arguments.identity.clone()),
        certificate_oidc_issuer: Some(arguments.identity_provider.clone()),
        trusted_root: arguments.trust_config.clone(),
        ..TrustArguments::default()
    })
}

/// The paths to be left out, relative to the model; a note says which ones have nothing to do with it.
fn ignored(model: &OmsModelArguments, output: &Output) -> Result<Vec<String>, Problem> {
    let (names, outside) = names_below(&model.model, &model.ignore_paths)?;
    if !outside.is_empty() {
        let place = EscapedPath(&model.model);
        output.note(&format!("not in {place}, so nothing to ignore: {}", some_names(&outside)));
    }
    Ok(names)
}

/// Turns places in the file system into names below the model, and tells those apart that lie elsewhere.
fn names_below(model: &Path, paths: &[PathBuf]) -> Result<(Vec<String>, Vec<String>), Problem> {
    let (mut names, mut outside) = (Vec::new(), Vec::new());
    if paths.is_empty() {
        return Ok((names, outside));
    }
    let root = resolve(model)?;
    for path in paths {
        match place_of(path)?.strip_prefix(&root) {
            Ok(name) if name.as_os_str().is_empty() => {
                let message = format!("--ignore-paths `{}` is the whole model", EscapedPath(path));
                return Err(Problem::usage(message, Some("name what is to be left out of it")));
            }
            Ok(name) => names.push(name_of(name)?),
            Err(_) => outside.push(path.to_string_lossy().into_owned()),
        }
    }
    Ok((names, outside))
}

/// A relative path with `/` between its parts.
fn name_of(path: &Path) -> Result<String, UnsafeName> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    let not_text = || UnsafeName { name: EscapedPath(path).to_string(), reason: "is not UTF-8" };
    Ok(parts.ok_or_else(not_text)?.join("/"))
}

/// The absolute path, links on the way resolved, also of what does not exist.
fn place_of(path: &Path) -> Result<PathBuf, Problem> {
    let absolute = std::path::absolute(path)
        .map_err(|error| Problem::usage(format!("--ignore-paths `{}`: {error}", EscapedPath(path)), None))?;
    let mut place = PathBuf::new();
    let mut parts = absolute.components().peekable();
    while let Some(part) = parts.next() {
        match part {
            Component::ParentDir => {
                place.pop();
            }
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) | Component::Normal(_) => place.push(part),
        }
        if !place.is_symlink() {
            continue;
        }
        // `model_signing` would leave out what the link leads to, and keep the link; the name says the opposite.
        if parts.peek().is_none() {
            let message = format!("--ignore-paths `{}` is a symbolic link", EscapedPath(path));
            let hint = "name what it leads to, or leave out the link itself with `--ignore` of `weightseal sign` \
                        or `weightseal verify`";
            return Err(Problem::usage(message, Some(hint)));
        }
        place = resolve(&place)?;
    }
    Ok(place)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    type Names = (Vec<String>, Vec<String>);

    fn below(model: &Path, path: impl AsRef<Path>) -> Result<Names, Problem> {
        names_below(model, &[path.as_ref().to_owned()])
    }

    fn inside(name: &str) -> Names {
        (vec![name.to_owned()], Vec::new())
    }

    /// `model/sub/data`, `other`, `model/to-sub` -> `sub`, `model/out` -> `../other`, `way-in` -> `model`.
    fn folder() -> tempfile::TempDir {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("model/sub")).expect("folders");
        std::fs::create_dir(folder.path().join("other")).expect("a folder");
        std::fs::write(folder.path().join("model/sub/data"), "data").expect("a file");
        symlink("sub", folder.path().join("model/to-sub")).expect("a link");
        symlink("../other", folder.path().join("model/out")).expect("a link");
        symlink("model", folder.path().join("way-in")).expect("a link");
        folder
    }

    #[test]
    fn paths_become_names_below_the_model() {
        let folder = folder();
        let at = |path: &str| folder.path().join(path);
        let model = at("model");
        for (path, name) in [
            ("model/sub", "sub"),
            ("model/sub/", "sub"),
            ("model/./sub/data", "sub/data"),
            ("model/sub/../sub/data", "sub/data"),
            ("other/../model/sub", "sub"),
            ("model/not/there", "not/there"),
            ("model/not/../sub", "sub"),
            ("way-in/sub", "sub"),
            ("model/to-sub/data", "sub/data"),
            // The link is left before `..` counts: as the file system sees it.
            ("model/out/../model/sub", "sub"),
        ] {
            assert_eq!(below(&model, at(path)).expect(path), inside(name), "{path}");
        }
        // However the model itself is written.
        assert_eq!(below(&at("way-in"), at("model/sub")).expect("a name"), inside("sub"));
        assert_eq!(below(&at("model/sub/.."), at("model/sub")).expect("a name"), inside("sub"));
    }

    #[test]
    fn relative_paths_count_from_the_current_folder() {
        let here = std::env::current_dir().expect("the current folder");
        assert_eq!(below(&here, "src/lib.rs").expect("a name"), inside("src/lib.rs"));
        assert_eq!(below(Path::new("."), "./src").expect("a name"), inside("src"));
        assert_eq!(below(Path::new("src"), "src/commands").expect("a name"), inside("commands"));
    }

    #[test]
    fn what_lies_elsewhere_is_told_apart() {
        let folder = folder();
        for path in ["other", "model/../other", "model/out/file", "model2/sub", "model-x"] {
            let path = folder.path().join(path);
            let outside = vec![path.to_string_lossy().into_owned()];
            let found = below(&folder.path().join("model"), &path).expect("no problem");
            assert_eq!(found, (Vec::new(), outside));
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        let folder = folder();
        let at = |path: &str| folder.path().join(path);
        for path in ["model", "model/sub/..", "model/to-sub", "model/out", "way-in"] {
            let problem = below(&at("model"), at(path)).expect_err(path);
            assert_eq!((problem.code, problem.hint.is_some()), ("usage", true), "{path}");
        }
        let bytes = at("model").join(std::ffi::OsStr::from_bytes(b"a\xff"));
        assert_eq!(below(&at("model"), bytes).expect_err("not UTF-8").code, "unsafe-name");
        assert_eq!(below(&at("nothing"), at("other")).expect_err("no model").code, "not-found");
    }
}
