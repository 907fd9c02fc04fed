"""Reads a trust store as docs/spec/trust.md, sections 1, 2, 4 and 6 say: one TOML file, strict in everything."""

import os
import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes

import public_keys
from public_keys import KeyProblem
from reference import key_id
from verifier import DIGEST, MAX_INTEGER, Rejected, check_name, parse_json

MAX_STORE = 16 << 20
MAX_SIGNERS, MAX_KEYS, MAX_RULES, MAX_ENTRIES = 10_000, 100_000, 100_000, 1_000_000
MAX_PATTERN, MAX_TEXT = 256, 4096
FORMATS = ["manifest", "bundle-manifest", "oms"]
SPAN = re.compile(r"([1-9][0-9]{0,6})(m|h|d|w|y)", re.ASCII)
FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MATERIAL = {"public_key", "ca_root", "identity", "issuer", "intermediates", "trusted_root"}


@dataclass
class Key:
    """A key of a signer, recognised in one of three ways, and the times that are set for it."""

    signer: str
    way: str
    public_key: object = None
    roots: list = field(default_factory=list)
    intermediates: list = field(default_factory=list)
    identity: str | None = None
    issuer: str | None = None
    trusted_root: bytes | None = None
    version: int | None = None
    signs_from: datetime | None = None
    signs_until: datetime | None = None
    trusted_until: datetime | None = None
    revoked: dict | None = None
    frozen: frozenset = frozenset()

    def marks(self):
        """What no other key of the store may have."""
        if self.way == "key":
            return [("key", key_id(self.public_key))]
        if self.way == "sigstore":
            return [("sigstore", self.identity, self.issuer)]
        return [("certificate", root.fingerprint(hashes.SHA256()), self.identity) for root in set(self.roots)]


@dataclass
class Span:
    count: int
    unit: str

    def before(self, moment):
        """A year is one of the calendar: `1y` before a day is the same day of the year before."""
        if self.unit != "y":
            try:
                return moment - timedelta(**{UNITS[self.unit]: self.count})
            except OverflowError:
                return FIRST_MOMENT
        year = moment.year - self.count
        if year < 1:
            return FIRST_MOMENT
        leap = moment.month == 2 and moment.day == 29 and (year % 4 or (year % 100 == 0 and year % 400))
        return moment.replace(year=year, day=28 if leap else moment.day)


@dataclass
class Rule:
    models: list
    signers: list | None = None
    threshold: tuple | None = None
    minimum_model_version: int | None = None
    max_age: Span | None = None
    allowed_formats: list | None = None
    warns: bool = False

    def applies_to(self, name):
        return any(matches(pattern, name) for pattern in self.models)


@dataclass
class Store:
    serial: int
    expires_at: datetime
    keys: list
    rules: list
    unauthenticated: set

    def of_way(self, way):
        return [key for key in self.keys if key.way == way]


def matches(pattern, name):
    """`*` is any number of characters but `/`. Greedy, with one place to come back to: never exponential."""
    parts, names = pattern.split("/"), name.split("/")
    return len(parts) == len(names) and all(map(matches_component, parts, names))


def matches_component(pattern, name):
    at, place, star, resume = 0, 0, None, 0
    while place < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, resume, at = at, place, at + 1
        elif at < len(pattern) and pattern[at] == name[place]:
            at, place = at + 1, place + 1
        elif star is not None:
            at, resume, place = star + 1, resume + 1, resume + 1
        else:
            return False
    return not pattern[at:].strip("*")


# ------------------------------------------------------------------------------------------------------- reading


def load(path, read_file):
    """`read_file` gives the bytes of a path; who may write there is its business."""
    document = read_file(path)
    need(len(document) <= MAX_STORE, "more than 16 MiB")
    folder = os.path.dirname(path)
    return read(document, lambda name: read_file(os.path.join(folder, name)))


