"""Cases of the group `oms-folder`: the model was changed, or has files that nobody signed."""

import keyring
import oms
import vectors
from make_oms import FILES, OURS, VERIFY, bad, fits, signed, statement
from vectors import start

HIDDEN = {"model/.git/HEAD": "ref: refs/heads/main\n", "model/.gitignore": "*.tmp\n"}
HF = ".cache/huggingface/"
WEIGHTS = FILES["weights.bin"]


def make():
    start("oms-folder")
    changes()
    hidden_files()
    ignored_files()
    layouts()
    links()
    parts()
    single_files()


def refuse(name, what, code, files=FILES, args=VERIFY, *, value=None, **more):
    bad(f"oms-folder/{name}", what, code, signed(value), args, files, **more)


def accept(name, what, files=FILES, args=VERIFY, *, value=None, **more):
    fits(f"oms-folder/ok-{name}", what, signed(value), args, files, **more)


def without(name):
    return {other: content for other, content in FILES.items() if other != name}


def changes():
    refuse(
        "changed",
        "One letter of a file was changed.",
        "hash-mismatch",
        FILES | {"weights.bin": WEIGHTS.replace(b"s", b"S", 1)},
    )
    refuse("changed-empty", "A file has no bytes left.", "hash-mismatch", FILES | {"weights.bin": b""})
    swapped = FILES | {"weights.bin": FILES["config.json"], "config.json": WEIGHTS}
    refuse("swapped", "Two files were exchanged.", "hash-mismatch", swapped, also=["hash-mismatch"])
    refuse("missing", "A file is not there.", "missing-file", without("weights.bin"))
    refuse("missing-in-folder", "A folder with its file is not there.", "missing-file", without("sub/vocab.txt"))
    for name, what, extra in [
        ("extra", "There is another file.", {"setup.py": b"import os\n"}),
        ("extra-empty", "There is another file without bytes.", {"__init__.py": b""}),
        ("extra-in-folder", "There is another file in a folder of the model.", {"sub/setup.py": b"import os\n"}),
        ("extra-folder", "There is another folder with a file.", {"new/folder/setup.py": b"import os\n"}),
        ("extra-signature", "There is a signature of another name.", {"old.sig": b"{}\n"}),
        ("extra-model-sig", "There is a model.sig in a folder of the model.", {"sub/model.sig": b"{}\n"}),
        ("extra-case", "There is a file whose name differs in case only.", {"Config.json": FILES["config.json"]}),
    ]:
        refuse(name, what, "extra-file", FILES | extra)
    accept("empty-folder", "There is another folder, and nothing in it.", create={"model/new": {"folder": True}})
    renamed = without("weights.bin") | {"pytorch_model.bin": WEIGHTS}
    refuse("renamed", "A file has another name.", "renamed-file", renamed)
    moved = without("weights.bin") | {"sub/weights.bin": WEIGHTS}
    refuse("moved", "A file is in another folder.", "renamed-file", moved)
    folder = {"model/weights.bin": {"folder": True}}
    refuse(
        "folder-for-file", "A folder stands where a file was.", "type-changed", without("weights.bin"), create=folder
    )
    what = "A file stands where a folder was."
    flat = without("sub/vocab.txt") | {"sub": FILES["sub/vocab.txt"]}
    note = "the bytes are those of the missing file"
    refuse("file-for-folder", what, "renamed-file", flat, note=note)
    pipe = {"model/weights.bin": {"pipe": True}}
    refuse("pipe-for-file", "A pipe stands where a file was.", "type-changed", without("weights.bin"), create=pipe)
    refuse("extra-pipe", "There is a pipe.", "extra-file", create={"model/pipe": {"pipe": True}})
    words = [*VERIFY, "--ignore-unsigned-files"]
    unsigned = {"weakened": ["unsigned-files"]}
    extra = FILES | {"README.md": b"hello\n", "new/notes.txt": b"hello\n"}
    what = "The caller accepts files that nobody signed."
    accept("unsigned-files", what, extra, words, beside={"unsigned": ["README.md", "new/notes.txt"]}, **unsigned)
    what = "The caller accepts files that nobody signed, and there are none."
    accept("no-unsigned-files", what, FILES, words, beside={})
    what = "The caller accepts files that nobody signed; a signed one is missing all the same."
    refuse("unsigned-files-missing", what, "missing-file", without("weights.bin"), words)
    what = "The caller accepts files that nobody signed; a signed one was changed all the same."
    refuse("unsigned-files-changed", what, "hash-mismatch", FILES | {"weights.bin": b"x"}, words)
    sharded = statement(resources=oms.list_shards(FILES, 8), method="shards", shard_size=8)
    note = "the specification leaves empty files out of shards, so that nobody can sign them"
    what = "The model is signed in shards, and has a file without bytes."
    refuse("shards-empty-file", what, "extra-file", FILES | {"__init__.py": b""}, value=sharded, note=note)
    what = "The same, and the caller accepts files that nobody signed."
    beside = {"unsigned": ["__init__.py"]}
    more = FILES | {"__init__.py": b""}
    accept("shards-empty-file", what, more, words, value=sharded, beside=beside, **unsigned)
    sized = statement(annotations=OURS)
    sized["predicate"]["resources"][2]["annotations"] = {"size": len(WEIGHTS) + 1}
    refuse("size", "A signed size is not that of the file.", "size-mismatch", value=sized)


