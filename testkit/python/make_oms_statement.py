"""Cases of the group `oms-statement`: statements that are strange although properly signed. A signer is no excuse."""

import hashlib
import json

import oms
import reference
from make_json import twice
from make_oms import FILES, OURS, VERIFY, bad, fits, signed, statement
from vectors import drop, edited, put, start

RESOURCE = "predicate.resources.1"
RESOURCES = "predicate.resources"
HOW = "predicate.serialization"
SIZE = 8


def make():
    start("oms-statement")
    types()
    fields()
    serializations()
    names()
    orders()
    digests()
    ignored()
    containers()
    shards()
    files_of_shards()


# ------------------------------------------------------------------------------------------------- ingredients


def refuse(name, what, code, value, files=FILES, args=VERIFY, **more):
    """`value`: a statement, or an edit of the good one."""
    value = edited(statement(), value) if callable(value) else value
    bad(f"oms-statement/{name}", what, code, signed(value), args, files, **more)


def accept(name, what, value, files=FILES, args=VERIFY, **more):
    value = edited(statement(), value) if callable(value) else value
    fits(f"oms-statement/ok-{name}", what, signed(value), args, files, **more)


def of(*named, algorithm="sha256"):
    """A statement over resources in this order, with the root that fits; `named` are (name, content)."""
    resources = [
        {"name": name, "digest": oms.DIGESTS["sha256"](content), "algorithm": algorithm} for name, content in named
    ]
    return statement(resources=resources)


def sharded(resources, size=SIZE, **options):
    return statement(resources=resources, method="shards", shard_size=size, **options)


def shards_of(*named, **options):
    """Shards in this order over zeros, whatever their names say."""
    digest = oms.DIGESTS["sha256"](bytes(SIZE))
    return sharded([{"name": name, "digest": digest, "algorithm": "sha256"} for name in named], **options)


# ------------------------------------------------------------------------------------------------------- cases


def types():
    for name, value in {
        "v01": "https://in-toto.io/Statement/v0.1",
        "slash": "https://in-toto.io/Statement/v1/",
    }.items():
        refuse(f"type-{name}", f"The type is `{value}`.", "unsupported-statement-type", put("_type", value))
    for name, value in {
        "slsa": "https://slsa.dev/provenance/v1",
        "newer": "https://model_signing/signature/v1.1",
        "case": "https://model_signing/Signature/v1.0",
    }.items():
        what = f"The type of the predicate is `{value}`."
        refuse(f"predicate-{name}", what, "unsupported-predicate-type", put("predicateType", value))
    refuse("no-subject", "There is no subject.", "subject-count", put("subject", []))
    subject = statement()["subject"]
    refuse("two-subjects", "There are two subjects.", "subject-count", put("subject", subject * 2))
    empty = statement()
    empty["predicate"]["resources"] = []
    empty["subject"][0]["digest"]["sha256"] = hashlib.sha256(b"").hexdigest()
    refuse("empty", "It lists no file.", "empty-model", empty, note="the root is that of an empty list")
    wrong = put("subject.0.digest.sha256", hashlib.sha256(b"").hexdigest())
    refuse("root-digest", "The root digest is not that of the resources.", "root-mismatch", wrong)
    note = "a reader that recomputes the root refuses what a signer of two minds wrote"
    turned = statement()
    turned["subject"][0]["digest"]["sha256"] = reference.root(list(reversed(turned["predicate"]["resources"])))
    refuse("root-order", "The root digest is that of another order.", "root-mismatch", turned, note=note)


