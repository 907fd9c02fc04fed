"""Further cases of the group `trust`: tampering, sets, folders, certificates, time stamps and names."""

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
from make_trust import OTHER, digest_of, without_envelope
from trust_cases import FOLDER, TRUST, accept, counter, good, reject, signed, text_of
from vectors import BUNDLE, MANIFEST, MODEL, drop, edited, put, restated


def make():
    tampered()
    bundles()
    folders()
    certificates()
    time_stamps()
    names()


# ------------------------------------------------------------------------------------------------------ tampering


def tampered():
    warn = ("plain", ['signers = ["alice"]', 'signers = ["alice"]\nlevel = "warn"'])
    name = {"model.pt": OTHER}
    what = "The model was changed."
    reject("changed", what, "hash-mismatch", good() | name)
    reject(
        "changed-under-warn", "The model was changed, and every rule warns.", "hash-mismatch", good() | name, store=warn
    )
    forged = name | {MANIFEST: signed("mallory", "alice", claims={"sha256": "0" * 64})}
    what = "The model was changed and signed by a stranger as Alice, and every rule warns."
    reject("signed-anew-under-warn", what, "untrusted-key", forged, store=warn)
    key_id = reference.key_id(keyring.private("alice-1").public_key())
    claimed = edited(
        restated(forged[MANIFEST], put("subject.0.annotations.key_id", key_id), "mallory"), put("key_id", key_id)
    )
    claimed = edited(claimed, put("envelope.signatures.0.keyid", key_id))
    what = "The same, and the stranger's manifest names Alice's key."
    reject("signed-anew-with-her-key-id", what, "invalid-signature", name | {MANIFEST: claimed}, store=warn)
    unsigned = name | {MANIFEST: without_envelope(signed("mallory-rsa", "carol", claims={"sha256": "0" * 64}))}
    what = "The model was changed and signed by a stranger in the form without envelope, and every rule warns."
    carol = (
        "unauthenticated",
        ['models = ["*", "sub/*"]\nsigners = ["carol"]', 'models = "*"\nsigners = ["carol"]\nlevel = "warn"'],
    )
    reject("signed-anew-without-envelope", what, "invalid-signature", unsigned, store=carol)
    for field, value in {"signer": "bob", "signed_at": "2026-05-30T00:00:00+00:00", "model_file": "model.pt"}.items():
        what = f"The visible field {field} is not what was signed, and every rule warns."
        document = signed(claims={"name": "old.pt"} if field == "model_file" else {}) | {field: value}
        reject(
            f"field-{field.replace('_', '-')}-under-warn",
            what,
            "field-mismatch",
            {"model.pt": MODEL, MANIFEST: document},
            store=warn,
        )
    broken = edited(signed(), put("envelope.signatures.0.sig", "A" * 86 + "=="))
    what = "The signature is not valid, and every rule warns."
    reject("invalid-under-warn", what, "invalid-signature", good() | {MANIFEST: broken}, store=warn)
    reject(
        "unsigned-under-warn",
        "Nobody signed the model, and every rule warns.",
        "unsigned",
        {"model.pt": MODEL},
        store=warn,
    )
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
    at = ["verify", "release", *TRUST]
    accept("set-by-its-folder", "A set, by its folder.", inside(content | {BUNDLE: document}), at)
    what = "A set, by its folder, which has another name."
    renamed = {
        name.replace("release/", "older/", 1): item for name, item in inside(content | {BUNDLE: document}).items()
    }
    reject("set-by-a-folder-of-another-name", what, "wrong-model", renamed, ["verify", "older", *TRUST])
    other = counter(document, format="bundle-manifest", claims={"name": "release"})
    both = inside(content | {BUNDLE: document, "release.2.manifest.json": other})
    what = "A set with a countersignature in its folder: the one that is none counts."
    accept("set-by-its-folder-countersigned", what, both, at)
    lone = inside(content | {"release.2.manifest.json": other})
    what = "A set with nothing but a countersignature in its folder."
    reject("set-by-its-folder-countersignature-alone", what, "unsigned", lone, at)
    below = signed(format="bundle-manifest", part=True, claims={"name": "sub/a.bin"})
    files = make_trust.bundled("sub/a.bin") | {BUNDLE: below}
    words = ["verify", "sub/a.bin", "--signature", BUNDLE, *TRUST]
    what = "A file of a set in a subfolder, and the caller does not say that it belongs there."
    reject("entry-in-a-subfolder-unnamed", what, "wrong-model", files, words, store=BELOW)
    what = "A file of a set in a subfolder, and the caller says its whole name."
    accept("entry-in-a-subfolder", what, files, [*words, "--name", "sub/a.bin"], store=BELOW, verdict="partial")
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
    for name, what, entries in [
        ("", "Every entry of a set without envelope is listed, but nobody signed the set.", lines),
        ("-not-all", "One entry of a set without envelope is not listed.", lines[:1]),
    ]:
        text = text_of(("unauthenticated", ["unauthenticated = [\n", "unauthenticated = [\n" + "".join(entries)]))
        given = files | {"trust.toml": text.encode()}
        reject(f"set-without-envelope{name}", what, "not-authenticated", given, whole, store="unauthenticated")
    words = ["verify", "readme.txt", "--signature", BUNDLE, *TRUST]
    named = ["verify", "readme.txt", "--signature", BUNDLE, "--name", "other.txt", *TRUST]
    what = "One file of a set, and the caller says another name."
    reject("entry-named-otherwise", what, "wrong-model", content | {BUNDLE: document}, named)
    two_keys(content, lines, carol, whole)
    reject(
        "entry-not-in-the-set",
        "A file that the set does not list.",
        "not-in-bundle",
        files | {"other.txt": b"x", BUNDLE: document},
        ["verify", "other.txt", "--signature", BUNDLE, *TRUST],
    )
    accept("entry", "One file of a set.", content | {BUNDLE: document}, words, verdict="partial")
    warn = ("plain", ['signers = ["alice"]', 'signers = ["alice"]\nlevel = "warn"'])
    ended = content | {
        BUNDLE: signed(format="bundle-manifest", claims={"name": "release", "expires_at": "2025-06-01T00:00:00Z"})
    }
    what = "One file of a set that expired, and every rule warns: the word is tolerated."
    accept("entry-tolerated", what, ended, words, store=warn, verdict="tolerated", tolerated=["expired"])


