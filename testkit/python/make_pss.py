"""The group `pss`: RSA-PSS made by hand, with one step wrong, for moduli of many sizes.

Keys and cases decide every byte: salts are drawn from the case's name, and so the same vectors come out each time.
"""

import base64
import hashlib
from math import gcd

import keyring
import reference
from emsa_pss import Numbers, Recipe, encode, encoded_length, longest_salt, modulus_length, pkcs1v15
from make_manifest import HEX, OTHER_HEX
from vectors import MANIFEST, MODEL, SIGNED_AT, SIGNER, accept, refuse, reject, start

# Exponents of the modulus of rsa2048 beside its own: the longest that is accepted has 33 bits.
EXPONENTS = {"rsa2048-e33": 33}
TOO_LONG = [34, 65, 256, 2047]
# All cases: in the first byte of the encoded message one bit has to be zero, or it is as short as the next size's.
ALL = ["rsa2048", "rsa2049"]
# Some cases: 7 bits have to be zero, 2, 2 and 2; the rest have fewer cases.
SOME = ["rsa2050", "rsa2055", "rsa3071", "rsa4095"]
FEW = ["rsa2048-e3", *EXPONENTS, "rsa2056", "rsa3072", "rsa3073", "rsa4096", "rsa8192"]
ENVELOPES = ["rsa2048", "rsa2049"]


def make():
    start("pss")
    for name in [*ALL, *SOME, *FEW]:
        key, public = numbers(name), public_half(name)
        for salt, what in [(None, "as long as possible"), (32, "32 bytes")]:
            signature = signed(key, f"{name} {salt}", Recipe(salt=salt))
            label = f"pss/ok-{name}-salt-{salt or 'max'}"
            files = {MANIFEST: published(key, signature), "key.pub": public}
            accept(label, f"A salt of {what} by a key of {key.bits} bits.", files, authenticated=False)
        for case, what, make_signature in cases(key, chosen(name)):
            files = {MANIFEST: published(key, make_signature(f"{name} {case}")), "key.pub": public}
            reject(f"pss/{name}-{case}", what, "invalid-signature", files)
    for name in ENVELOPES:
        envelopes(name)
    for bits in TOO_LONG:
        key = with_exponent(bits)
        files = {MANIFEST: published(key, signed(key, f"{bits}", Recipe())), "key.pub": keyring.rsa_spki(key.n, key.e)}
        what = f"The exponent of the key has {bits} bits: no exponent has more than 33."
        refuse(f"pss/exponent-of-{bits}-bits", what, "weak-key", files)


def numbers(name):
    if name in EXPONENTS:
        return with_exponent(EXPONENTS[name])
    secret = keyring.private(name).private_numbers()
    key = Numbers(secret.p, secret.q, secret.public_numbers.e)
    assert name.split("-")[0] == f"rsa{key.bits}", f"{name} has {key.bits} bits"
    return key


def with_exponent(bits):
    """The modulus of rsa2048 with the first exponent of so many bits that it can have."""
    key = numbers("rsa2048")
    exponent = 2 ** (bits - 1) + 1
    while gcd(exponent, (key.p - 1) * (key.q - 1)) > 1:
        exponent += 2
    return Numbers(key.p, key.q, exponent)


def public_half(name):
    key = numbers(name)
    return keyring.rsa_spki(key.n, key.e)


def published(key, signature):
    """The published manifest of the model, with this signature."""
    return {
        "model_file": "model.pt",
        "sha256": HEX,
        "signature": base64.b64encode(signature).decode("ascii"),
        "signer": SIGNER,
        "signed_at": SIGNED_AT,
        "algorithm": "RSA-PSS-SHA256",
        "key_size": key.bits,
    }


