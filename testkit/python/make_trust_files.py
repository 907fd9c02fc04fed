"""Further cases of the group `trust`: who may write which files, which files count, and when the state is written."""

import json

import keyring
import oms
import oms_certificates
import reference
import vectors
from make_trust import OTHER, digest_of, sign, without_envelope
from trust_cases import (
    AT,
    FOLDER,
    TRUST,
    VERIFY,
    accept,
    counter,
    good,
    refuse,
    reject,
    row,
    signed,
    store_files,
    text_of,
)
from vectors import MANIFEST, MODEL, edited, put, restated


def make():
    writable()
    calls()
    found_files()
    countersignatures()
    states()
    statements()


# ---------------------------------------------------------------------------------------------- who may write


def writable():
    code = "writable-by-others"
    for name, what, modes in [
        ("store", "Everybody can write the store.", {"trust.toml": "0666"}),
        (
            "store-not-readable",
            "Everybody can write the store, and only its owner can read it.",
            {"trust.toml": "0602"},
        ),
        ("key", "Everybody can write a key of the store.", {"keys/alice-1.pub": "0666"}),
        ("key-of-another", "Everybody can write a key that is not needed here.", {"keys/bob.pub": "0666"}),
        ("folder-of-keys", "Everybody can write the folder of the keys.", {"keys": "0777"}),
    ]:
        refuse(f"writable-{name}", what, code, good(), modes=modes)
    inner = {f"etc/{name}": content for name, content in store_files(text_of("plain")).items()}
    outer = good() | {"trust.toml": None, "keys/alice-1.pub": None, "keys/bob.pub": None} | inner
    words = ["verify", "model.pt", "--trust", "etc/trust.toml", *AT]
    accept("store-in-a-folder", "The store is in a folder, and its keys are found there.", outer, words)
    refuse("writable-folder", "Everybody can write the store's folder.", code, outer, words, modes={"etc": "0777"})
    what = "Everybody can write the store's folder, and replace only what is his: the sticky bit is set."
    accept("sticky-folder", what, outer, words, modes={"etc": "1777"})
    linked = outer | {"trust.toml": vectors.Link("etc/trust.toml")}
    what = "The store is a link into a folder that everybody can write."
    refuse("writable-target-of-a-link", what, code, linked, modes={"etc": "0777"})
    linked = good() | {"open/trust.toml": vectors.Link("../trust.toml")}
    words = ["verify", "model.pt", "--trust", "open/trust.toml", *AT]
    what = "The link to the store is in a folder that everybody can write."
    refuse("writable-folder-of-a-link", what, code, linked, words, modes={"open": "0777"})
    keys = store_files(text_of("plain"))
    linked = good() | {name: None for name in keys if name != "trust.toml"}
    linked |= {f"pub/{name[5:]}": content for name, content in keys.items() if name != "trust.toml"}
    linked |= {name: vectors.Link(f"../pub/{name[5:]}") for name in keys if name != "trust.toml"}
    accept("keys-behind-links", "The keys are links to files that nobody else can write.", linked)
    what = "The keys are links to files in a folder that everybody can write."
    refuse("writable-target-of-a-key", what, code, linked, modes={"pub": "0777"})
    moved = good() | {name: None for name in keys if name != "trust.toml"} | {"keys": vectors.Link("pub/inner")}
    moved |= {f"pub/inner/{name[5:]}": content for name, content in keys.items() if name != "trust.toml"}
    accept("folder-of-keys-behind-a-link", "The folder of the keys is a link.", moved)
    what = "The folder of the keys is a link into one that everybody can write."
    refuse("writable-target-of-a-folder", what, code, moved, modes={"pub": "0777"})
    words = ["verify", "model.pt", "--trust", "open/../trust.toml", *AT]
    what = "The path of the store leads into a folder that everybody can write, and out again."
    refuse("writable-folder-on-a-detour", what, code, good() | {"open/note": b""}, words, modes={"open": "0777"})
    words = ["verify", "model.pt", "--trust", "trust.toml", "--state", "state/state.json"]
    remembered = good() | {"state/state.json": state()}
    accept("state-in-a-folder", "The state file is in a folder.", remembered, words)
    what = "Everybody can write the state file."
    refuse("writable-state", what, code, remembered, words, modes={"state/state.json": "0666"})
    what = "Everybody can write the folder of the state file."
    refuse("writable-folder-of-the-state", what, code, remembered, words, modes={"state": "0777"})
    what = "Everybody can write the folder in which the state file is to be."
    begun = good() | {"state/keep": b""}
    refuse("writable-folder-of-a-new-state", what, code, begun, [*words, "--init-state"], modes={"state": "0777"})


