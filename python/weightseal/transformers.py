"""transformers: a model folder of which only the signed files are there, and only as they were signed.

    from transformers import AutoModel
    from weightseal.transformers import from_pretrained

    model = from_pretrained(AutoModel, "all-minilm-l6-v2", "signing_key.pub")
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys

from . import verified_dir
from ._frameworks import framework
from ._options import take_more
from .errors import FileError, UnsafeRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import VerifiedDir
    from ._options import Age, Keep, Keys, Path, Progress, Trust

__all__ = ["from_pretrained"]

# With one of these in the folder, weights of another model are fetched, which nobody verified.
_POINTS_ELSEWHERE = ("adapter_config.json",)

# Arguments that become a part of paths: with `..` they would lead out of the verified folder.
_JOINED = ("subfolder", "gguf_file", "variant")

# Big files that say nothing about other files.
_PLAIN = ("tokenizer.json", "vocab.json")


def from_pretrained(
    cls: Any,
    folder: Path,
    public_key: Keys | None = None,
    *args: Any,
    trust: Trust | None = None,
    signature: Path | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool | None = None,
    whole: bool = False,
    allow_tolerated: bool = False,
    keep: Keep = "auto",
    progress: Progress | None = None,
    **kwargs: Any,
) -> Any:
    """`cls.from_pretrained(folder)` with exactly the files that were verified, offline.

    `cls` is a class such as `AutoModel`, `AutoTokenizer` or `BertModel`; `args` and `kwargs` are its own, but for those
    of `weightseal.verify_model`. The folder has an OMS signature (model.sig) or a bundle manifest, or `signature` names
    one.

    Refused with `UnsafeRequest`: `trust_remote_code=True` and kernels from repositories (code that comes with a model,
    or from elsewhere), adapters (their base model would be loaded unverified), `weights_only=False`, and names that
    lead out of the folder, in arguments and in the files themselves. Other errors as for `weightseal.verified_dir`.

    The private folder is gone when this returns: `name_or_path` is the folder that was given.
    """
    framework("transformers")
    more = take_more(kwargs)
    _refuse_paths(kwargs)
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
        trust=trust,
        signature=signature,
        base=base,
        signer=signer,
        model_version_at_least=model_version_at_least,
        max_age=max_age,
        allow_unauthenticated=allow_unauthenticated,
        whole=whole,
        allow_tolerated=allow_tolerated,
        keep=keep,
        progress=progress,
        **more,
    )
    with verified:
        names = set(verified.files)
        for name in sorted(names):
            _refuse_references(name, names, verified)
        private = str(verified.path)
        loaded = cls.from_pretrained(
            private, *args, **{**kwargs, "local_files_only": True, "trust_remote_code": False}
        )
    _rename(loaded, private, os.fspath(folder))
    # What was loaded may still know files below the old name: nobody else may take it.
    _reserve(os.path.dirname(private))
    return loaded


def _refuse_paths(kwargs: dict[str, Any]) -> None:
    """Arguments that name files of their own would be loaded as well."""
    for name, value in kwargs.items():
        if isinstance(value, (str, os.PathLike)) and (name in ("config", "offload_folder") or name.endswith("_file")):
            if name != "gguf_file":
                raise UnsafeRequest(f"{name} names a file or folder that nobody verified")
    if kwargs.get("adapter_kwargs"):
        raise UnsafeRequest("adapter_kwargs loads an adapter that nobody verified")
    placed = kwargs.get("device_map")
    if isinstance(placed, dict) and "disk" in placed.values():
        raise UnsafeRequest("weights that stay on disk would be read after the verified copies are gone")
    config = kwargs.get("config")
    if config is not None and _repositories(vars(config) if hasattr(config, "__dict__") else config):
        raise UnsafeRequest("kernels from a repository are code that nobody verified")


def _refuse_references(name: str, names: set[str], verified: VerifiedDir) -> None:
    """What the files themselves say about other files."""
    folder, _, last = name.rpartition("/")
    if last in _POINTS_ELSEWHERE:
        raise UnsafeRequest(
            f"`{name}` makes this an adapter, whose base model would be loaded unverified",
            hint="load base model and adapter apart, each with verified_dir",
            file=name,
        )
    if not last.endswith(".json") or last in _PLAIN:
        return
    with verified[name] as file:
        content = _parsed(file.read())
    if not isinstance(content, dict):
        return
    for repository in _repositories(content):
        message = f"`{name}` asks for attention from `{repository}`, code that nobody verified"
        raise UnsafeRequest(message, hint="set attn_implementation in it before signing", file=name)
    if last == "config.json" and content.get("configuration_files"):
        raise UnsafeRequest(f"`{name}` names other files to be taken in its place", file=name)
    if last.endswith(".index.json"):
        shards = content.get("weight_map")
        for shard in shards.values() if isinstance(shards, dict) else ():
            if (f"{folder}/{shard}" if folder else shard) not in names:
                message = f"`{name}` names `{shard}`, which is no file of the verified folder"
                raise UnsafeRequest(message, hint="sign all shards with their index", file=name)


def _rename(loaded: Any, private: str, folder: str) -> None:
    """Puts the folder that was given in place of the private one, which is gone."""
    model = loaded[0] if isinstance(loaded, tuple) else loaded
    for holder in (model, getattr(model, "config", None), getattr(model, "generation_config", None)):
        for name in ("name_or_path", "_name_or_path"):
            if getattr(holder, "__dict__", {}).get(name) == private:
                setattr(holder, name, folder)
    said = getattr(model, "init_kwargs", None)
    if isinstance(said, dict) and said.get("name_or_path") == private:
        said["name_or_path"] = folder


# Folders that are kept under their names until the process ends.
_reserved: list[tuple[int, str]] = []


def _reserve(path: str) -> None:
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        # Held by a file that is still open, and so ours; or somebody was faster.
        if os.lstat(path).st_uid != os.geteuid():
            raise FileError(f"`{path}` was taken by somebody else", code="shared-folder", path=path) from None
        return
    except OSError:
        # Read-only: then nobody else can make it either.
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    if sys.platform != "win32":
        import fcntl

        # As long as it is locked, no other process of ours takes it for an abandoned one.
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    if not _reserved:
        atexit.register(_give_back, os.getpid())
    _reserved.append((handle, path))


def _give_back(process: int) -> None:
    for _, path in _reserved if os.getpid() == process else ():
        with contextlib.suppress(OSError):
            os.rmdir(path)


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