def two_keys(content, lines, carol, words):
    """Each entry is listed for the key that signed it, and both are in the store: still, one key signs a set."""
    claims = {"name": "release"}
    by_carol = without_envelope(signed("carol", format="bundle-manifest", claims=claims))
    other = without_envelope(signed("mallory-rsa", format="bundle-manifest", claims=claims))
    document = by_carol | {"artifacts": [by_carol["artifacts"][0], other["artifacts"][1]]}
    second = reference.key_id(keyring.private("mallory-rsa").public_key())
    entries = "".join([lines[0], lines[1].replace(carol, second)])
    store = (
        "unauthenticated",
        ["unauthenticated = [\n", "unauthenticated = [\n" + entries],
        ["keys/alice-1.pub", "keys/mallory-rsa.pub"],
        ['models = ["*", "sub/*"]\nsigners = ["carol"]', 'models = ["*", "sub/*"]\nsigners = ["carol", "alice"]'],
    )
    what = "Two signers of the store each signed one entry of a set without envelope."
    reject(
        "set-without-envelope-by-two-keys", what, "invalid-signature", content | {BUNDLE: document}, words, store=store
    )


def inside(files):
    return {f"release/{name}": content for name, content in files.items()}


def folders():
    document = signed(format="oms", claims={"name": "model"})
    files = {"model/weights.bin": MODEL, "model/model.sig": document}
    accept("folder", "A folder.", files, FOLDER)
    accept("folder-with-a-slash", "A folder, with a slash at the end of its path.", files, ["verify", "model/", *TRUST])
    accept("folder-in-part", "A file of a folder.", files, [*FOLDER, "--only", "weights.bin"], verdict="partial")
    moved = {name.replace("model/", "llama/"): content for name, content in files.items()}
    words = ["verify", "llama", *TRUST]
    reject(
        "folder-in-part-renamed",
        "A file of a folder of another name.",
        "wrong-model",
        moved,
        [*words, "--only", "weights.bin"],
    )
    accept(
        "folder-renamed-and-named",
        "A folder of another name, and the caller says the name.",
        moved,
        [*words, "--name", "model"],
    )
    what = "The caller says another name than was signed, and the folder has the signed one."
    reject("folder-named-otherwise", what, "wrong-model", files, [*FOLDER, "--name", "llama"])
    stranger = files | {"model/model.sig": signed("mallory", "alice", format="oms", claims={"name": "model"})}
    reject("folder-by-a-stranger", "A stranger signed the folder as Alice.", "untrusted-key", stranger, FOLDER)
    reject(
        "folder-with-another-file",
        "The folder has a file that nobody signed.",
        "extra-file",
        files | {"model/setup.py": b""},
        FOLDER,
    )
    old = reference.encode(oms.legacy_statement({"weights.bin": MODEL}))
    holder = keyring.private("bob")
    signature = oms.bundle(old, holder, message=oms.legacy_pae(old))
    permitted = ("plain", ['signers = ["alice"]', 'signers = ["bob"]'])
    what = "A signature of version 0.2.0."
    reject(
        "folder-of-version-0.2.0",
        what,
        "legacy-signature",
        files | {"model/model.sig": signature},
        FOLDER,
        store=permitted,
    )
    other = oms.statement(
        "model",
        oms.list_files({"weights.bin": MODEL}),
        make_oms.SERIALIZATION,
        {"signer": "bob", "signed_at": "1999-01-01T00:00:00Z", "countersigns": "no"},
    )
    theirs = files | {"model/model.sig": oms.bundle(reference.encode(other), keyring.private("alice-1"))}
    what = "Another tool's annotations mean nothing, whatever they are called."
    accept("folder-of-another-tool", what, theirs, FOLDER)


