"""safetensors: tensors without code, from verified bytes.

    from weightseal.safetensors import load_file, safe_open, save_file

    tensors = load_file("model.safetensors", "signing_key.pub")
    with safe_open("model.safetensors", "signing_key.pub", framework="pt") as file:
        weight = file.get_tensor("encoder.weight")  # read lazily, out of the verified copy
"""

from __future__ import annotations

import contextlib
import os
import tempfile

from . import _native, open_verified
from ._frameworks import framework as _framework
from ._options import FROM_ENVIRONMENT, FromEnvironment, signing
from .errors import FileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Any, Unpack

    from ._options import Asked, Claims, Keys, Path, Progress

__all__ = ["SafeOpen", "load_file", "safe_open", "save_file"]

# What safetensors calls its frameworks, and what has to be installed for each.
_PACKAGES = {"pt": "torch", "torch": "torch", "pytorch": "torch", "np": "numpy", "numpy": "numpy"}

# Bytes that are copied at once.
_BLOCK = 1024 * 1024


def _module(name: str) -> Any:
    if name not in _PACKAGES:
        from .errors import UsageError

        raise UsageError(f"framework `{name}` is none of {', '.join(_PACKAGES)}")
    for package in ("safetensors", _PACKAGES[name]):
        _framework(package)
    return _framework(f"safetensors.{_PACKAGES[name]}")


def load_file(
    path: Path,
    public_key: Keys | None = None,
    *,
    device: str | int = "cpu",
    framework: str = "pt",
    **asked: Unpack[Asked],
) -> dict[str, Any]:
    """All tensors of a file, out of exactly the bytes that were verified.

    `framework` is "pt" or "np"; `device` is for "pt". Other arguments and errors as for `weightseal.open_verified`.
    """
    module = _module(framework)
    file = open_verified(path, public_key, **asked)
    with file:
        options = {"device": device} if module.__name__ == "safetensors.torch" else {}
        tensors: dict[str, Any] = module.load_file(str(file._bare_path), **options)
    return tensors


class SafeOpen:
    """A `safetensors.safe_open` over a verified copy, which it keeps while it is open."""

    def __init__(self, file: Any, inner: Any) -> None:
        self.verified_file = file
        self._inner = inner

    def __enter__(self) -> SafeOpen:
        self._inner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._inner.__exit__(kind, error, traceback)
        finally:
            self.verified_file.close()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._inner, name)


def safe_open(
    path: Path,
    public_key: Keys | None = None,
    framework: str = "pt",
    device: str | int = "cpu",
    **asked: Unpack[Asked],
) -> SafeOpen:
    """`safetensors.safe_open` over exactly the bytes that were verified: `keys()`, `get_tensor(name)` and the others.

    Arguments and errors as for `load_file`.
    """
    inner = _framework("safetensors").safe_open
    # Others than these safetensors knows, or refuses.
    if framework in _PACKAGES:
        _framework(_PACKAGES[framework])
    file = open_verified(path, public_key, **asked)
    try:
        return SafeOpen(file, inner(str(file._bare_path), framework=framework, device=device))
    except BaseException:
        file.close()
        raise


def save_file(
    tensors: Mapping[str, Any],
    path: Path,
    private_key: Path,
    *,
    signer: str,
    metadata: Mapping[str, str] | None = None,
    framework: str = "pt",
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    output_path: Path | None = None,
    progress: Progress | None = None,
    **claims: Unpack[Claims],
) -> dict[str, Any]:
    """Writes tensors and signs the file. Model and manifest get their names only when both are complete.

    safetensors writes a file by itself, in a private folder beside the model's place; from there it is copied while it
    is hashed. Result and errors as for `weightseal.sign`.
    """
    module = _module(framework)
    said = signing(private_key, passphrase, signer, **claims)
    with _native.ModelWriter(path, output_path, said) as writer:
        with _private_folder(os.path.dirname(os.path.abspath(path))) as folder:
            written = os.path.join(folder, "model.safetensors")
            module.save_file(dict(tensors), written, metadata=None if metadata is None else dict(metadata))
            _copy(written, writer, progress)
        return writer.finish()


@contextlib.contextmanager
def _private_folder(parent: str) -> Iterator[str]:
    """A folder that nobody else enters. safetensors may write another file in it and rename it; whoever can write to
    `parent` could put their folder in its place, so it is used by its handle, not by its name.
    """
    with tempfile.TemporaryDirectory(prefix=".weightseal-", dir=parent) as path:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            status = os.fstat(handle)
            if status.st_uid != os.geteuid() or status.st_mode & 0o077:
                raise FileError(f"`{path}` was taken by somebody else", code="shared-folder", path=path)
            by_handle = f"/proc/self/fd/{handle}"
            is_same = os.path.isdir(by_handle) and os.path.samestat(os.stat(by_handle), status)
            yield by_handle if is_same else path
        finally:
            os.close(handle)


def _copy(path: str, writer: Any, progress: Progress | None) -> None:
    bar: Any = progress
    if getattr(bar, "total", 0) is None:
        bar.total = os.path.getsize(path)
    tell = getattr(bar, "update", bar)
    block = memoryview(bytearray(_BLOCK))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(block):
            writer.write(block[:count])
            if tell is not None:
                tell(count)
