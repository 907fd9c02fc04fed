"""Large inputs: files, folders and signature files at and beyond the limits of docs/spec, with bounds on memory and time."""

import argparse
import base64
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from measured import PANICS, Bound, row, run

KIT = Path(__file__).resolve().parent.parent
PUBLIC = KIT / "keys/rsa2048.pub"
MIB = 1 << 20
# What a command may take for any input but a large signature, and for one of 100,000 files.
SMALL, LARGE = 64, 128


def sparse(path, size):
    with open(path, "wb") as file:
        file.truncate(size)


# A vector whose manifest has no envelope, and so no signed size: whatever the model is, it has to be read.
PUBLISHED = KIT / "vectors/manifest/published"


def terabyte(work):
    bound = Bound("bounds/terabyte", "a file of 1 TB: memory, and the end after Ctrl-C")
    folder = work / "terabyte"
    shutil.copytree(PUBLISHED, folder)
    (folder / "case.json").unlink()
    run("keygen", "--algorithm", "ed25519", "--no-passphrase", "-o", folder / "own.pem")
    small = run("sign", "model.pt", "--key", "own.pem", "--signer", "team", "-o", "own.manifest.json", cwd=folder)
    if small.status:
        raise SystemExit(small.said)
    sparse(folder / "model.pt", 10**12)
    sparse(folder / "lone.pt", 10**12)
    before = sorted(folder.iterdir())
    calls = {
        "digest": ["digest", "model.pt"],
        "sign": ["sign", "model.pt", "--key", "own.pem", "--signer", "team", "-o", "new.manifest.json"],
        "verify": ["verify", "model.pt", "--key", "key.pub", "--signature", "model.manifest.json"],
        "copy": ["verify", "model.pt", "--key", "key.pub", "--signature", "model.manifest.json", "--copy-to", "copy.pt"],
        "as OMS": ["sign", "lone.pt", "--key", "own.pem", "--signer", "team", "--format", "oms"],
    }
    for name, call in calls.items():
        done = run(*call, cwd=folder, interrupt=0.7 if name == "copy" else 2.0)
        bound.case(name, done, 130, "interrupted", memory=SMALL)
        if done.after_interrupt is None or done.after_interrupt > 1.0:
            bound.fault(name, f"ended {done.after_interrupt} s after Ctrl-C")
        if sorted(folder.iterdir()) != before:
            bound.fault(name, "something was written")
    # Signed with its size: a thousandth of a second, not an hour.
    done = run("verify", "model.pt", "--key", "own.pub", "--signature", "own.manifest.json", cwd=folder)
    bound.case("another size than signed", done, 1, "mismatch", memory=SMALL, cpu=0.5)
    bound.row(f"status 130 within 1 s, nothing written, below {SMALL} MiB")


def many_files(work, short):
    bound = Bound("bounds/many-files", "folders of many files: digest, sign, verify")
    run("keygen", "--algorithm", "ecdsa-p256", "--no-passphrase", "-o", work / "own.pem")
    own = ["--key", work / "own.pem", "--signer", "team"]
    made = 0
    folder = work / "many"

    def grow(count):
        nonlocal made
        # Names as long as those of published models.
        while made < count:
            inner = folder / f"part-{made // 1000:05}"
            inner.mkdir(parents=True, exist_ok=True)
            fd = os.open(inner, os.O_RDONLY)
            for number in range(min(1000, count - made)):
                flags = os.O_CREAT | os.O_WRONLY
                os.close(os.open(f"model-{(made + number) % 1000:05}-of-99999.safetensors", flags, 0o644, dir_fd=fd))
            os.close(fd)
            made += min(1000, count - made)

    for count in (100_000,) if short else (100_000, 249_000):
        grow(count)
        allowed = LARGE if count == 100_000 else LARGE * 2.5
        for name, call, word in (
            ("digest", ["digest", "many"], ""),
            ("sign", ["sign", "many", *own], "signed"),
            ("verify", ["verify", "many", "--key", work / "own.pub"], "verified"),
        ):
            bound.case(f"{name} {count:,}", run(*call, cwd=work), 0, word, memory=allowed)
        (folder / "model.sig").unlink(missing_ok=True)
    if not short:
        grow(251_000)
        bound.case("sign 251,000", run("sign", "many", *own, cwd=work), 2, "[too-", "250", memory=LARGE * 2.5)
        grow(1_000_001)
        for call in (["digest", "many"], ["sign", "many", *own]):
            bound.case(f"{call[0]} a million", run(*call, cwd=work), 2, "[too-large]", memory=LARGE * 4)
        if (folder / "model.sig").exists():
            bound.fault("a million", "a signature was written")
    # So many entries are removed faster without looking at each.
    os.system(f"rm -rf '{folder}'")
    bound.row(f"a clear answer; below {LARGE} MiB for 100,000 files, {LARGE * 5 // 2} for 250,000, {LARGE * 4} for a million")


