"""transformers: a model folder of which only the signed files are there, and only as they were signed.

    from transformers import AutoModel
    from weightseal.transformers import from_pretrained

    model = from_pretrained(AutoModel, "all-minilm-l6-v2", "signing_key.pub")
"""

from __future__ import annotations

from . import verified_dir
from ._frameworks import framework
from .errors import UnsafeRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._options import Age, Keep, Keys, Path, Progress

__all__ = ["from_pretrained"]

# With one of these in the folder, weights of another model are fetched, which nobody verified.
_POINTS_ELSEWHERE = ("adapter_config.json",)

# Arguments that become a part of paths: with `..` they would lead out of the verified folder.
_JOINED = ("subfolder", "gguf_file", "variant")


def from_pretrained(
    cls: Any,
    folder: Path,
    public_key: Keys,
    *args: Any,
    signature: Path | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool = False,
    keep: Keep = "auto",
    progress: Progress | None = None,
    **kwargs: Any,
) -> Any:
    """`cls.from_pretrained(folder)` with exactly the files that were verified, offline.

    `cls` is a class such as `AutoModel`, `AutoTokenizer` or `BertModel`; `args` and `kwargs` are its own. The folder
    has a bundle manifest in it, or `signature` names one.

    Refused with `UnsafeRequest`: `trust_remote_code=True` and kernels from repositories (code that comes with a model,
    or from elsewhere), adapters (their base model would be loaded unverified), `weights_only=False`, and names that
    lead out of the folder. Other errors as for `weightseal.verified_dir`.
    """
    framework("transformers")
    if kwargs.get("trust_remote_code"):
        raise UnsafeRequest(
            "trust_remote_code=True runs code that comes with a model, or from elsewhere",
            hint="use a model class that transformers itself has",
        )
    if not kwargs.get("weights_only", True):
        raise UnsafeRequest("weights_only=False would let a pickle run code")
    if not kwargs.get("local_files_only", True):
        raise UnsafeRequest("local_files_only=False would load files that nobody verified")
    if kwargs.get("use_kernels") or kwargs.get("allow_all_kernels") or _repositories(kwargs):
        raise UnsafeRequest("kernels from a repository are code that nobody verified")
    for name in _JOINED:
        parts = str(kwargs.get(name) or "here").replace("\\", "/").split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise UnsafeRequest(f"{name} `{kwargs[name]}` leads out of the verified folder")
    verified = verified_dir(
        folder,
        public_key,
        signature=signature,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
        keep=keep,
        progress=progress,
    )
    with verified:
        for name in verified.files:
            if name.rsplit("/", 1)[-1] in _POINTS_ELSEWHERE:
                raise UnsafeRequest(
                    f"`{name}` makes this an adapter, whose base model would be loaded unverified",
                    hint="load base model and adapter apart, each with verified_dir",
                    file=name,
                )
            if name.rsplit("/", 1)[-1] == "config.json":
                for repository in _repositories(_parsed(verified[name].read())):
                    message = f"`{name}` asks for attention from `{repository}`, code that nobody verified"
                    raise UnsafeRequest(message, hint="set attn_implementation in it before signing", file=name)
        return cls.from_pretrained(
            str(verified.path), *args, **{**kwargs, "local_files_only": True, "trust_remote_code": False}
        )


def _parsed(text: bytes) -> Any:
    import json

    try:
        return json.loads(text)
    except ValueError:
        # What transformers makes of it, or says of it, is its affair.
        return None


def _repositories(config: Any) -> list[str]:
    """The repositories that a configuration, or one within it, has attention loaded from: names with a `/`."""
    found: list[str] = []
    for key, value in config.items() if isinstance(config, dict) else ():
        if key in ("attn_implementation", "_attn_implementation"):
            values = value.values() if isinstance(value, dict) else [value]
            found += [text for text in values if isinstance(text, str) and "/" in text]
        found += _repositories(value)
    return found