def envelopes(name):
    """The published signature is right, and that of the envelope is not."""
    key = keyring.private(name)
    own = numbers(name)
    facts = reference.annotations("manifest", SIGNER, key, signed_at=SIGNED_AT)
    statement = reference.statement("model.pt", [reference.resource(".", HEX, MODEL)], facts)
    payload = reference.encode(statement)
    frame = reference.pae(payload)
    digits = signed(own, f"{name} published", Recipe())
    wrong = {case: rest for case, *rest in cases(own, SOME_CASES, frame, salt=32)}
    wrong |= {case: rest for case, *rest in longer_salts(own, frame)}
    ways = [("ok", None, lambda label: signed(own, label, Recipe(salt=32), frame))]
    ways += [(case, what, sign) for case, (what, sign) in wrong.items()]
    for case, what, sign in ways:
        envelope = reference.seal(payload, key)
        envelope["signatures"][0]["sig"] = base64.b64encode(sign(f"{name} envelope {case}")).decode("ascii")
        document = published(own, digits) | {"key_id": facts["key_id"], "envelope": envelope}
        files = {MANIFEST: document, "key.pub": public_half(name)}
        if case == "ok":
            accept(f"pss/ok-{name}-envelope", f"Both signatures are made by hand, of {own.bits} bits.", files)
        else:
            what = f"In the envelope: {what[0].lower()}{what[1:]}"
            reject(f"pss/{name}-envelope-{case}", what, "invalid-signature", files)


def signed(key, label, recipe, message=HEX.encode(), fits=lambda number: True):
    """A signature as bytes; `fits` chooses among those with other salts."""
    for attempt in range(100_000):
        number = encode(message, key.bits, lambda count: drawn(f"{label} {attempt}", count), recipe)
        if number < key.n:
            signature = key.sign(number)
            if fits(signature):
                return signature.to_bytes(modulus_length(key.bits), "big")
    raise AssertionError(f"no signature for {label}")


def drawn(label, count):
    return hashlib.shake_256(f"weightseal testkit pss {label}".encode()).digest(count)


def longer_salts(key, message):
    what = "The salt is as long as possible."
    yield "salt-max", what, lambda label: signed(key, label, Recipe(), message)


def chosen(name):
    """Which cases a key has; None: all."""
    return None if name in ALL else SOME_CASES if name in SOME else FEW_CASES


def cases(key, chosen, message=HEX.encode(), salt=None):
    """Name, sentence and signer of each wrong signature; `salt` is the length where the salt is not what is wrong."""
    for part in [recipes(key, salt), numbers_of(key, message, salt)]:
        for case, what, make_signature in part:
            if chosen is None or case in chosen:
                yield case, what, wrap(make_signature, key, message)
    if message == HEX.encode():
        for case, what, other in messages():
            if chosen is None or case in chosen:
                yield case, what, lambda label, other=other: signed(key, label, other[1], other[0])


def wrap(way, key, message):
    if isinstance(way, Recipe):
        return lambda label: signed(key, label, way, message)
    return way


FEW_CASES = {
    "salt-0", "salt-max-less-1", "sha512", "mask-sha1", "trailer", "padding-first", "top-bit", "raw-digest", "plus-n",
    "negated", "pkcs1v15", "leading-zero-added",
}  # fmt: skip
SOME_CASES = FEW_CASES | {
    "salt-31", "salt-33", "padding-last", "separator-2", "separator-missing", "hash-bit", "zero", "one", "n-less-1",
    "n", "last-byte-cut",
}  # fmt: skip


