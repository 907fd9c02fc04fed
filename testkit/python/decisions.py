"""The decision table in ../decisions: its rows with their defaults, and what trust.py makes of each (../README.md)."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import trust
import trust_state
import trust_store
from public_keys import KeyProblem
from reference import key_id

FOLDER = Path(__file__).resolve().parent.parent / "decisions"
STORES = FOLDER / "stores"
TABLE = json.loads((FOLDER / "table.json").read_text(encoding="utf-8"))


RELEASE = "p256"  # the key of the certificate for release@example.com


def rows():
    return [complete(row) for row in TABLE["rows"]]


def complete(row):
    """A row with everything that it does not say."""
    full = TABLE["defaults"] | row
    full["claims"] = TABLE["defaults"]["claims"] | row.get("claims", {})
    if not full["envelope"]:
        full["claims"] = {name: full["claims"][name] for name in ("name", "sha256")}
    full["countersigners"] = [TABLE["countersigner_defaults"] | item for item in full["countersigners"]]
    full.setdefault("expected_name", full["claims"]["name"])
    return full


def store_text(row):
    """The store with the replacements of the row: each text is there exactly once."""
    if "text" in row:
        return row["text"]
    text = (STORES / f"{row['store']}.toml").read_text(encoding="utf-8")
    for old, new in row.get("replace", []):
        assert text.count(old) == 1, f"{row['id']}: {old!r} stands {text.count(old)} times in {row['store']}.toml"
        text = text.replace(old, re.sub(r"\{([a-z0-9-]+\.pub)\}", lambda found: read(f"keys/{found[1]}").decode(), new))
    return text


def read(name):
    return (STORES / name).read_bytes()


@dataclass
class Found:
    verdict: str
    code: str
    also: list
    tolerated: list
    remembers: dict | None


def judge(row):
    """What trust.py says to a complete row."""
    try:
        store = trust_store.read(store_text(row).encode("utf-8"), read)
        memory, remembering = memory_of(row)
        facts = facts_of(row, row["claims"], store)
        others = [countersignature(row, item, store) for item in row["countersigners"]]
        given = {"countersignatures": others, "memory": memory, "asked": asked(row["asked"])}
        now = moment(row["at"])
        decision = trust.decide(store, facts, row["expected_name"], now, **given)
    except KeyProblem as problem:
        return Found("inconclusive", problem.code, [], [], None)
    tolerated = [code for code, _ in decision.tolerated]
    if decision.refused:
        code, *also = [code for code, _ in decision.refused]
        return Found("rejected", code, also, tolerated, None)
    verdict = "tolerated" if tolerated else "partial" if row["part"] else "verified"
    # Of what is only tolerated, no version is remembered.
    remembered = None if tolerated else facts
    known = trust.remember(store, remembered, row["expected_name"], memory) if remembering else None
    return Found(verdict, verdict, [], tolerated, known and json.loads(trust_state.write(known)))


def memory_of(row):
    """(what is remembered, whether there is a state file at all)"""
    if row["memory"] is None:
        return None, False
    if row["memory"] == "missing":
        raise KeyProblem("no-state", "")
    if row["memory"] == "new":
        return None, True
    text = row["memory"].get("text", json.dumps(row["memory"]))
    return trust_state.read(text.encode("utf-8")), True


def facts_of(row, claims, store, key=None):
    key, claims = key or row["key"], dict(claims)
    if row["method"] == "certificate":
        [known] = store.of_way("certificate")
        held = RELEASE_ID
    else:
        held = key_id(trust_store.public_keys.parse(read(f"keys/{key}.pub")))
        found = [known for known in store.of_way("key") if key_id(known.public_key) == held]
        known = found[0] if found else "untrusted-key"
    times = {name: moment(claims.get(name)) for name in ("signed_at", "expires_at")}
    named = {name: claims.get(name) for name in ("signer", "model_version", "renews")}
    digests = {"statement": claims.get("statement_sha256"), "sha256": claims.get("sha256")}
    vouched = moment(claims.get("vouched") or row["vouched"])
    return trust.Facts(row["format"], known, held, claims["name"], vouched=vouched, **times, **named, **digests)


def countersignature(row, item, store):
    facts = facts_of(row | {"vouched": None}, item | {"name": row["claims"]["name"]}, store, item["key"])
    if item["differs"] == "format":
        facts.format = "oms" if row["format"] != "oms" else "manifest"
    return trust.Countersignature(facts, item["countersigns"], same=item["differs"] not in ("files", "name"))


def asked(value):
    found = trust.Asked(**{name: item for name, item in value.items() if name != "name"})
    found.max_age = found.max_age and trust_store.span(found.max_age)
    return found


def moment(text):
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


RELEASE_ID = key_id(trust_store.public_keys.parse(read("keys/release.pub")))