def hidden_files():
    nothing = statement(ignore_paths=[])
    beside = {"excluded": [".git/HEAD", ".gitignore"]}
    what = "What git keeps at the top is left out, and listed."
    accept("git", what, create=HIDDEN, beside=beside)
    accept(
        "git-unrecorded",
        "It is left out although the statement does not say so.",
        value=nothing,
        create=HIDDEN,
        beside=beside,
    )
    strict = [*VERIFY, "--no-default-excludes"]
    what = "The caller does not want to leave out what git keeps."
    refuse("git-strict", what, "excluded-file", args=strict, value=nothing, create={"model/.git/HEAD": "ref\n"})
    refuse(
        "gitignore-strict",
        "The same with one file.",
        "excluded-file",
        args=strict,
        value=nothing,
        create={"model/.gitignore": "*\n"},
    )
    what = "The same, where the statement says so, too."
    refuse("git-strict-recorded", what, "excluded-file", args=strict, create={"model/.git/HEAD": "ref\n"})
    accept("strict", "The same, and there is none.", args=strict, value=nothing)
    for name, path in {
        "git-below": "sub/.git/config",
        "gitignore-below": "sub/.gitignore",
        "github-like": ".github2/run.py",
        "gitmodules": ".gitmodules",
    }.items():
        what = f"There is a file {path}, which is left out by no rule."
        refuse(name, what, "extra-file", create={f"model/{path}": "hello\n"})
    files = FILES | {".github/run.py": b"print()\n"}
    what = "A file in .github was signed, and counts as any other."
    value = statement(files)
    create = {"model/.github/run.py": "print()\n"}
    accept("github-signed", what, value=value, create=create, beside={})
    changed = {"model/.github/run.py": "print(1)\n"}
    refuse("github-signed-changed", "The same, and it was changed.", "hash-mismatch", value=value, create=changed)
    refuse("github-signed-missing", "The same, and it is missing.", "missing-file", value=value)


def ignored_files():
    value = statement(ignore_paths=[*oms.DEFAULT_EXCLUDES, "cache", "notes.txt"])
    more = FILES | {"cache/a/b.bin": b"\0", "notes.txt": b"hello\n"}
    what = "The signer left two paths out, and they are there."
    accept("ignored", what, more, value=value, beside={"ignored": ["cache/a/b.bin", "notes.txt"]})
    accept("ignored-missing", "They are not there.", value=value, beside={})
    for name, path in {"below": "sub/cache/b.bin", "like": "cache2/b.bin", "in-folder": "sub/notes.txt"}.items():
        what = f"The signer left `cache` and `notes.txt` out, and there is {path}."
        refuse(f"ignored-{name}", what, "extra-file", FILES | {path: b"\0"}, value=value)
    signed_too = statement(more, ignore_paths=["cache"])
    what = "A file is signed although its folder is left out: it counts."
    refuse("ignored-signed-changed", what, "hash-mismatch", more | {"cache/a/b.bin": b"\1"}, value=signed_too)
    words = [*VERIFY, "--ignore", "cache", "--ignore", "notes.txt"]
    beside = {"ignored_by_caller": ["cache/a/b.bin", "notes.txt"]}
    accept(
        "ignored-by-caller", "The caller leaves two paths out.", more, words, beside=beside, weakened=["ignored-paths"]
    )
    words = [*VERIFY, "--ignore", "weights.bin"]
    what = "The caller leaves out a signed file: what was signed counts."
    refuse("ignored-by-caller-changed", what, "hash-mismatch", FILES | {"weights.bin": b"x"}, words)
    refuse("ignored-by-caller-missing", "The same, and it is not there.", "missing-file", without("weights.bin"), words)
    what = "The caller leaves out a path in a folder; one of that name at the top is another."
    refuse(
        "ignored-by-caller-elsewhere",
        what,
        "extra-file",
        FILES | {"notes.txt": b""},
        [*VERIFY, "--ignore", "sub/notes.txt"],
    )


