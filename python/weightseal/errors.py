"""What can go wrong, told apart.

Two families. `VerificationError`: the model or its signature is at fault, and nothing was loaded. The others: the
call could not be carried out, which says nothing about the model. Every exception has

- `code`: a stable word, the same as in the command's `--json` output (docs/spec/result.md),
- `hint`: one line of advice, or None; tracebacks show it as a note,
- `data`: a dict with what the error is about, such as `expected`, `found`, `file`, `path`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class WeightsealError(Exception):
    """The base of all exceptions that weightseal raises."""

    code: str = "usage"
    hint: str | None = None

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data: dict[str, Any] = data
        if code is not None:
            self.code = code
        if hint is not None:
            self.hint = hint
            self.add_note(f"hint: {hint}")

    def __str__(self) -> str:
        # OSError would put its own words in place of ours.
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions travel between worker processes.
        return (_revive, (type(self), self.message, self.code, self.hint, self.data))


def _revive(kind: type[WeightsealError], message: str, code: str, hint: str | None, data: dict[str, Any]) -> Any:
    return kind(message, code=code, hint=hint, **data)


def _describe(error: OSError, data: dict[str, Any]) -> None:
    """Fills in what code for OSErrors looks at."""
    import errno

    for kind, number in (
        (FileNotFoundError, errno.ENOENT),
        (FileExistsError, errno.EEXIST),
        (PermissionError, errno.EACCES),
    ):
        if isinstance(error, kind):
            error.errno = number
    error.strerror = str(error)
    error.filename = data.get("path")


class UsageError(WeightsealError, ValueError):
    """The arguments contradict each other or make no sense."""


class UnsafeRequest(UsageError):
    """What was asked for cannot be done safely, for example loading code that nobody verified."""

    code = "unsafe-request"


class PartialModel(UsageError):
    """One file of a signed set was to be loaded, without saying that a part will do."""

    code = "partial"


class ToleratedModel(UsageError):
    """A rule of the trust store that only warns has something against the model, and nobody said that this will do."""

    code = "tolerated"


class UnsupportedFramework(WeightsealError, ImportError):
    """The framework is missing, or too old to load anything safely."""

    code = "unsupported-framework"


# --- The model or its signature is at fault -------------------------------------------------------------------


class VerificationError(WeightsealError, ValueError):
    """The model must not be used. `reasons` lists everything that is wrong, the most specific first."""

    code = "rejected"

    @property
    def expected(self) -> Any:
        """What was signed, or asked for; None where that makes no sense."""
        return self.data.get("expected")

    @property
    def found(self) -> Any:
        """What is there instead; None where that makes no sense."""
        return self.data.get("found")

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """Every reason, each with `code`, `message`, `hint` and its data."""
        return list(self.data.get("reasons", ()))

    @property
    def result(self) -> dict[str, Any]:
        """The whole result, as `weightseal verify --json` prints it (docs/spec/result.md)."""
        return dict(self.data.get("result", ()))


class HashMismatch(VerificationError):
    """A file does not have the bytes that were signed."""

    code = "hash-mismatch"


class SizeMismatch(VerificationError):
    """A file does not have as many bytes as were signed."""

    code = "size-mismatch"


class MissingFile(VerificationError):
    """A file of the signed set is not there."""

    code = "missing-file"


class RenamedFile(MissingFile):
    """A file of the signed set has another name here."""

    code = "renamed-file"


class FileTypeChanged(VerificationError):
    """Something else than a file, such as a symbolic link, has the name of a signed file."""

    code = "type-changed"


class ExtraFile(VerificationError):
    """Something lies in the folder that nobody signed."""

    code = "extra-file"


class NotListed(VerificationError):
    """A part was asked for that the signature does not list."""

    code = "not-listed"


class InvalidSignature(VerificationError):
    """A signature does not fit the key and what it should cover."""

    code = "invalid-signature"


class ManifestNotFound(VerificationError, FileNotFoundError):
    """There is no manifest: the model is unsigned, or the path leads nowhere."""

    code = "not-found"

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None, **data: Any) -> None:
        super().__init__(message, code=code, hint=hint, **data)
        _describe(self, self.data)


class Unsigned(ManifestNotFound):
    """No signature of the model lies beside it, or in it. `data["looked_for"]` has the paths."""

    code = "unsigned"


class AmbiguousSignature(VerificationError):
    """The model has two signatures, and neither is chosen by chance."""

    code = "ambiguous-signature"


class MalformedSignature(VerificationError):
    """The signature file is not what the format asks for."""

    code = "malformed-manifest"


class UnsupportedFormat(MalformedSignature):
    """The signature file is of another format, or of none that is known."""

    code = "unsupported-format"


class WrongContainer(VerificationError):
    """The signed statement was made for another kind of signature file."""

    code = "wrong-container"


class WrongModel(VerificationError):
    """The manifest is of a file with another name."""

    code = "wrong-model"


class NotInBundle(VerificationError):
    """The bundle manifest does not list the file."""

    code = "not-in-bundle"


class BundleChanged(VerificationError):
    """The entries of a bundle manifest are not the set that was signed."""

    code = "entry-removed"


class FieldMismatch(VerificationError):
    """A field of the manifest shows something else than what was signed."""

    code = "field-mismatch"


class KeyMismatch(VerificationError):
    """`algorithm` or `key_size` in the manifest are not the key's."""

    code = "key-mismatch"


