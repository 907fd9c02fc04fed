"""Cases of the group `manifest` whose signatures are strange: the published one and that of the envelope."""

import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

import keyring
import reference
from make_manifest import HEX, OTHER_HEX, TAMPERED, case
from published import pss
from vectors import (
    MANIFEST,
    MODEL,
    SIGNER,
    VERIFY,
    accept,
    drop,
    edited,
    manifest,
    payload_of,
    published,
    put,
    reject,
    restated,
    with_signatures,
    without_envelope,
)  # fmt: skip


def make():
    published_ones()
    signatures()


def published_ones():
    accept(
        case("published"),
        "The published format, salt as long as possible.",
        {MANIFEST: published()},
        authenticated=False,
    )
    good = published(salt=padding.PSS.DIGEST_LENGTH)
    accept(case("published-salt-32"), "The published format, salt of 32 bytes.", {MANIFEST: good}, authenticated=False)
    good = edited(published(), drop("key_version"))
    accept(
        case("published-seven-fields"),
        "The published format without a key version.",
        {MANIFEST: good},
        authenticated=False,
    )
    good = published() | {"framework": {"name": "torch", "layers": [1, None, True]}, "comment": "for the demo"}
    accept(
        case("published-unknown-fields"),
        "Fields that the published format ignores.",
        {MANIFEST: good},
        authenticated=False,
    )
    good = without_envelope(manifest())
    what = "Somebody took envelope and key_id away: what is left is a published manifest, and not authenticated."
    accept(case("stripped-of-envelope"), what, {MANIFEST: good}, authenticated=False)
    for name, more in {
        "signer": ["--signer", SIGNER],
        "max-age": ["--max-age", "100y"],
        "model-version": ["--model-version-at-least", "1"],
        "authenticated": ["--require-authenticated"],
    }.items():
        what = f"A question about {name} is never answered from unsigned text."
        reject(
            case(f"published-asked-for-{name}"), what, "not-authenticated", {MANIFEST: published()}, [*VERIFY, *more]
        )
    bad = manifest() | {}
    del bad["envelope"]
    what = "The envelope is gone and key_id still there."
    reject(case("key-id-without-envelope"), what, "malformed-manifest", {MANIFEST: bad})
    bad = {name: value for name, value in published().items() if name != "signature"}
    what = "There is no signature of any kind."
    reject(case("no-signature-at-all"), what, "malformed-manifest", {MANIFEST: bad})
    for name, what, data, scheme, hash_ in [
        ("salt-20", "The salt has 20 bytes.", HEX.encode(), pss(20), hashes.SHA256()),
        ("salt-0", "There is no salt.", HEX.encode(), pss(0), hashes.SHA256()),
        ("salt-221", "The salt is one byte shorter than possible.", HEX.encode(), pss(221), hashes.SHA256()),
        ("pkcs1v15", "The padding is PKCS#1 v1.5.", HEX.encode(), padding.PKCS1v15(), hashes.SHA256()),
        ("sha1", "PSS with SHA-1 throughout.", HEX.encode(), pss_of(hashes.SHA1(), 20), hashes.SHA1()),
        ("sha384", "PSS with SHA-384 throughout.", HEX.encode(), pss_of(hashes.SHA384(), 48), hashes.SHA384()),
        ("sha512", "PSS with SHA-512 throughout.", HEX.encode(), pss_of(hashes.SHA512(), 64), hashes.SHA512()),
        ("mgf1-sha1", "The mask is made with SHA-1.", HEX.encode(), pss_of(hashes.SHA1(), 32), hashes.SHA256()),
        ("raw-digest", "The 32 raw bytes are signed.", bytes.fromhex(HEX), pss(222), hashes.SHA256()),
        ("upper-case-digest", "The digest is signed in upper case.", HEX.upper().encode(), pss(222), hashes.SHA256()),
        ("digest-and-newline", "A line end is signed too.", f"{HEX}\n".encode(), pss(222), hashes.SHA256()),
        ("file-bytes", "The model itself is signed.", MODEL, pss(222), hashes.SHA256()),
    ]:
        signature = keyring.private("rsa2048").sign(data, scheme, hash_)
        bad = published() | {"signature": base64.b64encode(signature).decode()}
        reject(case(f"published-signed-{name}"), what, "invalid-signature", {MANIFEST: bad})
    what = "The key is another one than the signer's."
    files = {MANIFEST: published(), "key.pub": keyring.read("rsa2048-other.pub")}
    reject(case("published-wrong-key"), what, "invalid-signature", files)
    what = "The digest was computed again for another model, the signature kept."
    files = {MANIFEST: published() | {"sha256": OTHER_HEX}, "model.pt": TAMPERED}
    reject(case("published-digest-recomputed"), what, "invalid-signature", files)
    reject(
        case("published-tampered"),
        "The model was changed.",
        "hash-mismatch",
        {MANIFEST: published(), "model.pt": TAMPERED},
    )
    bad = published() | {"key_size": 4096}
    reject(
        case("published-key-size"), "The manifest claims 4096 bits for a key of 2048.", "key-mismatch", {MANIFEST: bad}
    )
    what = "Two keys are given and the second one signed."
    files = {MANIFEST: published(), "other.pub": keyring.read("rsa2048-other.pub")}
    twice = ["verify", "model.pt", "--key", "other.pub", "--key", "key.pub"]
    accept(case("published-rotation"), what, files, twice, authenticated=False)
    files = files | {MANIFEST: manifest()}
    accept(case("ok-rotation"), "Two keys are given and the manifest names the second one.", files, twice)


