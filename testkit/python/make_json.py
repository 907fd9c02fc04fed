"""Cases of the group `json`: bytes that two parsers could read differently, in the file and in the signed payload."""

import json

from make_bundle import FILES, bundle
from vectors import (
    BUNDLE,
    MANIFEST,
    NAMED,
    SIGNER,
    WHOLE,
    accept,
    manifest,
    payload_of,
    published,
    reject,
    resealed,
    start,
    text,
)  # fmt: skip

# One parser reads both; in the payload a few cases show that it is that one.
IN_PAYLOAD = {
    "float", "nan", "above-2-53", "bom", "utf-16", "lone-surrogate", "latin-1", "trailing-byte", "cut", "depth-bomb",
}  # fmt: skip


def make():
    start("json")
    good = text(manifest())
    statement = payload_of(manifest())
    for name, what, spoiled in everywhere(good, b"key_size"):
        reject(f"json/{name}", what, "malformed-json", {MANIFEST: spoiled}, NAMED)
    for name, what, spoiled in everywhere(statement, b"size"):
        if name not in IN_PAYLOAD:
            continue
        files = {MANIFEST: resealed(manifest(), spoiled)}
        reject(f"json/payload-{name}", f"In the signed payload: {lower(what)}", "malformed-statement", files)
    for name, where, spoiled in [
        ("top", "the manifest", twice(good, b'"sha256": "')),
        ("envelope", "the envelope", twice(good, b'"payloadType": "')),
        ("signature", "a signature", twice(good, b'"keyid": "')),
        ("bundle-entry", "an entry of a bundle", twice(text(bundle()), b'"model_file": "')),
    ]:
        files = {BUNDLE: spoiled, **FILES} if name.startswith("bundle") else {MANIFEST: spoiled}
        args = WHOLE if name.startswith("bundle") else NAMED
        what = f"A key stands twice in {where}, with the same value."
        reject(f"json/duplicate-{name}", what, "malformed-json", files, args)
    for name, where, key in [
        ("top", "the statement", b'"_type":"'),
        ("subject", "the subject", b'"name":"model'),
        ("annotations", "the annotations", b'"container":"'),
        ("resource", "a resource", b'"algorithm":"'),
    ]:
        files = {MANIFEST: resealed(manifest(), twice(statement, key))}
        what = f"A key stands twice in {where}, properly signed."
        reject(f"json/payload-duplicate-{name}", what, "malformed-statement", files)
    other = twice(good, b'"signer": "', b'"signer": "release-team@ml-team"')
    what = "A key stands twice with two values; many parsers take the last."
    reject("json/duplicate-two-values", what, "malformed-json", {MANIFEST: other}, NAMED)
    escaped = twice(good, b'"signer": "', b'"\\u0073igner": "release-team@ml-team"')
    what = "A key stands twice, once spelled with an escape."
    reject("json/duplicate-escaped", what, "malformed-json", {MANIFEST: escaped}, NAMED)
    nested = text(published() | {"comment": "x"}).replace(b'"x"', b'[{"a": 1, "a": 2}]')
    what = "A key stands twice inside a field that nobody reads."
    reject("json/duplicate-in-unknown-field", what, "malformed-json", {MANIFEST: nested}, NAMED)
    deep(good)
    readable(good)


