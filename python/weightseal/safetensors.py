"""safetensors: tensors without code, from verified bytes.

    from weightseal.safetensors import load_file, safe_open, save_file

    tensors = load_file("model.safetensors", "signing_key.pub")
    with safe_open("model.safetensors", "signing_key.pub", framework="pt") as file:
        weight = file.get_tensor("encoder.weight")  # read lazily, out of the verified copy
"""

from __future__ import annotations

from . import _native, open_verified
from ._frameworks import framework as _framework
from ._options import FROM_ENVIRONMENT, FromEnvironment, signing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any

    from ._options import Age, Expiry, Keep, Keys, Path, Progress, Salt

__all__ = ["SafeOpen", "load_file", "safe_open", "save_file"]

# What safetensors calls its frameworks, and the module for each.
_MODULES = {
    "pt": "safetensors.torch",
    "torch": "safetensors.torch",
    "pytorch": "safetensors.torch",
    "np": "safetensors.numpy",
    "numpy": "safetensors.numpy",
}


def _module(name: str) -> Any:
    if name not in _MODULES:
        from .errors import UsageError

        raise UsageError(f"framework `{name}` is none of {', '.join(_MODULES)}")
    return _framework(_MODULES[name])


def load_file(
    path: Path,
    public_key: Keys,
    *,
    device: str | int = "cpu",
    framework: str = "pt",
    signature: Path | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool = False,
    allow_partial: bool = False,
    keep: Keep = "auto",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """All tensors of a file, out of exactly the bytes that were verified.

    `framework` is "pt" or "np"; `device` is for "pt". Other arguments and errors as for `weightseal.open_verified`.
    """
    module = _module(framework)
    file = open_verified(
        path,
        public_key,
        signature=signature,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
        allow_partial=allow_partial,
        keep=keep,
        progress=progress,
    )
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
        self._inner.__exit__(kind, error, traceback)
        self.verified_file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def safe_open(
    path: Path,
    public_key: Keys,
    framework: str = "pt",
    device: str | int = "cpu",
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
) -> SafeOpen:
    """`safetensors.safe_open` over exactly the bytes that were verified: `keys()`, `get_tensor(name)`, `get_slice(name)`,
    `metadata()`. Arguments and errors as for `load_file`.
    """
    inner = _framework("safetensors").safe_open
    file = open_verified(
        path,
        public_key,
        signature=signature,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
        allow_partial=allow_partial,
        keep=keep,
        progress=progress,
    )
    return SafeOpen(file, inner(str(file._bare_path), framework=framework, device=device))


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
    key_version: int | None = None,
    model_version: int | None = None,
    expires: Expiry | None = None,
    annotations: Mapping[str, str] | None = None,
    pss_salt: Salt = "max",
    compat_signature: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Writes tensors and signs the file. Model and manifest get their names only when both are complete.

    safetensors writes the file by itself; it is read once more to be hashed. Result and errors as for
    `weightseal.sign`.
    """
    module = _module(framework)
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
    with _native.ModelWriter(path, output_path, said) as writer:
        module.save_file(dict(tensors), str(writer.staged_path), metadata=None if metadata is None else dict(metadata))
        return writer.finish_written(progress)