def fields():
    for path, other in {
        "subject": {},
        "subject.0": "model",
        "subject.0.name": 7,
        "subject.0.digest": "00" * 32,
        "subject.0.digest.sha256": 7,
        "predicate": [],
        RESOURCES: {},
        RESOURCE: "weights.bin",
        f"{RESOURCE}.name": 7,
        f"{RESOURCE}.digest": {"sha256": "00" * 32},
        f"{RESOURCE}.algorithm": None,
        HOW: "files",
        f"{HOW}.allow_symlinks": "false",
        f"{HOW}.ignore_paths": ".git",
    }.items():
        name = path.replace(".1", "-entry").replace(".0", "-entry").replace(".", "-").replace("_", "-")
        refuse(
            f"mistyped-{name}", f"The signed field {path} is of another kind.", "malformed-statement", put(path, other)
        )
        if path not in ("subject.0", RESOURCE, f"{HOW}.ignore_paths"):
            refuse(f"missing-{name}", f"The signed field {path} is missing.", "malformed-statement", drop(path))
    accept("no-ignore-paths", "Nothing is said of ignored paths, as before version 1.1.", drop(f"{HOW}.ignore_paths"))
    for path in ["_type", "predicateType"]:
        refuse(
            f"missing-{path.strip('_').lower()}",
            f"The signed field {path} is missing.",
            "malformed-statement",
            drop(path),
        )
    for name, path in {
        "statement": "comment",
        "predicate": "predicate.comment",
        "serialization": f"{HOW}.comment",
    }.items():
        what = f"There is an unknown signed field {path}."
        refuse(f"unknown-{name}", what, "malformed-statement", put(path, "hello"))
    for name, path in {"subject": "subject.0.uri", "resource": f"{RESOURCE}.mediaType"}.items():
        note = "in-toto's descriptors have further fields, which a reader ignores"
        accept(f"unknown-{name}", f"There is a further field {path}.", put(path, "hello"), note=note)
    good = reference.encode(statement())
    for name, key in {"top": b'"_type":"', "subject": b'"name":"model', "resource": b'"algorithm":"'}.items():
        what = f"A key stands twice in the payload ({name})."
        refuse(f"duplicate-{name}", what, "malformed-statement", twice(good, key))
    for name, what, spoiled in [
        ("nan", "NaN stands for a truth value.", good.replace(b"false", b"NaN", 1)),
        ("trailing-byte", "A letter stands behind the payload.", good + b"x"),
        ("bom", "The payload starts with a byte order mark.", b"\xef\xbb\xbf" + good),
        ("list", "The statement stands in a list.", b"[" + good + b"]"),
        ("latin-1", "The payload is not UTF-8.", good.replace(b'"name":"model"', b'"name":"mod\xe8le"')),
    ]:
        refuse(f"payload-{name}", what, "malformed-statement", spoiled)
    accept("indented", "The payload has white space.", json.dumps(statement(), indent=2).encode())
    for name, field, value in [
        ("signed-at", "signed_at", "yesterday"),
        ("model-version", "model_version", 0),
        ("free-number", "git_commit", 7),
        ("key-id", "key_id", OURS["key_id"].upper()),
    ]:
        what = f"The annotation {field} is {json.dumps(value)}."
        refuse(f"annotation-{name}", what, "malformed-statement", statement(annotations=OURS | {field: value}))
    refuse(
        "annotations-text", "The annotations are a text.", "malformed-statement", put("subject.0.annotations", "folder")
    )


def serializations():
    code = "unsupported-serialization"
    refuse("method", "The method is unknown.", code, put(f"{HOW}.method", "tree"))
    for name, value in {"sha1": "sha1", "upper": "SHA256", "sha512": "sha512"}.items():
        refuse(f"hash-{name}", f"The hash algorithm is `{value}`.", code, put(f"{HOW}.hash_type", value))
    code = "malformed-statement"
    refuse("shard-size-of-files", "Whole files have a shard size.", code, put(f"{HOW}.shard_size", 8))
    good = sharded(oms.list_shards(FILES, SIZE))
    refuse("shard-size-missing", "Shards have no size.", code, edited(good, drop(f"{HOW}.shard_size")))
    for name, value in {"fraction": 8.5, "zero": 0, "negative": -1, "text": "8", "null": None, "true": True}.items():
        what = f"The shard size is {json.dumps(value)}."
        refuse(f"shard-size-{name}", what, code, edited(good, put(f"{HOW}.shard_size", value)))
    note = "protobuf's struct has no integers, so the reference implementation writes a fraction of zero"
    accept("shard-size-float", "The shard size is 8.0.", edited(good, put(f"{HOW}.shard_size", 8.0)), note=note)
    for name, value in {"0": 0, "null": None}.items():
        what = f"The field allow_symlinks is {json.dumps(value)}."
        refuse(f"symlinks-{name}", what, code, put(f"{HOW}.allow_symlinks", value))