class NotTrusted(VerificationError):
    """The signature is valid, and still not accepted."""

    code = "untrusted"


class UntrustedKey(NotTrusted):
    """The signature file names a key that was not given."""

    code = "untrusted-key"


class WrongMethod(NotTrusted):
    """The model was signed in a way that nothing which was given can verify: with a certificate, say."""

    code = "wrong-method"


class UntrustedCertificate(NotTrusted):
    """The signer's certificate, or the chain above it, proves nothing to those who trust the given roots."""

    code = "untrusted-certificate"


class WrongIdentity(NotTrusted):
    """The certificate is for somebody else, or somebody else vouched for the identity."""

    code = "wrong-identity"


class NotProven(NotTrusted):
    """A transparency log or a time stamp does not prove when something was signed."""

    code = "invalid-log-entry"


class WrongSigner(NotTrusted):
    """The signed signer is not the one asked for, or there is none."""

    code = "wrong-signer"


class NotAuthenticated(NotTrusted):
    """Nothing but the digest is signed, and more was asked for."""

    code = "not-authenticated"


class Expired(NotTrusted):
    """The signature's end has come."""

    code = "expired"


class KeyRetired(Expired):
    """The trust store lets the key sign at other times only, or trusts it no longer."""

    code = "key-retired"


class TooOld(NotTrusted):
    """Signed longer ago than was asked for, or nobody knows when."""

    code = "too-old"


class SignedInTheFuture(NotTrusted):
    """Signed later than now, so that its age means nothing."""

    code = "signed-in-the-future"


class ModelVersionTooLow(NotTrusted):
    """The signed model version is lower than the one asked for, or there is none."""

    code = "model-version-too-low"


class UntrustedSigner(NotTrusted):
    """The trust store does not let this signer sign this model, or not in this format."""

    code = "untrusted-signer"


class Revoked(NotTrusted):
    """The trust store says that the key was revoked, and nothing shows that the signature is older."""

    code = "revoked"


class ThresholdNotMet(NotTrusted):
    """Fewer different signers than the trust store asks for."""

    code = "threshold-not-met"


class RolledBack(NotTrusted):
    """An older version of the model than one that was accepted before, or another model of the same version."""

    code = "rolled-back"


# --- The call could not be carried out ------------------------------------------------------------------------


class KeyFileError(WeightsealError, ValueError):
    """A key file cannot be used."""

    code = "malformed-key"


class PassphraseNeeded(KeyFileError):
    """The private key is encrypted, or shall be, and no passphrase was given."""

    code = "passphrase-needed"


class WrongPassphrase(KeyFileError):
    """The passphrase does not open the key, or the key file is damaged."""

    code = "wrong-passphrase"


class CertificateFileError(WeightsealError, ValueError):
    """A file of certificates or a Sigstore trusted root cannot be used, or not to sign with."""

    code = "malformed-certificate"


