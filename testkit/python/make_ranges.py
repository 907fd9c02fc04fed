"""Further cases of the group `chunks`: a range of a file is verified, with a chunk list (docs/spec/chunks.md)."""

import chunks
import keyring
import vectors
from make_chunks import FILES, LARGE, MIB, bundle, bytes_of, files, flipped, laid_out, large, manifest, only, rsa
from vectors import BUNDLE, MANIFEST, MODEL, VERIFY, without_envelope

LIST = "model.pt.chunks"


def make():
    ranges()
    outside()
    lists()
    bundles()


def ask(start, end, args=VERIFY):
    return [*args, "--range", f"{start}:{end}"]


def with_list(model=None, document=None, list_=None, more=None):
    """A model of three chunks, its manifest and its list, or others."""
    model, document = model or large(), document or manifest(large())
    list_ = chunks.chunk_list(bytes_of(large())) if list_ is None else list_
    return files(document, model, {LIST: list_} | (more or {}))


def in_range(name, what, args, **other):
    content, created = with_list(**other)
    vectors.accept(f"chunks/ok-range-{name}", what, content, args, verdict="partial", **created)


def bad_range(name, what, code, args, *, note=None, **other):
    content, created = with_list(**other)
    more = created | ({"note": note} if note else {})
    vectors.reject(f"chunks/range-{name}", what, code, content, args, **more)


def no_range(name, what, code, args=None, **other):
    content, created = with_list(**other)
    vectors.refuse(f"chunks/range-{name}", what, code, content, args or ask(5, 10), **created)


PLACES = {
    "inside": ("A range inside of one chunk.", 1_500_000, 1_500_100),
    "first-byte": ("The first byte.", 0, 1),
    "last-byte": ("The last byte.", LARGE - 1, LARGE),
    "boundary": ("A range over the boundary of two chunks.", MIB - 6, MIB + 10),
    "chunk": ("Exactly the second chunk.", MIB, 2 * MIB),
    "last-byte-of-chunk": ("The last byte of the first chunk.", MIB - 1, MIB),
    "file": ("The whole file.", 0, LARGE),
}


def ranges():
    for name, (what, begin, end) in PLACES.items():
        in_range(name, what, ask(begin, end))
    content = {"model": MODEL, "document": manifest(), "list_": chunks.chunk_list(MODEL)}
    in_range("small", "A file of one chunk.", ask(0, 7), **content)
    what = "Another chunk was changed."
    in_range("other-changed", what, ask(MIB, 2 * MIB), model=large(changed={"7": "!", str(2 * MIB): "!"}))
    named = {"list_": b"nothing\n", "more": {"lists/1": chunks.chunk_list(bytes_of(large()))}}
    in_range("list-named", "The list is named.", [*ask(5, 10), "--chunk-list", "lists/1"], **named)
    begin, end = MIB + 100, MIB + 200
    for name, what, at in [
        ("changed", "A byte of the range was changed.", MIB + 150),
        ("changed-before", "A byte before the range, in its chunk.", MIB),
        ("changed-behind", "A byte behind the range, in its chunk.", 2 * MIB - 1),
    ]:
        changed = large(changed={str(at): "!"})
        bad_range(name, what, "chunk-mismatch", ask(begin, end), model=changed)
    changed = large(changed={str(2 * MIB + 5): "!"})
    what = "A byte was changed in the second of two chunks."
    bad_range("changed-second", what, "chunk-mismatch", ask(2 * MIB - 5, 2 * MIB + 1), model=changed)
    what = "The file ends in the chunk of the range, behind the range."
    bad_range("cut", what, "size-mismatch", ask(2 * MIB, 2 * MIB + 10), model=large(LARGE - 1))
    what = "A byte was added, far from the range."
    bad_range("longer", what, "size-mismatch", ask(5, 10), model=large(LARGE + 1))
    what = "The file ends before the range."
    bad_range("gone", what, "size-mismatch", ask(2 * MIB, 2 * MIB + 10), model=large(2 * MIB))
    stranger = {"more": {"key.pub": keyring.read("rsa2048-other.pub")}}
    bad_range("untrusted-key", "Another key is given.", "untrusted-key", ask(5, 10), **stranger)
    passed = manifest(large(), facts={"expires_at": "2025-04-01T00:00:00Z"})
    bad_range("expired", "The signature expired.", "expired", ask(5, 10), document=passed)
    args = ["verify", "other.pt", "--signature", MANIFEST, "--key", "key.pub", "--range", "5:10"]
    more = {"other.pt": MODEL, "other.pt.chunks": chunks.chunk_list(MODEL)}
    bad_range("wrong-model", "The manifest is of a model with another name.", "wrong-model", args, more=more)


def outside():
    for name, what, begin, end in [
        ("empty", "The range is empty.", 5, 5),
        ("reversed", "The range ends before it begins.", 10, 5),
        ("beyond", "The range ends behind the file.", 0, LARGE + 1),
        ("behind", "The range begins where the file ends.", LARGE, LARGE + 1),
        ("empty-at-end", "The range is empty, at the end of the file.", LARGE, LARGE),
    ]:
        no_range(name, what, "range-outside", ask(begin, end))
    empty = {"model": b"", "document": manifest(b""), "list_": chunks.chunk_list(b"")}
    for name, (begin, end) in {"of-nothing": (0, 0), "beyond-nothing": (0, 1)}.items():
        content, _ = files(empty["document"], b"", {LIST: empty["list_"]})
        what = f"The file is empty, and the range {begin}:{end}."
        vectors.refuse(f"chunks/range-{name}", what, "range-outside", content, ask(begin, end))
    for name, words in {"one-number": "5", "three-numbers": "5:6:7", "signs": "+5:6", "no-end": "5:"}.items():
        no_range(name, f"The range is given as `{words}`.", "usage", [*VERIFY, "--range", words])
    no_root = manifest(large(), root=False)
    no_range("no-root", "No root is signed.", "no-chunk-root", document=no_root)
    published = without_envelope(manifest(large(), key="rsa2048"))
    what = "The envelope is gone, and the root with it."
    no_range("no-envelope", what, "no-chunk-root", document=published, more=rsa())
    no_range("no-list", "There is no list.", "no-chunk-list", more={LIST: None})
    named = {"args": [*ask(5, 10), "--chunk-list", "other.chunks"]}
    no_range("no-list-named", "There is no list of the name given.", "no-chunk-list", **named)
    shorter = {LIST: None, "model.chunks": chunks.chunk_list(bytes_of(large()))}
    what = "The list has the name of the model without its extension."
    no_range("list-elsewhere", what, "no-chunk-list", more=shorter)


