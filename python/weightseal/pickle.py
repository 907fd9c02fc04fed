"""Pickles, loaded only when verified.

A pickle is a program: loading it runs whatever its maker wrote into it. A signature proves that the holder of the key
released these very bytes. It does not prove that they are harmless, that the holder knew what is in them, or that the
pickle was not already tampered with when it was signed. So ask for the `signer` you expect, sign only what you made
yourself, and prefer formats without code (safetensors) wherever you can.
"""

from __future__ import annotations

import pickle as _pickle

from . import _native, open_verified
from ._options import FROM_ENVIRONMENT, FromEnvironment, signing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from ._options import Asked, Claims, Keys, Path

__all__ = ["dump", "load"]


def load(
    path: Path,
    public_key: Keys | None = None,
    **asked: Unpack[Asked],
) -> Any:
    """`pickle.load` of exactly the bytes that were verified; nothing is unpickled before.

    Arguments and errors as for `weightseal.open_verified`. What a signature does not prove: see the module.
    """
    file = open_verified(path, public_key, **asked)
    with file:
        return _pickle.load(file)


def dump(
    obj: object,
    path: Path,
    private_key: Path,
    *,
    signer: str,
    protocol: int | None = None,
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    output_path: Path | None = None,
    **claims: Unpack[Claims],
) -> dict[str, Any]:
    """`pickle.dump`, signed in the same pass. Arguments, result and errors as for `weightseal.sign`."""
    said = signing(private_key, passphrase, signer, **claims)
    with _native.ModelWriter(path, output_path, said) as writer:
        _pickle.dump(obj, writer, protocol=protocol)
        return writer.finish()