class TrustStoreError(WeightsealError, ValueError):
    """The trust store cannot be used: it is damaged, it has expired, it is an old one, or others can write it."""

    code = "malformed-trust-store"


class StateFileError(WeightsealError, ValueError):
    """The file in which accepted versions are remembered is damaged, or is not there."""

    code = "malformed-state"


class FileError(WeightsealError, OSError):
    """A file could not be read or written."""

    code = "unreadable"

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None, **data: Any) -> None:
        super().__init__(message, code=code, hint=hint, **data)
        _describe(self, self.data)


class NotFound(FileError, FileNotFoundError):
    """A file or folder does not exist."""

    code = "not-found"


class AlreadyExists(FileError, FileExistsError):
    """A file that must not be overwritten exists."""

    code = "already-exists"


class PermissionDenied(FileError, PermissionError):
    """The operating system refuses to let a file be read or written."""

    code = "permission-denied"


class ChangedWhileReading(FileError):
    """A file was written to while it was read."""

    code = "changed-while-reading"


class NotReplaceable(FileError):
    """What stands at a manifest's place is not this model's manifest, and is left alone."""

    code = "not-replaceable"


class NotAuthenticatedWarning(UserWarning):
    """A manifest without an envelope was accepted: only the digest is signed, the rest is claimed."""


_REJECTED: dict[str, type[WeightsealError]] = {
    "algorithm-mismatch": MalformedSignature,
    "ambiguous-signature": AmbiguousSignature,
    "certificate-constraint": UntrustedCertificate,
    "certificate-expired": UntrustedCertificate,
    "certificate-is-authority": UntrustedCertificate,
    "certificate-not-yet-valid": UntrustedCertificate,
    "chunk-list-mismatch": HashMismatch,
    "chunk-mismatch": HashMismatch,
    "chunk-root-mismatch": HashMismatch,
    "duplicate-entry": BundleChanged,
    "empty-model": MalformedSignature,
    "entry-added": BundleChanged,
    "entry-removed": BundleChanged,
    "excluded-file": ExtraFile,
    "expired": Expired,
    "extra-file": ExtraFile,
    "field-mismatch": FieldMismatch,
    "format-not-allowed": UntrustedSigner,
    "hash-mismatch": HashMismatch,
    "identity-needed": WrongIdentity,
    "invalid-log-entry": NotProven,
    "invalid-signature": InvalidSignature,
    "invalid-timestamp": NotProven,
    "key-mismatch": KeyMismatch,
    "key-not-yet-valid": KeyRetired,
    "key-retired": KeyRetired,
    "key-trust-ended": KeyRetired,
    "legacy-signature": UnsupportedFormat,
    "malformed-bundle": MalformedSignature,
    "malformed-certificate": UntrustedCertificate,
    "malformed-digest": MalformedSignature,
    "malformed-json": MalformedSignature,
    "malformed-manifest": MalformedSignature,
    "malformed-shard": MalformedSignature,
    "malformed-statement": MalformedSignature,
    "missing-file": MissingFile,
    "model-version-missing": ModelVersionTooLow,
    "model-version-too-low": ModelVersionTooLow,
    "no-matching-rule": UntrustedSigner,
    "not-authenticated": NotAuthenticated,
    "not-in-bundle": NotInBundle,
    "not-listed": NotListed,
    "renamed-file": RenamedFile,
    "revoked": Revoked,
    "rolled-back": RolledBack,
    "root-mismatch": MalformedSignature,
    "self-signed-certificate": UntrustedCertificate,
    "shard-gap": MalformedSignature,
    "shard-overlap": MalformedSignature,
    "shard-size": MalformedSignature,
    "signature-count": MalformedSignature,
    "signature-too-large": MalformedSignature,
    "signed-after-compromise": Revoked,
    "signed-in-the-future": SignedInTheFuture,
    "signer-missing": WrongSigner,
    "signing-time-missing": TooOld,
    "size-mismatch": SizeMismatch,
    "subject-count": MalformedSignature,
    "threshold-not-met": ThresholdNotMet,
    "too-many-entries": MalformedSignature,
    "too-old": TooOld,
    "type-changed": FileTypeChanged,
    "unsafe-ignored-path": MalformedSignature,
    "unsafe-name": MalformedSignature,
    "unsigned": Unsigned,
    "unsorted-entries": MalformedSignature,
    "unsupported-bundle": UnsupportedFormat,
    "unsupported-certificate": UntrustedCertificate,
    "unsupported-format": UnsupportedFormat,
    "unsupported-media-type": UnsupportedFormat,
    "unsupported-payload-type": UnsupportedFormat,
    "unsupported-predicate-type": UnsupportedFormat,
    "unsupported-serialization": UnsupportedFormat,
    "unsupported-statement-type": UnsupportedFormat,
    "untrusted-certificate": UntrustedCertificate,
    "untrusted-key": UntrustedKey,
    "untrusted-signer": UntrustedSigner,
    "wrong-certificate-usage": UntrustedCertificate,
    "wrong-container": WrongContainer,
    "wrong-count": BundleChanged,
    "wrong-identity": WrongIdentity,
    "wrong-issuer": WrongIdentity,
    "wrong-method": WrongMethod,
    "wrong-model": WrongModel,
    "wrong-signer": WrongSigner,
}

