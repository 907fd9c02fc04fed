"""The state file of docs/spec/trust.md, section 8: what a verifier remembers, strict JSON, replaced in one step."""

import fcntl
import json
import os
import tempfile

from public_keys import KeyProblem
from trust import Memory
from verifier import MAX_INTEGER, is_digest, is_integer, parse_json

SCHEMA = "weightseal.state/1"
MAX_STATE = 16 << 20
MODEL = {"name", "signer", "model_version", "statement_sha256"}


def read(document):
    try:
        value = parse_json(document) if len(document) <= MAX_STATE else None
    except (ValueError, RecursionError) as error:
        raise malformed(str(error)) from None
    need(isinstance(value, dict) and set(value) == {"schema", "store_serial", "models"}, "fields")
    need(value["schema"] == SCHEMA and is_integer(value["store_serial"], 1), "schema or store_serial")
    need(value["store_serial"] <= MAX_INTEGER and isinstance(value["models"], list), "store_serial or models")
    models = {}
    for item in value["models"]:
        need(isinstance(item, dict) and set(item) == MODEL, "fields of a model")
        need(all(isinstance(item[name], str) and item[name] for name in ("name", "signer")), "name or signer")
        need(is_integer(item["model_version"], 1) and is_digest(item["statement_sha256"]), "version or digest")
        place = item["name"].encode(), item["signer"].encode()
        need(not models or list(models)[-1] < place, "not sorted, or twice the same")
        models[place] = item["model_version"], item["statement_sha256"]
    return Memory(value["store_serial"], {(a.decode(), b.decode()): known for (a, b), known in models.items()})


def write(memory):
    models = [
        {"name": name, "signer": signer, "model_version": version, "statement_sha256": digest}
        for (name, signer), (version, digest) in sorted(memory.models.items(), key=by_bytes)
    ]
    value = {"schema": SCHEMA, "store_serial": memory.store_serial, "models": models}
    return json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8") + b"\n"


def by_bytes(item):
    (name, signer), _ = item
    return name.encode(), signer.encode()


def update(path, change):
    """Reads once more under a lock, asks `change` for what is known now, and replaces the file."""
    folder = os.path.dirname(path) or "."
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        known = None
        if os.path.lexists(path):
            with open(path, "rb") as file:
                known = read(file.read(MAX_STATE + 1))
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(write(change(known)))
        os.replace(file.name, path)
    finally:
        os.close(held)


def need(condition, what):
    if not condition:
        raise malformed(what)


def malformed(what):
    return KeyProblem("malformed-state", what)
