"""NumPy: arrays from verified bytes, never with pickles.

    from weightseal.numpy import load, save

    array = load("embeddings.npy", "signing_key.pub")
"""

from __future__ import annotations

from . import _native, open_verified
from ._frameworks import framework
from ._options import FROM_ENVIRONMENT, FromEnvironment, signing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal, Unpack

    from ._options import Asked, Claims, Keys, Path

__all__ = ["load", "save", "savez"]


def load(
    path: Path,
    public_key: Keys | None = None,
    *,
    mmap_mode: Literal["r", "c"] | None = None,
    **asked: Unpack[Asked],
) -> Any:
    """`numpy.load` of exactly the bytes that were verified: an array, or for .npz an object that reads lazily.

    `mmap_mode` "r" or "c" maps the verified copy of a .npy file instead of copying it. Arrays of Python objects are
    pickles and are refused (`ValueError`). Other arguments and errors as for `weightseal.open_verified`.
    """
    numpy = framework("numpy")
    if mmap_mode not in (None, "r", "c"):
        from .errors import UnsafeRequest

        raise UnsafeRequest(f"mmap_mode `{mmap_mode}` would write to the verified bytes", hint="use 'r' or 'c'")
    file = open_verified(path, public_key, **asked)
    if mmap_mode is not None:
        with file:
            return numpy.load(str(file._bare_path), mmap_mode=mmap_mode, allow_pickle=False)
    # An .npz object keeps the file, and reads from it when it is asked.
    return numpy.load(file, allow_pickle=False)


def save(
    path: Path,
    array: object,
    private_key: Path,
    *,
    signer: str,
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    output_path: Path | None = None,
    **claims: Unpack[Claims],
) -> dict[str, Any]:
    """`numpy.save`, signed in the same pass. The name is taken as it is. Result and errors as for `weightseal.sign`."""
    numpy = framework("numpy")
    said = signing(private_key, passphrase, signer, **claims)
    with _native.ModelWriter(path, output_path, said) as writer:
        numpy.save(writer, array, allow_pickle=False)
        return writer.finish()


def savez(
    path: Path,
    arrays: Mapping[str, object],
    private_key: Path,
    *,
    signer: str,
    compressed: bool = False,
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    output_path: Path | None = None,
    **claims: Unpack[Claims],
) -> dict[str, Any]:
    """Arrays by name in one .npz file, as `numpy.savez` writes it, signed in the same pass.

    Result and errors as for `weightseal.sign`.
    """
    numpy = framework("numpy")
    said = signing(private_key, passphrase, signer, **claims)
    from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

    with _native.ModelWriter(path, output_path, said) as writer:
        # numpy.savez writes to files that can be read as well, has names of its own that no array can have, and pickles
        # objects in versions before 2.1.
        file: Any = writer
        with ZipFile(file, "w", ZIP_DEFLATED if compressed else ZIP_STORED) as archive:
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    numpy.lib.format.write_array(member, numpy.asanyarray(array), allow_pickle=False)
        return writer.finish()
