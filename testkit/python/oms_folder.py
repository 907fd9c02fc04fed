"""Compares a model on disk with the files of an OMS statement, sections 6.1, 6.2 and 8.4 of the specification."""

import os
import stat

import chunks
from oms import DEFAULT_EXCLUDES, DIGESTS
from verifier import Rejected

LAYOUTS = {
    "hf": lambda name: name.startswith(".cache/huggingface/") and is_of_hf(name.removeprefix(".cache/huggingface/")),
    "mlflow": lambda name: name == "registered_model_meta",
}
KINDS = ["excluded", "ignored", "ignored_by_caller", "layout", "unsigned"]
WEAKENED = {"unsigned-files": "unsigned", "ignored-paths": "ignored_by_caller", "layout": "layout"}


def is_of_hf(name):
    """What `hf download --local-dir` writes: never a file that something could load."""
    return name in (".gitignore", "CACHEDIR.TAG") or (
        name.startswith("download/") and name.endswith((".metadata", ".lock"))
    )


def compare(statement, model, signature_file, asked):
    """(reasons, {partial, beside, weakened})"""
    if os.path.isdir(model):
        found, outside = enumerate_files(model, signature_file, statement)
    else:
        found, outside = {statement.files[0].name: model}, set()
        if statement.files[0].name not in (".", os.path.basename(model)):
            raise Rejected(("wrong-model", statement.files[0].name))
    chosen, reasons = choose(statement.files, asked.only)
    how = asked.how
    resources = {file.name: file.said for file in statement.files}
    listed, missing = {file.name for file in statement.files}, []
    for file, shards in chosen:
        if file.name not in found:
            missing.append(file)
        elif not is_file(found[file.name], statement.allow_symlinks):
            reasons.append(("type-changed", file.name))
        elif file.name in outside and not asked.allow_symlinks:
            reasons.append(("type-changed", file.name))
        elif how.span is not None:
            reasons += chunks.check_range(found[file.name], file.name, resources, how, model)
        else:
            more, compared = check_content(file, shards, found[file.name], statement.hash_type, how.whole)
            reasons += more
            how.checked[os.path.basename(model) if file.name == "." else file.name] = compared
    beside = {kind: [] for kind in KINDS}
    extra = []
    partial = bool(asked.only) or how.span is not None
    for name in [] if partial else sorted(set(found) - listed):
        kind = sort_out(name, found[name], statement, asked, beside)
        if kind == "extra-file":
            extra.append(name)
        elif kind:
            reasons.append((kind, name))
    reasons += renamed(missing, extra, found, statement)
    if reasons:
        return reasons, None
    weakened = [name for name, kind in WEAKENED.items() if beside[kind]] + (["symlinks"] if outside else [])
    return [], {"partial": partial, "beside": beside, "weakened": weakened}


def enumerate_files(root, signature_file, statement):
    """(everything in the folder but folders, by its name in the manifest; the names of links that lead out of it)"""
    found, outside = {}, set()
    inside = os.path.realpath(root)

    def walk(folder, prefix, above):
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            name = prefix + entry.name
            if os.path.samestat(entry.stat(follow_symlinks=False), os.lstat(signature_file)):
                continue
            if entry.is_symlink() and statement.allow_symlinks:
                target = os.path.realpath(entry.path)
                if os.path.commonpath([target, inside]) != inside:
                    outside.add(name)
                if target in above:
                    continue  # a circle
            if entry.is_dir(follow_symlinks=statement.allow_symlinks):
                walk(entry.path, name + "/", above | {os.path.realpath(entry.path)})
                if any(file.name == name for file in statement.files):
                    found[name] = entry.path
            else:
                found[name] = entry.path

    walk(root, "", {inside})
    return found, outside


def is_file(path, links):
    mode = os.stat(path).st_mode if links else os.lstat(path).st_mode
    return stat.S_ISREG(mode)


def choose(files, only):
    """The files that are asked for, each with its shards; all of them where nothing is asked."""
    if not only:
        return [(file, file.shards) for file in files], []
    chosen, reasons = [], []
    for name in only:
        before = len(chosen)
        for file in files:
            named = [shard for shard in file.shards if name == f"{file.name}:{shard[0]}:{shard[1]}"]
            if file.name == name or file.name.startswith(name.rstrip("/") + "/"):
                named = file.shards
            chosen += [(file, named)] if named else []
        reasons += [("not-listed", name)] if len(chosen) == before else []
    return chosen, reasons


def check_content(file, shards, path, hash_type, both):
    """(reasons, what was compared)"""
    with open(path, "rb") as stream:
        content = stream.read()
    if "chunks" in file.said:
        codes, compared = chunks.check(content, file.shards[0][2], file.said, both)
        return [(code, file.name) for code in codes], compared
    whole = len(shards) == len(file.shards)
    there = [shard for shard in shards if shard[0] == 0 or shard[0] < len(content)]
    wrong = [shard for shard in there if DIGESTS[hash_type](content[shard[0] : shard[1]]) != shard[2]]
    reasons = [("hash-mismatch", file.name)] if wrong else []
    if whole and file.size is not None and file.size != len(content):
        reasons.append(("size-mismatch", file.name))
    return reasons, "digest"


def sort_out(name, path, statement, asked, beside):
    """Where an unsigned file belongs, or the code why it must not be there; None: it is accepted."""
    parts = name.split("/")
    kind = "extra-file"
    if parts[0] in DEFAULT_EXCLUDES:
        if not asked.default_excludes:
            return "excluded-file"
        kind = "excluded"
    elif is_below(name, statement.ignore_paths):
        kind = "ignored"
    elif is_below(name, asked.ignore):
        kind = "ignored_by_caller"
    elif asked.layout and LAYOUTS[asked.layout](name) and is_file(path, links=False):
        kind = "layout"
    elif asked.ignore_unsigned_files:
        kind = "unsigned"
    if kind == "extra-file":
        return kind
    beside[kind].append(name)
    return None


def is_below(name, paths):
    return any(name == path or name.startswith(path.rstrip("/") + "/") for path in paths)


def renamed(missing, extra, found, statement):
    """A missing file whose bytes lie under another name was renamed."""
    reasons = []
    for file in missing:
        same = [
            name
            for name in extra
            if is_file(found[name], links=False)
            and not check_content(file, file.shards, found[name], statement.hash_type, both=True)[0]
        ]
        if same:
            extra.remove(same[0])
        reasons.append(("renamed-file" if same else "missing-file", file.name))
    return reasons + [("extra-file", name) for name in extra]
