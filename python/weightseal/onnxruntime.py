"""ONNX Runtime: inference sessions over verified bytes.

    from weightseal.onnxruntime import InferenceSession

    session = InferenceSession("model.onnx", "signing_key.pub")
"""

from __future__ import annotations

from . import open_verified, verified_dir
from ._frameworks import framework

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._options import Age, Keep, Keys, Path, Progress

__all__ = ["InferenceSession"]


def InferenceSession(  # noqa: N802 (called like the class that it makes)
    path: Path,
    public_key: Keys,
    *args: Any,
    model: str | None = None,
    signature: Path | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool = False,
    allow_partial: bool = False,
    keep: Keep = "auto",
    progress: Progress | None = None,
    **kwargs: Any,
) -> Any:
    """An `onnxruntime.InferenceSession` over exactly the bytes that were verified; `args` and `kwargs` are its own.

    A model whose tensors lie in other files is signed with them as a bundle: `path` is then the bundle manifest or the
    folder, and `model` the name of the .onnx file in it. A single file never reaches any other file: its tensors are
    looked for in a private folder that has nothing but the model.

    Other arguments and errors as for `weightseal.open_verified` and `weightseal.verified_dir`.
    """
    onnxruntime = framework("onnxruntime")
    if model is None:
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
            return onnxruntime.InferenceSession(str(file.path), *args, **kwargs)
    folder = verified_dir(
        path,
        public_key,
        signature=signature,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
        allow_partial=allow_partial,
        # The runtime refuses tensors behind links, and sealed memory has its names by links.
        keep="disk" if keep == "auto" else keep,
        progress=progress,
    )
    with folder:
        # A name that is not signed is a KeyError here, before anything is loaded.
        return onnxruntime.InferenceSession(str(folder[model].path), *args, **kwargs)
