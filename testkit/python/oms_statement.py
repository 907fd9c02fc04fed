"""Reads the signed statement of OpenSSF Model Signing v1.0 into the files that it lists, sections 5 and 6."""

import hashlib
import json
import re
from dataclasses import dataclass, field

from oms import LEGACY_PREDICATE_TYPE
from reference import PREDICATE_TYPE, STATEMENT_TYPE
from verifier import DIGESTS_SAID, Rejected, is_digest, is_integer, is_time, need, read_resource_annotations

DIGEST_SIZES = {"sha256": 32, "blake2b": 64, "blake3": 32}
CODE = "malformed-statement"
CONTAINERS = {"manifest", "bundle", "folder", "file"}
SHARD = re.compile(r"(.*):(0|[1-9][0-9]{0,18}):(0|[1-9][0-9]{0,18})", re.DOTALL)
MAX_DEPTH = 64


@dataclass
class File:
    """A file with its shards, (start, end, digest); a file as a whole is one shard without end.

    `said` are its signed annotations: the size, and the chunk root.
    """

    name: str
    shards: list
    size: int | None = None
    said: dict = field(default_factory=dict)


@dataclass
class Statement:
    annotations: dict
    files: list
    hash_type: str = "sha256"
    shard_size: int | None = None
    allow_symlinks: bool = False
    ignore_paths: tuple = ()
    name: str = ""


def read(payload, legacy):
    try:
        value = parse(payload)
    except (ValueError, RecursionError) as error:
        raise Rejected((CODE, str(error))) from None
    need(isinstance(value, dict) and {"_type", "predicateType"} <= set(value), "no statement", CODE)
    if value["_type"] != STATEMENT_TYPE:
        raise Rejected(("unsupported-statement-type", value["_type"]))
    if value["predicateType"] != (LEGACY_PREDICATE_TYPE if legacy else PREDICATE_TYPE):
        old = {value["predicateType"]} <= {PREDICATE_TYPE, LEGACY_PREDICATE_TYPE}
        code = "invalid-signature" if legacy and old else "unsupported-predicate-type"
        raise Rejected((code, value["predicateType"]))
    need(set(value) == {"_type", "subject", "predicateType", "predicate"}, "fields of the statement", CODE)
    need(isinstance(value["subject"], list), "subject", CODE)
    if legacy:
        return read_legacy(value["subject"])
    if len(value["subject"]) != 1:
        raise Rejected(("subject-count", len(value["subject"])))
    return read_current(value["subject"][0], value["predicate"])


def parse(payload):
    """Strict JSON; fractions are allowed, since protobuf spells integers so."""

    def refuse(text):
        raise ValueError(f"{text} is no number")

    def pairs(items):
        if len({name for name, _ in items}) < len(items):
            raise ValueError("a key stands twice in one object")
        return dict(items)

    value = json.loads(payload.decode("utf-8"), object_pairs_hook=pairs, parse_constant=refuse)
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate cannot be encoded
    return value


def read_current(subject, predicate):
    need(isinstance(subject, dict) and {"name", "digest"} <= set(subject), "subject", CODE)
    need(isinstance(subject["name"], str) and subject["name"], "name of the subject", CODE)
    digest = subject["digest"]
    need(isinstance(digest, dict) and isinstance(digest.get("sha256"), str), "digest of the subject", CODE)
    need(isinstance(predicate, dict) and set(predicate) == {"resources", "serialization"}, "predicate", CODE)
    statement = read_serialization(predicate["serialization"])
    statement.annotations, statement.name = read_annotations(subject.get("annotations", {})), subject["name"]
    resources = predicate["resources"]
    need(isinstance(resources, list), "resources", CODE)
    if not resources:
        raise Rejected(("empty-model", "no resource"))
    for item in resources:
        check_resource(item, statement)
    check_order([item["name"] for item in resources], statement.shard_size is not None)
    raw = b"".join(bytes.fromhex(item["digest"]) for item in resources)
    if hashlib.sha256(raw).hexdigest() != digest["sha256"]:
        raise Rejected(("root-mismatch", digest["sha256"]))
    statement.files = read_files(resources, statement)
    return statement


def read_serialization(value):
    needed = {"method", "hash_type", "allow_symlinks"}
    need(isinstance(value, dict) and needed <= set(value), "serialization", CODE)
    need(set(value) <= needed | {"shard_size", "ignore_paths"}, "fields of serialization", CODE)
    if value["method"] not in ("files", "shards") or value["hash_type"] not in DIGEST_SIZES:
        raise Rejected(("unsupported-serialization", f"{value['method']} {value['hash_type']}"))
    need(isinstance(value["allow_symlinks"], bool), "allow_symlinks", CODE)
    need(("shard_size" in value) == (value["method"] == "shards"), "shard_size", CODE)
    size = value.get("shard_size", 1)
    size = int(size) if isinstance(size, float) and size.is_integer() else size
    need(is_integer(size, 1), "shard_size", CODE)
    ignored = value.get("ignore_paths", [])
    need(isinstance(ignored, list) and all(isinstance(path, str) for path in ignored), "ignore_paths", CODE)
    for path in ignored:
        if re.search(r"[*?\[]", path) or not is_safe(path):
            raise Rejected(("unsafe-ignored-path", path))
    size = size if value["method"] == "shards" else None
    return Statement({}, [], value["hash_type"], size, value["allow_symlinks"], tuple(ignored))


