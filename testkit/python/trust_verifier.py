"""Verifies a model by a trust store: finds the facts of its signature for trust.py, and the countersignatures.

docs/spec/trust.md, sections 3, 6 and 7. Signature files are read by verifier.py and oms_verifier.py.
"""

import base64
import hashlib
import os
from datetime import UTC, datetime

import oms_statement
import oms_verifier
import trust
import verifier
from reference import key_id
from verifier import Rejected

SUFFIX = ".manifest.json"
COUNTERSIGNATURES = range(2, 17)
MAX_SIGNATURE_FILE = 64 << 20


class Court:
    """Store, time, memory and questions of one verification; collects what was let pass and what to remember."""

    def __init__(self, store, now, memory=None, asked=None, name=None):
        self.store, self.now, self.memory, self.name = store, now, memory, name
        self.asked = asked or trust.Asked()
        self.keys = [key.public_key for key in store.of_way("key")]
        self.tolerated, self.accepted = [], []

    def judge(self, facts, expected, others=()):
        given = {"countersignatures": others, "memory": self.memory, "asked": self.asked}
        decision = trust.decide(self.store, facts, expected, self.now, **given)
        self.tolerated += decision.tolerated
        self.accepted.append((facts, expected))
        return decision.refused

    def holder(self, public_key):
        return next(key for key in self.store.of_way("key") if key_id(key.public_key) == key_id(public_key))


def verify_manifest(document, path, place, court, how, named=None):
    """`named` is what the caller named where that is the manifest."""
    manifest, signed, key, reasons = verifier.open_manifest(document, court.keys)
    if not reasons:
        name = name_by_manifest(manifest["model_file"], named) if named else os.path.basename(path)
        if signed is None:
            facts = unsigned_facts("manifest", manifest, key, court)
        else:
            facts = signed_facts("manifest", signed, payload_of(manifest), key, court)
        others = countersignatures(place, path, "manifest", document, court) if signed else []
        reasons = court.judge(facts, court.name or name, others)
    resources = {manifest["model_file"]: signed["resources"]["."]} if verifier.is_held(signed, key, reasons) else {}
    return verifier.conclude(reasons, signed, [(path, manifest)], resources, how, path)


def name_by_manifest(model, place):
    """A manifest that is called as one of its model is stands for it; any other is taken at its own name."""
    called = os.path.basename(place)
    usual = (os.path.splitext(model)[0] + SUFFIX, model + SUFFIX)
    return model if called in usual else called.removesuffix(SUFFIX)


def verify_bundle(document, named, place, court, how, only=None):
    """`named` is what the caller named: the manifest, its folder, or the file that is `only` looked at."""
    folder = os.path.dirname(place)
    bundle, signed, key, reasons = verifier.open_bundle(document, court.keys)
    chosen = [item for item in bundle["artifacts"] if only in (None, item["model_file"])]
    if not chosen:
        reasons.append(("not-in-bundle", only))
    elif not reasons and signed is None and only is None:
        reasons.append(("not-authenticated", "nobody has signed which files are a set"))
    elif not reasons and signed is None:
        facts = unsigned_facts("bundle-manifest", chosen[0], key, court)
        reasons += court.judge(facts, court.name or os.path.basename(named))
    elif not reasons:
        facts = signed_facts("bundle-manifest", signed, payload_of(bundle), key, court)
        facts.name = only or facts.name
        expected = os.path.basename(named).removesuffix("" if only else SUFFIX)
        others = countersignatures(place, folder, "bundle-manifest", document, court)
        reasons = court.judge(facts, court.name or expected, others)
    resources = signed["resources"] if verifier.is_held(signed, key, reasons) else {}
    files = [(os.path.join(folder, item["model_file"]), item) for item in chosen]
    return verifier.conclude(reasons, signed, files, resources, how, place)


def judge_oms(statement, payload, key, held, vouched, model, place, document, court):
    """For oms_verifier.py: `held` is the key of the store, `key` the one that made the signature."""
    facts = oms_facts(statement, payload, key, held, vouched)
    others = countersignatures(place, model, "oms", document, court)
    return court.judge(facts, court.name or os.path.basename(model), others)


# --------------------------------------------------------------------------------------------------------- facts


