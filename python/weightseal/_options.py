"""Arguments as the extension module wants them."""

from __future__ import annotations

import os

from ._native import TrustStore

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
    Paths: TypeAlias = Path | Sequence[Path]
    Hash: TypeAlias = Literal["sha256", "blake2b", "blake3"]
    Dialect: TypeAlias = Literal["specification", "reference"]
    Layout: TypeAlias = Literal["hf", "mlflow"]
    Trust: TypeAlias = Path | TrustStore
    Moment: TypeAlias = str | date | datetime

    class Claims(TypedDict, total=False):
        """What can be said when signing; defaults and meanings as for `weightseal.sign`."""

        key_version: int | None
        model_version: int | None
        expires: Expiry | None
        annotations: Mapping[str, str] | None
        pss_salt: Salt
        compat_signature: bool

    class Oms(TypedDict, total=False):
        """What can be asked of OMS signatures; defaults and meanings as for `weightseal.verify_model`."""

        ca_root: Paths
        intermediates: Paths
        certificate_identity: str | None
        certificate_oidc_issuer: str | None
        trusted_root: Path | None
        oms_compat: bool
        only: Iterable[str]
        ignore_unsigned_files: bool
        ignore: Iterable[str]
        layout: Layout | Iterable[Layout]
        default_excludes: bool
        allow_symlinks: bool
        max_signature_size: int | str | None

    class Store(TypedDict, total=False):
        """What goes with a trust store; defaults and meanings as for `weightseal.verify_model`."""

        name: str | None
        state: Path | None
        init_state: bool
        at: Moment | None

    class More(Store, Oms, total=False):
        """What else can be asked; defaults and meanings as for `weightseal.verify_model`."""

    class Asked(More, total=False):
        """What can be asked when loading; defaults and meanings as for `weightseal.open_verified`."""

        trust: Trust | None
        signature: Path | None
        base: Path | None
        signer: str | None
        model_version_at_least: int | None
        max_age: Age | None
        allow_unauthenticated: bool | None
        whole: bool
        allow_partial: bool
        allow_tolerated: bool
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


def _texts(name: str, values: Iterable[str]) -> list[str]:
    if isinstance(values, (str, bytes)):
        raise TypeError(f"{name} must be a list of texts, not one text")
    texts = list(values)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"{name} must be a list of texts, and there is a {type(text).__name__} in it")
    return texts


def _size(name: str, value: int | str | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(_count(name, value))


def _path(path: Path | None) -> str | None:
    return None if path is None else os.fspath(path)


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


def _moment(name: str, value: date, example: str) -> str:
    """A date, or a time with its zone, as RFC 3339 text."""
    from datetime import datetime, timezone

    if not isinstance(value, datetime):
        return value.isoformat()
    if value.utcoffset() is None:
        _misuse(f"{name} has no time zone", hint=f"for example {example}")
    # Offsets may have seconds in Python, and not in RFC 3339.
    return value.astimezone(timezone.utc).isoformat()


def _expiry(expires: Expiry | None, name: str = "expires") -> str | None:
    if expires is None or isinstance(expires, str):
        return expires
    from datetime import date, datetime, timedelta, timezone

    try:
        if isinstance(expires, timedelta):
            expires = datetime.now(timezone.utc) + expires
        if isinstance(expires, date):
            return _moment(name, expires, "datetime(2027, 1, 31, tzinfo=timezone.utc)")
    except OverflowError:
        _misuse(f"{name} `{expires}` lies beyond the years that can be written")
    raise TypeError(f"{name} must be a str, date, datetime or timedelta, not {type(expires).__name__}")


def _at(at: Moment | None) -> str | None:
    if at is None or isinstance(at, str):
        return at
    from datetime import date

    if not isinstance(at, date):
        raise TypeError(f"at must be a str, date or datetime, not {type(at).__name__}")
    try:
        return _moment("at", at, "datetime(2026, 6, 30, tzinfo=timezone.utc)")
    except OverflowError:
        _misuse(f"at `{at}` lies beyond the years that can be written")


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


def _paths(name: str, paths: Paths) -> list[str]:
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    listed = []
    for path in paths:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"{name} must be a path or a list of paths")
        listed.append(os.fspath(path))
    return listed


