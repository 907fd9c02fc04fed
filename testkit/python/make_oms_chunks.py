"""Cases of the group `oms-chunks`: chunk roots, lists and ranges with OMS signatures (docs/spec/chunks.md)."""

import hashlib

import chunks
import keyring
import oms
import vectors
from make_chunks import HALF, LARGE, MIB, WRONG_ROOTS, bytes_of, flipped, large, said_of, wrong_root
from make_oms import FILES, OURS, VERIFY, signed, statement
from vectors import MODEL, edited, put, start

NAME = "weights.bin"
WHOLE = [*VERIFY, "--whole"]
CHECKED = {"config.json": "digest", "sub/vocab.txt": "digest", NAME: "chunk-root"}
ANNOTATIONS = "predicate.resources.2.annotations"
OTHER = hashlib.sha256(b"another model\n").hexdigest()


def make():
    start("oms-chunks")
    good_ones()
    changes()
    disagreeing()
    forms()
    parts()
    single_files()
    ranges()


# ------------------------------------------------------------------------------------------------- ingredients


def listing(weights=MODEL, digest=None, container=OURS, files=FILES, rooted=(NAME,), **wrong):
    """A statement whose file `weights.bin` has a root; `wrong`: another root or size than that of its content."""
    content = {name: bytes_of(data) for name, data in (files | {NAME: weights}).items()}
    resources = oms.list_files(content)
    for item in resources:
        item["annotations"] = said_of(content[item["name"]], root=None if item["name"] in rooted else False)
        if item["name"] == NAME:
            item["annotations"] = said_of(content[NAME], **wrong)
            item["digest"] = digest or item["digest"]
    return statement(annotations=container, resources=resources)


def laid_out(value, weights=MODEL, files=FILES, further=None):
    content = {f"model/{name}": data for name, data in (files | {NAME: weights}).items()}
    created = {name: data for name, data in content.items() if isinstance(data, dict)}
    stored = {name: data for name, data in content.items() if name not in created}
    stored |= {"model/model.sig": signed(value), "model.pt": None, "key.pub": keyring.read("p256.pub")}
    return stored | (further or {}), ({"create": created} if created else {})


def fits(name, what, value, checked=CHECKED, args=VERIFY, weights=MODEL, *, files=FILES, further=None, **more):
    content, created = laid_out(value, weights, files, further)
    more = {"weakened": [], "checked": checked} | created | more
    vectors.accept(f"oms-chunks/ok-{name}", what, content, args, **more)


def bad(name, what, code, value, args=VERIFY, weights=MODEL, *, files=FILES, further=None, **more):
    content, created = laid_out(value, weights, files, further)
    vectors.reject(f"oms-chunks/{name}", what, code, content, args, **created, **more)


def refuse(name, what, code, value, args=VERIFY, weights=MODEL, *, files=FILES, further=None):
    content, created = laid_out(value, weights, files, further)
    vectors.refuse(f"oms-chunks/{name}", what, code, content, args, **created)


def checked(word):
    return CHECKED | {NAME: word}


# ------------------------------------------------------------------------------------------------- whole folders


def good_ones():
    fits("root", "One of three files has a root.", listing())
    fits("root-whole", "The same, and digests are asked for.", listing(), checked("both"), WHOLE)
    fits("no-root", "None has.", listing(root=False), checked("digest"))
    for name, what, weights in [
        ("empty", "The file with a root is empty.", b""),
        ("one-chunk", "It has exactly one chunk.", large(MIB)),
        ("large", "It has two chunks and a half.", large()),
    ]:
        fits(name, what, listing(weights), weights=weights)
        what = f"{what[:-1]}; digests are asked for."
        fits(f"{name}-whole", what, listing(weights), checked("both"), WHOLE, weights)
    every = listing(rooted=tuple(FILES))
    fits("every-root", "Every file has a root.", every, dict.fromkeys(CHECKED, "chunk-root"))


