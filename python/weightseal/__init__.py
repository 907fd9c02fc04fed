"""Sign machine-learning models, and verify them before they are loaded.

    import weightseal

    weightseal.generate_key_pair("signing_key.pem", "signing_key.pub", passphrase="correct horse")
    weightseal.sign("model.safetensors", "signing_key.pem", signer="training@ml-team", passphrase="correct horse")
    with weightseal.open_verified("model.safetensors", "signing_key.pub") as model:
        ...  # model.read(), memoryview(model), model.path: the bytes that were verified

Failure is always an exception, never a return value (`weightseal.errors`). Modules for frameworks, each imported on its
own: `weightseal.torch`, `.safetensors`, `.transformers`, `.onnxruntime`, `.joblib`, `.pickle`, `.numpy`.
"""

from __future__ import annotations

import os

from . import _native
from ._native import SealedBytes, Verified, VerifiedDir, VerifiedFile, __version__
from ._options import FROM_ENVIRONMENT, FromEnvironment, holding, passphrase_bytes, question, several, shown, signing
from .errors import (
    _BOTH_WAYS,
    AlreadyExists,
    ChangedWhileReading,
    HashMismatch,
    InvalidSignature,
    NotAuthenticatedWarning,
    PassphraseNeeded,
    UsageError,
    VerificationError,
    WeightsealError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from ._options import Age, Expiry, Keep, Keys, Path, Progress, Salt

__all__ = [
    "ChangedWhileReading",
    "HashMismatch",
    "InvalidSignature",
    "NotAuthenticatedWarning",
    "SealedBytes",
    "VerificationError",
    "Verified",
    "VerifiedDir",
    "VerifiedFile",
    "WeightsealError",
    "__version__",
    "generate_key_pair",
    "hash_file",
    "inspect",
    "open_verified",
    "save_manifest",
    "sign",
    "sign_artifact",
    "sign_artifact_bundle",
    "sign_bundle",
    "verified_dir",
    "verify",
    "verify_artifact",
    "verify_artifact_bundle",
]


# --- Keys -----------------------------------------------------------------------------------------------------


def generate_key_pair(
    private_key_path: Path,
    public_key_path: Path,
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    *,
    algorithm: str = "rsa-4096",
    overwrite: bool = False,
) -> None:
    """Makes a key pair: the private key in encrypted PKCS#8 PEM (mode 0600), the public one in SPKI PEM.

    The passphrase comes from the environment variable WEIGHTSEAL_PASSPHRASE if it is left out; None, said
    explicitly, writes the private key unencrypted. `algorithm` is one of rsa-4096, rsa-3072, rsa-2048, ecdsa-p256,
    ecdsa-p384, ecdsa-p521, ed25519. RSA keys take seconds to make.

    Raises `PassphraseNeeded`, `AlreadyExists` (a `FileExistsError`; not with `overwrite=True`), `FileError`.
    """
    chosen = passphrase_bytes(passphrase)
    if chosen is None and isinstance(passphrase, FromEnvironment):
        hint = f"{_BOTH_WAYS}; passphrase=None writes an unencrypted key"
        raise PassphraseNeeded("a passphrase for the new key is needed", hint=hint)
    private, public = os.fspath(private_key_path), os.fspath(public_key_path)
    if os.path.realpath(private) == os.path.realpath(public):
        raise UsageError(f"{shown(private)} and {shown(public)} are one file, and a key pair needs two")
    try:
        _native.generate_key_pair(private, public, chosen, algorithm, overwrite)
    except AlreadyExists as error:
        hint = "overwrite=True replaces both keys; what the old one signed needs the old public key"
        raise AlreadyExists(error.message, hint=hint, **error.data) from None


# --- Signing --------------------------------------------------------------------------------------------------


def hash_file(path: Path, *, progress: Progress | None = None) -> str:
    """The SHA-256 digest (FIPS 180-4) of a file, as 64 lower-case hex digits.

    `progress` is called with numbers of bytes, or is a bar in the manner of tqdm. Raises `FileError`.
    """
    return _native.hash_file(path, progress)


def sign_artifact(
    model_path: Path,
    private_key_path: Path,
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    signer_identity: str | None = None,
    *,
    key_version: int | None = None,
    model_version: int | None = None,
    expires: Expiry | None = None,
    annotations: Mapping[str, str] | None = None,
    pss_salt: Salt = "max",
    compat_signature: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Signs a file and returns its manifest as a dict; `save_manifest` writes it.

    `expires` is a text such as "90d" or "2027-01-31", a date, an aware datetime or a timedelta from now. Notes to be
    signed go into `annotations`: nothing can be added to a manifest once it is signed.

    Raises `KeyFileError` (`PassphraseNeeded`, `WrongPassphrase`), `FileError`, `UsageError`.
    """
    import json

    said = signing(
        private_key_path,
        passphrase,
        signer_identity,
        key_version=key_version,
        model_version=model_version,
        expires=expires,
        annotations=annotations,
        pss_salt=pss_salt,
        compat_signature=compat_signature,
    )
    manifest: dict[str, Any] = json.loads(_native.make_manifest(model_path, said, progress))
    return manifest


def save_manifest(manifest: Mapping[str, Any], output_path: Path) -> None:
    """Writes a manifest as JSON, in one step; it may replace a manifest of the same model, and nothing else.

    Raises `MalformedSignature` where verification would refuse it (a field was added, say), `NotReplaceable`,
    `FileError`.
    """
    import json
    from collections.abc import Mapping

    if not isinstance(manifest, Mapping):
        raise TypeError(f"manifest must be a dict, as sign_artifact returns it, not {type(manifest).__name__}")
    text = json.dumps(dict(manifest), indent=2, ensure_ascii=False) + "\n"
    _native.save_manifest(text, output_path)


def sign(
    path: Path,
    private_key: Path,
    *,
    signer: str,
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    output_path: Path | None = None,
    key_version: int | None = None,
    model_version: int | None = None,
    expires: Expiry | None = None,
    annotations: Mapping[str, str] | None = None,
    pss_salt: Salt = "max",
    compat_signature: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Signs a file and writes its manifest, by default beside it. Arguments and errors as for `sign_artifact`.

    Returns a dict: `manifest` (the path), `files` (name, sha256, size), `statement_sha256`.
    """
    said = signing(
        private_key,
        passphrase,
        signer,
        key_version=key_version,
        model_version=model_version,
        expires=expires,
        annotations=annotations,
        pss_salt=pss_salt,
        compat_signature=compat_signature,
    )
    return _native.sign_file(path, output_path, said, progress)


def sign_bundle(
    paths: Iterable[Path],
    output_path: Path,
    private_key: Path,
    *,
    signer: str,
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    base: Path | None = None,
    key_version: int | None = None,
    model_version: int | None = None,
    expires: Expiry | None = None,
    annotations: Mapping[str, str] | None = None,
    pss_salt: Salt = "max",
    compat_signature: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Signs several files as one set and writes the bundle manifest, called NAME.manifest.json.

    Names in it are relative to `base`, by default the bundle manifest's folder. Returns and raises as `sign` does.
    """
    said = signing(
        private_key,
        passphrase,
        signer,
        key_version=key_version,
        model_version=model_version,
        expires=expires,
        annotations=annotations,
        pss_salt=pss_salt,
        compat_signature=compat_signature,
    )
    output = os.fspath(output_path)
    # Verification takes only such names for that of a set, and the ending alone is no name.
    if os.path.basename(output) == ".manifest.json" or not output.endswith(".manifest.json"):
        raise UsageError(f"{shown(output)} is no name for a bundle manifest", hint="call it NAME.manifest.json")
    signed = _native.sign_bundle(several("paths", paths), output, base, said, progress)
    del signed["text"]
    return signed


def sign_artifact_bundle(
    artifact_paths: Iterable[Path],
    private_key_path: Path,
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    signer_identity: str | None = None,
    bundle_output: Path | None = None,
    *,
    base: Path | None = None,
    key_version: int | None = None,
    model_version: int | None = None,
    expires: Expiry | None = None,
    annotations: Mapping[str, str] | None = None,
    pss_salt: Salt = "max",
    compat_signature: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Signs several files as one set, writes the bundle manifest to `bundle_output` and returns it as a dict.

    Arguments and errors as for `sign_artifact` and `sign_bundle`.
    """
    import json

    if bundle_output is None:
        raise TypeError("where to? bundle_output is needed, for example release.manifest.json")
    said = signing(
        private_key_path,
        passphrase,
        signer_identity,
        key_version=key_version,
        model_version=model_version,
        expires=expires,
        annotations=annotations,
        pss_salt=pss_salt,
        compat_signature=compat_signature,
    )
    signed = _native.sign_bundle(several("artifact_paths", artifact_paths), bundle_output, base, said, progress)
    bundle: dict[str, Any] = json.loads(signed["text"])
    return bundle


# --- Verifying ------------------------------------------------------------------------------------------------


def verify(
    path: Path,
    public_key: Keys,
    *,
    signature: Path | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool = False,
    progress: Progress | None = None,
) -> Verified:
    """Verifies a model file, or what a manifest or bundle manifest describes, and returns the facts.

    To load the model, use `open_verified` or `verified_dir` instead: between this call and a later read of the path
    somebody may replace the file.

    `public_key` is a path, PEM bytes, or a list of them (old and new key). `signature` names the manifest or bundle
    manifest, which is looked for beside the model otherwise. `max_age` is a text such as "90d" or a timedelta.

    Raises `VerificationError` and its subclasses, `FileError`, `KeyFileError`.
    """
    asked = question(
        path,
        public_key,
        signature=signature,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
    )
    verified = _native.verify(asked, progress)
    _tell(verified)
    return verified


def open_verified(
    path: Path,
    public_key: Keys,
    *,
    signature: Path | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool = False,
    allow_partial: bool = False,
    keep: Keep = "auto",
    progress: Progress | None = None,
) -> VerifiedFile:
    """Verifies a model file and returns an object that holds exactly the bytes that were verified.

    The file is opened and read once; while it is hashed, it is copied into sealed memory (Linux) or into a private
    folder on disk (elsewhere, with keep="disk", or when memory lacks). Whatever happens to the file afterwards,
    `.read()`, the buffer protocol and `.path` give the verified bytes for as long as the object lives.

    One file of a bundle is loaded only with `allow_partial=True`; without it, that is a `PartialModel`. Other arguments
    and errors as for `verify`.
    """
    asked = question(
        path,
        public_key,
        signature=signature,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
    )
    file = _native.load_file(asked, holding(keep, allow_partial=allow_partial), progress)
    _tell(file.verified, kept=file.kept)
    return file


def verified_dir(
    path: Path,
    public_key: Keys,
    *,
    signature: Path | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool = False,
    allow_partial: bool = False,
    keep: Keep = "auto",
    progress: Progress | None = None,
) -> VerifiedDir:
    """Verifies a set of files and returns a private read-only folder with their verified copies, and nothing else.

    `path` is a bundle manifest, or a folder with exactly one in it; with `signature` it is the folder that the names in
    that bundle manifest are relative to. Files that the bundle does not list are not in the verified folder. Other
    arguments and errors as for `open_verified`.
    """
    asked = question(
        path,
        public_key,
        signature=signature,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
    )
    folder = _native.load_dir(asked, holding(keep, allow_partial=allow_partial), progress)
    _tell(folder.verified)
    return folder


def verify_artifact(
    model_path: Path,
    manifest_path: Path,
    public_key_path: Keys,
    *,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Verifies a file with its manifest and returns the manifest as a dict.

    Manifests without an envelope, which other programs write, are accepted with a `NotAuthenticatedWarning`: only
    their digest is signed. To load the model, use `open_verified`. Errors as for `verify`; a missing manifest is
    a `ManifestNotFound`, which is a `FileNotFoundError` too.
    """
    asked = question(
        model_path,
        public_key_path,
        signature=manifest_path,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
    )
    return _published(asked, progress)


def verify_artifact_bundle(
    bundle_path: Path,
    public_key_path: Keys,
    *,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Verifies all files of a bundle manifest and returns it as a dict.

    Bundle manifests without an envelope are accepted with a `NotAuthenticatedWarning`: each file is signed by itself,
    but the set is not. Errors as for `verify`.
    """
    asked = question(
        bundle_path,
        public_key_path,
        # Whatever it is called: it stands for what it describes.
        signature=bundle_path,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
    )
    return _published(asked, progress, is_bundle=True)


def _published(asked: dict[str, Any], progress: Progress | None, *, is_bundle: bool = False) -> dict[str, Any]:
    import json

    verified, text = _native.verify_published(asked, is_bundle, progress)
    _tell(verified)
    manifest: dict[str, Any] = json.loads(text)
    return manifest


def inspect(path: Path) -> dict[str, Any]:
    """What a manifest or bundle manifest says, as `weightseal inspect --json` prints it. Nothing is verified.

    Raises `MalformedSignature`, `FileError`.
    """
    return _native.inspect(path)


def _tell(verified: Verified, *, kept: str | None = None) -> None:
    """Warns of what is not authenticated, and logs what was verified."""
    from . import _log

    if not verified.authenticated:
        import warnings

        message = "the manifest has no envelope: only the digest is signed; name, signer and time are only claimed"
        warnings.warn(message, NotAuthenticatedWarning, stacklevel=_log.callers_level())
    _log.info(f"{verified!r}" + (f", kept in {kept}" if kept else ""))