# --------------------------------------------------------------------------------------------------- certificates


BELOW = ("plain", ['models = "*"', 'models = ["*", "sub/*"]'])
FRESH = (
    "certificates",
    ['revoked = { at = 2025-08-01, reason = "token leaked", compromised_since = 2025-06-01 }\n', ""],
    [f'frozen = ["{"a" * 64}"]\n', ""],
)


def certificates():
    fresh = FRESH
    document = signed(method="certificate", signer="release", format="oms", claims={"name": "model"})
    files = {"model/weights.bin": MODEL, "model/model.sig": document}
    accept("certificate", "A certificate below a root of the store.", files, FOLDER, store=fresh)
    text = text_of(fresh)
    pem = oms_certificates.pem(oms_certificates.root()).decode()
    inline = files | {"trust.toml": text.replace('"keys/root.pem"', f'"""\n{pem}"""').encode(), "keys/root.pem": None}
    accept("certificate-root-in-the-store", "The root stands in the store itself.", inline, FOLDER, store=fresh)
    for name, code, what, edit in [
        (
            "other-identity",
            "wrong-identity",
            "The store expects another identity.",
            ("release@example.com", "sales@example.com"),
        ),
        ("other-root", "untrusted-certificate", "The store has another root.", ("keys/root.pem", "keys/other.pem")),
    ]:
        given = files | {"trust.toml": text.replace(*edit).encode()}
        given |= {"keys/other.pem": oms_certificates.pem(oms_certificates.root("p256-other"))}
        reject(f"certificate-{name}", what, code, given, FOLDER, store=fresh)
    words = ["verify", "model", "--trust", "trust.toml", "--at"]
    what = "At the time that is asked for, the certificates are not valid yet."
    reject(
        "certificate-not-yet-valid",
        what,
        "certificate-not-yet-valid",
        {**files, "model/model.sig": early()},
        [*words, "2019-06-01"],
        store=(fresh[0], *fresh[1:], ["signs_from = 2024-01-01T00:00:00Z\n", ""]),
        also=["certificate-not-yet-valid"] * 2,
    )
    late = text.replace("2099-01-01T00:00:00Z", "2199-01-01T00:00:00Z").encode()
    what = "At the time that is asked for, the certificates have expired."
    reject(
        "certificate-expired",
        what,
        "certificate-expired",
        files | {"trust.toml": late},
        [*words, "2120-01-01"],
        store=fresh,
        also=["certificate-expired"] * 2,
    )
    by_subject = '[[signer]]\nname = "by-subject"\n\n[[signer.key]]\nca_root = "keys/root.pem"\nidentity = "CN=testkit signer"\n'
    twice = files | {"trust.toml": text.replace("[[rule]]", by_subject + "\n[[rule]]", 1).encode()}
    what = "The certificate stands for two signers: by its mailbox for one, by its subject for the other."
    reject("certificate-of-two-signers", what, "wrong-identity", twice, FOLDER, store=fresh)
    what = "A signature by certificate, and the store has keys only, even the certificate's."
    keys_only = ("plain", ["keys/alice-1.pub", "keys/release.pub"])
    reject("certificate-and-keys-only", what, "wrong-method", files, FOLDER, store=keys_only)
    one_key_as_two_signers(document)
    by_key = {"model/weights.bin": MODEL, "model/model.sig": make_oms_by_key()}
    what = "The key of a certificate signed alone; the store trusts the certificate."
    reject("key-of-a-certificate", what, "untrusted-key", by_key, FOLDER, store=fresh)
    as_alice = signed(method="certificate", signer="alice", format="oms", claims={"name": "model"})
    what = "A certificate of the release team, which claims to be Alice."
    reject("certificate-as-alice", what, "wrong-signer", files | {"model/model.sig": as_alice}, FOLDER, store=fresh)