def read_annotations(value):
    """Facts of ours, known by `container`; without it they are another tool's text."""
    need(isinstance(value, dict), "annotations", CODE)
    if "container" not in value:
        return {}
    need(value["container"] in CONTAINERS, "container", CODE)
    need(is_digest(value.get("key_id", "0" * 64)), "key_id", CODE)
    for name, fact in value.items():
        if name in ("key_version", "model_version"):
            need(is_integer(fact, 1), name, CODE)
        else:
            need(isinstance(fact, str), name, CODE)
        need(name not in ("signed_at", "expires_at") or is_time(fact), name, CODE)
        need(name not in DIGESTS_SAID or is_digest(fact), name, CODE)
    return value


def check_resource(item, statement):
    need(isinstance(item, dict) and {"name", "digest", "algorithm"} <= set(item), "resource", CODE)
    need(all(isinstance(item[field], str) for field in ("name", "digest", "algorithm")), "resource", CODE)
    spellings = {statement.hash_type}
    if statement.shard_size is not None:
        spellings.add(f"{statement.hash_type}-sharded-{statement.shard_size}")
    if item["algorithm"] not in spellings:
        raise Rejected(("algorithm-mismatch", item["algorithm"]))
    if not re.fullmatch(f"[0-9a-f]{{{2 * DIGEST_SIZES[statement.hash_type]}}}", item["digest"]):
        raise Rejected(("malformed-digest", item["digest"]))
    name = item["name"]
    if statement.shard_size is not None:
        if not (parts := SHARD.fullmatch(name)):
            raise Rejected(("malformed-shard", name))
        name = parts[1]
    if name != "." and not is_safe(name):
        raise Rejected(("unsafe-name", name))


def is_safe(name):
    parts = name.split("/")
    short = len(name.encode()) <= 4096 and all(len(part.encode()) <= 255 for part in parts)
    return short and not re.search(r"[\x00-\x1f\x7f-\x9f]", name) and not {"", ".", ".."} & set(parts)


def check_order(names, sharded):
    if len(set(names)) < len(names):
        raise Rejected(("duplicate-entry", "resources"))

    def by_component(name):
        if not sharded:
            return name.split("/"), 0, 0
        path, start, end = SHARD.fullmatch(name).groups()
        return path.split("/"), int(start), int(end)

    if names not in (sorted(names), sorted(names, key=by_component)):
        raise Rejected(("unsorted-entries", "resources"))


def read_files(resources, statement):
    if statement.shard_size is None:
        return [read_file(item, statement) for item in resources]
    if statement.annotations:
        need(all(not item.get("annotations", {}) for item in resources), "sizes beside shards", CODE)
    files = {}
    for item in resources:
        name, start, end = SHARD.fullmatch(item["name"]).groups()
        files.setdefault(name, []).append((int(start), int(end), item["digest"]))
    return [check_shards(name, sorted(shards), statement.shard_size) for name, shards in files.items()]


def read_file(item, statement):
    """Size and chunk root mean something only where weightseal made the statement."""
    said = read_resource_annotations(item.get("annotations", {})) if statement.annotations else {}
    need("chunks" not in said or statement.hash_type == "sha256", "chunks beside another hash", CODE)
    return File(item["name"], [(0, None, item["digest"])], said.get("size"), said)


def check_shards(name, shards, size):
    at = 0
    for start, end, _ in shards:
        if end <= start:
            raise Rejected(("malformed-shard", f"{name}:{start}:{end}"))
        if start != at:
            raise Rejected(("shard-gap" if start > at else "shard-overlap", f"{name}:{start}:{end}"))
        last = end == shards[-1][1]
        if end - start > size or (end - start < size and not last):
            raise Rejected(("shard-size", f"{name}:{start}:{end}"))
        at = end
    return File(name, shards, at)


def read_legacy(subjects):
    files = []
    for item in subjects:
        need(isinstance(item, dict) and isinstance(item.get("name"), str), "subject", CODE)
        digest = item.get("digest")
        need(isinstance(digest, dict) and is_digest(digest.get("sha256")), "digest of a subject", CODE)
        if not is_safe(item["name"]):
            raise Rejected(("unsafe-name", item["name"]))
        files.append(File(item["name"], [(0, None, digest["sha256"])]))
    if not files:
        raise Rejected(("empty-model", "no subject"))
    if len({file.name for file in files}) < len(files):
        raise Rejected(("duplicate-entry", "subject"))
    return Statement({}, files)