def layouts():
    cache = {f"model/{HF}.gitignore": "*", f"model/{HF}download/x.metadata": "abc\n", f"model/{HF}download/x.lock": ""}
    listed = [f"{HF}.gitignore", f"{HF}download/x.lock", f"{HF}download/x.metadata"]
    words = [*VERIFY, "--layout", "hf"]
    accept(
        "layout-hf",
        "What `hf download` adds, and the caller says so.",
        args=words,
        create=cache,
        beside={"layout": listed},
        weakened=["layout"],
    )
    what = "What `hf download` adds, and the caller does not say so."
    refuse("layout-hf-unsaid", what, "extra-file", create={f"model/{HF}download/x.metadata": "abc\n"})
    for name, path in {
        "py": f"{HF}download/x.py",
        "json": f"{HF}download/config.json",
        "bin": f"{HF}weights.bin",
        "elsewhere": "sub/" + HF + "download/x.metadata",
        "outside": ".cache/x.metadata",
    }.items():
        what = f"There is {path}, which `hf download` does not write."
        refuse(f"layout-hf-{name}", what, "extra-file", args=words, create={f"model/{path}": "x\n"})
    meta = FILES | {"registered_model_meta": b"model_name: a\n"}
    words = [*VERIFY, "--layout", "mlflow"]
    what = "What MLflow adds, and the caller says so."
    accept("layout-mlflow", what, meta, words, beside={"layout": ["registered_model_meta"]}, weakened=["layout"])
    refuse("layout-mlflow-unsaid", "What MLflow adds, and the caller does not say so.", "extra-file", meta)
    what = "A file of that name in a folder is another file."
    refuse("layout-mlflow-below", what, "extra-file", FILES | {"sub/registered_model_meta": b""}, words)
    refuse("layout-other", "What MLflow adds, and the caller says hf.", "extra-file", meta, [*VERIFY, "--layout", "hf"])


def links():
    target = {"away.bin": WEIGHTS}
    outside = {"model/weights.bin": {"link": "../away.bin"}}
    what = "A link to the same bytes stands where a file was."
    refuse("link-for-file", what, "type-changed", without("weights.bin"), create=outside, further=target)
    inside = {"model/weights.bin": {"link": ".git/weights.bin"}, "model/.git/weights.bin": WEIGHTS.decode()}
    what = "A link to the same bytes within the folder stands where a file was."
    refuse("link-inside-for-file", what, "type-changed", without("weights.bin"), create=inside)
    what = "A folder was replaced by a link to one with the same files."
    linked = {"model/sub": {"link": "../away"}}
    away = {"away/vocab.txt": FILES["sub/vocab.txt"]}
    note = "a link that is not followed has nothing below it"
    gone = {"also": ["extra-file"], "note": note}
    refuse("link-for-folder", what, "missing-file", without("sub/vocab.txt"), create=linked, further=away, **gone)
    refuse("extra-link", "There is a link to a signed file.", "extra-file", create={"model/a": {"link": "weights.bin"}})
    refuse("extra-link-nowhere", "There is a link to nothing.", "extra-file", create={"model/a": {"link": "nothing"}})
    refuse("extra-link-folder", "There is a link to a folder.", "extra-file", create={"model/a": {"link": "sub"}})
    files = FILES | {"latest.bin": WEIGHTS}
    followed = statement(files, allow_symlinks=True)
    create, one = {"model/latest.bin": {"link": "weights.bin"}}, statement(allow_symlinks=True)
    note = "its bytes were signed under the name of the link"
    accept("link", "The signer followed a link within the folder.", value=followed, create=create, note=note)
    refuse("link-unlisted", "The signer followed links, but not this one.", "extra-file", value=one, create=create)
    value = statement(FILES | {"vocabulary/vocab.txt": FILES["sub/vocab.txt"]}, allow_symlinks=True)
    what = "The signer followed a link to a folder."
    accept("link-folder", what, value=value, create={"model/vocabulary": {"link": "sub"}})
    away = {"model/latest.bin": {"link": "../away.bin"}}
    what = "The signer followed links, and one leads out of the folder."
    refuse("link-outside", what, "type-changed", value=followed, create=away, further=target)
    words = [*VERIFY, "--allow-symlinks"]
    what = "The same, and the caller allows it."
    accept("link-outside", what, args=words, value=followed, create=away, further=target, weakened=["symlinks"])
    what = "The caller allows links, but the signer did not follow any."
    refuse("link-unsigned", what, "type-changed", without("weights.bin"), words, create=outside, further=target)
    what = "The signer followed links, and the file that one leads to was changed."
    wrong = {"away.bin": b"other\n"}
    refuse("link-changed", what, "hash-mismatch", args=words, value=followed, create=away, further=wrong)


