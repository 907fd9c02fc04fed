"""Arguments as the extension module wants them."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime, timedelta
    from typing import Any, Literal, NoReturn, Protocol, TypeAlias

    class ProgressBar(Protocol):
        """What tqdm's bars have."""

        def update(self, n: Any = ..., /) -> Any:
            """Adds `n` bytes."""

    from typing import TypedDict

    Path: TypeAlias = str | os.PathLike[str]
    Expiry: TypeAlias = str | date | datetime | timedelta
    Age: TypeAlias = str | timedelta
    Keys: TypeAlias = Path | bytes | Sequence[Path | bytes]
    Progress: TypeAlias = Callable[[int], object] | ProgressBar
    Salt: TypeAlias = Literal["max", "digest"]
    Keep: TypeAlias = Literal["auto", "memory", "disk"]

    class Claims(TypedDict, total=False):
        """What can be said when signing; defaults and meanings as for `weightseal.sign`."""

        key_version: int | None
        model_version: int | None
        expires: Expiry | None
        annotations: Mapping[str, str] | None
        pss_salt: Salt
        compat_signature: bool

    class Asked(TypedDict, total=False):
        """What can be asked when loading; defaults and meanings as for `weightseal.open_verified`."""

        signature: Path | None
        base: Path | None
        signer: str | None
        model_version_at_least: int | None
        max_age: Age | None
        allow_unauthenticated: bool
        allow_partial: bool
        keep: Keep
        progress: Progress | None

VARIABLE = "WEIGHTSEAL_PASSPHRASE"


class FromEnvironment:
    """Says that a passphrase comes from the environment variable WEIGHTSEAL_PASSPHRASE."""

    def __repr__(self) -> str:
        return f"${VARIABLE}"


FROM_ENVIRONMENT = FromEnvironment()


def passphrase_bytes(passphrase: bytes | str | None | FromEnvironment) -> bytes | None:
    """The passphrase as bytes; None where there is none."""
    if isinstance(passphrase, FromEnvironment):
        # An empty variable is how scripts unset one.
        passphrase = os.environ.get(VARIABLE) or None
        return None if passphrase is None else os.fsencode(passphrase)
    if isinstance(passphrase, str):
        return passphrase.encode()
    if passphrase is None or isinstance(passphrase, bytes):
        return passphrase
    raise TypeError(f"passphrase must be bytes, str or None, not {type(passphrase).__name__}")


def several(name: str, paths: Iterable[Path]) -> list[Path]:
    """A list of paths; one path alone is refused, since a text can be taken for a list of its letters."""
    if isinstance(paths, (str, bytes, os.PathLike)):
        raise TypeError(f"{name} must be a list of paths, not one path")
    return list(paths)


def shown(text: str) -> str:
    """A text from somewhere else, in backticks, without anything that a terminal would act upon."""
    plain = (char if char.isprintable() and char != "`" else f"\\u{{{ord(char):x}}}" for char in text)
    return f"`{''.join(plain)}`"


def _misuse(message: str, hint: str | None = None) -> NoReturn:
    from .errors import UsageError

    raise UsageError(message, hint=hint)


def _text(name: str, value: str | None) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    return value


def _count(name: str, value: int | None) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if value is not None and not 0 < value <= 2**53:
        _misuse(f"{name} `{value}` is not an integer from 1 to 2^53")
    return value


def _annotations(annotations: Mapping[str, str] | None) -> dict[str, str]:
    texts = dict(annotations or {})
    for name, value in texts.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"annotations must be names and texts, both str; {name!r} has {value!r}")
    return texts