_NOT_CARRIED_OUT: dict[str, type[WeightsealError]] = {
    "already-exists": AlreadyExists,
    "already-in-trust-store": TrustStoreError,
    "already-retired": TrustStoreError,
    "already-revoked": TrustStoreError,
    "ambiguous-key": TrustStoreError,
    "broken-symlink": NotFound,
    "busy": FileError,
    "certificate-constraint": CertificateFileError,
    "certificate-expected": CertificateFileError,
    "certificate-expired": CertificateFileError,
    "certificate-given": KeyFileError,
    "certificate-is-authority": CertificateFileError,
    "certificate-not-yet-valid": CertificateFileError,
    "certificate-of-another-key": CertificateFileError,
    "changed-while-reading": ChangedWhileReading,
    "colliding-names": UsageError,
    "conflicting-rules": TrustStoreError,
    "countersignature": UsageError,
    "crypto-failure": WeightsealError,
    "empty-model": UsageError,
    "empty-passphrase": KeyFileError,
    "incomparable": UsageError,
    "interrupted": WeightsealError,
    "kdf-too-costly": KeyFileError,
    "key-permissions": KeyFileError,
    "legacy-encryption": KeyFileError,
    "legacy-signature": UsageError,
    "malformed-certificate": CertificateFileError,
    "malformed-key": KeyFileError,
    "malformed-state": StateFileError,
    "malformed-trust-store": TrustStoreError,
    "malformed-trusted-root": CertificateFileError,
    "manifest-of-another-model": NotReplaceable,
    "new-signature-refused": TrustStoreError,
    "no-chunk-list": NotFound,
    "no-chunk-root": UsageError,
    "no-place": FileError,
    "no-sealed-memory": FileError,
    "no-state": StateFileError,
    "no-statement": UsageError,
    "not-a-regular-file": FileError,
    "not-found": NotFound,
    "not-in-state": StateFileError,
    "not-in-trust-store": TrustStoreError,
    "not-replaceable": NotReplaceable,
    "outside-base": UsageError,
    "partial": PartialModel,
    "passphrase-mismatch": KeyFileError,
    "passphrase-needed": PassphraseNeeded,
    "passphrase-unreadable": KeyFileError,
    "permission-denied": PermissionDenied,
    "private-key-expected": KeyFileError,
    "public-key-expected": KeyFileError,
    "range-outside": UsageError,
    "rsa-key-needed": KeyFileError,
    "same-key": UsageError,
    "second-manifest": NotReplaceable,
    "self-check": WeightsealError,
    "self-signed-certificate": CertificateFileError,
    "several-keys": KeyFileError,
    "shared-folder": FileError,
    "stdout": FileError,
    "symlink": FileError,
    "tolerated": ToleratedModel,
    "too-large": FileError,
    "trust-store-expired": TrustStoreError,
    "trust-store-rolled-back": TrustStoreError,
    "uncovered-file": UsageError,
    "unknown-encryption": KeyFileError,
    "unreadable": FileError,
    "unsafe-name": UsageError,
    "unsupported-certificate": CertificateFileError,
    "unsupported-key": KeyFileError,
    "unwritable-output": FileError,
    "usage": UsageError,
    "weak-key": KeyFileError,
    "writable-by-others": TrustStoreError,
    "wrong-certificate-usage": CertificateFileError,
    "wrong-passphrase": WrongPassphrase,
}