def parts():
    def only(*names):
        return [*VERIFY, "--only", *names]

    partial = {"verdict": "partial"}
    accept("only", "One file is verified.", args=only("weights.bin"), **partial)
    accept("only-folder", "A folder is verified.", args=only("sub"), **partial)
    what = "One file is verified, and another was changed."
    accept("only-other-changed", what, FILES | {"config.json": b"{}\n"}, only("weights.bin"), **partial)
    accept(
        "only-other-missing",
        "One file is verified, and another is not there.",
        without("config.json"),
        only("weights.bin"),
        **partial,
    )
    refuse(
        "only-changed",
        "The file that is asked for was changed.",
        "hash-mismatch",
        FILES | {"weights.bin": b"x"},
        only("weights.bin"),
    )
    refuse(
        "only-missing",
        "The file that is asked for is not there.",
        "missing-file",
        without("weights.bin"),
        only("weights.bin"),
    )
    for name, asked in {"unknown": "new.bin", "like": "weights", "basename": "vocab.txt"}.items():
        what = f"Nothing that was signed is called `{asked}`."
        refuse(f"only-{name}", what, "not-listed", FILES | {"new.bin": b"x"}, only(asked))
    refuse("only-known-and-unknown", "One of two names was signed.", "not-listed", args=only("weights.bin", "nothing"))


def single_files():
    """A statement over one file, by its name or as `.`; nothing else in its folder matters."""
    further = {"other.bin": b"hello\n"}
    words = ["verify", "weights.bin", "--key", "key.pub", "--signature", "weights.bin.sig"]
    found = words[:4]

    def case(resource, model=WEIGHTS, name="weights.bin", **options):
        value = statement({resource: WEIGHTS}, ignore_paths=[], **options)
        content = {name: model, f"{name}.sig": signed(value), "key.pub": keyring.read("p256.pub"), "model.pt": None}
        return content | further

    def ok(name, what, content, args=words):
        vectors.accept(f"oms-folder/ok-{name}", what, content, args, weakened=[])

    def no(name, what, code, content, args=words, **more):
        vectors.reject(f"oms-folder/{name}", what, code, content, args, **more)

    ok("file", "One file, named.", case("weights.bin"))
    ok("file-dot", "One file, as `.`.", case("."))
    ok("file-found", "Its signature lies beside it.", case("weights.bin"), found)
    ok("file-container", "One file, by weightseal.", case(".", annotations=OURS | {"container": "file"}))
    no("file-changed", "One file, and it was changed.", "hash-mismatch", case("weights.bin", WEIGHTS + b"x"))
    of_folder = case(".", annotations=OURS)
    no("file-container", "The statement was made for a folder.", "wrong-container", of_folder)
    renamed = case("weights.bin") | {"weights.bin": None, "model.bin": WEIGHTS}
    words_of = ["verify", "model.bin", "--key", "key.pub", "--signature", "weights.bin.sig"]
    no("file-renamed", "One file, under another name.", "wrong-model", renamed, words_of)