def recipes(key, salt):
    """Encoded messages that one step makes wrong."""
    longest = longest_salt(key.bits)
    for length in [0, 1, 20, 31, 33, 64]:
        yield f"salt-{length}", f"The salt has {length} bytes.", Recipe(salt=length)
    yield "salt-max-less-1", "The salt is one byte shorter than possible.", Recipe(salt=longest - 1)
    for name in ["sha1", "sha224", "sha384", "sha512", "sha512_256", "sha3_256"]:
        shown = name.replace("sha512_256", "sha512-256").replace("sha3_256", "sha3-256")
        longest_there = f"Everything is made with {shown}, with the longest salt for it."
        yield shown, longest_there, Recipe(hash=name, mask_hash=name)
    yield "sha384-salt-48", "Everything is made with SHA-384, with 48 bytes of salt.", Recipe(48, "sha384", "sha384")
    yield "sha1-salt-32", "Everything is made with SHA-1, with 32 bytes of salt.", Recipe(32, "sha1", "sha1")
    yield "hash-sha384", "The hash is SHA-384, the mask is right.", Recipe(salt, hash="sha384")
    for name in ["sha1", "sha224", "sha384", "sha512"]:
        yield f"mask-{name}", f"The mask is made with {name}.", Recipe(salt, mask_hash=name)
    yield "mask-sha512-salt-32", "The mask is made with SHA-512, over 32 bytes of salt.", Recipe(32, mask_hash="sha512")
    yield "mask-none", "Nothing is masked.", Recipe(salt, masked=False)
    yield "mask-from-1", "The mask's counter begins with 1.", Recipe(salt, first_counter=1)
    yield "mask-little-endian", "The mask's counter is written backwards.", Recipe(salt, counter_order="little")
    yield "trailer", "The last byte is 0xBD in the place of 0xBC.", Recipe(salt, trailer=b"\xbd")
    yield "trailer-zero", "The last byte is zero.", Recipe(salt, trailer=b"\0")
    yield "trailer-top-bit", "The last byte is 0x3C in the place of 0xBC.", Recipe(salt, trailer=b"\x3c")
    what = "The trailer is 0x33CC, that of ISO 9796-2 for SHA-1."
    yield "trailer-two-bytes", what, Recipe(32, trailer=b"\x33\xcc")
    yield "zeros-missing", "The eight zero bytes before the digest are missing.", Recipe(salt, zeros=0)
    yield "zeros-seven", "There are seven zero bytes before the digest.", Recipe(salt, zeros=7)
    yield "salt-first", "Salt and digest are hashed in the other order.", Recipe(salt, salt_first=True)
    yield "hash-bit", "One bit of the hash in the encoded message is changed.", Recipe(salt, spoiled=31)
    yield "hash-first-bit", "One bit of the first byte of that hash is changed.", Recipe(salt, spoiled=0)
    yield "top-bit", "The lowest bit that has to be zero is one.", Recipe(salt, top_bit=True)
    # The longest salt leaves no padding; with 32 bytes of it there is some.
    yield "padding-first", "The first byte of the padding is not zero.", Recipe(32, padding=((0, 1),))
    yield "padding-second", "The second byte of the padding is not zero.", Recipe(32, padding=((1, 0x80),))
    yield "padding-last", "The last byte of the padding is not zero.", Recipe(32, padding=((-1, 1),))
    yield "padding-ones", "A byte of the padding is 0xFF.", Recipe(32, padding=((40, 0xFF),))
    yield "separator-missing", "There is a zero byte where the separator stands.", Recipe(32, separator=b"\0")
    yield "separator-2", "The separator is 2.", Recipe(32, separator=b"\2")
    yield "separator-top-bit", "The separator is 0x81.", Recipe(32, separator=b"\x81")
    yield "separator-early", "The separator stands a byte too early.", Recipe(32, separator=b"\1\0")
    yield "separator-at-once", "The separator is the first byte, then come zeros.", at_once(key)


def at_once(key):
    return Recipe(32, separator=b"\1" + bytes(encoded_length(key.bits) - 1 - 32 - 32 - 1))