def names():
    data = b"a b c\n"
    for name, what, value in [
        ("absolute", "absolute", "/etc/passwd"),
        ("parent", "one step up", ".."),
        ("above", "outside the folder", "../a.bin"),
        ("inner-parent", "with a step up inside", "sub/../a.bin"),
        ("dot", "with a step that goes nowhere", "./a.bin"),
        ("inner-dot", "with such a step inside", "sub/./a.bin"),
        ("double-slash", "with an empty component", "sub//a.bin"),
        ("trailing-slash", "with a slash at its end", "sub/"),
        ("empty", "empty", ""),
        ("nul", "with a NUL in it", "a\0.bin"),
        ("escape", "with a terminal escape in it", "a\x1b[2J.bin"),
        ("newline", "with a line end in it", "a\n.bin"),
        ("256-bytes", "with a component that is too long", "sub/" + "a" * 256),
        ("4097-bytes", "too long", "a/" * 2048 + "a"),
    ]:
        refuse(f"name-{name}", f"The name of a file is {what}.", "unsafe-name", of((value, data)), {})
    refuse("shard-name-above", "A shard is of a file outside the folder.", "unsafe-name", shards_of("../a:0:8"), {})
    refuse("shard-name-empty", "A shard is of a file without a name.", "unsafe-name", shards_of(":0:8"), {})
    longest = "a" * 255
    accept(
        "name-255-bytes",
        "The longest name that is allowed.",
        of((longest, data)),
        {},
        create={f"model/{longest}": "a b c\n"},
    )
    for name, what, value in [
        ("unicode", "The name is not of ASCII.", "modèle/権重.bin"),
        ("colon", "A name has colons, and is that of no shard.", "a:0:8"),
        ("backslash", "A name has a backslash, which is a letter here.", "a\\b.bin"),
        ("hidden", "A name starts with dots.", "...bin"),
        ("nested", "A file lies seven folders deep.", "a/b/c/d/e/f/g/h.bin"),
    ]:
        accept(f"name-{name}", what, of((value, data)), {}, create={f"model/{value}": data.decode()})
    both = of(("A.bin", data), ("a.bin", b"other\n"))
    what = "Two names differ in upper and lower case only."
    accept("name-case", what, both, {}, create={"model/A.bin": data.decode(), "model/a.bin": "other\n"})


def orders():
    data, other = b"a b c\n", b"other\n"
    twofold = {"a-b": data, "a/b": other}
    for name, what, order in [
        ("code-points", "The files are sorted by code points: `-` comes before `/`.", ["a-b", "a/b"]),
        ("components", "They are sorted by component, as the reference implementation does.", ["a/b", "a-b"]),
    ]:
        accept(f"order-{name}", what, of(*[(key, twofold[key]) for key in order]), twofold)
    code = "unsorted-entries"
    refuse("order", "The files are sorted in no way.", code, of(("b", data), ("a", other)), {"a": other, "b": data})
    mixed = [("c", data), ("a/b", other), ("a-b", data)]
    what = "The files are in reverse order."
    refuse("order-reverse", what, code, of(*mixed), dict(mixed))
    sixteen = [("\U0001f40d", data), ("\uff5e", other)]
    what = "The files are sorted by UTF-16 units, which is neither."
    refuse(
        "order-utf-16", what, code, of(*sixteen), {}, create={f"model/{key}": value.decode() for key, value in sixteen}
    )
    note = "which of the two digests counts would be a matter of the reader"
    for name, again in {"same": data, "other": other}.items():
        what = f"A file is listed twice, with the {name} digest."
        refuse(
            f"duplicate-{name}-digest", what, "duplicate-entry", of(("a", data), ("a", again)), {"a": data}, note=note
        )


def digests():
    good = statement()["predicate"]["resources"][1]["digest"]
    for name, what, value in [
        ("upper-case", "in upper case", good.upper()),
        ("short", "too short", good[:-2]),
        ("long", "that of another algorithm, by its length", good * 2),
        ("odd", "of an odd number of digits", good[:-1]),
        ("letters", "not hexadecimal", "g" + good[1:]),
        ("prefix", "with a prefix", "0x" + good[2:]),
        ("empty", "empty", ""),
    ]:
        refuse(f"digest-{name}", f"A digest is {what}.", "malformed-digest", put(f"{RESOURCE}.digest", value))
    short = statement(hash_type="blake2b")
    short["predicate"]["resources"][1]["digest"] = good
    what = "A digest of BLAKE2b has the length of SHA-256."
    refuse("digest-blake2b-short", what, "malformed-digest", short)
    for name, value in {"blake3": "blake3", "upper-case": "SHA256", "sharded": "sha256-sharded-8"}.items():
        what = f"A file says `{value}` where the whole says sha256."
        refuse(f"algorithm-{name}", what, "algorithm-mismatch", put(f"{RESOURCE}.algorithm", value))


def ignored():
    for name, value in {
        "dot": ".",
        "parent": "..",
        "above": "../x",
        "inner-parent": "a/../b",
        "absolute": "/x",
        "star": "*.py",
        "question-mark": "a?",
        "bracket": "[a]",
        "empty": "",
        "newline": "a\nb",
    }.items():
        what = f"The signed list of ignored paths has {json.dumps(value)}."
        refuse(f"ignored-{name}", what, "unsafe-ignored-path", put(f"{HOW}.ignore_paths", [value]))


def containers():
    for container in ["manifest", "bundle", "file"]:
        what = f"The statement was made for a {container}."
        value = statement(annotations=OURS | {"container": container})
        refuse(f"container-{container}", what, "wrong-container", value)
    data = FILES["weights.bin"]
    note = "`.` is a file that stands alone"
    with_dot = of((".", data), ("weights.bin", data))
    refuse(
        "dot-among-others", "A folder is listed among its files.", "wrong-container", with_dot, {"weights.bin": data}
    )
    refuse("dot", "The statement is of one file.", "wrong-container", of((".", data)), {"weights.bin": data}, note=note)


