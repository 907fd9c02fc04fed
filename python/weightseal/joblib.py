"""joblib: scikit-learn models and the like, loaded only when verified.

joblib's files are pickles: loading them runs code. `weightseal.pickle` says what a signature does not prove about them.
"""

from __future__ import annotations

from . import _native, open_verified
from ._frameworks import framework
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
    """`joblib.load` of exactly the bytes that were verified; nothing is unpickled before.

    Before joblib 0.10 arrays lay in files of their own, beside the pickle. Those are not signed with it, and are not
    found (`FileNotFoundError`). Arguments and errors as for `weightseal.open_verified`.
    """
    joblib = framework("joblib")
    file = open_verified(path, public_key, **asked)
    with file:
        # Given a file without a path, joblib looks for such files in the working directory, and unpickles them. Given
        # this path it looks in the private folder, where nothing but the model is.
        return joblib.load(str(file.path))


def dump(
    value: object,
    path: Path,
    private_key: Path,
    *,
    signer: str,
    compress: Any = 0,
    protocol: int | None = None,
    passphrase: bytes | str | None | FromEnvironment = FROM_ENVIRONMENT,
    output_path: Path | None = None,
    **claims: Unpack[Claims],
) -> dict[str, Any]:
    """`joblib.dump`, signed in the same pass. Arguments, result and errors as for `weightseal.sign`."""
    joblib = framework("joblib")
    said = signing(private_key, passphrase, signer, **claims)
    with _native.ModelWriter(path, output_path, said) as writer:
        joblib.dump(value, writer, compress=compress, protocol=protocol)
        return writer.finish()