def one_key_as_two_signers(first):
    """One key counts once, also where the store knows it in two ways."""
    release = '"release@example.com"\ntrusted_root = "keys/stampers.json"'
    lines = [f'public_key = "keys/{name}.pub"\nsigns_until = 2030-01-01' for name in ("alice-1", "release")]
    asked = 'threshold = { n = 2, of = ["release", "alice"] }'
    store = (*FRESH, [release, release.partition("\n")[0]], ['signers = ["release", "alice"]', asked])
    model = {"model/weights.bin": MODEL, "model/model.sig": first}
    told = {"container": "folder", "signer": "alice", "signed_at": vectors.SIGNED_AT, "countersigns": digest_of(first)}
    options = reference.SERIALIZATION | {"ignore_paths": ["model.sig"]}

    def by(key):
        holder = keyring.private(key)
        said = told | {"key_id": reference.key_id(holder.public_key())}
        listed = oms.list_files({"weights.bin": MODEL})
        return oms.bundle(reference.encode(oms.statement("model", listed, options, said)), holder)

    what = "The countersigner's key is that of the certificate of the first signer, under another signer's name."
    files = model | {"model.2.sig": by(decisions.RELEASE)}
    reject("one-key-as-two-signers", what, "threshold-not-met", files, FOLDER, store=(*store, lines))
    what = "One signed by certificate, another countersigned with a key."
    accept("certificate-countersigned-by-a-key", what, model | {"model.2.sig": by("alice-1")}, FOLDER, store=store)


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
    reject(
        "stamps-good-and-bad",
        "One time stamp is good, and another is of another signature.",
        code,
        files(mixed),
        **options,
    )
    foreign = files(timestamps.stamped(document, before), timestamps.trusted_root("p256-other"))
    reject("stamp-of-a-stranger", "The store believes another stamper of the same name.", code, foreign, **options)
    silent = ("certificates", ['trusted_root = "keys/stampers.json"\n', ""])
    what = "The store believes no stamper: time stamps are not looked at."
    reject("stamp-not-believed", what, "revoked", files(timestamps.stamped(document, before)), FOLDER, store=silent)
    ended = [oms_certificates.leaf(end=oms_certificates.PAST), oms_certificates.authority()]
    store = ("certificates", ["signs_from = 2024-01-01T00:00:00Z\n", ""])
    short = signed_by_chain(ended, document)
    what = "The certificate expired in 2021, and the time stamp is of 2020."
    accept(
        "stamp-before-the-certificate-expired",
        what,
        files(timestamps.stamped(short, "2020-06-01T00:00:00Z")),
        FOLDER,
        store=store,
    )
    what = "The certificate expired in 2021, and so did it when it was stamped."
    reject(
        "stamp-after-the-certificate-expired",
        what,
        "certificate-expired",
        files(timestamps.stamped(short, before)),
        FOLDER,
        store=store,
    )
    reject(
        "stamp-missing",
        "The certificate expired in 2021, and there is no time stamp.",
        "certificate-expired",
        files(short),
        FOLDER,
        store=store,
    )
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