def numbers_of(key, message, salt):
    """Numbers that are no signature, and signatures in another spelling."""
    size, n = modulus_length(key.bits), key.n
    good = Recipe(salt)

    def sign(label, fits=lambda number: True):
        return signed(key, label, good, message, fits)

    def changed(change):
        return lambda label: change(int.from_bytes(sign(label), "big")).to_bytes(size, "big")

    def fixed(number):
        return lambda label: number.to_bytes(size, "big")

    def flipped(at):
        return changed(lambda s: s ^ 1 << 8 * (size - 1 - at))

    room = 256**size
    what = "The modulus was added to the signature."
    yield "plus-n", what, lambda label: (
        int.from_bytes(sign(label, lambda s: s + n < room), "big") + n
    ).to_bytes(size, "big")  # fmt: skip
    yield "zero", "The signature is zero.", fixed(0)
    yield "one", "The signature is 1.", fixed(1)
    yield "n-less-1", "The signature is one less than the modulus.", fixed(n - 1)
    yield "n", "The signature is the modulus.", fixed(n)
    yield "n-and-1", "The signature is one more than the modulus.", fixed(n + 1)
    yield "ones", "All bits of the signature are ones.", fixed(room - 1)
    yield "negated", "The signature was subtracted from the modulus.", changed(lambda s: n - s)
    yield "inverse", "The signature's inverse stands in its place.", changed(lambda s: pow(s, -1, n))
    yield "squared", "The signature was squared.", changed(lambda s: s * s % n)
    yield "doubled", "The signature was doubled.", changed(lambda s: 2 * s % n)
    yield "not-signed", "The encoded message stands there as it is.", changed(lambda s: pow(s, key.e, n))
    yield "signed-twice", "The signature was signed once more.", changed(key.sign)
    yield "leading-zero-added", "A zero byte stands before the signature.", lambda label: b"\0" + sign(label)
    yield "trailing-zero-added", "A zero byte stands behind the signature.", lambda label: sign(label) + b"\0"
    short = 1 << 8 * (size - 1)
    what = "The leading zero byte of the signature was cut."
    yield "leading-zero-cut", what, lambda label: sign(label, lambda s: s < short)[1:]
    yield "last-byte-cut", "The last byte of the signature is missing.", lambda label: sign(label)[:-1]
    yield "half", "The second half of the signature is missing.", lambda label: sign(label)[: size // 2]
    yield "backwards", "The bytes of the signature stand in the other order.", lambda label: sign(label)[::-1]
    yield "first-bit", "One bit of the first byte is changed.", flipped(0)
    yield "last-bit", "One bit of the last byte is changed.", flipped(size - 1)
    what = "The padding is PKCS#1 v1.5."
    yield "pkcs1v15", what, lambda label: key.sign(pkcs1v15(message, key.bits)).to_bytes(size, "big")


def messages():
    """Signed is something else than the hex digits."""
    raw, best = bytes.fromhex(HEX), Recipe()
    yield "raw-digest", "The 32 raw bytes are signed.", (raw, best)
    yield "raw-digest-salt-32", "The 32 raw bytes are signed, with 32 bytes of salt.", (raw, Recipe(32))
    yield "as-digest", "The digest is taken for that of the message.", (raw, Recipe(prehashed=True))
    twice = hashlib.sha256(hashlib.sha256(HEX.encode()).digest()).digest()
    yield "hashed-twice", "The message is hashed twice.", (twice, Recipe(prehashed=True))
    yield "upper-case", "The digest is signed in upper case.", (HEX.upper().encode(), best)
    yield "newline", "A line end is signed too.", (HEX.encode() + b"\n", best)
    yield "zero-byte", "A zero byte is signed too.", (HEX.encode() + b"\0", best)
    yield "prefix", "The name of the hash is signed too.", (b"sha256:" + HEX.encode(), best)
    yield "base64", "The digest is signed in base64.", (base64.b64encode(raw), best)
    yield "utf16", "The digits are signed in UTF-16.", (HEX.encode("utf-16-le"), best)
    yield "file-bytes", "The model itself is signed.", (MODEL, best)
    yield "empty", "Nothing is signed.", (b"", best)
    yield "other-digest", "The digest of another model is signed.", (OTHER_HEX.encode(), best)