def changes():
    good, of_large = listing(), listing(large())
    for suffix, args in {"": VERIFY, "-whole": WHOLE}.items():
        other, also = MODEL.replace(b"small", b"smell"), {"also": ["size-mismatch"]}
        bad(f"changed{suffix}", "One letter was changed.", "hash-mismatch", good, args, other)
        last = large(changed={str(LARGE - 1): "!"})
        bad(f"changed-last-byte{suffix}", "The last of many bytes.", "hash-mismatch", of_large, args, last)
        bad(f"longer{suffix}", "A byte was added.", "hash-mismatch", good, args, MODEL + b"\0", **also)
        bad(f"shorter{suffix}", "The last byte is gone.", "hash-mismatch", good, args, MODEL[:-1], **also)
        what = "A file without a root was changed."
        files = FILES | {"config.json": b'{"layers": 3}\n'}
        bad(f"changed-no-root{suffix}", what, "hash-mismatch", good, args, files=files)
    bad("size", "The signed size is not that of the file.", "size-mismatch", listing(size=len(MODEL) + 1))
    renamed = {"model/weights.bin": None, "model/renamed.bin": MODEL}
    bad("renamed", "The file with a root has another name.", "renamed-file", good, further=renamed)
    bad("missing", "It is not there.", "missing-file", good, further={"model/weights.bin": None})
    bad("extra", "There is another file.", "extra-file", good, further={"model/model.chunks": b""})
    what = "A list lies beside the folder, and nobody looks at it."
    fits("list-unused", what, good, further={"model.chunks": b"nothing\n"})


def disagreeing():
    """The signer signed a digest and a root of two different files."""
    wrong = listing(digest=OTHER)
    fits("digest-wrong", "The root is that of the file, the digest that of another one.", wrong)
    bad("digest-wrong-whole", "The same, and digests are asked for.", "hash-mismatch", wrong, WHOLE)
    code, of_other = "chunk-root-mismatch", listing(root=chunks.root(b"another model\n"))
    for suffix, args in {"": VERIFY, "-whole": WHOLE}.items():
        what = "The digest is that of the file, the root that of another one."
        bad(f"root-of-another{suffix}", what, code, of_other, args)
    for name, what, weights, parts in WRONG_ROOTS:
        value = listing(weights, root=wrong_root(bytes_of(weights), parts))
        bad(f"root-{name}", what, code, value, weights=weights)


def forms():
    """What a resource of ours may say; what other tools say there means nothing."""
    root = chunks.root(MODEL)
    good, code = listing(), "malformed-statement"
    for name, value in {
        "other-size": {"size": 25, "chunks": {"size": HALF, "root": root}},
        "no-size": {"chunks": {"size": MIB, "root": root}},
        "no-root": {"size": 25, "chunks": {"size": MIB}},
        "no-chunk-size": {"size": 25, "chunks": {"root": root}},
        "upper-case": {"size": 25, "chunks": {"size": MIB, "root": root.upper()}},
        "short": {"size": 25, "chunks": {"size": MIB, "root": root[:-2]}},
        "unknown-field": {"size": 25, "chunks": {"size": MIB, "root": root, "count": 1}},
        "null": {"size": 25, "chunks": None},
    }.items():
        bad(f"form-{name}", f"The annotations of a file are {value}.", code, edited(good, put(ANNOTATIONS, value)))
    what = "The statement is of another tool, and so is what it says of chunks."
    theirs = listing(container=None, root=chunks.root(b"another model\n"))
    note = "without `container` weightseal did not make the statement"
    fits("of-others", what, theirs, checked("digest"), note=note)
    theirs = edited(theirs, put(ANNOTATIONS, {"chunks": [7]}))
    fits("of-others-strange", "The same in another form.", theirs, checked("digest"))
    blake = statement(annotations=OURS, hash_type="blake2b")
    blake = edited(blake, put(ANNOTATIONS, said_of(MODEL)))
    bad("beside-blake2b", "There is a root beside a digest of BLAKE2b.", code, blake)
    sharded = statement(annotations=OURS, resources=oms.list_shards(FILES, 8), method="shards", shard_size=8)
    sharded = edited(sharded, put(ANNOTATIONS, said_of(FILES["sub/vocab.txt"])))
    bad("beside-shards", "There is a root beside a shard.", code, sharded)


