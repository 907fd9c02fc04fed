"""Further cases of the group `trust`: which files count, who may write them, and what a store changes in finding them."""

import hashlib

import decisions
import keyring
import make_oms
import make_trust
import oms
import oms_certificates
import reference
import timestamps
import vectors
from make_trust import OTHER, digest_of, sign, store_files, without_envelope
from vectors import BUNDLE, MANIFEST, MODEL, drop, edited, put, restated

AT = ["--at", "2026-06-01T00:00:00Z"]
TRUST = ["--trust", "trust.toml", *AT]
VERIFY = ["verify", "model.pt", *TRUST]
FOLDER = ["verify", "model", *TRUST]


def make():
    writable()
    calls()
    found_files()
    countersignatures()
    tampered()
    bundles()
    folders()
    certificates()
    time_stamps()
    names()
    states()
    statements()


def accept(name, what, files, words=VERIFY, *, store="plain", verdict="verified", authenticated=True, **more):
    content = store_files(text_of(store)) | files
    make_trust.write(f"files-{name}", what, content, words, verdict, verdict, authenticated, **more)


def reject(name, what, code, files, words=VERIFY, *, store="plain", **more):
    make_trust.write(f"files-{name}", what, store_files(text_of(store)) | files, words, "rejected", code, **more)


def refuse(name, what, code, files, words=VERIFY, *, store="plain", **more):
    make_trust.write(f"files-{name}", what, store_files(text_of(store)) | files, words, "inconclusive", code, **more)


def text_of(store):
    """The name of a store, or of one with replacements."""
    name, *replacements = [store] if isinstance(store, str) else store
    return decisions.store_text({"id": name, "store": name, "replace": replacements})


def row(**more):
    return decisions.complete({"id": "files", **more})


def signed(key="alice-1", signer=None, **more):
    """A manifest, bundle manifest or OMS signature by the signer of this key."""
    claims = {"signer": signer or key.split("-")[0]} | more.pop("claims", {})
    described = row(claims=claims, key=key, **more)
    return sign(described, described["claims"], key)


def counter(first, key="bob", **more):
    digest = digest_of(first)
    return signed(key, **more | {"claims": {"countersigns": digest} | more.get("claims", {})})


def good(**more):
    return {"model.pt": MODEL, MANIFEST: signed(**more)}


# ---------------------------------------------------------------------------------------------- who may write