def signed_facts(kind, signed, payload, key, court):
    return facts_of(kind, court.holder(key), key, signed["name"], payload, signed["annotations"])


def oms_facts(statement, payload, key, held, vouched):
    return facts_of("oms", held, key, statement.name, payload, statement.annotations, vouched)


def facts_of(kind, held, key, name, payload, said, vouched=None):
    return trust.Facts(
        kind,
        held,
        key_id(key),
        name,
        statement=hashlib.sha256(payload).hexdigest(),
        signer=said.get("signer"),
        signed_at=moment(said.get("signed_at")),
        expires_at=moment(said.get("expires_at")),
        model_version=said.get("model_version"),
        renews=said.get("renews"),
        vouched=vouched,
    )


def unsigned_facts(kind, item, key, court):
    return trust.Facts(kind, court.holder(key), key_id(key), item["model_file"], sha256=item["sha256"])


def moment(text):
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def payload_of(document):
    return base64.b64decode(verifier.standard(document["envelope"]["payload"]))


# --------------------------------------------------------------------------------------------- countersignatures


def countersignatures(place, model, kind, first, court):
    """Those that could be read and belong to a key of the store; trust.py says which count."""
    found = []
    for number in COUNTERSIGNATURES:
        path = name_of(place, model, number)
        if path is None or os.path.islink(path) or not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            document = file.read(MAX_SIGNATURE_FILE + 1)
        try:
            found.append(read_one(document, model, kind, payload_in(first), court))
        except Rejected:
            pass  # what does not count does no harm
    return found


def name_of(place, model, number):
    """Beside the first signature; that of a signature in the folder stands beside the folder."""
    folder, name = os.path.split(place)
    if name.endswith(SUFFIX):
        return place.removesuffix(SUFFIX) + f".{number}{SUFFIX}"
    if name == "model.sig" and os.path.isdir(model) and os.path.samefile(folder or ".", model):
        return f"{model}.{number}.sig"
    return place.removesuffix(".sig") + f".{number}.sig" if name.endswith(".sig") else None


def read_one(document, model, kind, first, court):
    if kind == "oms":
        if len(document) > MAX_SIGNATURE_FILE:
            raise Rejected(("signature-too-large", ""))
        statement, payload, key, held, vouched = oms_verifier.open_signed(document, model, court)
        facts, said = oms_facts(statement, payload, key, held, vouched), statement.annotations
    else:
        opened = verifier.open_bundle if kind == "bundle-manifest" else verifier.open_manifest
        value, signed, key, reasons = opened(document, court.keys)
        if reasons or signed is None:
            raise Rejected(*(reasons or [("not-authenticated", "")]))
        payload, said = payload_of(value), signed["annotations"]
        facts = signed_facts(kind, signed, payload, key, court)
    return trust.Countersignature(facts, said.get("countersigns"), content_of(payload) == content_of(first))


def content_of(payload):
    """What a countersignature has to have in common: name, container, how files were listed, and the files."""
    value = oms_statement.parse(payload)
    subject, predicate = value["subject"][0], value["predicate"]
    listing = predicate["serialization"] | {"ignore_paths": set(predicate["serialization"].get("ignore_paths", []))}
    ours = "container" in subject.get("annotations", {})
    said = ("name", "digest", "algorithm", "annotations") if ours else ("name", "digest", "algorithm")
    files = [{name: item.get(name) for name in said} for item in predicate["resources"]]
    kind = subject.get("annotations", {}).get("container")
    return subject["name"], kind, listing, sorted(files, key=lambda item: item["name"])


def payload_in(document):
    value = verifier.parse_json(document)
    if "dsseEnvelope" in value:
        return oms_verifier.decode(value["dsseEnvelope"]["payload"])
    return payload_of(value)


def is_countersignature(path):
    """Whether a signature file says of itself that it is none to begin with."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        document = file.read(MAX_SIGNATURE_FILE + 1)
    try:
        said = oms_statement.parse(payload_in(document))["subject"][0]["annotations"]
        return isinstance(said, dict) and "container" in said and "countersigns" in said
    except (Rejected, ValueError, RecursionError, KeyError, IndexError, TypeError):
        return False
