"""joblib: scikit-learn models and the like, loaded only when verified.

joblib's files are pickles: loading them runs code. `weightseal.pickle` says what a signature does not prove about them.
"""

from __future__ import annotations

from . import _native, open_verified
from ._frameworks import framework
from ._options import FROM_ENVIRONMENT, FromEnvironment, signing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ._options import Age, Expiry, Keep, Keys, Path, Progress, Salt

__all__ = ["dump", "load"]


def load(
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
) -> Any:
    """`joblib.load` of exactly the bytes that were verified; nothing is unpickled before.

    Before joblib 0.10 arrays lay in files of their own, beside the pickle. Those are not signed with it, and are not
    found (`FileNotFoundError`). Arguments and errors as for `weightseal.open_verified`.
    """
    joblib = framework("joblib")
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
    key_version: int | None = None,
    model_version: int | None = None,
    expires: Expiry | None = None,
    annotations: Mapping[str, str] | None = None,
    pss_salt: Salt = "max",
    compat_signature: bool = True,
) -> dict[str, Any]:
    """`joblib.dump`, signed in the same pass. Arguments, result and errors as for `weightseal.sign`."""
    joblib = framework("joblib")
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
        joblib.dump(value, writer, compress=compress, protocol=protocol)
        return writer.finish()
