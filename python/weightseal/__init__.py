"""Sign machine-learning models, and verify them before they are loaded.

    import weightseal

    weightseal.generate_key_pair("signing_key.pem", "signing_key.pub", passphrase="correct horse")
    weightseal.sign("model.safetensors", "signing_key.pem", signer="training@ml-team", passphrase="correct horse")
    with weightseal.open_verified("model.safetensors", "signing_key.pub") as model:
        ...  # model.read(), memoryview(model), model.path: the bytes that were verified

A folder, with an OMS signature (OpenSSF Model Signing):

    weightseal.sign_model("release", "signing_key.pem", passphrase="correct horse")
    with weightseal.verified_dir("release", "signing_key.pub") as folder:
        ...  # folder.path: a private folder with the files that were verified, and nothing else

Failure is always an exception, never a return value (`weightseal.errors`). Modules for frameworks, each imported on its
own: `weightseal.torch`, `.safetensors`, `.transformers`, `.onnxruntime`, `.joblib`, `.pickle`, `.numpy`.
"""

from __future__ import annotations

import os

from . import _native
from ._native import Explanation, SealedBytes, TrustStore, Verified, VerifiedDir, VerifiedFile, __version__
from ._options import (
    FROM_ENVIRONMENT,
    FromEnvironment,
    chain,
    claims,
    holding,
    listing,
    passphrase_bytes,
    question,
    several,
    shown,
    signing,
)
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
    _arguments,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Unpack

    from ._options import (
        Age,
        Dialect,
        Expiry,
        Hash,
        Keep,
        Keys,
        Layout,
        Moment,
        More,
        Path,
        Paths,
        Progress,
        Salt,
        Trust,
    )