def _keys(public_key: Keys | None) -> list[str | bytes]:
    if public_key is None:
        return []
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
    return claims(
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


def claims(
    private_key: Path,
    passphrase: bytes | str | None | FromEnvironment,
    signer: str | None,
    *,
    key_version: int | None,
    model_version: int | None,
    expires: Expiry | None,
    annotations: Mapping[str, str] | None,
    pss_salt: Salt = "max",
    compat_signature: bool = True,
) -> dict[str, Any]:
    """The same where a signer may be missing: an OMS signature needs none."""
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


def listing(
    *,
    hash: Hash,
    shard_size: int | str | None,
    shard_dialect: Dialect,
    ignore: Iterable[str],
    allow_symlinks: bool,
    default_excludes: bool,
    max_signature_size: int | str | None,
) -> dict[str, Any]:
    """How files are found and hashed for an OMS signature."""
    return {
        "hash": hash,
        "shard_size": _size("shard_size", shard_size),
        "shard_dialect": shard_dialect,
        "ignore": _texts("ignore", ignore),
        "allow_symlinks": allow_symlinks,
        "default_excludes": default_excludes,
        "max_signature_size": _size("max_signature_size", max_signature_size),
    }


def chain(certificate: Path | None, intermediates: Paths) -> tuple[str | None, list[str]]:
    """The files with the signer's certificate and those above it."""
    return _path(certificate), _paths("intermediates", intermediates)


def question(
    path: Path,
    public_key: Keys | None,
    *,
    trust: Trust | None = None,
    signature: Path | None = None,
    name: str | None = None,
    base: Path | None = None,
    signer: str | None = None,
    model_version_at_least: int | None = None,
    max_age: Age | None = None,
    allow_unauthenticated: bool | None = None,
    whole: bool = False,
    state: Path | None = None,
    init_state: bool = False,
    at: Moment | None = None,
    ca_root: Paths = (),
    intermediates: Paths = (),
    certificate_identity: str | None = None,
    certificate_oidc_issuer: str | None = None,
    trusted_root: Path | None = None,
    oms_compat: bool = False,
    only: Iterable[str] = (),
    ignore_unsigned_files: bool = False,
    ignore: Iterable[str] = (),
    layout: Layout | Iterable[Layout] = (),
    default_excludes: bool = True,
    allow_symlinks: bool = False,
    max_signature_size: int | str | None = None,
) -> dict[str, Any]:
    """What to verify, whom to trust, and what is asked."""
    asked = {
        "path": os.fspath(path),
        "public_keys": _keys(public_key),
        "trust": _trust(trust),
        "signature": _path(signature),
        "name": _text("name", name),
        "base": _path(base),
        "signer": _text("signer", signer),
        "model_version_at_least": _count("model_version_at_least", model_version_at_least),
        "max_age": _age(max_age),
        "allow_unauthenticated": allow_unauthenticated,
        "whole": whole,
        "state": _path(state),
        "init_state": init_state,
        "at": _at(at),
        "ca_root": _paths("ca_root", ca_root),
        "intermediates": _paths("intermediates", intermediates),
        "certificate_identity": _text("certificate_identity", certificate_identity),
        "certificate_oidc_issuer": _text("certificate_oidc_issuer", certificate_oidc_issuer),
        "trusted_root": _path(trusted_root),
        "oms_compat": oms_compat,
        "only": _texts("only", only),
        "ignore_unsigned_files": ignore_unsigned_files,
        "ignore": _texts("ignore", ignore),
        "layout": [layout] if isinstance(layout, str) else _texts("layout", layout),
        "default_excludes": default_excludes,
        "allow_symlinks": allow_symlinks,
        "max_signature_size": _size("max_signature_size", max_signature_size),
    }
    # An empty list of keys was given as well: whoever computed it meant to trust those keys.
    _one_trust(asked, public_key is not None)
    return asked


def _trust(trust: Trust | None) -> str | TrustStore | None:
    if trust is None or isinstance(trust, (TrustStore, str)):
        return trust
    if isinstance(trust, os.PathLike):
        return os.fspath(trust)
    raise TypeError(f"trust must be a path or a TrustStore, not {type(trust).__name__}")


# Other ways to say whom to trust.
_BESIDE_A_STORE = (
    "ca_root",
    "intermediates",
    "certificate_identity",
    "certificate_oidc_issuer",
    "trusted_root",
    "oms_compat",
)


def _one_trust(asked: dict[str, Any], has_keys: bool) -> None:
    """Refuses what contradicts a trust store; the library would refuse it too."""
    if asked["trust"] is not None:
        besides = ["public_key"] if has_keys else []
        besides += [name for name in _BESIDE_A_STORE if asked[name] not in (None, [], False)]
        if besides:
            message = f"a trust store decides alone, and {' and '.join(besides)} was given besides"
            _misuse(message, hint="put it into the store, or leave the store out")
    elif asked["state"] is not None:
        _misuse("state is for a trust store, and there is none", hint="give the store as trust=…")
    if asked["init_state"] and asked["state"] is None:
        _misuse("init_state begins the file of state, and none was named", hint="give its path as state=…")
    if asked["at"] is not None and asked["state"] is not None:
        _misuse("at and state exclude each other: of another time nothing is remembered")


def addition(
    signer: str,
    public_key: Keys,
    key_version: int | None,
    signs_from: Expiry | None,
    signs_until: Expiry | None,
    trusted_until: Expiry | None,
    models: str | Iterable[str] | None,
) -> dict[str, Any]:
    """Whose keys are added to a trust store, and for what."""
    if not isinstance(signer, str):
        raise TypeError(f"signer must be a str, not {type(signer).__name__}")
    return {
        "signer": signer,
        "public_keys": _keys(public_key),
        "key_version": _count("key_version", key_version),
        "signs_from": _expiry(signs_from, "signs_from"),
        "signs_until": _expiry(signs_until, "signs_until"),
        "trusted_until": _expiry(trusted_until, "trusted_until"),
        "models": [models] if isinstance(models, str) else _texts("models", models or ()),
    }


# What `More` has; wrappers of functions with arguments of their own part them by these names.
_STORE = ("name", "state", "init_state", "at")
_OMS = (
    "ca_root",
    "intermediates",
    "certificate_identity",
    "certificate_oidc_issuer",
    "trusted_root",
    "oms_compat",
    "only",
    "ignore_unsigned_files",
    "ignore",
    "layout",
    "default_excludes",
    "allow_symlinks",
    "max_signature_size",
)


def take_more(kwargs: dict[str, Any]) -> More:
    """Takes what is asked besides out of arguments that are otherwise a framework's."""
    taken: Any = {name: kwargs.pop(name) for name in (*_STORE, *_OMS) if name in kwargs}
    found: More = taken
    return found


def holding(keep: Keep, *, allow_partial: bool = False, allow_tolerated: bool = False) -> dict[str, Any]:
    """Where copies are held, and what may be loaded."""
    if keep not in ("auto", "memory", "disk"):
        _misuse(f"keep {shown(str(keep))} is none of auto, memory, disk")
    import tempfile

    try:
        folder = tempfile.gettempdir()
    except OSError:
        # Nothing can be written, for example in a read-only container. Copies in memory need no folder.
        folder = os.environ.get("TMPDIR") or "/tmp"
    return {"keep": keep, "folder": folder, "allow_partial": allow_partial, "allow_tolerated": allow_tolerated}
