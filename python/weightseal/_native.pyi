"""The extension module: the verbs of the Rust library. The package around it has the public functions."""

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NoReturn, Self, TypeAlias, final

from typing_extensions import disjoint_base

from ._options import Expiry, Keys, Moment, Progress

_Path: TypeAlias = str | PathLike[str]

__all__ = [
    "Explanation",
    "ModelWriter",
    "SealedBytes",
    "TrustStore",
    "Verified",
    "VerifiedDir",
    "VerifiedFile",
    "__version__",
    "generate_key_pair",
    "hash_file",
    "inspect",
    "load_dir",
    "load_file",
    "make_manifest",
    "run_command",
    "save_manifest",
    "sign_bundle",
    "sign_file",
    "sign_model",
    "verify",
    "verify_model",
    "verify_published",
]

__version__: str

@final
class Verified:
    """What a successful verification has shown. Only a verification makes one."""

    @property
    def verdict(self) -> str:
        """`verified`: every file of the model. `partial`: the files that were asked for. `tolerated`: a rule of the
        trust store that only warns let something pass.
        """
    @property
    def authenticated(self) -> bool:
        """Whether name, signer, time and versions are signed."""
    @property
    def name(self) -> str | None:
        """The signed name of the model or the set; None if not authenticated."""
    @property
    def signer(self) -> str | None:
        """Who signs: by the trust store, or else by the key holder's word; None if not authenticated."""
    @property
    def signed_at(self) -> str | None:
        """When, as RFC 3339 text; None if not authenticated."""
    @property
    def expires_at(self) -> str | None:
        """From when on the signature is not accepted, as RFC 3339 text."""
    @property
    def model_version(self) -> int | None:
        """Which version of the model."""
    @property
    def key_version(self) -> int | None:
        """Which of the signer's keys; None if not authenticated."""
    @property
    def key_id(self) -> str | None:
        """The verifying key's fingerprint: SHA-256 of its SPKI DER, in hex; None for a signature through Sigstore."""
    @property
    def annotations(self) -> dict[str, str]:
        """What else the signer wrote down, signed."""
    @property
    def statement_sha256(self) -> str | None:
        """SHA-256 of the signed statement, in hex; None if not authenticated."""
    @property
    def signature_file(self) -> str:
        """The signature file's path."""
    @property
    def files(self) -> dict[str, str | None]:
        """The verified files: name and SHA-256 digest in hex; None where they were hashed otherwise, or in shards."""
    @property
    def method(self) -> str | None:
        """By what the signer of an OMS signature was recognised: `key`, `certificate` or `sigstore`."""
    @property
    def certificate(self) -> dict[str, Any] | None:
        """The signer's certificate: subject, issuer, names, the identity asked for; None for other methods."""
    @property
    def sigstore(self) -> dict[str, Any] | None:
        """Who signed through Sigstore, who vouched for the identity, and when; None for other methods."""
    @property
    def listing(self) -> dict[str, Any] | None:
        """How an OMS signature lists its files: algorithm, shard size, root digest; None for manifests."""
    @property
    def beside(self) -> dict[str, list[str]]:
        """What lies in the folder beside the signed files, by the rule that left it out; empty for manifests."""
    @property
    def weakened(self) -> list[str]:
        """What was given up by arguments of the call, as far as it made a difference: a list of words."""
    @property
    def hard_linked(self) -> list[str]:
        """The files that have other names elsewhere on their file system; looked at for OMS signatures only."""
    @property
    def trust(self) -> dict[str, Any] | None:
        """What the trust store says: its serial number and end, signer, key version, expected name, rules,
        countersignatures; None without a store.
        """
    @property
    def tolerated(self) -> list[dict[str, Any]]:
        """What a rule that only warns let pass, each with `code`, `message` and `hint`; empty unless the verdict is
        `tolerated`.
        """
    def to_dict(self) -> dict[str, Any]:
        """All facts, as `weightseal verify --json` prints them (docs/spec/result.md)."""