def names(work):
    bound = Bound("bounds/names", "deep folders, long names and long paths")
    run("keygen", "--algorithm", "ecdsa-p256", "--no-passphrase", "-o", work / "own.pem")
    own = ["--key", work / "own.pem", "--signer", "team"]

    def tree(name, parts, content=b"x"):
        root = work / name
        root.mkdir()
        fd = os.open(root, os.O_RDONLY)
        for part in parts[:-1]:
            os.mkdir(part, dir_fd=fd)
            inner = os.open(part, os.O_RDONLY, dir_fd=fd)
            os.close(fd)
            fd = inner
        file = os.open(parts[-1], os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=fd)
        os.write(file, content)
        os.close(file)
        os.close(fd)
        return root

    def all_of(name, status, *words):
        bound.case(f"{name}, digest", run("digest", name, cwd=work), status, *words, memory=SMALL)
        bound.case(f"{name}, sign", run("sign", name, *own, cwd=work), status, *words, memory=SMALL)
        if status == 0:
            bound.case(f"{name}, verify", run("verify", name, "--key", "own.pub", cwd=work), 0, "verified", memory=SMALL)

    tree("levels-2000", ["d"] * 2000 + ["f"])
    all_of("levels-2000", 0)
    tree("levels-4000", ["d"] * 4000 + ["f"])
    all_of("levels-4000", 2, "[unreadable]", "too long")
    tree("name-255", ["n" * 255, "m" * 255])
    all_of("name-255", 0)
    tree("path-4095", ["p" * 254] * 16 + ["q" * 15])
    all_of("path-4095", 0)
    tree("path-5000", ["p" * 249] * 20 + ["q"])
    all_of("path-5000", 2, "[unreadable]", "too long")
    long = "a/" * 2100 + "b"
    bound.case("an argument beyond PATH_MAX", run("digest", long, cwd=work), 2, "[", memory=SMALL)
    bound.case("a name of 300 bytes", run("verify", "v" * 300, "--key", PUBLIC, cwd=work), 2, "[", memory=SMALL)
    os.system(f"rm -rf '{work}'/levels-* '{work}'/path-*")
    bound.row(f"a clear answer, below {SMALL} MiB")


BUNDLE = (
    b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"a"}},'
    b'"dsseEnvelope":{"payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"AA==","keyid":""}],"payload":"'
)
STATEMENT = b'{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://model_signing/signature/v1.0",'
LEGACY = b'{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://model_signing/Digests/v0.1",'
PAYLOAD_END = b'"}}'