def read(document, read_file):
    try:
        value = tomllib.loads(document.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise malformed(str(error)) from None
    found = fields(value, {"serial": integer, "expires_at": moment}, {"signer": tables, "rule": tables} | LISTED)
    signers = found.get("signer", [])
    need(len(signers) <= MAX_SIGNERS and len(found.get("rule", [])) <= MAX_RULES, "too many signers or rules")
    keys = [key for signer in signers for key in read_signer(signer, read_file)]
    need(len(keys) <= MAX_KEYS, "too many keys")
    names = [signer["name"] for signer in signers]
    unique(names, "signer")
    unique([mark for key in keys for mark in key.marks()], "key")
    rules = [read_rule(rule, set(names)) for rule in found.get("rule", [])]
    listed = [read_listed(item) for item in found.get("unauthenticated", [])]
    unique(listed, "unauthenticated")
    ids = {key_id(key.public_key) for key in keys if key.way == "key"}
    need(all(named in ids for _, _, named in listed), "unauthenticated names a key that is not in the store")
    return Store(found["serial"], found["expires_at"], keys, rules, set(listed))


def read_signer(value, read_file):
    found = fields(value, {"name": text, "key": tables}, {})
    keys = [read_key(found["name"], key, read_file) for key in found["key"]]
    unique([key.version for key in keys if key.version is not None], "version")
    return keys


def read_key(signer, value, read_file):
    times = {name: moment for name in ("signs_from", "signs_until", "trusted_until")}
    more = times | {"version": integer, "revoked": read_revoked, "frozen": digests}
    found = fields(value, {}, dict.fromkeys(MATERIAL, content) | more)
    facts = {name: found[name] for name in more if name in found}
    if "signs_from" in found and "signs_until" in found:
        need(found["signs_from"] < found["signs_until"], "signs_from is not before signs_until")
    given = set(found) & MATERIAL
    if given == {"public_key"}:
        return Key(signer, "key", public_key=one_key(found["public_key"], read_file), **facts)
    if "trusted_root" in given:
        facts["trusted_root"] = one_trusted_root(found["trusted_root"], read_file)
    if "ca_root" in given:
        need({"identity"} <= given <= MATERIAL - {"public_key", "issuer"}, "fields of a certificate")
        facts["roots"] = certificates(found["ca_root"], read_file)
        if "intermediates" in given:
            facts["intermediates"] = certificates(found["intermediates"], read_file)
        return Key(signer, "certificate", identity=text(found["identity"]), **facts)
    need({"identity", "issuer"} <= given <= {"identity", "issuer", "trusted_root"}, "fields of a key")
    return Key(signer, "sigstore", identity=text(found["identity"]), issuer=text(found["issuer"]), **facts)


def read_revoked(value):
    found = fields(value, {"at": moment, "reason": text}, {"compromised_since": moment})
    need(found.get("compromised_since", found["at"]) <= found["at"], "compromised_since is after at")
    return found


def read_rule(value, known):
    optional = {
        "signers": names,
        "threshold": read_threshold,
        "minimum_model_version": integer,
        "max_age": span,
        "allowed_formats": formats,
        "level": level,
    }
    found = fields(value, {"models": patterns}, optional)
    need(set(found) - {"models", "level"}, "a rule asks for nothing")
    n_of = found.get("threshold", (1, []))
    need(set(found.get("signers", [])) | set(n_of[1]) <= known, "a rule names a signer that is not in the store")
    return Rule(warns=found.pop("level", "enforce") == "warn", **found)


def read_threshold(value):
    found = fields(value, {"n": integer, "of": names}, {})
    need(found["n"] <= len(found["of"]), "n is more than can sign")
    return found["n"], found["of"]


def read_listed(value):
    found = fields(value, {"model": text, "sha256": digest, "key": digest}, {})
    try:
        check_name(found["model"])
    except Rejected as rejected:
        raise malformed(str(rejected)) from None
    return found["model"], found["sha256"], found["key"]


# ------------------------------------------------------------------------------------------------------- material


def material(value, read_file, *more):
    """The thing itself, or what stands in the file of this name."""
    begins = value.lstrip().encode("utf-8")
    if begins.startswith((b"-----BEGIN", *more)):
        return value.encode("utf-8")
    try:
        return read_file(value)
    except (OSError, ValueError) as error:
        raise malformed(str(error)) from None
    except KeyProblem as problem:
        raise problem if problem.code == "writable-by-others" else malformed(str(problem)) from None


def one_key(value, read_file):
    document = material(value, read_file)
    try:
        return public_keys.parse(document)
    except KeyProblem as problem:
        raise malformed(str(problem)) from None


def one_trusted_root(value, read_file):
    document = material(value, read_file, b"{")
    try:
        kind = parse_json(document).get("mediaType")
    except (ValueError, RecursionError, AttributeError) as error:
        raise malformed(str(error)) from None
    need(isinstance(kind, str) and ".sigstore.trustedroot" in kind, "no trusted root")
    return document


def certificates(value, read_file):
    try:
        found = x509.load_pem_x509_certificates(material(value, read_file))
    except ValueError as error:
        raise malformed(str(error)) from None
    return found


# --------------------------------------------------------------------------------------------------------- fields


def fields(value, needed, optional):
    """The fields of a table, each read by its function; others are errors."""
    need(isinstance(value, dict), "no table")
    need(set(needed) <= set(value) <= set(needed) | set(optional), f"fields {sorted(value)}")
    return {name: (needed | optional)[name](item) for name, item in value.items()}


def moment(value):
    """An offset date-time, or a date: its first moment in UTC. A date-time is a date for Python, so it comes first."""
    if isinstance(value, datetime):
        need(value.tzinfo is not None, "a time without offset")
        try:
            return value.astimezone(UTC)
        except OverflowError:
            raise malformed("a time beyond the calendar") from None
    need(isinstance(value, date), "no time")
    return datetime.combine(value, time(), UTC)


def integer(value):
    need(isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_INTEGER, "no integer from 1")
    return value


def text(value):
    """As in the annotation `signer`: manifest.md, 3.3."""
    need(isinstance(value, str) and value.strip() and len(value.encode()) <= MAX_TEXT, "no text")
    need(not re.search(r"[\x00-\x1f\x7f-\x9f]", value), "control characters")
    return value


def content(value):
    need(isinstance(value, str) and value, "no text")
    return value


def digest(value):
    need(isinstance(value, str) and DIGEST.fullmatch(value), "no digest in lower-case hex digits")
    return value


def span(value):
    parts = SPAN.fullmatch(value) if isinstance(value, str) else None
    need(parts, "no span of time")
    return Span(int(parts[1]), parts[2])


def level(value):
    need(value in ("enforce", "warn"), "level")
    return value


def tables(value):
    need(isinstance(value, list) and value and all(isinstance(item, dict) for item in value), "no list of tables")
    return value


def listed(value):
    need(len(tables(value)) <= MAX_ENTRIES, "too many entries")
    return value


LISTED = {"unauthenticated": listed}


def several(value, read_one):
    need(isinstance(value, list) and 0 < len(value) <= MAX_ENTRIES, "no list, or an empty one")
    return [read_one(item) for item in value]


def names(value):
    return unique(several(value, text), "names")


def digests(value):
    return frozenset(unique(several(value, digest), "digests"))


def formats(value):
    found = several(value, text)
    need(set(found) <= set(FORMATS), "allowed_formats")
    return found


def patterns(value):
    found = several([value] if isinstance(value, str) else value, content)
    need(all(len(pattern.encode()) <= MAX_PATTERN for pattern in found), "a pattern is too long")
    return found


def unique(values, what):
    need(len(set(values)) == len(values), f"{what}: twice the same")
    return values


def need(condition, what):
    if not condition:
        raise malformed(what)


def malformed(what):
    return KeyProblem("malformed-trust-store", what)
