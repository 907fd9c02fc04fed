"""Cases of the group `chunks`: chunk roots in manifests and bundle manifests (docs/spec/chunks.md).

make_ranges.py has those with ranges and chunk lists, make_oms_chunks.py those of OMS signatures.
Signed by Ed25519, so that the same vectors come out again; where the published signature matters, by RSA.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric import padding

import chunks
import keyring
import place
import reference
import vectors
from vectors import BUNDLE, FACTS, MANIFEST, MODEL, SIGNER, VERIFY, start, without_envelope

KEY = {"key.pub": keyring.read("ed25519.pub")}
WHOLE = [*VERIFY, "--whole"]
MIB = chunks.SIZE
HALF, LARGE = MIB // 2, 5 * MIB // 2
DOMAIN = chunks.ROOT_HEAD


def make():
    start("chunks")
    good_ones()
    changes()
    disagreeing()
    wrong_roots()
    unsigned_roots()
    bundles()


# ------------------------------------------------------------------------------------------------- ingredients


def large(size=LARGE, changed=None):
    """A file of this size, as `create` in case.json has it: no two of its chunks are alike."""
    return {"repeat": MODEL.decode(), "size": size} | ({"changed": changed} if changed else {})


def bytes_of(content):
    return place.large(**content) if isinstance(content, dict) else content


def said_of(content, root=None, size=None):
    """What is signed about a file: its size and root, or others. A root that is False is left out."""
    said = chunks.annotations(content, rooted=root is not False)
    if size is not None:
        said["size"] = size
    if root:
        said["chunks"]["root"] = root
    return said


def resource(name, content, digest=None, **wrong):
    digest = digest or hashlib.sha256(content).hexdigest()
    return {"name": name, "digest": digest, "algorithm": "sha256", "annotations": said_of(content, **wrong)}


def manifest(content=MODEL, key="ed25519", facts=None, **wrong):
    """`wrong`: another digest, root or size than that of the content."""
    content, key = bytes_of(content), keyring.private(key)
    signed = reference.annotations("manifest", SIGNER, key, **FACTS | (facts or {}))
    listed = resource(".", content, **wrong)
    shown = reference.entry("model.pt", listed["digest"], key, signed, True, padding.PSS.MAX_LENGTH)
    statement = reference.statement("model.pt", [listed], signed)
    return shown | {"envelope": reference.seal(reference.encode(statement), key)}


def files(document, model=MODEL, more=None):
    """The files of a case, and what has to be created."""
    content = {MANIFEST: document, "model.pt": None if isinstance(model, dict) else model} | KEY | (more or {})
    return content, ({"create": {"model.pt": model}} if isinstance(model, dict) else {})


def fits(name, what, document, checked, args=VERIFY, model=MODEL, *, further=None, **more):
    content, created = files(document, model, further)
    vectors.accept(f"chunks/{name}", what, content, args, **created, checked={"model.pt": checked}, **more)


def bad(name, what, code, document, args=VERIFY, model=MODEL, *, further=None, **more):
    content, created = files(document, model, further)
    vectors.reject(f"chunks/{name}", what, code, content, args, **created, **more)


def flipped(digest):
    return digest[:-1] + "0123456789abcdef"[int(digest[-1], 16) ^ 1]


# ------------------------------------------------------------------------------------------------ what is signed

SIZES = {
    "empty": ("An empty file: a root over no chunk.", b""),
    "one-chunk": ("A file of exactly one chunk.", large(MIB)),
    "one-byte-more": ("A file of one chunk and one byte.", large(MIB + 1)),
    "three-chunks": ("A file of exactly three chunks.", large(3 * MIB)),
    "large": ("A file of two chunks and a half.", large()),
}


def good_ones():
    fits("ok", "The root is right, and decides.", manifest(), "chunk-root")
    fits("ok-whole", "Root and digest are right, and both decide.", manifest(), "both", WHOLE)
    fits("ok-rsa", "The same by an RSA key.", manifest(key="rsa2048"), "chunk-root", further=rsa())
    fits("ok-no-root", "No root is signed: the digest decides.", manifest(root=False), "digest")
    fits("ok-no-root-whole", "The same, and the digest is asked for.", manifest(root=False), "digest", WHOLE)
    for name, (what, content) in SIZES.items():
        fits(f"ok-{name}", what, manifest(content), "chunk-root", model=content)
        fits(f"ok-{name}-whole", f"{what[:-1]}; digest as well.", manifest(content), "both", WHOLE, content)


def rsa():
    return {"key.pub": keyring.read("rsa2048.pub")}


def changes():
    """By default and with `--whole`: where the root differs, the digest is computed, and says the same."""
    good, of_large = manifest(), manifest(large())
    for suffix, args in {"": VERIFY, "-whole": WHOLE}.items():
        other = MODEL.replace(b"small", b"smell")
        bad(f"changed{suffix}", "One letter was changed.", "hash-mismatch", good, args, other)
        last = large(changed={str(LARGE - 1): "!"})
        bad(f"changed-last-byte{suffix}", "The last of many bytes.", "hash-mismatch", of_large, args, last)
        for name, model in {"longer": MODEL + b"\0", "shorter": MODEL[:-1], "emptied": b""}.items():
            what = f"The file is {name}."
            bad(f"{name}{suffix}", what, "hash-mismatch", good, args, model, also=["size-mismatch"])
        what, also = "The last chunk is gone.", {"also": ["size-mismatch"]}
        bad(f"last-chunk-gone{suffix}", what, "hash-mismatch", of_large, args, large(2 * MIB), **also)
        empty = manifest(b"")
        bad(f"no-more-empty{suffix}", "The file was empty.", "hash-mismatch", empty, args, b"\0", **also)
    note = "the root covers the size of the file; a file of another size is not held against it"
    sized = manifest(size=len(MODEL) + 1)
    bad("size", "The signed size is not that of the file.", "size-mismatch", sized, note=note)
    bad("size-huge", "The signed size is 2^53 bytes.", "size-mismatch", manifest(size=1 << 53))


def disagreeing():
    """The signer signed a digest and a root of two different files."""
    other = hashlib.sha256(b"another model\n").hexdigest()
    for suffix, key in {"": "ed25519", "-rsa": "rsa2048"}.items():
        further = rsa() if key == "rsa2048" else {}
        signed = manifest(key=key, digest=other)
        note = "a dishonest signer; `--whole`, and verifiers that know no roots, refuse this file"
        what = "The root is that of the file, the digest that of another one."
        fits(f"ok-digest-wrong{suffix}", what, signed, "chunk-root", further=further, note=note)
        what = "The same, and the digest is asked for."
        bad(f"digest-wrong-whole{suffix}", what, "hash-mismatch", signed, WHOLE, further=further)
    of_other = chunks.root(b"another model\n")
    for suffix, args in {"": VERIFY, "-whole": WHOLE}.items():
        what = "The digest is that of the file, the root that of another one."
        bad(f"root-of-another{suffix}", what, "chunk-root-mismatch", manifest(root=of_other), args)
        wrong = manifest(root=flipped(chunks.root(MODEL)))
        bad(f"root-wrong{suffix}", "One bit of the root is another.", "chunk-root-mismatch", wrong, args)
        wrong = manifest(root=of_other, digest=other)
        bad(f"both-wrong{suffix}", "Neither is that of the file.", "hash-mismatch", wrong, args)
    unlike = manifest(digest=other) | {"sha256": hashlib.sha256(MODEL).hexdigest()}
    note = "the shown digest is that of the file; the difference is between the two"
    bad("shown-digest", "The digest that is shown was not signed.", "field-mismatch", unlike, note=note)


def sha256(data):
    return hashlib.sha256(data).digest()


def u64(number, order="big"):
    return number.to_bytes(8, order)


def of_chunks(content, size=MIB):
    return [sha256(content[at : at + size]) for at in range(0, len(content), size)]


def head(content, domain=DOMAIN, order="big"):
    return domain + u64(MIB, order) + u64(len(content), order)


# What implementations can get wrong, as what stands in the place of the right input; `it` is the file, `d` its digests.
WRONG_ROOTS = [
    ("no-domain", "The domain string is missing.", MODEL, lambda it, d: [head(it, b""), *d]),
    ("other-domain", "The domain is that of lists.", MODEL, lambda it, d: [head(it, chunks.LIST_HEAD), *d]),
    ("domain-nul", "A NUL ends the domain.", MODEL, lambda it, d: [head(it, DOMAIN + b"\0"), *d]),
    ("domain-case", "The domain is in capitals.", MODEL, lambda it, d: [head(it, DOMAIN.upper()), *d]),
    ("little-endian", "The sizes are little-endian.", MODEL, lambda it, d: [head(it, order="little"), *d]),
    ("other-chunk-size", "It states half the size.", MODEL, lambda it, d: [DOMAIN, u64(HALF), u64(len(it)), *d]),
    ("sizes-exchanged", "The sizes are exchanged.", MODEL, lambda it, d: [DOMAIN, u64(len(it)), u64(MIB), *d]),
    ("no-sizes", "It has no sizes.", MODEL, lambda it, d: [DOMAIN, *d]),
    ("no-file-size", "It does not have the size of the file.", MODEL, lambda it, d: [DOMAIN, u64(MIB), *d]),
    ("count", "It counts chunks, not bytes.", MODEL, lambda it, d: [DOMAIN, u64(MIB), u64(len(d)), *d]),
    ("hex", "The digests in it are hex digits.", MODEL, lambda it, d: [head(it), *(each.hex().encode() for each in d)]),
    ("bare", "It is the digest of the digests.", MODEL, lambda it, d: d),
    ("plain-digest", "It is the digest of the file.", MODEL, lambda it, d: [it]),
    ("content", "The file itself stands for its digests.", MODEL, lambda it, d: [head(it), it]),
    ("leaf-prefix", "Chunks are hashed behind a zero byte.", MODEL, lambda it, d: [head(it), sha256(b"\0" + it)]),
    ("chunk-swapped", "Two chunks are exchanged.", large(), lambda it, d: [head(it), d[1], d[0], *d[2:]]),
    ("chunk-missing", "The last chunk is missing.", large(), lambda it, d: [head(it), *d[:-1]]),
    ("half-chunks", "The chunks are half as long, and it says so.", large(),
     lambda it, d: [DOMAIN, u64(HALF), u64(len(it)), *of_chunks(it, HALF)]),
    ("half-chunks-unsaid", "They are, and it does not say so.", large(),
     lambda it, d: [head(it), *of_chunks(it, HALF)]),
    ("tree", "It is that of a tree of two branches each.", large(),
     lambda it, d: [head(it), sha256(sha256(d[0] + d[1]) + d[2])]),
    ("padded", "The last chunk is filled up with zeros.", large(),
     lambda it, d: [head(it), *of_chunks(it + bytes(-len(it) % MIB))]),
    ("empty-chunk", "An empty chunk follows the last one.", large(2 * MIB), lambda it, d: [head(it), *d, sha256(b"")]),
    ("empty-chunk-only", "An empty file is one empty chunk.", b"", lambda it, d: [head(it), sha256(b"")]),
]  # fmt: skip


def wrong_root(content, parts):
    return sha256(b"".join(parts(content, of_chunks(content)))).hex()


def wrong_roots():
    for name, what, content, parts in WRONG_ROOTS:
        document = manifest(content, root=wrong_root(bytes_of(content), parts))
        bad(f"root-{name}", what, "chunk-root-mismatch", document, model=content)


def unsigned_roots():
    """A root that nobody signed says nothing."""
    wrong = manifest(root=chunks.root(b"another model\n"))
    forged = wrong | {"envelope": manifest()["envelope"] | {"payload": wrong["envelope"]["payload"]}}
    what = "The envelope's signature is that of another statement, whose root was right."
    bad("root-forged", what, "invalid-signature", forged)
    published = without_envelope(manifest(key="rsa2048"))
    what = "The envelope is gone, and the root with it."
    fits("ok-no-envelope", what, published, "digest", further=rsa(), authenticated=False)
    args = [*VERIFY, "--whole"]
    what = "The same, and the digest is asked for."
    fits("ok-no-envelope-whole", what, published, "digest", args, further=rsa(), authenticated=False)
    shown = manifest() | {"chunks": {"size": MIB, "root": chunks.root(MODEL)}}
    bad("root-shown", "The root stands beside the envelope.", "malformed-manifest", shown)


# ----------------------------------------------------------------------------------------------- several files

FILES = {"a.bin": b"first model\n", "b.bin": b"other model\n", "sub/c.bin": b"third model\n"}
ROOTS = {"a.bin": None, "b.bin": False, "sub/c.bin": None}
CHECKED = {"a.bin": "chunk-root", "b.bin": "digest", "sub/c.bin": "chunk-root"}
ALL = ["verify", BUNDLE, "--key", "key.pub"]


def bundle(content=FILES, wrong=None):
    """`b.bin` has no root. `wrong`: for each file another digest, root or size."""
    key = keyring.private("ed25519")
    signed = reference.annotations("bundle", SIGNER, key, **FACTS)
    resources = [
        resource(name, bytes_of(data), **{"root": ROOTS[name]} | (wrong or {}).get(name, {}))
        for name, data in content.items()
    ]
    statement = reference.statement("release", resources, signed)
    return {
        "artifacts": [reference.entry(item["name"], item["digest"], key, signed, False, 32) for item in resources],
        "bundle_signed_at": signed["signed_at"],
        "artifact_count": len(resources),
        "envelope": reference.seal(reference.encode(statement), key),
    }


def laid_out(document, content, more):
    created = {name: data for name, data in content.items() if isinstance(data, dict)}
    stored = {name: data for name, data in content.items() if name not in created}
    return {**stored, BUNDLE: document, "model.pt": None, **KEY, **more}, ({"create": created} if created else {})


def fits_set(name, what, document, checked, args=ALL, content=FILES, *, further=None, **more):
    content, created = laid_out(document, content, further or {})
    vectors.accept(f"chunks/bundle-{name}", what, content, args, **created, checked=checked, **more)


def bad_set(name, what, code, document, args=ALL, content=FILES, *, further=None, **more):
    content, created = laid_out(document, content, further or {})
    vectors.reject(f"chunks/bundle-{name}", what, code, content, args, **created, **more)


def only(name):
    return ["verify", name, "--signature", BUNDLE, "--key", "key.pub"]


def bundles():
    good, partial = bundle(), {"verdict": "partial"}
    both = {name: word.replace("chunk-root", "both") for name, word in CHECKED.items()}
    fits_set("ok", "Two of three files have a root.", good, CHECKED)
    fits_set("ok-whole", "The same, and digests are asked for.", good, both, [*ALL, "--whole"])
    fits_set("ok-partial", "One of them alone.", good, {"a.bin": "chunk-root"}, only("a.bin"), **partial)
    what = "One without a root alone."
    fits_set("ok-partial-no-root", what, good, {"b.bin": "digest"}, only("b.bin"), **partial)
    first, third = FILES["a.bin"], FILES["sub/c.bin"]
    crossed = {"a.bin": {"root": chunks.root(third)}, "sub/c.bin": {"root": chunks.root(first)}}
    code = "chunk-root-mismatch"
    wrong = bundle(wrong={"sub/c.bin": {"root": flipped(chunks.root(third))}})
    other = bundle(wrong={"a.bin": {"digest": hashlib.sha256(third).hexdigest()}})
    for suffix, end in {"": [], "-whole": ["--whole"]}.items():
        args = [*ALL, *end]
        changed = FILES | {"a.bin": b"First model\n"}
        bad_set(f"changed{suffix}", "A file with a root was changed.", "hash-mismatch", good, args, changed)
        changed = FILES | {"b.bin": b"Other model\n"}
        bad_set(f"changed-no-root{suffix}", "One without was changed.", "hash-mismatch", good, args, changed)
        bad_set(f"root-wrong{suffix}", "One root is wrong.", code, wrong, args)
        longer = FILES | {"a.bin": first + b"\0"}
        also = {"also": ["size-mismatch"]}
        bad_set(f"longer{suffix}", "A byte was added.", "hash-mismatch", good, args, longer, **also)
    bad_set("roots-exchanged", "Two roots are exchanged.", code, bundle(wrong=crossed), also=[code])
    swapped_files = FILES | {"a.bin": third, "sub/c.bin": first}
    bad_set("files-exchanged", "Two files are.", "hash-mismatch", good, content=swapped_files, also=["hash-mismatch"])
    fits_set("ok-digest-wrong", "A digest is wrong, and the file has a root.", other, CHECKED)
    bad_set("digest-wrong-whole", "The same, and digests are asked for.", "hash-mismatch", other, [*ALL, "--whole"])
    what = "One root is wrong; another file was asked for."
    fits_set("ok-partial-root-wrong", what, wrong, {"a.bin": "chunk-root"}, only("a.bin"), **partial)
    args = only("sub/c.bin")
    bad_set("partial-root-wrong", "That of the file that was asked for.", code, wrong, args)