def parts():
    good, partial = listing(), {"verdict": "partial"}
    only = [*VERIFY, "--only", NAME]
    fits("only", "The file with a root alone.", good, {NAME: "chunk-root"}, only, **partial)
    fits("only-whole", "The same, and its digest.", good, {NAME: "both"}, [*only, "--whole"], **partial)
    wrong = listing(root=flipped(chunks.root(MODEL)))
    what = "A root is wrong, and another file is asked for."
    fits("only-other", what, wrong, {"config.json": "digest"}, [*VERIFY, "--only", "config.json"], **partial)
    bad("only-root-wrong", "The file with the wrong root is asked for.", "chunk-root-mismatch", wrong, only)


def of_file(weights=MODEL, digest=None, **wrong):
    content = bytes_of(weights)
    item = oms.list_files({".": content})[0] | {"annotations": said_of(content, **wrong)}
    item["digest"] = digest or item["digest"]
    return statement(annotations=OURS | {"container": "file"}, resources=[item], ignore_paths=[])


def single_files():
    words = ["verify", NAME, "--key", "key.pub"]

    def content(value, weights=MODEL, more=None):
        stored = {} if isinstance(weights, dict) else {NAME: weights}
        created = {"create": {NAME: weights}} if isinstance(weights, dict) else {}
        stored |= {"weights.bin.sig": signed(value), "key.pub": keyring.read("p256.pub"), "model.pt": None}
        return stored | (more or {}), created

    def ok(name, what, value, word, args=words):
        vectors.accept(f"oms-chunks/ok-file-{name}", what, content(value)[0], args, weakened=[], checked={NAME: word})

    def no(name, what, code, value, args=words, weights=MODEL):
        vectors.reject(f"oms-chunks/file-{name}", what, code, content(value, weights)[0], args)

    whole, code = [*words, "--whole"], "chunk-root-mismatch"
    ok("root", "One file with a root.", of_file(), "chunk-root")
    ok("whole", "The same, and its digest.", of_file(), "both", whole)
    no("changed", "It was changed.", "hash-mismatch", of_file(), weights=MODEL.upper())
    no("root-wrong", "Its root is wrong.", code, of_file(root=flipped(chunks.root(MODEL))))
    no("root-wrong-whole", "The same, and its digest.", code, of_file(root=flipped(chunks.root(MODEL))), whole)
    ok("digest-wrong", "Its digest is wrong.", of_file(digest=OTHER), "chunk-root")
    no("digest-wrong-whole", "The same, asked for.", "hash-mismatch", of_file(digest=OTHER), whole)
    list_ = {"weights.bin.chunks": chunks.chunk_list(bytes_of(large()))}
    args = [*words, "--range", f"{MIB - 1}:{MIB + 1}"]
    stored, created = content(of_file(large()), large(), list_)
    what = "A range of one file."
    vectors.accept("oms-chunks/ok-file-range", what, stored, args, verdict="partial", weakened=[], **created)
    changed = large(changed={str(2 * MIB - 1): "!"})
    stored, created = content(of_file(large()), changed, list_)
    vectors.reject("oms-chunks/file-range-changed", "Its chunk was changed.", "chunk-mismatch", stored, args, **created)


# -------------------------------------------------------------------------------------------------------- ranges