def shards():
    good = oms.list_shards(FILES, SIZE)
    accept("shards", "The files are hashed in shards of eight bytes.", sharded(good))
    what = "The same in the order of the reference implementation: by number."
    accept("shards-by-number", what, sharded(oms.in_reference_order(good)))
    named = oms.list_shards(FILES, SIZE, algorithm="sha256-sharded-8")
    what = "The same with the names of algorithms of the reference implementation."
    accept("shards-dialect", what, sharded(oms.in_reference_order(named)))
    accept(
        "shards-blake2b",
        "The shards are hashed with BLAKE2b.",
        sharded(oms.list_shards(FILES, SIZE, "blake2b"), hash_type="blake2b"),
    )
    accept("shards-large", "Every file is one shard.", sharded(oms.list_shards(FILES, 1000), 1000))
    colons = {"a:0": bytes(12)}
    what = "The name of a file ends like that of a shard."
    accept("shards-colon", what, sharded(oms.list_shards(colons, SIZE)), {}, create={"model/a:0": "\0" * 12})
    other = oms.list_shards(FILES, SIZE, algorithm="sha256-sharded-16")
    refuse("shards-algorithm", "The algorithms name another shard size.", "algorithm-mismatch", sharded(other))
    for name, value in {
        "no-range": "a",
        "one-number": "a:8",
        "no-numbers": "a:x:y",
        "sign": "a:0:+8",
        "negative": "a:-8:0",
        "leading-zero": "a:00:8",
        "space": "a: 0:8",
        "hexadecimal": "a:0:0x8",
        "other-digits": "a:0:\u0668",
        "reversed": "a:8:0",
        "no-bytes": "a:0:0",
        "2-64": "a:0:18446744073709551624",
    }.items():
        refuse(f"shard-{name}", f"A shard is called `{value}`.", "malformed-shard", shards_of(value), {"a": bytes(8)})
    for name, what, code, value in [
        ("gap", "The middle of a file is not covered.", "shard-gap", ["a:0:8", "a:16:24"]),
        ("gap-first", "The beginning of a file is not covered.", "shard-gap", ["a:8:16"]),
        ("overlap", "Two shards overlap.", "shard-overlap", ["a:0:8", "a:4:12"]),
        ("short", "A shard in the middle is too short.", "shard-size", ["a:0:4", "a:4:12"]),
        ("long", "A shard is longer than the shard size.", "shard-size", ["a:0:24"]),
        ("long-last", "The last shard is longer than the shard size.", "shard-size", ["a:0:8", "a:8:24"]),
    ]:
        refuse(f"shard-{name}", what, code, shards_of(*value), {"a": bytes(24)})


def files_of_shards():
    signed_files = {"a": bytes(20)}
    value = sharded(oms.list_shards(signed_files, SIZE))
    longer = {"a": bytes(21)}
    note = "every shard is as it was signed"
    refuse("shards-file-longer", "A byte was added to a file.", "size-mismatch", value, longer, note=note)
    note = "the last shard is another one, and that says more than the length"
    refuse(
        "shards-file-shorter",
        "The last byte of a file is gone.",
        "hash-mismatch",
        value,
        {"a": bytes(19)},
        also=["size-mismatch"],
        note=note,
    )
    what = "The last shard of a file is gone."
    note = "what is there is as it was signed; there is nothing to hash of the rest"
    refuse("shards-file-cut", what, "size-mismatch", value, {"a": bytes(16)}, note=note)
    what = "A whole shard was added to a file."
    whole = sharded(oms.list_shards({"a": bytes(24)}, SIZE))
    refuse("shards-file-longer-by-shard", what, "size-mismatch", whole, {"a": bytes(32)})
    changed = {"a": bytes(10) + b"x" + bytes(9)}
    refuse("shards-changed", "A byte in the middle of a file was changed.", "hash-mismatch", value, changed)
    refuse("shards-missing-file", "A file in shards is not there.", "missing-file", value, {})
    one = [*VERIFY, "--only", "a:8:16"]
    accept("only-shard", "One shard is verified.", value, signed_files, one, verdict="partial")
    what = "One shard is verified, and another was changed."
    accept("only-shard-other-changed", what, value, {"a": b"x" + bytes(19)}, one, verdict="partial")
    refuse("only-shard-changed", "The shard that is asked for was changed.", "hash-mismatch", value, changed, one)
    what = "A range is asked for that is no shard."
    refuse("only-no-shard", what, "not-listed", value, signed_files, [*VERIFY, "--only", "a:0:20"])