@final
class TrustStore:
    """A trust store as it was read: who may sign which models. It does not change when its file does."""

    @staticmethod
    def load(path: _Path) -> TrustStore:
        """Reads a trust store and the files that it names. Nobody else may be able to write any of them."""
    @property
    def path(self) -> Path:
        """Its path."""
    @property
    def serial(self) -> int:
        """Its number, raised by every change."""
    @property
    def expires_at(self) -> str:
        """From when on it decides nothing, as RFC 3339 text."""
    @property
    def signers(self) -> list[str]:
        """The names of those who sign."""
    @property
    def keys(self) -> list[dict[str, Any]]:
        """Their keys, each with `signer`, `kind`, `key_id`, times, revocation and present `state`."""
    @property
    def rules(self) -> list[dict[str, Any]]:
        """The rules, each with `models`, `signers`, `level` and what else it asks."""
    def to_dict(self) -> dict[str, Any]:
        """Everything, as `weightseal trust list --json` prints it (docs/spec/result.md)."""
    def explain(
        self,
        model: _Path,
        *,
        signature: _Path | None = None,
        base: _Path | None = None,
        name: str | None = None,
        at: Moment | None = None,
        state: _Path | None = None,
    ) -> Explanation:
        """Says rule by rule what this store decides about a model's signature. No file of the model is looked at.

        Arguments as for `weightseal.verify`. Raises `FileError`, `TrustStoreError`, `StateFileError`, `UsageError`;
        what speaks against the signature is no error here.
        """
    def add(
        self,
        signer: str,
        public_key: Keys,
        *,
        key_version: int | None = None,
        signs_from: Expiry | None = None,
        signs_until: Expiry | None = None,
        trusted_until: Expiry | None = None,
        models: str | Iterable[str] | None = None,
    ) -> TrustStore:
        """Adds public keys to the file, as `weightseal trust add` does, and returns the store as it then is.

        This object stays as it was read. `models` are patterns of what the signer may sign: a rule is added for them.
        Times as for `expires` of `weightseal.sign`. Raises `TrustStoreError`, `KeyFileError`, `FileError`,
        `UsageError`; the file is as it was then.
        """

@final
class Explanation:
    """What a trust store says about a model's signature. It says nothing about the files: it is no verification."""

    @property
    def verdict(self) -> str:
        """What the store says, provided that the files are as signed: `accepted`, `tolerated` or `rejected`."""
    @property
    def reasons(self) -> list[dict[str, Any]]:
        """What speaks against the signature, each with `code`, `message` and `hint`, the most specific first."""
    @property
    def tolerated(self) -> list[dict[str, Any]]:
        """What would, had a rule not said to warn only."""
    @property
    def steps(self) -> list[dict[str, Any]]:
        """Every question that was asked: `by` whom, `rule`, `what`, the `answer`, and why, as `code` and `message`."""
    @property
    def trust(self) -> dict[str, Any] | None:
        """As `Verified.trust`; None if no key of the store verifies the signature."""
    def to_dict(self) -> dict[str, Any]:
        """Everything, as `weightseal trust explain --json` prints it (docs/spec/result.md)."""
    def __bool__(self) -> NoReturn:
        """Raises TypeError: nobody may take an explanation for a yes."""

@disjoint_base
class SealedBytes:
    """Bytes that nobody can change, readable as a buffer without a copy."""

    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __release_buffer__(self, buffer: memoryview, /) -> None: ...