__all__ = [
    "ChangedWhileReading",
    "Explanation",
    "HashMismatch",
    "InvalidSignature",
    "NotAuthenticatedWarning",
    "SealedBytes",
    "TrustStore",
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
    "sign_model",
    "verified_dir",
    "verify",
    "verify_artifact",
    "verify_artifact_bundle",
    "verify_model",
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


def sign_model(
    path: Path,
    private_key: Path,
    *,
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    signer: str | None = None,
    output_path: Path | None = None,
    certificate: Path | None = None,
    intermediates: Paths = (),
    hash: Hash = "sha256",
    shard_size: int | str | None = None,
    shard_dialect: Dialect = "specification",
    ignore: Iterable[str] = (),
    allow_symlinks: bool = False,
    default_excludes: bool = True,
    max_signature_size: int | str | None = None,
    key_version: int | None = None,
    model_version: int | None = None,
    expires: Expiry | None = None,
    annotations: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Signs a folder or a file and writes an OMS signature (OpenSSF Model Signing).

    It goes to `output_path`, by default into the folder as model.sig, or beside the file as NAME.sig. Every file in the
    folder is signed, but for `ignore` (exact paths, relative to the folder) and, unless `default_excludes=False`, .git,
    .github, .gitignore and .gitattributes at its top. Symbolic links are refused, or followed with
    `allow_symlinks=True`. `hash` is sha256, blake2b or blake3. With `shard_size` (bytes, or a text such as "64MiB")
    files are hashed in parts of this size. A signature of more than 64 MiB is written only with `max_signature_size`.

    With `certificate` (PEM, of the private key) the signature has it and the `intermediates` in it, and others trust it
    by its root. Other arguments as for `sign`; a signer may be missing.

    Returns a dict: `signature` (the path), `files` (name, algorithm, digests, size), `root_sha256`, `statement_sha256`,
    `left_out`, `links_outside` (links that lead out of the folder) and `notes` for people.

    Raises what `sign` raises, and `CertificateFileError`.
    """
    said = claims(
        private_key,
        passphrase,
        signer,
        key_version=key_version,
        model_version=model_version,
        expires=expires,
        annotations=annotations,
    )
    how = listing(
        hash=hash,
        shard_size=shard_size,
        shard_dialect=shard_dialect,
        ignore=ignore,
        allow_symlinks=allow_symlinks,
        default_excludes=default_excludes,
        max_signature_size=max_signature_size,
    )
    leaf, above = chain(certificate, intermediates)
    signed = _native.sign_model(path, output_path, leaf, above, how, said, progress)
    signed["notes"] = [_arguments(note) for note in signed["notes"]]
    return signed


# --- Verifying ------------------------------------------------------------------------------------------------


def verify_model(
    path: Path,
    public_key: Keys | None = None,
    *,
    trust: Trust | None = None,
    signature: Path | None = None,
    name: str | None = None,
    state: Path | None = None,
    init_state: bool = False,
    at: Moment | None = None,
    ca_root: Paths = (),
    intermediates: Paths = (),
    certificate_identity: str | None = None,
    certificate_oidc_issuer: str | None = None,
    trusted_root: Path | None = None,
    oms_compat: bool = False,
    only: Iterable[str] = (),
    ignore_unsigned_files: bool = False,
    ignore: Iterable[str] = (),
    layout: Layout | Iterable[Layout] = (),
    default_excludes: bool = True,
    allow_symlinks: bool = False,
    max_signature_size: int | str | None = None,
    whole: bool = False,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_tolerated: bool = False,
    progress: Progress | None = None,
) -> Verified:
    """Verifies a folder or a file by its OMS signature (OpenSSF Model Signing), and returns the facts.

    To load the model, use `verified_dir` or `open_verified` instead, which take the same arguments: between this call
    and a later read somebody may replace a file. The signature is looked for in the folder and beside it, or beside the
    file, unless `signature` names it.

    Whom to trust; one is needed. Either a trust store, which decides alone (docs/spec/trust.md):

    - `trust`: its path, or a `TrustStore`. `state` is the file in which accepted versions are remembered, so that
      nothing older is accepted later; `init_state=True` begins it.

    Or, by the way the model was signed:

    - `public_key`: a path, PEM bytes, or a list of them;
    - `ca_root`: root certificates (PEM files), with `certificate_identity`, one of the names in the signer's certificate
      or its subject. `intermediates` are certificates that may stand between; they are not trusted by themselves;
    - `certificate_identity` with `certificate_oidc_issuer`, who vouched for it: for signatures through Sigstore.
      `trusted_root` is a file of another Sigstore instance than the public one.

    What may lie in the folder beside the signed files: nothing, but for what the signer left out, and .git, .github,
    .gitignore and .gitattributes at its top (these neither with `default_excludes=False`). `ignore` are more exact
    paths, `layout` are tools whose own files are left out ("hf", "mlflow"), `ignore_unsigned_files=True` leaves out
    everything. `allow_symlinks=True` follows links that lead out of the folder, where the signer followed links.
    `oms_compat=True` accepts what the reference implementation's own samples need. What made a difference is in the
    result's `weakened`.

    `only` are the signed names of files, folders or shards (PATH:START:END): nothing else is looked at, and the verdict
    is `partial`. `max_signature_size` is for signatures of more than 64 MiB. `name` is the name under which the model
    is expected to be signed; with a trust store it is the last component of the path unless given. `at` is the time
    to judge by, instead of now. What a rule of the store only warns about is a `ToleratedModel`, or with
    `allow_tolerated=True` the verdict `tolerated`. Other arguments as for `verify`.

    Raises `VerificationError` and its subclasses, `FileError`, `KeyFileError`, `CertificateFileError`,
    `TrustStoreError`, `StateFileError`, `UsageError`.
    """
    asked = question(
        path,
        public_key,
        trust=trust,
        signature=signature,
        name=name,
        state=state,
        init_state=init_state,
        at=at,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        ca_root=ca_root,
        intermediates=intermediates,
        certificate_identity=certificate_identity,
        certificate_oidc_issuer=certificate_oidc_issuer,
        trusted_root=trusted_root,
        oms_compat=oms_compat,
        only=only,
        ignore_unsigned_files=ignore_unsigned_files,
        ignore=ignore,
        layout=layout,
        default_excludes=default_excludes,
        allow_symlinks=allow_symlinks,
        max_signature_size=max_signature_size,
        whole=whole,
    )
    verified = _native.verify_model(asked, allow_tolerated, progress)
    _tell(verified)
    return verified


def verify(
    path: Path,
    public_key: Keys | None = None,
    *,
    trust: Trust | None = None,
    signature: Path | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool | None = None,
    whole: bool = False,
    allow_tolerated: bool = False,
    progress: Progress | None = None,
    **more: Unpack[More],
) -> Verified:
    """Verifies a model file, a folder, or what a manifest or bundle manifest describes, and returns the facts.

    To load the model, use `open_verified` or `verified_dir` instead: between this call and a later read of the path
    somebody may replace the file.

    `public_key` is a path, PEM bytes, or a list of them (old and new key). Instead of it, `trust` is a trust store,
    which decides who may sign which models: a path or a `TrustStore`. `signature` names the manifest, bundle manifest
    or OMS signature, which is looked for beside the model otherwise. `max_age` is a text such as "90d" or a
    timedelta. With `whole=True` the digest of whole files is checked also where the signature states their chunk root,
    which is enough otherwise. `allow_unauthenticated=True` accepts manifests without envelope; with a trust store,
    those that it lists are accepted unless this is `False`. Other arguments as for `verify_model`.

    Raises `VerificationError` and its subclasses, `FileError`, `KeyFileError`, `TrustStoreError`, `StateFileError`,
    `UsageError`.
    """
    asked = question(
        path,
        public_key,
        trust=trust,
        signature=signature,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
        whole=whole,
        **more,
    )
    verified = _native.verify(asked, allow_tolerated, progress)
    _tell(verified)
    return verified


def open_verified(
    path: Path,
    public_key: Keys | None = None,
    *,
    trust: Trust | None = None,
    signature: Path | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool | None = None,
    whole: bool = False,
    allow_partial: bool = False,
    allow_tolerated: bool = False,
    keep: Keep = "auto",
    progress: Progress | None = None,
    **more: Unpack[More],
) -> VerifiedFile:
    """Verifies a model file and returns an object that holds exactly the bytes that were verified.

    The file is opened and read once; while it is hashed, it is copied into sealed memory (Linux) or into a private
    folder on disk (elsewhere, with keep="disk", or when memory lacks). Whatever happens to the file afterwards,
    `.read()`, the buffer protocol and `.path` give the verified bytes for as long as the object lives.

    One file of a set is loaded only with `allow_partial=True`; without it, that is a `PartialModel`. What a rule of the
    trust store only warns about is loaded only with `allow_tolerated=True`; without it, it is a `ToleratedModel`. For a
    file of a folder with an OMS signature, `path` is the folder and `only` has the file's name. Other arguments and
    errors as for `verify` and `verify_model`.
    """
    asked = question(
        path,
        public_key,
        trust=trust,
        signature=signature,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
        whole=whole,
        **more,
    )
    held = holding(keep, allow_partial=allow_partial, allow_tolerated=allow_tolerated)
    file = _native.load_file(asked, held, progress)
    _tell(file.verified, kept=file.kept)
    return file


def verified_dir(
    path: Path,
    public_key: Keys | None = None,
    *,
    trust: Trust | None = None,
    signature: Path | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool | None = None,
    whole: bool = False,
    allow_partial: bool = False,
    allow_tolerated: bool = False,
    keep: Keep = "auto",
    progress: Progress | None = None,
    **more: Unpack[More],
) -> VerifiedDir:
    """Verifies a set of files and returns a private read-only folder with their verified copies, and nothing else.

    `path` is a folder with an OMS signature; or a bundle manifest, or a folder with exactly one in it. With `signature`
    it is the folder that the signed names are relative to. Files that the signature does not list are not in the
    verified folder. A part (`only`) is loaded only with `allow_partial=True`. Other arguments and errors as for
    `open_verified`.
    """
    asked = question(
        path,
        public_key,
        trust=trust,
        signature=signature,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
        whole=whole,
        **more,
    )
    held = holding(keep, allow_partial=allow_partial, allow_tolerated=allow_tolerated)
    folder = _native.load_dir(asked, held, progress)
    _tell(folder.verified)
    return folder


def verify_artifact(
    model_path: Path,
    manifest_path: Path,
    public_key_path: Keys | None = None,
    *,
    trust: Trust | None = None,
    name: str | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool = True,
    whole: bool = False,
    state: Path | None = None,
    init_state: bool = False,
    at: Moment | None = None,
    allow_tolerated: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Verifies a file with its manifest and returns the manifest as a dict.

    Manifests without an envelope, which other programs write, are accepted with a `NotAuthenticatedWarning`: only
    their digest is signed. With a trust store (`trust`), only those that it lists are. To load the model, use
    `open_verified`. Errors as for `verify`; a missing manifest is a `ManifestNotFound`, which is a `FileNotFoundError`
    too.
    """
    asked = question(
        model_path,
        public_key_path,
        trust=trust,
        signature=manifest_path,
        name=name,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
        whole=whole,
        state=state,
        init_state=init_state,
        at=at,
    )
    return _published(asked, progress, allow_tolerated=allow_tolerated)


def verify_artifact_bundle(
    bundle_path: Path,
    public_key_path: Keys | None = None,
    *,
    trust: Trust | None = None,
    name: str | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool = True,
    whole: bool = False,
    state: Path | None = None,
    init_state: bool = False,
    at: Moment | None = None,
    allow_tolerated: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Verifies all files of a bundle manifest and returns it as a dict.

    Bundle manifests without an envelope are accepted with a `NotAuthenticatedWarning`: each file is signed by itself,
    but the set is not. With a trust store (`trust`), none is accepted. Errors as for `verify`.
    """
    asked = question(
        bundle_path,
        public_key_path,
        trust=trust,
        # Whatever it is called: it stands for what it describes.
        signature=bundle_path,
        name=name,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
        whole=whole,
        state=state,
        init_state=init_state,
        at=at,
    )
    return _published(asked, progress, is_bundle=True, allow_tolerated=allow_tolerated)


def _published(
    asked: dict[str, Any], progress: Progress | None, *, is_bundle: bool = False, allow_tolerated: bool
) -> dict[str, Any]:
    import json

    verified, text = _native.verify_published(asked, is_bundle, allow_tolerated, progress)
    _tell(verified)
    manifest: dict[str, Any] = json.loads(text)
    return manifest


def inspect(path: Path) -> dict[str, Any]:
    """What a signature file says, as `weightseal inspect --json` prints it. Nothing is verified.

    A folder stands for the model.sig in it. Raises `MalformedSignature`, `FileError`.
    """
    return _native.inspect(path)


def _tell(verified: Verified, *, kept: str | None = None) -> None:
    """Warns of what is not authenticated, and logs what was verified."""
    from . import _log

    # A trust store accepts those only that somebody has checked and listed.
    if not verified.authenticated and verified.trust is None:
        import warnings

        message = "the manifest has no envelope: only the digest is signed; name, signer and time are only claimed"
        warnings.warn(message, NotAuthenticatedWarning, stacklevel=_log.callers_level())
    if verified.weakened:
        _log.warning(f"{verified!r}: accepted with less than everything verified: {', '.join(verified.weakened)}")
    if verified.tolerated:
        codes = ", ".join(reason["code"] for reason in verified.tolerated)
        _log.warning(f"{verified!r}: a rule of the trust store that only warns let it pass: {codes}")
    _log.info(f"{verified!r}" + (f", kept in {kept}" if kept else ""))