def ranges():
    """Of a file in a folder; the list lies beside the folder, for every file with a root."""
    files = FILES | {"a.bin": large(MIB + 5)}
    rooted = {"files": files, "rooted": ("a.bin", NAME)}
    value, weights = listing(large(), **rooted), large()
    first, last = chunks.chunk_list(bytes_of(files["a.bin"])), chunks.chunk_list(bytes_of(weights))
    both = first + last.removeprefix(chunks.LIST_HEAD)

    def ask(start, end, name=NAME):
        return [*VERIFY, "--only", name, "--range", f"{start}:{end}"]

    def case(write, name, what, *code, args=None, listed=both, signed_value=value, of=weights, more=None, **rest):
        stored, created = laid_out(signed_value, of, files, {"model.chunks": listed} | (more or {}))
        write(f"oms-chunks/{name}", what, *code, stored, args or ask(MIB - 5, MIB + 5), **created, **rest)

    def ok(name, what, **more):
        case(vectors.accept, f"ok-range-{name}", what, verdict="partial", weakened=[], **more)

    def no(name, what, code, write=vectors.reject, **more):
        case(write, f"range-{name}", what, code, **more)

    ok("boundary", "A range over the boundary of two chunks.")
    ok("whole", "The whole file.", args=ask(0, LARGE))
    ok("last-byte", "The last byte.", args=ask(LARGE - 1, LARGE))
    ok("first-file", "A range of the first file with a root.", args=ask(MIB, MIB + 5, "a.bin"))
    ok("other-chunk-changed", "Another chunk was changed.", of=large(changed={str(2 * MIB): "!"}))
    ok("other-file-missing", "Another file is not there.", more={"model/config.json": None})
    what = "The list is named, and lies in the folder."
    named = [*ask(5, 10), "--chunk-list", "model/list"]
    ok("list-named", what, args=named, listed=None, more={"model/list": both})
    for name, at in {"in": MIB, "before": 0, "behind": 2 * MIB - 1}.items():
        what = f"A byte was changed {name.replace('in', 'inside of')} the range, in a chunk that it touches."
        no(f"changed-{name}", what, "chunk-mismatch", of=large(changed={str(at): "!"}))
    for name, what, listed in [
        ("bit", "A bit of the list is another.", both[:-1] + bytes([both[-1] ^ 1])),
        ("cut", "The last byte of the list is missing.", both[:-1]),
        ("longer", "The list has a byte more.", both + b"\0"),
        ("of-one-file", "The list has this file alone.", last),
        ("order", "The list has the files in another order.", last + first.removeprefix(chunks.LIST_HEAD)),
        ("head", "The list has the head of roots.", chunks.ROOT_HEAD + both.removeprefix(chunks.LIST_HEAD)),
    ]:
        no(f"list-{name}", what, "chunk-list-mismatch", listed=listed)
    other, absent = vectors.refuse, {"listed": None}
    no("no-list", "There is no list.", "no-chunk-list", other, **absent)
    what = "The list lies in the folder, not beside it."
    no("list-inside", what, "no-chunk-list", other, listed=None, more={"model/model.chunks": both})
    what = "The list has the name of the file."
    no("list-of-file", what, "no-chunk-list", other, listed=None, more={"model/weights.bin.chunks": last})
    no("no-root", "The file has no root.", "no-chunk-root", other, args=ask(0, 3, "config.json"))
    theirs = listing(large(), container=None, **rooted)
    what = "The statement is of another tool, and so is its root."
    no("of-others", what, "no-chunk-root", other, signed_value=theirs)
    for name, what, begin, end in [
        ("empty", "The range is empty.", 5, 5),
        ("reversed", "It ends before it begins.", 10, 5),
        ("beyond", "It ends behind the file.", 0, LARGE + 1),
    ]:
        no(name, what, "range-outside", other, args=ask(begin, end))
    no("not-listed", "No signed file has this name.", "not-listed", args=ask(0, 3, "other.bin"))
    no("missing", "The file is not there.", "missing-file", of=None)
    stranger = {"key.pub": keyring.read("p256-other.pub")}
    no("untrusted-key", "Another key is given.", "untrusted-key", more=stranger)