def filled(size, head, unit, tail):
    return head + unit * ((size - len(head) - len(tail)) // len(unit)) + tail


def shapes(size):
    """JSON that no signature file can be: name and bytes."""
    full = lambda head, unit, tail: filled(size, head, unit, tail)
    yield "white space", full(b"", b" ", b"{}")
    yield "white space within a manifest", full(b'{"model_file":"m.bin",', b"\n", b'"sha256":"00"}')
    yield "deep lists", b"[" * size
    yield "deep objects", full(b"", b'{"a":', b"")
    yield "empty lists", full(b'{"model_file":[[]', b",[]", b"]}")
    yield "numbers", full(b'{"model_file":[1', b",1", b"]}")
    yield "small objects", full(b'{"artifacts":[{}', b',{"a":1}', b"]}")
    yield "keys", b'{"a":0' + b"".join(b',"%x":0' % at for at in range(size // 12)) + b"}"
    yield "strings", full(b'{"artifacts":["a"', b',"aaaaaaaaaaaaaaaaaaa"', b"]}")
    yield "long strings", full(b'{"artifacts":["a"', b',"' + b"a" * 60_000 + b'"', b"]}")
    yield "one long string", full(b'{"model_file":"', b"a", b'"}')
    yield "one long escaped string", full(b'{"model_file":"', b"\\u0061", b'"}')
    yield "a long key", full(b'{"', b"k", b'":1}')
    yield "a long number", full(b'{"model_file":', b"1", b"}")
    yield "a long fraction", full(b'{"model_file":1.', b"1", b"}")
    yield "an exponent", full(b'{"model_file":1e', b"1", b"}")
    yield "long annotations", full(b'{"model_file":"m.bin","sha256":"00","a":["', b'a","', b'"]}')
    yield "two payloads", BUNDLE + b"A" * (size // 2) + b'","payload":"' + b"A" * (size // 2 - 1000) + PAYLOAD_END


def payloads(size):
    """OMS signatures with hostile payloads: name and bytes."""
    inner = size * 3 // 4 - 3 * MIB // 4
    full = lambda head, unit, tail: filled(inner, head, unit, tail)
    wrap = lambda payload: BUNDLE + base64.b64encode(payload) + PAYLOAD_END
    yield "zero bytes", wrap(bytes(inner))
    yield "no base64", BUNDLE + b"AAA!" * (size // 4 - 200) + PAYLOAD_END
    yield "escaped base64", BUNDLE + b"\\u0041" * (size // 6 - 200) + PAYLOAD_END
    yield "white space in the payload", wrap(full(b"", b" ", b"{}"))
    yield "a long name", wrap(full(STATEMENT + b'"subject":[{"name":"', b"a", b'"}]}'))
    yield "empty entries", wrap(full(STATEMENT + b'"predicate":{"resources":[{}', b",{}", b"]}}"))
    yield "lists in the entries", wrap(full(STATEMENT + b'"predicate":{"resources":[[]', b",[]", b"]}}"))
    yield "one large entry", wrap(full(STATEMENT + b'"predicate":{"resources":[{"a":[0', b",0", b"]}]}}"))
    entry = b',{"name":"a","algorithm":"sha256","digest":"' + b"0" * 64 + b'"}'
    yield "too many entries", wrap(full(STATEMENT + b'"predicate":{"resources":[' + entry[1:], entry, b"]}}"))
    yield "subjects of the old form", wrap(full(LEGACY + b'"subject":[{}', b",{}", b'],"predicate":{}}'))
    yield "large subjects", wrap(full(LEGACY + b'"subject":[{"a":[0', b",0", b']}],"predicate":{}}'))
    yield "ignored paths", wrap(full(STATEMENT + b'"predicate":{"serialization":{"ignore_paths":["a"', b',"a"', b"]}}}"))


def signature_files(work, short):
    (work / "m.bin").write_bytes(b"x")
    (work / "folder").mkdir()
    (work / "folder/f").write_bytes(b"x")
    bound = Bound("bounds/signature-size", "signature files of 1 GiB")
    for name, place, call in (
        ("manifest", "m.manifest.json", ["verify", "m.bin", "--key", PUBLIC]),
        ("OMS", "folder/model.sig", ["verify", "folder", "--key", PUBLIC]),
        ("inspect", "i.sig", ["inspect", "i.sig"]),
        ("named", "n.sig", ["verify", "m.bin", "--key", PUBLIC, "--signature", "n.sig"]),
    ):
        sparse(work / place, 1 << 30)
        status = (1, 2) if name == "inspect" else 1
        bound.case(name, run(*call, cwd=work), status, "-large]", memory=SMALL, cpu=0.5)
        (work / place).unlink()
    bound.row(f"refused, below {SMALL} MiB")

    for identity, what, cases, limit in (
        ("bounds/json-shapes", "64 MiB of hostile JSON that is no signature file", shapes, SMALL),
        ("bounds/json-payload", "OMS signatures of 64 MiB with hostile statements", payloads, LARGE),
    ):
        bound = Bound(identity, what)
        for name, data in cases(64 * MIB):
            (work / "s.sig").write_bytes(data)
            done = run("verify", "folder", "--key", PUBLIC, "--signature", "s.sig", cwd=work)
            bound.case(name, done, 1, "[", memory=limit)
            if not short:
                bound.case(f"{name}, inspect", run("inspect", "s.sig", cwd=work), 1, "[", memory=limit)
        (work / "s.sig").unlink()
        bound.row(f"refused, below {limit} MiB", cpu=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="100,000 files, not a million")
    parser.add_argument("--only", help="one of the parts")
    arguments = parser.parse_args()
    parts = {
        "terabyte": lambda work: terabyte(work),
        "signature_files": lambda work: signature_files(work, arguments.short),
        "names": lambda work: names(work),
        "many_files": lambda work: many_files(work, arguments.short),
    }
    for name, part in parts.items():
        if arguments.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="weightseal-bounds-") as folder:
                part(Path(folder))
    if not arguments.only:
        row("panics/sizes", "panics and crashes over inputs beyond the limits", f"{len(PANICS)}", "0", not PANICS)


if __name__ == "__main__":
    sys.setrecursionlimit(20_000)  # TemporaryDirectory removes deep folders level by level
    main()