def pss_of(hash_, salt_length):
    return padding.PSS(mgf=padding.MGF1(hash_), salt_length=salt_length)


def signatures():
    good, key = manifest(), keyring.private("rsa2048")
    n, keyid = key.public_key().public_numbers().n, good["key_id"]
    reject(
        case("tampered"),
        "One letter of the model was changed.",
        "hash-mismatch",
        {MANIFEST: good, "model.pt": TAMPERED},
    )
    files = {MANIFEST: good, "model.pt": MODEL[:-1]}
    reject(case("truncated"), "The model lacks its last byte.", "hash-mismatch", files, also=["size-mismatch"])
    files = {MANIFEST: good, "model.pt": MODEL + b"\0"}
    reject(case("extended"), "The model has a byte more.", "hash-mismatch", files, also=["size-mismatch"])
    files = {MANIFEST: good | {"sha256": OTHER_HEX}, "model.pt": TAMPERED}
    what = "The digest was computed again for another model, both signatures kept."
    reject(case("digest-recomputed"), what, "invalid-signature", files, also=["field-mismatch"])
    bad = restated(good, put("predicate.resources.0.annotations.size", len(MODEL) + 1))
    reject(case("size"), "The signed size is not the size of the model.", "size-mismatch", {MANIFEST: bad})
    for name, what, change in compat_changes(n):
        bad = good | {"signature": change}
        reject(case(f"compat-{name}"), what, "invalid-signature", {MANIFEST: bad})
    payload, other = payload_of(good), keyring.private("rsa2048-other")
    pae = reference.pae(payload)
    sha256 = hashes.SHA256()
    for name, what, signature in [
        (
            "wrong-key",
            "The envelope is signed by another key under the name of the given one.",
            reference.sign_bytes(pae, other),
        ),
        ("salt-max", "The salt of the envelope's signature is as long as possible.", key.sign(pae, pss(222), sha256)),
        ("pkcs1v15", "The envelope's signature is PKCS#1 v1.5.", key.sign(pae, padding.PKCS1v15(), sha256)),
        (
            "sha512",
            "The envelope's signature uses SHA-512.",
            key.sign(pae, pss_of(hashes.SHA512(), 64), hashes.SHA512()),
        ),
        ("mgf1-sha1", "The mask is made with SHA-1.", key.sign(pae, pss_of(hashes.SHA1(), 32), sha256)),
        ("no-pae", "The payload is signed without its frame.", key.sign(payload, pss(32), sha256)),
        (
            "other-pae",
            "The frame names another payload type.",
            reference.sign_bytes(reference.pae(payload, "text/plain"), key),
        ),
        ("compat", "The published signature stands in the envelope.", base64.b64decode(good["signature"])),
        ("plus-n", "The modulus was added to the signature.", plus_n(lambda: reference.sign_bytes(pae, key), n)),
        ("leading-zero-added", "A zero byte stands before the signature.", b"\0" + reference.sign_bytes(pae, key)),
        ("leading-zero-cut", "The leading zero byte was cut.", first_zero(lambda: reference.sign_bytes(pae, key))[1:]),
        ("bit", "One bit of the signature was changed.", flipped(reference.sign_bytes(pae, key))),
    ]:
        bad = with_signatures(good, (signature, keyid))
        reject(case(f"envelope-{name}"), what, "invalid-signature", {MANIFEST: bad})
    changed = reference.seal(payload_of(manifest(git_commit="0f3a")), key)["payload"]
    bad = edited(manifest(git_commit="0f3b"), put("envelope.payload", changed))
    what = "A free annotation in the payload was changed after signing."
    reject(case("envelope-payload"), what, "invalid-signature", {MANIFEST: bad})
    elliptic()
    edwards()