# ------------------------------------------------------------------------------------------------------ the call


def calls():
    for name, what, more in [
        ("key", "A key beside the store.", ["--key", "keys/alice-1.pub"]),
        ("ca-root", "A root and an identity beside the store.", ["--ca-root", "root.pem", *IDENTITY]),
        ("identity", "An identity beside the store.", IDENTITY),
        ("oidc", "An identity and its issuer beside the store.", [*IDENTITY, "--certificate-oidc-issuer", "https://a"]),
        ("intermediate", "An intermediate beside the store.", ["--intermediate", "root.pem"]),
        ("oms-compat", "The compatibility mode beside the store.", ["--oms-compat"]),
        ("second-store", "Two stores.", ["--trust", "other.toml"]),
        ("time", "A time that is none.", ["--at", "yesterday"]),
        ("init-state-alone", "A state file is to be begun, and none is named.", ["--init-state"]),
    ]:
        files = good() | {"root.pem": oms_certificates.pem(oms_certificates.root()), "other.toml": b""}
        words = [*VERIFY, *more] if "--at" not in more else ["verify", "model.pt", "--trust", "trust.toml", *more]
        refuse(f"usage-{name}", what, "usage", files, words)
    words = ["verify", "model.pt", "--key", "keys/alice-1.pub", "--state", "state.json"]
    refuse(
        "usage-state-without-store", "A state file without a store.", "usage", good() | {"state.json": state()}, words
    )
    words = [*VERIFY, "--state", "state.json"]
    refuse("usage-state-with-time", "A state file and a time.", "usage", good() | {"state.json": state()}, words)
    refuse("no-store", "The store is not there.", "not-found", good() | {"trust.toml": None})
    refuse("empty-store", "The store is empty.", "malformed-trust-store", good() | {"trust.toml": b""})
    words = ["verify", "model.pt", "--trust", "keys", *AT]
    refuse("store-is-a-folder", "The store is a folder.", "not-a-regular-file", good(), words)
    words = ["verify", "model.pt", "--trust", "trust.toml", "--at"]
    accept("at-a-date", "The time is a date.", good(), [*words, "2026-06-01"])
    accept("at-another-offset", "The time is given in another offset.", good(), [*words, "2026-06-01T02:00:00+02:00"])
    what = "The date is that of the store's end: its first moment counts."
    refuse("at-the-date-of-the-end", what, "trust-store-expired", good(), [*words, "2099-01-01"])
    accept("now", "No time is given: it is now.", good(), words[:-1])
    text = text_of(("plain", ["2099-01-01T00:00:00Z", "2020-01-01T00:00:00Z"]))
    what = "No time is given, and the store ended in 2020."
    refuse("now-expired", what, "trust-store-expired", good() | {"trust.toml": text.encode()}, words[:-1])


IDENTITY = ["--certificate-identity", oms_certificates.IDENTITY]


# ------------------------------------------------------------------------------------------------------- finding


def found_files():
    first = signed(store="threshold", claims={"name": "model.pt"})
    other = counter(first)
    what = "A countersignature is at the first signature's place: the model is not signed."
    reject("only-a-countersignature", what, "unsigned", {"model.pt": MODEL, MANIFEST: other})
    words = ["verify", "model.pt", "--signature", "model.2.manifest.json", *TRUST]
    both = {"model.pt": MODEL, MANIFEST: first, "model.2.manifest.json": other}
    what = "A countersignature that the caller names is a signature."
    permitted = ("plain", ['signers = ["alice"]', 'signers = ["bob"]'])
    accept("countersignature-named", what, both, words, store=permitted)
    accept("countersignature-beside", "A countersignature that no rule asks for.", both)
    whole = ["verify", MANIFEST, *TRUST]
    accept("manifest-in-place-of-the-model", "The manifest is named: it stands for its model.", good(), whole)
    longer = {"model.pt": MODEL, "model.pt.manifest.json": signed()}
    words = ["verify", "model.pt.manifest.json", *TRUST]
    accept("manifest-in-place-of-the-model-longer", "The same by the longer of the two names.", longer, words)
    what = "A manifest of another name is named: whoever wrote it does not choose the rules."
    other_name = {"model.pt": MODEL, "llama.manifest.json": signed()}
    words = ["verify", "llama.manifest.json", *TRUST]
    reject("manifest-of-another-name", what, "wrong-model", other_name, words)
    what = "The same, and the caller says the model's name."
    accept("manifest-of-another-name-and-named", what, other_name, [*words, "--name", "model.pt"])
    words = ["verify", "model.2", *TRUST]
    folder = signed(format="oms", claims={"name": "model"})
    beside = counter(folder, format="oms", claims={"name": "model"})
    mine = signed(format="oms", claims={"name": "model.2"})
    files = {"model.2/weights.bin": MODEL, "model.2/model.sig": mine, "model.2.sig": beside}
    files |= {"model/weights.bin": MODEL, "model/model.sig": folder}
    what = "Beside the folder is a countersignature of another folder, which is called like a signature of this one."
    accept("countersignature-called-like-a-signature", what, files, words)
    accept("countersignature-of-a-folder", "The same, and the other folder is verified.", files, FOLDER)