def early():
    """Signed in 2019, for a time before all certificates."""
    claims = {"name": "model", "signed_at": "2019-01-01T00:00:00Z"}
    return signed(method="certificate", signer="release", format="oms", claims=claims)


def make_oms_by_key():
    holder = keyring.private(decisions.RELEASE)
    ours = {
        "container": "folder",
        "key_id": reference.key_id(holder.public_key()),
        "signer": "release",
        "signed_at": vectors.SIGNED_AT,
    }
    statement = oms.statement("model", oms.list_files({"weights.bin": MODEL}), reference.SERIALIZATION, ours)
    return oms.bundle(reference.encode(statement), holder)


# ---------------------------------------------------------------------------------------------------------- names


def names():
    """`--name` is there without a store, too."""
    by_key = ["verify", "model.pt", "--key", "keys/alice-1.pub"]
    accept(
        "name-without-store", "Without a store: the name is the signed one.", good(), [*by_key, "--name", "model.pt"]
    )
    what = "Without a store: another name was signed."
    asked = [*by_key, "--signature", MANIFEST, "--name", "other.pt"]
    reject("other-name-without-store", what, "wrong-model", good(), asked)
    moved = {"upload.tmp": MODEL, MANIFEST: signed()}
    words = ["verify", "upload.tmp", "--signature", MANIFEST, "--key", "keys/alice-1.pub"]
    reject("moved-without-store", "Without a store: the file has another name.", "wrong-model", moved, words)
    what = "Without a store: the file has another name, and the caller says the signed one."
    accept("moved-and-named-without-store", what, moved, [*words, "--name", "model.pt"])
    files = {"model/weights.bin": MODEL, "model/model.sig": signed(format="oms", claims={"name": "llama"})}
    words = ["verify", "model", "--key", "keys/alice-1.pub"]
    accept("folder-unnamed-without-store", "Without a store, a folder's name is not compared.", files, words)
    accept(
        "folder-name-without-store",
        "Without a store: the name is that of the folder's signature.",
        files,
        [*words, "--name", "llama"],
    )
    reject(
        "folder-other-name-without-store",
        "Without a store: the folder was signed as another.",
        "wrong-model",
        files,
        [*words, "--name", "model"],
    )
    content = make_trust.bundled(None) | {BUNDLE: signed(format="bundle-manifest", claims={"name": "release"})}
    words = ["verify", BUNDLE, "--key", "keys/alice-1.pub"]
    accept(
        "set-name-without-store",
        "Without a store: the name is that of the set.",
        content,
        [*words, "--name", "release"],
    )
    reject(
        "set-other-name-without-store",
        "Without a store: the set has another name.",
        "wrong-model",
        content,
        [*words, "--name", "older"],
    )
