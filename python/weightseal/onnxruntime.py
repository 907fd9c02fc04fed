"""ONNX Runtime: inference sessions over verified bytes.

    from weightseal.onnxruntime import InferenceSession

    session = InferenceSession("model.onnx", "signing_key.pub")

onnxruntime 1.24 or newer is needed: before, a model could name any file of the machine as the place of its tensors.
"""

from __future__ import annotations

from . import open_verified, verified_dir
from ._frameworks import framework
from ._options import take_more

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._options import Age, Asked, Keep, Keys, Path, Progress, Trust

__all__ = ["InferenceSession"]


def InferenceSession(  # noqa: N802 (called like the class that it makes)
    path: Path,
    public_key: Keys | None = None,
    *args: Any,
    model: str | None = None,
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
    **kwargs: Any,
) -> Any:
    """An `onnxruntime.InferenceSession` over exactly the bytes that were verified; `args` and `kwargs` are its own,
    but for those of `weightseal.verify_model`.

    A model whose tensors lie in other files is signed with them as a set: `path` is then the folder or the bundle
    manifest, and `model` the name of the .onnx file in it. A single file never reaches any other file: its tensors are
    looked for in a private folder that has nothing but the model.

    The verified copy lives as long as the session, which reads it again in `set_providers`.

    Other arguments and errors as for `weightseal.open_verified` and `weightseal.verified_dir`; `KeyError` for a `model`
    that is not signed.
    """
    onnxruntime = framework("onnxruntime", at_least=(1, 24))
    asked: Asked = {
        "trust": trust,
        "signature": signature,
        "base": base,
        "signer": signer,
        "model_version_at_least": model_version_at_least,
        "max_age": max_age,
        "allow_unauthenticated": allow_unauthenticated,
        "whole": whole,
        "allow_partial": allow_partial,
        "allow_tolerated": allow_tolerated,
        "keep": keep,
        "progress": progress,
        **take_more(kwargs),
    }
    if model is None:
        file = open_verified(path, public_key, **asked)
        return _session(onnxruntime, file, file, args, kwargs)
    if keep == "auto":
        # The runtime refuses tensors behind links, and sealed memory has its names by links.
        asked["keep"] = "disk"
    folder = verified_dir(path, public_key, **asked)
    try:
        file = folder[model]
    except KeyError:
        folder.close()
        raise
    return _session(onnxruntime, folder, file, args, kwargs)


def _session(onnxruntime: Any, verified: Any, file: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        session = onnxruntime.InferenceSession(str(file.path), *args, **kwargs)
    except BaseException:
        verified.close()
        raise
    # Were the folder removed, somebody else could put one with the same name where the session looks again.
    session._weightseal = verified
    return session