def everywhere(good, number):
    """(name, what, bytes) of a good document spoiled in every way that does not depend on its fields."""
    value = json.dumps(SIGNER).encode()
    space = b": " if b'": "' in good else b":"
    at = good.index(b'"' + number + b'"') + len(number) + 2 + len(space)
    digits = good[at:].split(b",")[0].split(b"}")[0].split(b"\n")[0]

    def as_number(spelled):
        return good[:at] + spelled + good[at + len(digits) :]

    def as_signer(spelled):
        return good.replace(value, spelled, 1)

    yield "float", "An integer is spelled as a fraction.", as_number(digits + b".0")
    yield "exponent", "An integer is spelled with an exponent.", as_number(digits + b"e0")
    yield "nan", "NaN stands for a number.", as_number(b"NaN")
    yield "infinity", "Infinity stands for a number.", as_number(b"Infinity")
    yield "above-2-53", "An integer is one above 2^53.", as_number(b"9007199254740993")
    yield "above-2-64", "An integer is one above what 64 bits hold.", as_number(b"18446744073709551616")
    yield "wraps-64-bits", "An integer is right modulo 2^64.", as_number(str((1 << 64) + int(digits)).encode())
    yield "leading-zero", "A number starts with a zero.", as_number(b"0" + digits)
    yield "plus-sign", "A number starts with a plus sign.", as_number(b"+" + digits)
    yield "bom", "The text starts with a byte order mark.", b"\xef\xbb\xbf" + good
    yield "utf-16", "The text is UTF-16 with a byte order mark.", good.decode().encode("utf-16")
    yield "utf-16-le", "The text is UTF-16 without a byte order mark.", good.decode().encode("utf-16-le")
    yield "lone-surrogate", "An escape is half of a surrogate pair.", as_signer(b'"\\ud800"')
    yield "swapped-surrogates", "A surrogate pair is in the wrong order.", as_signer(b'"\\udc00\\ud800"')
    yield "encoded-surrogate", "A surrogate is encoded as if it were a letter.", as_signer(b'"\xed\xa0\x80"')
    yield "overlong", "A letter is encoded with more bytes than it needs.", as_signer(b'"\xc1\xa1"')
    yield "latin-1", "A letter is encoded as Latin-1.", as_signer(b'"Zo\xeb"')
    yield "raw-newline", "A line end stands in a string.", as_signer(b'"a\nb"')
    yield "single-quotes", "A string is in single quotes.", as_signer(b"'" + value[1:-1] + b"'")
    yield "trailing-byte", "A letter stands behind the value.", good + b"x"
    yield "trailing-nul", "A zero byte stands behind the value.", good + b"\0"
    yield "second-value", "A second value stands behind the first.", good + b"{}"
    yield "trailing-comma", "A comma stands behind the last field.", good.rstrip()[:-1] + b",}"
    yield "comment", "There is a comment.", b"/* hello */" + good
    yield "cut", "The last byte is missing.", good.rstrip()[:-1]
    yield "depth-bomb", "Ten thousand lists are open.", good.rstrip()[:-1] + b',"x":' + b"[" * 10_000


def twice(document, field, again=None):
    """Repeats the field that starts with these bytes, or puts `again` behind it."""
    at = document.index(field)
    end = document.index(b'"', at + len(field)) + 1
    return document[:end] + b", " + (again or document[at:end]) + document[end:]


def deep(good):
    def nested(levels):
        return text(published() | {"comment": "x"}).replace(b'"x"', b"[" * levels + b"]" * levels)

    what = "The deepest nesting that is read, 64 levels, in a field that nobody reads."
    accept("json/ok-depth-64", what, {MANIFEST: nested(63)}, authenticated=False)
    reject("json/depth-65", "One level more than is read.", "malformed-json", {MANIFEST: nested(64)}, NAMED)
    objects = text(published() | {"comment": "x"}).replace(b'"x"', b'{"a":' * 64 + b"1" + b"}" * 64)
    reject("json/depth-65-objects", "The same with objects.", "malformed-json", {MANIFEST: objects}, NAMED)
    reject("json/empty-file", "The manifest has no bytes.", "malformed-json", {MANIFEST: b""}, NAMED)
    reject("json/not-json", "The manifest is something else.", "malformed-json", {MANIFEST: b"\x80\x02}q\0."}, NAMED)


def readable(good):
    what = "Order of fields, white space and escapes are free."
    shuffled = dict(reversed(json.loads(good).items()))
    spelled = json.dumps(shuffled, indent="\t").replace("@", "\\u0040").encode() + b"\r\n"
    accept("json/ok-spelled-otherwise", what, {MANIFEST: spelled})
    largest = {MANIFEST: manifest(key_version=1 << 53)}
    accept("json/ok-2-53", "The largest integer that is read.", largest)
    pair = manifest(team="\U0001f40d")
    escaped = {MANIFEST: resealed(pair, payload_of(pair).replace("\U0001f40d".encode(), b"\\ud83d\\udc0d"))}
    accept("json/ok-surrogate-pair", "A letter beyond 16 bits as a pair of escapes.", escaped)


def lower(sentence):
    return sentence[0].lower() + sentence[1:] if sentence[1].islower() else sentence
