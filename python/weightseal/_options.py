"""Arguments as the extension module wants them."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime, timedelta
    from typing import Any, Literal, Protocol, TypeAlias

    class ProgressBar(Protocol):
        """What tqdm's bars have."""

        def update(self, n: Any = ..., /) -> Any:
            """Adds `n` bytes."""

    Path: TypeAlias = str | os.PathLike[str]
    Expiry: TypeAlias = str | date | datetime | timedelta
    Age: TypeAlias = str | timedelta
    Keys: TypeAlias = Path | bytes | Sequence[Path | bytes]
    Progress: TypeAlias = Callable[[int], object] | ProgressBar
    Salt: TypeAlias = Literal["max", "digest"]
    Keep: TypeAlias = Literal["auto", "memory", "disk"]

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


def _count(name: str, value: int | None) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if value is not None and not 0 < value <= 2**53:
        from .errors import UsageError

        raise UsageError(f"{name} `{value}` is not an integer from 1 to 2^53")
    return value


def _expiry(expires: Expiry | None) -> str | None:
    if expires is None or isinstance(expires, str):
        return expires
    from datetime import date, datetime, timedelta, timezone

    if isinstance(expires, timedelta):
        expires = datetime.now(timezone.utc) + expires
    if isinstance(expires, datetime):
        if expires.tzinfo is None:
            from .errors import UsageError

            raise UsageError("expires has no time zone", hint="for example datetime(2027, 1, 31, tzinfo=timezone.utc)")
        return expires.astimezone(timezone.utc).isoformat()
    if isinstance(expires, date):
        return expires.isoformat()
    raise TypeError(f"expires must be a str, date, datetime or timedelta, not {type(expires).__name__}")


def _age(max_age: Age | None) -> str | None:
    if max_age is None or isinstance(max_age, str):
        return max_age
    return f"{max_age.total_seconds():.6f}s"


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
        "signer": signer,
        "key_version": _count("key_version", key_version),
        "model_version": _count("model_version", model_version),
        "expires": _expiry(expires),
        "annotations": dict(annotations or {}),
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
    keys = [public_key] if isinstance(public_key, (str, bytes, os.PathLike)) else list(public_key)
    return {
        "path": os.fspath(path),
        "public_keys": [key if isinstance(key, bytes) else os.fspath(key) for key in keys],
        "signature": None if signature is None else os.fspath(signature),
        "base": None if base is None else os.fspath(base),
        "signer": signer,
        "model_version_at_least": _count("model_version_at_least", model_version_at_least),
        "max_age": _age(max_age),
        "allow_unauthenticated": allow_unauthenticated,
    }


def holding(keep: Keep, *, allow_partial: bool = False) -> dict[str, Any]:
    """Where copies are held, and what may be loaded."""
    import tempfile

    return {"keep": keep, "folder": tempfile.gettempdir(), "allow_partial": allow_partial}