def compat_changes(n):
    key = keyring.private("rsa2048")
    sign = lambda: key.sign(HEX.encode(), pss(222), hashes.SHA256())  # noqa: E731
    for name, what, signature in [
        ("bit", "One bit of the published signature was changed.", flipped(sign())),
        ("plus-n", "The modulus was added to the published signature.", plus_n(sign, n)),
        ("leading-zero-added", "A zero byte stands before the published signature.", b"\0" + sign()),
        ("leading-zero-cut", "The leading zero byte of the published signature was cut.", first_zero(sign)[1:]),
        ("zeros", "The published signature is all zeros.", bytes(256)),
        ("one", "The published signature is the number 1.", bytes(255) + b"\1"),
    ]:
        yield name, what, base64.b64encode(signature).decode()


def flipped(signature):
    return signature[:99] + bytes([signature[99] ^ 1]) + signature[100:]


def plus_n(sign, n):
    while (number := int.from_bytes(sign(), "big") + n).bit_length() > 2048:
        pass
    return number.to_bytes(256, "big")


def first_zero(sign):
    while (signature := sign())[0] != 0:
        pass
    return signature


def elliptic():
    key, good = keyring.private("p256"), manifest("p256")
    signature = base64.b64decode(good["envelope"]["signatures"][0]["sig"])
    r, s = utils.decode_dss_signature(signature)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    der, integer, sequence = keyring.der, keyring.integer, keyring.sequence
    pae = reference.pae(payload_of(good))
    for name, what, bad in [
        ("r-zero", "The number r is zero.", sequence(integer(0), integer(s))),
        ("s-zero", "The number s is zero.", sequence(integer(r), integer(0))),
        ("both-zero", "Both numbers are zero.", sequence(integer(0), integer(0))),
        ("r-is-order", "The number r is the order of the curve.", sequence(integer(order), integer(s))),
        ("s-plus-order", "The order was added to s.", sequence(integer(r), integer(s + order))),
        ("trailing", "A byte stands behind the sequence.", signature + b"\0"),
        ("third-number", "The sequence holds a third number.", sequence(integer(r), integer(s), integer(1))),
        (
            "padded-number",
            "The number r has a needless zero byte.",
            sequence(der(2, b"\0" + integer(r)[2:]), integer(s)),
        ),
        ("long-length", "The length is spelled in the long form.", b"\x30\x81" + signature[1:]),
        ("raw", "The numbers stand side by side without DER.", r.to_bytes(32, "big") + s.to_bytes(32, "big")),
        ("sha384", "The hash is not the curve's.", key.sign(pae, ec.ECDSA(hashes.SHA384()))),
        ("other-payload", "The signature belongs to another payload.", key.sign(b"", ec.ECDSA(hashes.SHA256()))),
    ]:
        files = {MANIFEST: with_signatures(good, (bad, good["key_id"])), "key.pub": keyring.read("p256.pub")}
        reject(case(f"ecdsa-{name}"), what, "invalid-signature", files)


def edwards():
    good = manifest("ed25519")
    signature = base64.b64decode(good["envelope"]["signatures"][0]["sig"])
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little")
    for name, what, bad in [
        ("s-plus-order", "The order of the group was added to S.", signature[:32] + (s + order).to_bytes(32, "little")),
        ("s-zero", "R is the neutral point and S zero.", b"\1" + bytes(63)),
        ("short", "The signature has 63 bytes.", signature[:-1]),
        ("long", "The signature has 65 bytes.", signature + b"\0"),
    ]:
        files = {MANIFEST: with_signatures(good, (bad, good["key_id"])), "key.pub": keyring.read("ed25519.pub")}
        reject(case(f"ed25519-{name}"), what, "invalid-signature", files)