# The command's hints name its options; here they are arguments.
_BOTH_WAYS = "give it as passphrase=…, or in the environment variable WEIGHTSEAL_PASSPHRASE"
_HINTS = {
    "malformed-state": "put a copy of it back; beginning anew forgets which versions were accepted",
    "model-version-missing": "ask the signer to sign with model_version=…",
    "no-chunk-list": "`weightseal sign` writes it beside the signature where it is asked for",
    "no-sealed-memory": 'keep the copy on disk: keep="disk"',
    "no-state": "if nothing was ever verified here, begin one with init_state=True; otherwise find out who removed it",
    "partial": "load the whole set with verified_dir",
    "passphrase-needed": _BOTH_WAYS,
    "signer-missing": "ask the signer to sign with signer=…",
    "several-keys": "put each key in a file of its own; to verify, public_key can be a list of them",
}
# What has other words here than the command's, the longer ones first.
_OPTIONS = (
    ("finds too: --output ", "finds too: "),
    ("to --base DIR", "to the folder given as base"),
)
# Commands in advice, and what does the same here.
_COMMANDS = {
    "`verify FILE --signature BUNDLE`": "open_verified with signature=… and allow_partial=True",
    "`weightseal sign --bundle`": "sign_bundle",
}
# Names that are not those of the options.
_RENAMED = {
    "annotate": "annotations",
    "intermediate": "intermediates",
    "key": "public_key",
    "no-default-excludes": "default_excludes=False",
    "output": "output_path",
}


def _arguments(text: str, said: str = "") -> str:
    """A text of the library, with arguments in the place of the command's options."""
    import re

    def argument(option: re.Match[str]) -> str:
        leaves_out, name = option.groups()
        name = _RENAMED.get(name, name.replace("-", "_"))
        return leaves_out + name if leaves_out or "=" in name else name + said

    # Names of files stand in backticks, and stay as they are.
    parts = text.split("`")
    for option, words in _OPTIONS:
        parts[::2] = [part.replace(option, words) for part in parts[::2]]
    parts[::2] = [re.sub(r"(leave out |)(?<![\w-])--([a-z][a-z-]*)", argument, part) for part in parts[::2]]
    return "`".join(parts)


def _in_python(code: str, hint: str | None) -> str | None:
    if code in _HINTS or hint is None:
        return _HINTS.get(code)
    if code == "extra-file":
        # In backticks, but no name of a file.
        hint = hint.replace("`--layout hf`", '`layout="hf"`').replace("`--layout mlflow`", '`layout="mlflow"`')
    if code == "not-authenticated":
        for command, function in _COMMANDS.items():
            hint = hint.replace(command, function)
    return _arguments(hint, "=…")


def _advised(reasons: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reasons with hints for people who write Python."""
    return [{**reason, "hint": _in_python(reason["code"], reason["hint"])} for reason in reasons]


def _make(
    rejected: bool,
    code: str,
    message: str,
    hint: str | None,
    path: str | None,
    result: dict[str, Any] | None,
    of_signature_file: bool,
) -> WeightsealError:
    """Builds the exception for an error of the library."""
    kind: type[WeightsealError]
    if of_signature_file and code == "not-found":
        kind = ManifestNotFound
    else:
        kinds, otherwise = (_REJECTED, VerificationError) if rejected else (_NOT_CARRIED_OUT, WeightsealError)
        kind = kinds.get(code, otherwise)
    data: dict[str, Any] = {}
    if path is not None:
        data["path"] = path
    if result is not None:
        data["result"] = result
        reasons = _advised(result.get("reasons", ()))
        data["reasons"] = reasons
        if reasons:
            data.update({name: value for name, value in reasons[0].items() if name not in ("code", "message", "hint")})
    return kind(_arguments(message) if code == "usage" else message, code=code, hint=_in_python(code, hint), **data)