# ----------------------------------------------------------------------------------------------- countersignatures


def countersignatures():
    name, code = "two_a.pt", "threshold-not-met"
    first = signed(claims={"name": name})
    other = counter(first, claims={"name": name})
    files = {name: MODEL, "two_a.manifest.json": first}
    words = ["verify", name, *TRUST]
    options = {"words": words, "store": "threshold"}

    def at(number, content=other):
        return files | {f"two_a.{number}.manifest.json": content}

    accept("countersigned-at-16", "The countersignature has the number 16, and no others are there.", at(16), **options)
    for number in ["1", "17", "02", "x"]:
        what = f"A countersignature with the number {number} is not looked for."
        reject(f"countersigned-at-{number}", what, code, at(number), **options)
    zeros = "A" * 86 + "=="
    dora = counter(first, "dora", claims={"name": name})
    for kind, what, content in [
        ("forged", "The countersignature is not valid.", edited(dora, put("envelope.signatures.0.sig", zeros))),
        ("malformed", "The countersignature is no JSON.", b"{"),
        ("a-bundle", "The countersignature is a bundle manifest.", counter(first, format="bundle-manifest")),
        ("an-oms-signature", "The countersignature is an OMS signature.", counter(first, format="oms")),
        ("a-link", "The countersignature is a link to one.", vectors.Link("elsewhere.json")),
        ("without-envelope", "The countersignature has no envelope.", without_envelope(signed("carol"))),
        ("field-changed", "A visible field of the countersignature was changed.", other | {"signer": "dora"}),
        ("itself", "The countersignature is the first signature again.", first),
    ]:
        wrong = at(2, content) | ({"elsewhere.json": other} if kind == "a-link" else {})
        reject(f"countersignature-{kind}", what, code, wrong, **options)
    mixed = at(2, b"{") | {"two_a.3.manifest.json": other}
    accept("countersignature-malformed-beside-a-good-one", "One is no JSON, and another is good.", mixed, **options)
    folder = {"create": {"two_a.2.manifest.json": {"folder": True}}}
    reject(
        "countersignature-a-folder", "A folder is where a countersignature would be.", code, files, **options, **folder
    )
    pipe = {"create": {"two_a.2.manifest.json": {"pipe": True}}}
    reject("countersignature-a-pipe", "A pipe is where a countersignature would be.", code, files, **options, **pipe)
    what = "The caller names the first signature at another place, and the countersignature lies beside that."
    moved = {name: MODEL, "sig/first.manifest.json": first, "sig/first.2.manifest.json": other}
    accept(
        "countersigned-elsewhere", what, moved, [*words, "--signature", "sig/first.manifest.json"], store="threshold"
    )
    changed = at(2) | {name: OTHER}
    reject("countersigned-and-changed", "Both signed, and the model was changed.", "hash-mismatch", changed, **options)
    lone_files(code)