def _expiry(expires: Expiry | None) -> str | None:
    if expires is None or isinstance(expires, str):
        return expires
    from datetime import date, datetime, timedelta, timezone

    try:
        if isinstance(expires, timedelta):
            expires = datetime.now(timezone.utc) + expires
        if isinstance(expires, datetime):
            if expires.utcoffset() is None:
                _misuse("expires has no time zone", hint="for example datetime(2027, 1, 31, tzinfo=timezone.utc)")
            # Offsets may have seconds in Python, and not in RFC 3339.
            return expires.astimezone(timezone.utc).isoformat()
    except OverflowError:
        _misuse(f"expires `{expires}` lies beyond the years that can be written")
    if isinstance(expires, date):
        return expires.isoformat()
    raise TypeError(f"expires must be a str, date, datetime or timedelta, not {type(expires).__name__}")


def _age(max_age: Age | None) -> str | None:
    if max_age is None or isinstance(max_age, str):
        return max_age
    from datetime import timedelta

    if not isinstance(max_age, timedelta):
        raise TypeError(f"max_age must be a str or a timedelta, not {type(max_age).__name__}")
    if max_age <= timedelta(0):
        _misuse(f"max_age `{max_age}` is no positive span of time")
    # Ten thousand years reach back before the first year, and so does everything longer.
    max_age = min(max_age, timedelta(days=3_652_425))
    parts = (max_age.days, "d"), (max_age.seconds, "s"), (max_age.microseconds, "us")
    return " ".join(f"{count}{unit}" for count, unit in parts if count)


def _keys(public_key: Keys) -> list[str | bytes]:
    if isinstance(public_key, (str, bytes, os.PathLike)):
        public_key = [public_key]
    keys: list[str | bytes] = []
    try:
        for key in public_key:
            keys.append(key if isinstance(key, bytes) else os.fspath(key))
    except TypeError:
        raise TypeError("public_key must be a path, PEM as bytes, or a list of them") from None
    if any(isinstance(key, str) and key.lstrip().startswith("-----BEGIN ") for key in keys):
        _misuse("public_key is PEM text, where a path or bytes are needed", hint="give PEM as bytes: text.encode()")
    return keys


def signing(
    private_key: Path,
    passphrase: bytes | str | None | FromEnvironment,
    signer: str | None,
    *,
    key_version: int | None = None,
    model_version: int | None = None,
    expires: Expiry | None = None,
    annotations: Mapping[str, str] | None = None,
    pss_salt: Salt = "max",
    compat_signature: bool = True,
) -> dict[str, Any]:
    """Whose key signs, and what is said with it."""
    if signer is None:
        raise TypeError("who signs? a signer is needed, for example training-pipeline@ml-team")
    return {
        "private_key": os.fspath(private_key),
        "passphrase": passphrase_bytes(passphrase),
        "signer": _text("signer", signer),
        "key_version": _count("key_version", key_version),
        "model_version": _count("model_version", model_version),
        "expires": _expiry(expires),
        "annotations": _annotations(annotations),
        "pss_salt": pss_salt,
        "compat_signature": compat_signature,
    }


def question(
    path: Path,
    public_key: Keys,
    *,
    signature: Path | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool = False,
) -> dict[str, Any]:
    """What to verify, with which keys, and what is asked."""
    return {
        "path": os.fspath(path),
        "public_keys": _keys(public_key),
        "signature": None if signature is None else os.fspath(signature),
        "base": None if base is None else os.fspath(base),
        "signer": _text("signer", signer),
        "model_version_at_least": _count("model_version_at_least", model_version_at_least),
        "max_age": _age(max_age),
        "allow_unauthenticated": allow_unauthenticated,
    }


def holding(keep: Keep, *, allow_partial: bool = False) -> dict[str, Any]:
    """Where copies are held, and what may be loaded."""
    if keep not in ("auto", "memory", "disk"):
        _misuse(f"keep {shown(str(keep))} is none of auto, memory, disk")
    import tempfile

    try:
        folder = tempfile.gettempdir()
    except OSError:
        # Nothing can be written, for example in a read-only container. Copies in memory need no folder.
        folder = os.environ.get("TMPDIR") or "/tmp"
    return {"keep": keep, "folder": folder, "allow_partial": allow_partial}