def writable():
    code = "writable-by-others"
    for name, what, modes in [
        ("store", "Everybody can write the store.", {"trust.toml": "0666"}),
        ("store-not-readable", "Everybody can write the store, and only its owner can read it.", {"trust.toml": "0602"}),
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
    refuse("usage-state-without-store", "A state file without a store.", "usage", good() | {"state.json": state()}, words)
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
    reject("countersignature-a-folder", "A folder is where a countersignature would be.", code, files, **options, **folder)
    pipe = {"create": {"two_a.2.manifest.json": {"pipe": True}}}
    reject("countersignature-a-pipe", "A pipe is where a countersignature would be.", code, files, **options, **pipe)
    what = "The caller names the first signature at another place, and the countersignature lies beside that."
    moved = {name: MODEL, "sig/first.manifest.json": first, "sig/first.2.manifest.json": other}
    accept("countersigned-elsewhere", what, moved, [*words, "--signature", "sig/first.manifest.json"], store="threshold")
    changed = at(2) | {name: OTHER}
    reject("countersigned-and-changed", "Both signed, and the model was changed.", "hash-mismatch", changed, **options)
    lone_files(code)


def lone_files(code):
    """OMS signatures of a file, and at the other places of a folder."""
    holder = keyring.private("alice-1")

    def of_file(key, **said):
        holder = keyring.private(key)
        ours = {"container": "file", "key_id": reference.key_id(holder.public_key()), "signer": key.split("-")[0]}
        listed = oms.list_files({".": MODEL})
        ours |= {"signed_at": vectors.SIGNED_AT} | said
        return oms.bundle(reference.encode(oms.statement("two_a.pt", listed, reference.SERIALIZATION, ours)), holder)

    assert holder
    first = of_file("alice-1")
    files = {"two_a.pt": MODEL, "two_a.pt.sig": first}
    options = {"words": ["verify", "two_a.pt", *TRUST], "store": "threshold"}
    other = {"two_a.pt.2.sig": of_file("bob", countersigns=digest_of(first))}
    accept("countersigned-file-by-oms", "An OMS signature of a file, and a countersignature.", files | other, **options)
    reject("file-by-oms-alone", "An OMS signature of a file, alone.", code, files, **options)
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
    described = row(format="oms", claims={"name": "two_m", "signer": "bob", "countersigns": digest_of(first)}, key="bob")
    document = sign(described, described["claims"], "bob")
    statement = make_trust.json.loads(vectors.payload_of({"envelope": document["dsseEnvelope"]}))
    statement["predicate"]["serialization"]["ignore_paths"] = ["model.sig", "setup.py"]
    return oms.bundle(reference.encode(statement), keyring.private("bob"))


# ------------------------------------------------------------------------------------------------------ tampering


def tampered():
    warn = ("plain", ['signers = ["alice"]', 'signers = ["alice"]\nlevel = "warn"'])
    name = {"model.pt": OTHER}
    what = "The model was changed."
    reject("changed", what, "hash-mismatch", good() | name)
    reject("changed-under-warn", "The model was changed, and every rule warns.", "hash-mismatch", good() | name, store=warn)
    forged = name | {MANIFEST: signed("mallory", "alice", claims={"sha256": "0" * 64})}
    what = "The model was changed and signed by a stranger as Alice, and every rule warns."
    reject("signed-anew-under-warn", what, "untrusted-key", forged, store=warn)
    key_id = reference.key_id(keyring.private("alice-1").public_key())
    claimed = edited(restated(forged[MANIFEST], put("subject.0.annotations.key_id", key_id), "mallory"), put("key_id", key_id))
    claimed = edited(claimed, put("envelope.signatures.0.keyid", key_id))
    what = "The same, and the stranger's manifest names Alice's key."
    reject("signed-anew-with-her-key-id", what, "invalid-signature", name | {MANIFEST: claimed}, store=warn)
    unsigned = name | {MANIFEST: without_envelope(signed("mallory-rsa", "carol", claims={"sha256": "0" * 64}))}
    what = "The model was changed and signed by a stranger in the form without envelope, and every rule warns."
    carol = ("unauthenticated", ['models = ["*", "sub/*"]\nsigners = ["carol"]', 'models = "*"\nsigners = ["carol"]\nlevel = "warn"'])
    reject("signed-anew-without-envelope", what, "invalid-signature", unsigned, store=carol)
    for field, value in {"signer": "bob", "signed_at": "2026-05-30T00:00:00+00:00", "model_file": "model.pt"}.items():
        what = f"The visible field {field} is not what was signed, and every rule warns."
        document = signed(claims={"name": "old.pt"} if field == "model_file" else {}) | {field: value}
        reject(f"field-{field.replace('_', '-')}-under-warn", what, "field-mismatch", {"model.pt": MODEL, MANIFEST: document}, store=warn)
    broken = edited(signed(), put("envelope.signatures.0.sig", "A" * 86 + "=="))
    what = "The signature is not valid, and every rule warns."
    reject("invalid-under-warn", what, "invalid-signature", good() | {MANIFEST: broken}, store=warn)
    reject("unsigned-under-warn", "Nobody signed the model, and every rule warns.", "unsigned", {"model.pt": MODEL}, store=warn)
    what = "The envelope was cut off and what is left is signed by Carol's key alone."
    stripped = {"model.pt": MODEL, MANIFEST: without_envelope(signed("carol", "carol"))}
    reject("stripped", what, "not-authenticated", stripped, store=carol)
    kept = edited(signed("carol", "carol"), drop("envelope"))
    what = "The envelope was cut off carelessly."
    reject("stripped-carelessly", what, "malformed-manifest", {"model.pt": MODEL, MANIFEST: kept}, store=carol)
    old = {"model.pt": OTHER, MANIFEST: signed(claims={"sha256": "0" * 64, "expires_at": "2025-06-01T00:00:00Z"})}
    what = "An old model of Alice's is put back: it expired, and is let pass under a rule that warns."
    accept("expired-under-warn", what, old, store=warn, verdict="tolerated", tolerated=["expired"])
    reject("expired", "An old model of Alice's is put back: it expired.", "expired", old)


# -------------------------------------------------------------------------------------------------- sets, folders


def bundles():
    whole = ["verify", BUNDLE, *TRUST]
    content = make_trust.bundled(None)
    document = signed(format="bundle-manifest", claims={"name": "release"})
    accept("set", "A set, by its manifest.", content | {BUNDLE: document}, whole)
    accept("set-by-its-folder", "A set, by its folder.", inside(content | {BUNDLE: document}), ["verify", "model", *TRUST])
    other = counter(document, format="bundle-manifest", claims={"name": "release"})
    both = inside(content | {BUNDLE: document, "release.2.manifest.json": other})
    what = "A set with a countersignature in its folder: the one that is none counts."
    accept("set-by-its-folder-countersigned", what, both, ["verify", "model", *TRUST])
    lone = inside(content | {"release.2.manifest.json": other})
    what = "A set with nothing but a countersignature in its folder."
    reject("set-by-its-folder-countersignature-alone", what, "unsigned", lone, ["verify", "model", *TRUST])
    moved = {"older.manifest.json": document}
    what = "The manifest of a set was renamed: the expected name is that of the file."
    reject("set-renamed", what, "wrong-model", content | moved, ["verify", "older.manifest.json", *TRUST])
    words = ["verify", "older.manifest.json", "--name", "release", *TRUST]
    accept("set-renamed-and-named", "The same, and the caller says the name.", content | moved, words)
    listed = [(name, hashlib.sha256(data).hexdigest()) for name, data in content.items()]
    carol = reference.key_id(keyring.private("carol").public_key())
    lines = [f'    {{ model = "{name}", sha256 = "{digest}", key = "{carol}" }},\n' for name, digest in listed]
    plain = without_envelope(signed("carol", format="bundle-manifest", claims={"name": "release"}))
    files = content | {BUNDLE: plain}
    for name, what, entries in [("", "Every entry of a set without envelope is listed.", lines), ("-not-all", "One entry of a set without envelope is not listed.", lines[:1])]:
        text = text_of(("unauthenticated", ["unauthenticated = [\n", "unauthenticated = [\n" + "".join(entries)]))
        given = files | {"trust.toml": text.encode()}
        if name:
            reject(f"set-without-envelope{name}", what, "not-authenticated", given, whole, store="unauthenticated")
        else:
            accept(f"set-without-envelope{name}", what, given, whole, store="unauthenticated", authenticated=False)
    words = ["verify", "readme.txt", "--signature", BUNDLE, *TRUST]
    reject("entry-not-in-the-set", "A file that the set does not list.", "not-in-bundle", files | {"other.txt": b"x", BUNDLE: document}, ["verify", "other.txt", "--signature", BUNDLE, *TRUST])
    accept("entry", "One file of a set.", content | {BUNDLE: document}, words, verdict="partial")
    warn = ("plain", ['signers = ["alice"]', 'signers = ["alice"]\nlevel = "warn"'])
    ended = content | {BUNDLE: signed(format="bundle-manifest", claims={"name": "release", "expires_at": "2025-06-01T00:00:00Z"})}
    what = "One file of a set that expired, and every rule warns: the word is tolerated."
    accept("entry-tolerated", what, ended, words, store=warn, verdict="tolerated", tolerated=["expired"])


def inside(files):
    return {f"model/{name}": content for name, content in files.items()}


def folders():
    document = signed(format="oms", claims={"name": "model"})
    files = {"model/weights.bin": MODEL, "model/model.sig": document}
    accept("folder", "A folder.", files, FOLDER)
    accept("folder-with-a-slash", "A folder, with a slash at the end of its path.", files, ["verify", "model/", *TRUST])
    accept("folder-in-part", "A file of a folder.", files, [*FOLDER, "--only", "weights.bin"], verdict="partial")
    moved = {name.replace("model/", "llama/"): content for name, content in files.items()}
    words = ["verify", "llama", *TRUST]
    reject("folder-in-part-renamed", "A file of a folder of another name.", "wrong-model", moved, [*words, "--only", "weights.bin"])
    accept("folder-renamed-and-named", "A folder of another name, and the caller says the name.", moved, [*words, "--name", "model"])
    what = "The caller says another name than was signed, and the folder has the signed one."
    reject("folder-named-otherwise", what, "wrong-model", files, [*FOLDER, "--name", "llama"])
    stranger = files | {"model/model.sig": signed("mallory", "alice", format="oms", claims={"name": "model"})}
    reject("folder-by-a-stranger", "A stranger signed the folder as Alice.", "untrusted-key", stranger, FOLDER)
    reject("folder-with-another-file", "The folder has a file that nobody signed.", "extra-file", files | {"model/setup.py": b""}, FOLDER)
    old = reference.encode(oms.legacy_statement({"weights.bin": MODEL}))
    holder = keyring.private("bob")
    signature = oms.bundle(old, holder, message=oms.legacy_pae(old))
    permitted = ("plain", ['signers = ["alice"]', 'signers = ["bob"]'])
    what = "A signature of version 0.2.0."
    reject("folder-of-version-0.2.0", what, "legacy-signature", files | {"model/model.sig": signature}, FOLDER, store=permitted)
    other = oms.statement("model", oms.list_files({"weights.bin": MODEL}), make_oms.SERIALIZATION, {"signer": "bob", "signed_at": "1999-01-01T00:00:00Z", "countersigns": "no"})
    theirs = files | {"model/model.sig": oms.bundle(reference.encode(other), keyring.private("alice-1"))}
    what = "Another tool's annotations mean nothing, whatever they are called."
    accept("folder-of-another-tool", what, theirs, FOLDER)


# --------------------------------------------------------------------------------------------------- certificates


def certificates():
    fresh = ("certificates", ['revoked = { at = 2025-08-01, reason = "token leaked", compromised_since = 2025-06-01 }\n', ""], [f'frozen = ["{"a" * 64}"]\n', ""])
    document = signed(method="certificate", signer="release", format="oms", claims={"name": "model"})
    files = {"model/weights.bin": MODEL, "model/model.sig": document}
    accept("certificate", "A certificate below a root of the store.", files, FOLDER, store=fresh)
    text = text_of(fresh)
    pem = oms_certificates.pem(oms_certificates.root()).decode()
    inline = files | {"trust.toml": text.replace('"keys/root.pem"', f'"""\n{pem}"""').encode(), "keys/root.pem": None}
    accept("certificate-root-in-the-store", "The root stands in the store itself.", inline, FOLDER, store=fresh)
    for name, code, what, edit in [
        ("other-identity", "wrong-identity", "The store expects another identity.", ("release@example.com", "sales@example.com")),
        ("other-root", "untrusted-certificate", "The store has another root.", ("keys/root.pem", "keys/other.pem")),
    ]:
        given = files | {"trust.toml": text.replace(*edit).encode()}
        given |= {"keys/other.pem": oms_certificates.pem(oms_certificates.root("p256-other"))}
        reject(f"certificate-{name}", what, code, given, FOLDER, store=fresh)
    words = ["verify", "model", "--trust", "trust.toml", "--at"]
    what = "At the time that is asked for, the certificates are not valid yet."
    reject("certificate-not-yet-valid", what, "certificate-not-yet-valid", {**files, "model/model.sig": early(document)}, [*words, "2019-06-01"], store=(fresh[0], *fresh[1:], ["signs_from = 2024-01-01T00:00:00Z\n", ""]), also=["certificate-not-yet-valid"] * 2)
    late = text.replace("2099-01-01T00:00:00Z", "2199-01-01T00:00:00Z").encode()
    what = "At the time that is asked for, the certificates have expired."
    reject("certificate-expired", what, "certificate-expired", files | {"trust.toml": late}, [*words, "2120-01-01"], store=fresh, also=["certificate-expired"] * 2)
    what = "A signature by certificate, and the store has keys only, even the certificate's."
    keys_only = ("plain", ["keys/alice-1.pub", "keys/release.pub"])
    reject("certificate-and-keys-only", what, "wrong-method", files, FOLDER, store=keys_only)
    by_key = {"model/weights.bin": MODEL, "model/model.sig": make_oms_by_key()}
    what = "The key of a certificate signed alone; the store trusts the certificate."
    reject("key-of-a-certificate", what, "untrusted-key", by_key, FOLDER, store=fresh)
    as_alice = signed(method="certificate", signer="alice", format="oms", claims={"name": "model"})
    what = "A certificate of the release team, which claims to be Alice."
    reject("certificate-as-alice", what, "wrong-signer", files | {"model/model.sig": as_alice}, FOLDER, store=fresh)


def time_stamps():
    """The store has a stolen certificate, and believes one stamper."""
    document = signed(method="certificate", signer="release", format="oms", claims={"name": "model"})
    before, after = "2025-05-01T00:00:00Z", "2025-07-01T00:00:00Z"

    def files(stamps, root=None):
        root = root or timestamps.trusted_root()
        return {"model/weights.bin": MODEL, "model/model.sig": stamps, "keys/stampers.json": root.encode()}

    options = {"words": FOLDER, "store": "certificates"}
    two = timestamps.stamped(document, after, before)
    accept("stamps-two", "Of two time stamps, the earlier one is of before the theft.", files(two), **options)
    two = timestamps.stamped(document, after, "2025-08-01T00:00:00Z")
    reject("stamps-two-late", "Both time stamps are of after the theft.", "revoked", files(two), **options)
    other = timestamps.stamped(document, before, over=b"another signature")
    code = "invalid-timestamp"
    reject("stamp-of-another-signature", "The time stamp is of another signature.", code, files(other), **options)
    mixed = edited(timestamps.stamped(document, before), lambda it: add_stamp(it, other))
    reject("stamps-good-and-bad", "One time stamp is good, and another is of another signature.", code, files(mixed), **options)
    foreign = files(timestamps.stamped(document, before), timestamps.trusted_root("p256-other"))
    reject("stamp-of-a-stranger", "The store believes another stamper of the same name.", code, foreign, **options)
    silent = ("certificates", ['trusted_root = "keys/stampers.json"\n', ""])
    what = "The store believes no stamper: time stamps are not looked at."
    reject("stamp-not-believed", what, "revoked", files(timestamps.stamped(document, before)), FOLDER, store=silent)
    ended = [oms_certificates.leaf(end=oms_certificates.PAST), oms_certificates.authority()]
    store = ("certificates", ["signs_from = 2024-01-01T00:00:00Z\n", ""])
    short = signed_by_chain(ended, document)
    what = "The certificate expired in 2021, and the time stamp is of 2020."
    accept("stamp-before-the-certificate-expired", what, files(timestamps.stamped(short, "2020-06-01T00:00:00Z")), FOLDER, store=store)
    what = "The certificate expired in 2021, and so did it when it was stamped."
    reject("stamp-after-the-certificate-expired", what, "certificate-expired", files(timestamps.stamped(short, before)), FOLDER, store=store)
    reject("stamp-missing", "The certificate expired in 2021, and there is no time stamp.", "certificate-expired", files(short), FOLDER, store=store)
    what = "The trusted root stands in the store itself."
    text = text_of("certificates").replace('"keys/stampers.json"', "'''" + timestamps.trusted_root() + "'''")
    inline = files(timestamps.stamped(document, before)) | {"trust.toml": text.encode(), "keys/stampers.json": None}
    accept("stamper-in-the-store", what, inline, **options)


def add_stamp(document, other):
    place = document["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]
    place += other["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]


def signed_by_chain(chain, document):
    """The same signature, made with the same key, with another certificate of that key."""
    return document | {"verificationMaterial": oms.by_chain(*chain)}


def early(document):
    """The same signed in 2019, for a time before all certificates."""
    assert document
    claims = {"name": "model", "signed_at": "2019-01-01T00:00:00Z"}
    return signed(method="certificate", signer="release", format="oms", claims=claims)


def make_oms_by_key():
    holder = keyring.private(decisions.RELEASE)
    ours = {"container": "folder", "key_id": reference.key_id(holder.public_key()), "signer": "release", "signed_at": vectors.SIGNED_AT}
    statement = oms.statement("model", oms.list_files({"weights.bin": MODEL}), reference.SERIALIZATION, ours)
    return oms.bundle(reference.encode(statement), holder)


# ---------------------------------------------------------------------------------------------------------- names


def names():
    """`--name` is there without a store, too."""
    by_key = ["verify", "model.pt", "--key", "keys/alice-1.pub"]
    accept("name-without-store", "Without a store: the name is the signed one.", good(), [*by_key, "--name", "model.pt"])
    what = "Without a store: another name was signed."
    reject("other-name-without-store", what, "wrong-model", good(), [*by_key, "--name", "other.pt"])
    moved = {"upload.tmp": MODEL, MANIFEST: signed()}
    words = ["verify", "upload.tmp", "--signature", MANIFEST, "--key", "keys/alice-1.pub"]
    reject("moved-without-store", "Without a store: the file has another name.", "wrong-model", moved, words)
    what = "Without a store: the file has another name, and the caller says the signed one."
    accept("moved-and-named-without-store", what, moved, [*words, "--name", "model.pt"])
    files = {"model/weights.bin": MODEL, "model/model.sig": signed(format="oms", claims={"name": "llama"})}
    words = ["verify", "model", "--key", "keys/alice-1.pub"]
    accept("folder-unnamed-without-store", "Without a store, a folder's name is not compared.", files, words)
    accept("folder-name-without-store", "Without a store: the name is that of the folder's signature.", files, [*words, "--name", "llama"])
    reject("folder-other-name-without-store", "Without a store: the folder was signed as another.", "wrong-model", files, [*words, "--name", "model"])
    content = make_trust.bundled(None) | {BUNDLE: signed(format="bundle-manifest", claims={"name": "release"})}
    words = ["verify", BUNDLE, "--key", "keys/alice-1.pub"]
    accept("set-name-without-store", "Without a store: the name is that of the set.", content, [*words, "--name", "release"])
    reject("set-other-name-without-store", "Without a store: the set has another name.", "wrong-model", content, [*words, "--name", "older"])


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
    reject("state-begun-to-roll-back", what, "rolled-back", older, [*words, "--init-state"], after={"state.json": state(known)})
    damaged = good() | {"state.json": b"{"}
    refuse("state-damaged-begun-anew", "A damaged state is not begun anew.", "malformed-state", damaged, [*words, "--init-state"])


# ------------------------------------------------------------------------------------------------------ statements


def statements():
    for name in ["countersigns", "renews"]:
        for kind, value in {"upper-case": "AB" * 32, "short": "ab" * 31, "number": 7, "empty": ""}.items():
            what = f"The annotation {name} is {value!r}."
            document = restated(signed(), put(f"subject.0.annotations.{name}", value), "alice-1")
            more = {"words": ["verify", "model.pt", "--signature", MANIFEST, *TRUST]}
            reject(f"statement-{name}-{kind}", what, "malformed-statement", {"model.pt": MODEL, MANIFEST: document}, **more)