@final
class VerifiedFile(SealedBytes):
    """One verified file: a read-only binary file and a buffer of exactly the bytes that were hashed."""

    def read(self, size: int | None = ..., /) -> bytes:
        """Reads up to `size` bytes, all that are left without it."""
    def readinto(self, buffer: Any) -> int:
        """Fills a writable buffer; returns the number of bytes."""
    def readline(self, size: int | None = ..., /) -> bytes:
        """Reads up to and with the next line end, at most `size` bytes."""
    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Moves to `offset`, counted from the beginning (0), the present position (1) or the end (2)."""
    def tell(self) -> int:
        """The present position in bytes."""
    def readable(self) -> bool: ...
    def seekable(self) -> bool: ...
    def writable(self) -> bool: ...
    def isatty(self) -> bool: ...
    def flush(self) -> None: ...
    def close(self) -> None:
        """Lets the bytes and the path go. Buffers that are still in use keep the bytes."""
    @property
    def closed(self) -> bool: ...
    @property
    def mode(self) -> str: ...
    @property
    def name(self) -> str:
        """The signed name of the file."""
    @property
    def size(self) -> int:
        """Its size in bytes."""
    @property
    def path(self) -> Path:
        """A path, with the file's own name, that leads to these very bytes for as long as the object is open."""
    @property
    def _bare_path(self) -> Path: ...
    @property
    def kept(self) -> str:
        """Where the bytes are held: `memory` or `disk`."""
    @property
    def verified(self) -> Verified:
        """What was verified."""
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> bytes: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_exception: object) -> None: ...

@final
class VerifiedDir:
    """The verified files of a model in a read-only folder that only we can enter, and nothing else in it."""

    @property
    def path(self) -> Path:
        """The folder."""
    @property
    def files(self) -> dict[str, VerifiedFile]:
        """The files by their names, with `/` between folders."""
    @property
    def verified(self) -> Verified:
        """What was verified."""
    @property
    def closed(self) -> bool: ...
    def close(self) -> None:
        """Removes the folder, unless one of its files is still in use."""
    def __fspath__(self) -> str: ...
    def __getitem__(self, name: str, /) -> VerifiedFile: ...
    def __contains__(self, name: str, /) -> bool: ...
    def __len__(self) -> int: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_exception: object) -> None: ...

@final
class ModelWriter:
    """A file that frameworks write a model to. It appears under its name when it is signed, and not before.

    Used in a `with` statement: what is not finished at its end is removed.
    """

    def __new__(cls, model: _Path, manifest: _Path | None, signing: dict[str, Any]) -> Self: ...
    def write(self, data: Any) -> int:
        """Appends bytes; returns their number."""
    def tell(self) -> int:
        """The number of bytes so far."""
    def flush(self) -> None: ...
    def writable(self) -> bool: ...
    def readable(self) -> bool: ...
    def seekable(self) -> bool: ...
    def finish(self) -> dict[str, Any]:
        """Signs what was written, and puts model and manifest in place."""
    def __enter__(self) -> Self: ...
    def __exit__(self, *_exception: object) -> None: ...

def generate_key_pair(
    private: _Path, public: _Path, passphrase: bytes | None, algorithm: str, overwrite: bool
) -> str: ...
def hash_file(path: _Path, progress: Progress | None) -> str: ...
def inspect(path: _Path) -> dict[str, Any]: ...
def make_manifest(model: _Path, signing: dict[str, Any], progress: Progress | None) -> str: ...
def save_manifest(text: str, output: _Path) -> None: ...
def sign_file(
    model: _Path, output: _Path | None, signing: dict[str, Any], progress: Progress | None
) -> dict[str, Any]: ...
def sign_bundle(
    models: Sequence[_Path], output: _Path, base: _Path | None, signing: dict[str, Any], progress: Progress | None
) -> dict[str, Any]: ...
def sign_model(
    model: _Path,
    output: _Path | None,
    certificate: _Path | None,
    intermediates: Sequence[_Path],
    listing: dict[str, Any],
    signing: dict[str, Any],
    progress: Progress | None,
) -> dict[str, Any]: ...
def verify(question: dict[str, Any], allow_tolerated: bool, progress: Progress | None) -> Verified: ...
def verify_model(question: dict[str, Any], allow_tolerated: bool, progress: Progress | None) -> Verified: ...
def verify_published(
    question: dict[str, Any], is_bundle: bool, allow_tolerated: bool, progress: Progress | None
) -> tuple[Verified, str]: ...
def load_file(question: dict[str, Any], holding: dict[str, Any], progress: Progress | None) -> VerifiedFile: ...
def load_dir(question: dict[str, Any], holding: dict[str, Any], progress: Progress | None) -> VerifiedDir: ...
def run_command(arguments: Sequence[str], stdout_is_open: bool) -> int: ...