def lists():
    good = chunks.chunk_list(bytes_of(large()))
    beginning, first, rest = good[:24], good[24:56], good[56:]
    changed = large(changed={"7": "!"})
    forged = chunks.chunk_list(bytes_of(changed))
    for name, what, list_ in [
        ("bit-touched", "A bit of the digest of the chunk is another.", beginning + bytes([first[0] ^ 1]) + good[25:]),
        ("bit-untouched", "A bit of the digest of another chunk is another.", good[:-1] + bytes([good[-1] ^ 1])),
        ("cut", "The last byte is missing.", good[:-1]),
        ("digest-missing", "The last digest is missing.", good[:-32]),
        ("longer", "There is a byte more.", good + b"\0"),
        ("line-end", "There is a line end behind it.", good + b"\n"),
        ("digest-more", "There is a digest more.", good + first),
        ("twice", "It stands there twice.", good + good),
        ("head-of-root", "Its head is that of roots.", chunks.ROOT_HEAD + first + rest),
        ("head-of-v2", "Its head is that of another version.", beginning[:-1] + b"2" + first + rest),
        ("no-head", "It has no head.", first + rest),
        ("head-only", "It has nothing but its head.", beginning),
        ("empty", "It has no bytes.", b""),
        ("swapped", "Two digests are exchanged.", beginning + rest[:32] + first + rest[32:]),
        ("of-another", "It is that of another file of the same size.", forged),
        ("text", "The digests are hex digits.", beginning + (first + rest).hex().encode()),
    ]:
        bad_range(f"list-{name}", what, "chunk-list-mismatch", ask(5, 10), list_=list_)
    what = "A chunk was changed, and the list with it."
    bad_range("list-forged", what, "chunk-list-mismatch", ask(5, 10), model=changed, list_=forged)
    wrong = manifest(large(), root=flipped(chunks.root(bytes_of(large()))))
    what = "The signed size is 2^53 bytes, whose list has 256 GiB."
    bad_range("size-huge", what, "size-mismatch", ask(5, 10), document=manifest(large(), size=1 << 53))
    bad_range("root-wrong", "The signed root is wrong.", "chunk-list-mismatch", ask(5, 10), document=wrong)


def bundles():
    content = {"a.bin": large(), "b.bin": FILES["b.bin"], "sub/c.bin": large(MIB + 5)}
    good = bundle(content)
    name = f"{BUNDLE}.chunks"
    data = {key: bytes_of(value) for key, value in content.items()}
    list_ = chunks.chunk_list(data["a.bin"], data["sub/c.bin"])
    partial, refuse = {"verdict": "partial"}, vectors.refuse

    def fine(case, what, args, files=content, **more):
        stored, created = laid_out(good, files, {name: list_})
        vectors.accept(f"chunks/ok-bundle-range-{case}", what, stored, args, **created, **partial, **more)

    def no(case, what, code, args, *, listed=list_, files=content, further=None, write=vectors.reject):
        stored, created = laid_out(good, files, {name: listed} | (further or {}))
        write(f"chunks/bundle-range-{case}", what, code, stored, args, **created)

    fine("first", "A range of the first file of the set.", ask(MIB - 1, MIB + 1, only("a.bin")))
    fine("last", "A range of the last one.", ask(MIB, MIB + 5, only("sub/c.bin")))
    what = "Another file of the set is not there."
    fine("other-missing", what, ask(0, 9, only("a.bin")), content | {"sub/c.bin": None})
    args = ask(0, 9, only("sub/c.bin"))
    changed = content | {"sub/c.bin": large(MIB + 5, {"10": "!"})}
    no("changed", "A byte in the chunk of the range was changed.", "chunk-mismatch", args, files=changed)
    turned = chunks.chunk_list(data["sub/c.bin"], data["a.bin"])
    no("list-order", "The list has the files in another order.", "chunk-list-mismatch", args, listed=turned)
    every = chunks.chunk_list(*data.values())
    no("list-of-all", "The list has a file without a root, too.", "chunk-list-mismatch", args, listed=every)
    alone = chunks.chunk_list(data["sub/c.bin"])
    no("list-of-one", "The list has this file alone.", "chunk-list-mismatch", args, listed=alone)
    no("no-root", "The file has no root.", "no-chunk-root", ask(0, 5, only("b.bin")), write=refuse)
    beside = {"sub/c.bin.chunks": alone}
    what = "The list lies beside the file, not beside the bundle manifest."
    no("no-list", what, "no-chunk-list", args, listed=None, write=refuse, further=beside)
    what = "The range is one of a larger file of the set."
    no("outside", what, "range-outside", ask(0, LARGE, only("sub/c.bin")), write=refuse)
    args = ask(0, 5, only("d.bin"))
    no("not-in-bundle", "The set does not list the file.", "not-in-bundle", args, further={"d.bin": MODEL})