def lone_files(code):
    """OMS signatures of a file, and at the other places of a folder."""

    def of_file(key, **said):
        holder = keyring.private(key)
        ours = {"container": "file", "key_id": reference.key_id(holder.public_key()), "signer": key.split("-")[0]}
        listed = oms.list_files({".": MODEL})
        ours |= {"signed_at": vectors.SIGNED_AT} | said
        return oms.bundle(reference.encode(oms.statement("two_a.pt", listed, reference.SERIALIZATION, ours)), holder)

    first = of_file("alice-1")
    files = {"two_a.pt": MODEL, "two_a.pt.sig": first}
    options = {"words": ["verify", "two_a.pt", *TRUST], "store": "threshold"}
    other = {"two_a.pt.2.sig": of_file("bob", countersigns=digest_of(first))}
    accept("countersigned-file-by-oms", "An OMS signature of a file, and a countersignature.", files | other, **options)
    reject("file-by-oms-alone", "An OMS signature of a file, alone.", code, files, **options)
    moved = {"two_b.pt": MODEL, "two_b.pt.sig": first} | {"two_b.pt.2.sig": other["two_a.pt.2.sig"]}
    moved_words = {"words": ["verify", "two_b.pt", *TRUST], "store": "threshold"}
    reject("file-by-oms-renamed", "A file with an OMS signature has another name.", "wrong-model", moved, **moved_words)
    first = signed(format="oms", claims={"name": "two_m"})
    other = counter(first, format="oms", claims={"name": "two_m"})
    model = {"two_m/weights.bin": MODEL}
    options = {"words": ["verify", "two_m", *TRUST], "store": "threshold"}
    for place, beside, name in [
        ("two_m.sig", "two_m.2.sig", "beside"),
        ("model.sig", "model.2.sig", "beside-as-model-sig"),
        ("two_m/model.sig", "two_m.2.sig", "inside"),
    ]:
        what = f"The first signature is at {place}, the countersignature at {beside}."
        accept(f"countersigned-folder-{name}", what, model | {place: first, beside: other}, **options)
    what = "The countersignature lies in the folder, where none is looked for, and nobody signed that file."
    inside = model | {"two_m/model.sig": first, "two_m/model.2.sig": other}
    reject("countersignature-in-the-folder", what, "extra-file", inside, **options, also=[code])
    whole = signed(format="oms", claims={"name": "two_m"})
    listing = edited_listing(whole)
    files = model | {"two_m/model.sig": whole, "two_m.2.sig": listing}
    what = "The countersigner left out other files than the first signer."
    reject("countersigned-other-ignored-paths", what, code, files, **options)


def edited_listing(first):
    """Bob's countersignature of the same files, which leaves out another path."""
    described = row(
        format="oms", claims={"name": "two_m", "signer": "bob", "countersigns": digest_of(first)}, key="bob"
    )
    document = sign(described, described["claims"], "bob")
    statement = json.loads(vectors.payload_of({"envelope": document["dsseEnvelope"]}))
    statement["predicate"]["serialization"]["ignore_paths"] = ["model.sig", "setup.py"]
    return oms.bundle(reference.encode(statement), keyring.private("bob"))


# ----------------------------------------------------------------------------------------------------------- state


def state(*models, serial=3):
    return {"schema": "weightseal.state/1", "store_serial": serial, "models": list(models)}


def states():
    words = ["verify", "model.pt", "--trust", "trust.toml", "--state", "state.json"]
    known = {"name": "model.pt", "signer": "alice", "model_version": 4, "statement_sha256": "b" * 64}
    changed = good(claims={"model_version": 9}) | {"model.pt": OTHER, "state.json": state(known, serial=2)}
    what = "The model was changed: nothing is remembered of it."
    reject("state-and-changed", what, "hash-mismatch", changed, words, after={"state.json": state(known, serial=2)})
    begun = good(claims={"model_version": 9}) | {"model.pt": OTHER}
    what = "The model was changed: no state file is begun."
    reject("state-not-begun", what, "hash-mismatch", begun, [*words, "--init-state"], after={"state.json": None})
    signature = signed(claims={"model_version": 4})
    again = {"model.pt": MODEL, MANIFEST: signature, "state.json": state(known | {"model_version": 3})}
    remembered = state(known | {"statement_sha256": digest_of(signature)})
    what = "The state is there already, and may be begun: it is not begun anew."
    accept("state-not-begun-anew", what, again, [*words, "--init-state"], after={"state.json": remembered})
    older = {"model.pt": MODEL, MANIFEST: signed(claims={"model_version": 3}), "state.json": state(known)}
    what = "The same with a lower version: it is asked all the same."
    reject(
        "state-begun-to-roll-back",
        what,
        "rolled-back",
        older,
        [*words, "--init-state"],
        after={"state.json": state(known)},
    )
    damaged = good() | {"state.json": b"{"}
    refuse(
        "state-damaged-begun-anew",
        "A damaged state is not begun anew.",
        "malformed-state",
        damaged,
        [*words, "--init-state"],
    )


# ------------------------------------------------------------------------------------------------------ statements


def statements():
    for name in ["countersigns", "renews"]:
        for kind, value in {"upper-case": "AB" * 32, "short": "ab" * 31, "number": 7, "empty": ""}.items():
            what = f"The annotation {name} is {value!r}."
            document = restated(signed(), put(f"subject.0.annotations.{name}", value), "alice-1")
            more = {"words": ["verify", "model.pt", "--signature", MANIFEST, *TRUST]}
            reject(
                f"statement-{name}-{kind}", what, "malformed-statement", {"model.pt": MODEL, MANIFEST: document}, **more
            )
