"""Chunk roots, chunk lists and ranges as docs/spec/chunks.md describes them: a second implementation.

`check` holds the bytes of a file against its signed digest, size and root; `check_range` a part of it, with a list.
"""

import hashlib
import os

from public_keys import KeyProblem

SIZE = 1 << 20
FROM = 16 << 20  # a writer gives a root to files from this size on
ROOT_HEAD = b"weightseal-chunk-root-v1"
LIST_HEAD = b"weightseal-chunk-list-v1"


class How:
    """How much of a file is read: a range of it, and where its list lies; or all of it, for the plain digest as well.

    `checked` says afterwards what was compared, by the name of the file.
    """

    def __init__(self, whole=False, span=None, chunk_list=None):
        self.whole, self.span, self.chunk_list = whole, span, chunk_list
        self.checked = {}


def digests(content):
    return [hashlib.sha256(content[start : start + SIZE]).digest() for start in range(0, len(content), SIZE)]


def root(content):
    return root_of(digests(content), len(content))


def root_of(listed, size):
    heads = ROOT_HEAD + SIZE.to_bytes(8, "big") + size.to_bytes(8, "big")
    return hashlib.sha256(heads + b"".join(listed)).hexdigest()


def chunk_list(*contents):
    """The list for files with a root, in the order of the statement."""
    return LIST_HEAD + b"".join(digest for content in contents for digest in digests(content))


def annotations(content, rooted=None):
    """What a resource says of its file; `rooted` says whether its root is among it, whatever its size."""
    said = {"size": len(content)}
    if rooted or (rooted is None and len(content) >= FROM):
        said["chunks"] = {"size": SIZE, "root": root(content)}
    return said


def check(content, digest, said, whole):
    """(the codes of what is wrong, what was compared); `said` are the signed annotations of the resource."""
    wrong = [] if hashlib.sha256(content).hexdigest() == digest else ["hash-mismatch"]
    if said.get("size", len(content)) != len(content):
        return [*wrong, "size-mismatch"], "digest"
    if "chunks" not in said:
        return wrong, "digest"
    if root(content) != said["chunks"]["root"]:
        return wrong or ["chunk-root-mismatch"], "both"
    return (wrong, "both") if whole else ([], "chunk-root")


def check_range(path, name, resources, how, place):
    """The reasons against the range of the file at `path`.

    `resources` are the annotations of all, by name, in their order; the list lies beside `place`, unless it is named.
    """
    said = resources.get(name, {})
    if "chunks" not in said:
        raise KeyProblem("no-chunk-root", name)
    start, end = how.span
    if not 0 <= start < end <= said["size"]:
        raise KeyProblem("range-outside", f"{start}:{end} of {said['size']}")
    if os.path.getsize(path) != said["size"]:
        return [("size-mismatch", name)]
    chunk_list = how.chunk_list or place + ".chunks"
    if not os.path.exists(chunk_list):
        raise KeyProblem("no-chunk-list", chunk_list)
    with open(chunk_list, "rb") as file:
        listed = read_list(file.read(), name, resources)
    if listed is None or root_of(listed, said["size"]) != said["chunks"]["root"]:
        return [("chunk-list-mismatch", chunk_list)]
    reasons = []
    with open(path, "rb") as file:
        for number in range(start // SIZE, (end - 1) // SIZE + 1):
            file.seek(number * SIZE)
            chunk = file.read(min(SIZE, said["size"] - number * SIZE))
            if hashlib.sha256(chunk).digest() != listed[number]:
                reasons.append(("chunk-mismatch", f"{name} {number}"))
    return reasons


def read_list(data, name, resources):
    """The digests of one file in a list; None where the list is not as long as all roots together need."""
    counts = {other: -(-said["size"] // SIZE) for other, said in resources.items() if "chunks" in said}
    if data[: len(LIST_HEAD)] != LIST_HEAD or len(data) != len(LIST_HEAD) + 32 * sum(counts.values()):
        return None
    at = len(LIST_HEAD)
    for other, count in counts.items():
        if other == name:
            return [data[at + 32 * number : at + 32 * (number + 1)] for number in range(count)]
        at += 32 * count
    return None
