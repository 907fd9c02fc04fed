"""PyTorch: save signed, load verified.

    from weightseal.torch import load_verified_model, save_signed_model

    save_signed_model(model, "classifier_v1.pt", "signing_key.pem", passphrase, "training@ml-team")
    model = load_verified_model(Classifier(), "classifier_v1.pt", "signing_key.pub")

What is loaded are the bytes that were verified, always with `weights_only=True`. torch 2.6 or newer is needed: before,
`weights_only=True` could be made to run code (CVE-2025-32434).
"""

from __future__ import annotations

import contextlib
import pathlib
import threading

from . import _native, open_verified
from ._frameworks import framework
from ._options import FROM_ENVIRONMENT, FromEnvironment, signing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType
    from typing import Any, TypeAlias, TypeVar, Unpack

    import torch
    from torch import nn

    from . import VerifiedFile
    from ._options import Asked, Claims, Keys, Path

    ModelT = TypeVar("ModelT", bound=nn.Module)
    MapLocation: TypeAlias = str | torch.device | dict[str, str] | Callable[..., Any] | None

__all__ = ["jit_load", "load", "load_verified_model", "save", "save_signed_model"]

# How the zip files that torch writes begin; only they can be mapped.
_ZIP = b"PK\x03\x04"


def _torch() -> ModuleType:
    return framework("torch", at_least=(2, 6))


def save_signed_model(
    model: nn.Module,
    model_path: Path,
    private_key_path: Path,
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    signer_identity: str | None = None,
    **claims: Unpack[Claims],
) -> pathlib.Path:
    """Writes a model's state dict and its manifest beside it; returns the manifest's path.

    The file is hashed while torch writes it. Model and manifest get their names only when both are complete: a model
    that was there is replaced, and so is its own manifest. Arguments and errors as for `weightseal.sign_artifact`.
    """
    said = signing(private_key_path, passphrase, signer_identity, **claims)
    return pathlib.Path(_save(model.state_dict(), model_path, None, said)["manifest"])


def save(
    obj: object,
    path: Path,
    private_key: Path,
    *,
    signer: str,
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    output_path: Path | None = None,
    **claims: Unpack[Claims],
) -> dict[str, Any]:
    """`torch.save`, signed in the same pass. Arguments, result and errors as for `weightseal.sign`."""
    said = signing(private_key, passphrase, signer, **claims)
    return _save(obj, path, output_path, said)


def _save(obj: object, path: Path, output_path: Path | None, said: dict[str, Any]) -> dict[str, Any]:
    torch = _torch()
    with _native.ModelWriter(path, output_path, said) as writer:
        torch.save(obj, writer)
        return writer.finish()


def load_verified_model(
    model: ModelT,
    model_path: Path,
    public_key_path: Keys | None = None,
    *,
    map_location: MapLocation = None,
    mmap: bool | None = None,
    safe_globals: Sequence[Any] = (),
    strict: bool = True,
    assign: bool = False,
    **asked: Unpack[Asked],
) -> ModelT:
    """Verifies a state dict, loads it into `model`, and returns the model in eval mode.

    Nothing is loaded unless everything is verified. `strict` and `assign` are those of `load_state_dict`, the other
    arguments those of `load`. A manifest without an envelope is accepted with a `NotAuthenticatedWarning`.
    """
    torch = _torch()
    # As in published code, which knows no envelopes.
    asked.setdefault("allow_unauthenticated", True)
    file = open_verified(model_path, public_key_path, **asked)
    with file:
        state = _read(torch, file, map_location, mmap, safe_globals)
        model.load_state_dict(state, strict=strict, assign=assign)
        # Before the file is closed: whoever lets go last waits until the system has taken the memory back, and
        # closing big files is done aside.
        del state
    model.eval()
    return model


def load(
    path: Path,
    public_key: Keys | None = None,
    *,
    map_location: MapLocation = None,
    mmap: bool | None = None,
    safe_globals: Sequence[Any] = (),
    **asked: Unpack[Asked],
) -> Any:
    """`torch.load(weights_only=True)` of exactly the bytes that were verified.

    `mmap` maps the verified copy instead of copying it once more; by default that is done where torch can. Classes
    beyond tensors that the file needs are named in `safe_globals`. Other arguments as for `weightseal.open_verified`.

    Raises what `weightseal.open_verified` raises; `pickle.UnpicklingError` for anything that is not just weights.
    """
    torch = _torch()
    file = open_verified(path, public_key, **asked)
    with file:
        return _read(torch, file, map_location, mmap, safe_globals)


def _read(
    torch: ModuleType, file: VerifiedFile, map_location: MapLocation, mmap: bool | None, safe_globals: Sequence[Any]
) -> Any:
    """The object in the file. Maps of the file stay valid after it is closed."""
    with _allowing(torch, safe_globals):
        is_mapped = _can_map(torch, file) if mmap is None else mmap
        source = str(file._bare_path) if is_mapped else file
        return torch.load(source, map_location=map_location, mmap=is_mapped, weights_only=True)


def _can_map(torch: ModuleType, file: VerifiedFile) -> bool:
    import mmap

    # A shared map could be written to, which sealed memory refuses.
    if torch.serialization.get_default_mmap_options() == getattr(mmap, "MAP_SHARED", 0):
        return False
    start = file.read(len(_ZIP))
    file.seek(0)
    return start == _ZIP


# Classes that are allowed for the time of a load: by how many loads, and torch's context manager for them.
_allowed: dict[Any, tuple[int, Any]] = {}
_allowed_lock = threading.Lock()


@contextlib.contextmanager
def _allowing(torch: ModuleType, classes: Sequence[Any]) -> Iterator[None]:
    """Like `torch.serialization.safe_globals`, which would also end what the program, or another thread that is
    loading, has allowed: torch has one list for all.
    """
    ours = []
    with _allowed_lock:
        for cls in dict.fromkeys(classes):
            if cls in _allowed:
                count, manager = _allowed[cls]
            elif cls in torch.serialization.get_safe_globals():
                continue
            else:
                count, manager = 0, torch.serialization.safe_globals([cls])
                manager.__enter__()
            _allowed[cls] = count + 1, manager
            ours.append(cls)
    try:
        yield
    finally:
        with _allowed_lock:
            for cls in ours:
                count, manager = _allowed.pop(cls)
                if count > 1:
                    _allowed[cls] = count - 1, manager
                else:
                    manager.__exit__(None, None, None)


def jit_load(
    path: Path,
    public_key: Keys | None = None,
    *,
    map_location: MapLocation = None,
    **asked: Unpack[Asked],
) -> Any:
    """`torch.jit.load` of exactly the bytes that were verified.

    A TorchScript file is code, not only weights: it runs when it is loaded and called. A signature proves who released
    the code, not that it is harmless; `signer` is therefore worth asking for. Arguments and errors as for `load`.
    """
    torch = _torch()
    file = open_verified(path, public_key, **asked)
    with file:
        return torch.jit.load(str(file._bare_path), map_location=map_location)
