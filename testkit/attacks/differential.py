#!/usr/bin/env python3
"""What the command accepts, the reference implementation accepts, with the same facts: `differential.py [--short]`.

The inputs are the files that fuzzing found interesting (fuzz/corpus, and fuzz/found where it is there), each laid beside a
model of the testkit, and changes of signed files: fields, numbers, names, spaces, escapes, signed again with a key of
the testkit after they were changed. `--seed N` draws other changes. Needs `pip install cryptography`, as the reference in
testkit/python does, and the command in WEIGHTSEAL_BIN. Prints one row of the scoreboard.
"""

import argparse
import base64
import contextlib
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TESTKIT = Path(__file__).resolve().parent.parent
FUZZ = TESTKIT.parent / "fuzz"
sys.path.insert(0, str(TESTKIT / "python"))
ROW = {"id": "fuzz/reference", "what": "signature files that the command accepts and the reference does not", "target": "0, and 5 % accepted by both"}
KEYS = ["ed25519", "rsa2048", "p256", "p384", "p521"]
# What lies beside the signature: the folder of a vector, what is verified, and where the signature goes.
PLACES = {
    "manifest": ("manifest/ok-rsa2048", "model.pt", "model.manifest.json"),
    "bundle": ("bundle/ok", "release.manifest.json", "release.manifest.json"),
    "folder": ("oms/ok", "model", "model/model.sig"),
    "file": ("oms-chunks/file", "weights.bin", "weights.bin.sig"),
}
POOL = [None, True, False, 0, 1, -1, 2**53, 2**53 + 1, 25, "", "a", ".", "..", "a/b", "*", [], [""], "Z", "\x00", "\u00e9", "e\u0301"]
TEXTS = ["2026-11-22T18:27:47Z", "2026-11-22T18:27:47.1234567890Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "folder", "file",
         "manifest", "bundle", "files", "shards", "sha256", "blake3", "blake2b", "Ed25519", "0" * 64, "A" * 64, " ", "\U0001f600"]  # fmt: skip


class Fields(list):
    """The fields of an object as pairs, so that one can stand there twice."""


class Raw(str):
    """A number as it is written."""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--changes", type=int, help="how many changed files; by default 400, or 6000 without --short")
    arguments = parser.parse_args()
    try:
        import command as reference
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as error:
        return row(found="not run", holds=None, why=f"the reference needs the Python package {error.name}")
    private = load_pem_private_key((TESTKIT / "keys" / "ed25519.pem").read_bytes(), None)
    with tempfile.TemporaryDirectory() as folder:
        court = Court(Path(folder), reference)
        corpus = list(of_corpus(arguments.short))
        for name, content in corpus:
            court.judge(name, content)
        changes = arguments.changes if arguments.changes is not None else 400 if arguments.short else 6000
        for number, content in changed(arguments.seed, changes, private):
            court.judge(f"change {number} of seed {arguments.seed}", content)
    found = f"{court.wrong} of {court.asked:,} ({court.both:,} accepted by both, {court.alone:,} by the reference alone)"
    # Where hardly anything is accepted, nothing was compared.
    return row(found=found, holds=court.wrong == 0 and court.both * 20 >= court.asked)


def row(**more):
    print("row: " + json.dumps(ROW | more), flush=True)


class Court:
    """Both implementations, and a copy of each place."""

    def __init__(self, folder, reference):
        self.reference, self.asked, self.both, self.alone, self.wrong = reference, 0, 0, 0, 0
        first, *rest = os.environ["WEIGHTSEAL_BIN"].split()
        self.command = [os.path.abspath(first) if os.sep in first else first, *rest]
        self.clean = {name: value for name, value in os.environ.items() if not name.startswith("WEIGHTSEAL_")}
        self.places = {}
        for kind, (vector, *names) in PLACES.items():
            place = folder / kind
            if kind == "file":
                place.mkdir()
                shutil.copy(TESTKIT / "vectors" / "oms" / "ok" / "model" / "weights.bin", place)
            else:
                shutil.copytree(TESTKIT / "vectors" / vector, place)
            for key in KEYS:
                shutil.copy(TESTKIT / "keys" / f"{key}.pub", place / f"by-{key}.pub")
            self.places[kind] = (place, *names)

    def judge(self, name, content):
        for kind in kinds(content):
            place, target, signature = self.places[kind]
            (place / signature).write_bytes(content)
            words = ["verify", target, "--json", *(word for key in KEYS for word in ("--key", f"by-{key}.pub"))]
            if kind == "file":
                words += ["--signature", signature]
            (place / signature).chmod(0o644)
            status, ours = self.ask_command(words, place)
            accepted, theirs = self.ask_reference(words, place)
            self.asked += 1
            self.both += status == 0 and accepted
            if accepted and status != 0:
                self.alone += 1
                print(f"only the reference accepts {name} as {kind}: {ours.get('code')}", file=sys.stderr)
            problem = None
            if status not in (0, 1, 2):
                problem = f"the command ended with {status}"
            elif status == 0 and not accepted:
                problem = f"the reference says {theirs}"
            elif status == 0:
                differ = [field for field, value in theirs.items() if ours[field] != value]
                problem = f"other facts: {[(field, ours[field], theirs[field]) for field in differ]}" if differ else None
            if problem:
                self.wrong += 1
                print(f"{name} as {kind}: {problem}\n{base64.b64encode(content).decode('ascii')}", file=sys.stderr)

    def ask_command(self, words, place):
        run = subprocess.run(
            [*self.command, *words], cwd=place, env=self.clean, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
        try:
            said = json.loads(run.stdout)
        except ValueError:
            return f"{run.returncode} and no JSON", {"code": run.stderr.decode("utf-8", "replace")[:300]}
        if run.returncode == 0:
            said["checked"] = {item["name"]: item["checked"] for item in said["files"] if item.get("checked")}
            said["beside"] = {kind: names for kind, names in (said.get("beside") or {}).items() if names}
        return run.returncode, said

    def ask_reference(self, words, place):
        said, before = io.StringIO(), os.getcwd()
        os.chdir(place)
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
                status = self.reference.main(words)
        except SystemExit as end:
            return False, f"exit {end.code}"
        except Exception as error:  # a defect of the reference is no acceptance
            return False, repr(error)
        finally:
            os.chdir(before)
        found = json.loads(said.getvalue())
        if status != 0:
            return False, found["code"]
        return True, {name: found[name] for name in ("verdict", "authenticated", "checked") if name in found} | facts(place, words)


def facts(place, words):
    """What the statement says, read once more."""
    signature = next(name for kind, (_, target, name) in PLACES.items() if target == words[1])
    value = json.loads((place / signature).read_bytes())
    envelope = value.get("envelope") or value.get("dsseEnvelope")
    if not envelope:
        return {}
    text = envelope["payload"].replace("-", "+").replace("_", "/")
    subject = json.loads(base64.b64decode(text))["subject"][0]
    said = subject.get("annotations", {})
    ours = isinstance(said, dict) and "container" in said
    names = ("signer", "signed_at", "expires_at", "model_version")
    return {"name": subject["name"]} | {name: said.get(name) for name in names} if ours else {}


def kinds(content):
    """Where a file could be meant to lie."""
    if b"dsseEnvelope" in content or b"mediaType" in content:
        return ["folder", "file"]
    return ["bundle"] if b"artifacts" in content else ["manifest"]


def of_corpus(short):
    """What fuzzing has found, each content once."""
    seen = set()
    for folder in [FUZZ / "corpus"] if short else [FUZZ / "corpus", FUZZ / "found"]:
        for target in ("manifest", "bundle_manifest", "sigstore_bundle", "differential"):
            for path in sorted((folder / target).glob("*")):
                content = path.read_bytes()
                if content not in seen:
                    seen.add(content)
                    yield str(path.relative_to(FUZZ)), content


def changed(seed, count, private):
    """Signed files of the testkit, changed and signed again, each by its own number alone."""
    starts = [TESTKIT / "vectors" / vector / name for vector, _, name in list(PLACES.values())[:3]]
    starts += [TESTKIT / "vectors" / "bundle" / "ok" / "release.manifest.json"]
    starts += [TESTKIT / "vectors" / "oms" / name / "model" / "model.sig" for name in ("ok-blake2b", "ok-blake3", "ok-annotations-of-others")]
    starts += [TESTKIT / "vectors" / "oms" / "ok-one-file" / "model" / "model.sig"]
    for number in range(count):
        draw = random.Random(f"{seed}/{number}")
        yield number, Change(draw, draw.choice(starts).read_bytes(), private).content()


class Change:
    def __init__(self, draw, content, private):
        self.draw, self.private = draw, private
        self.outer = json.loads(content, object_pairs_hook=Fields)
        envelope = get(self.outer, "envelope") or get(self.outer, "dsseEnvelope")
        self.statement = json.loads(base64.b64decode(get(envelope, "payload")), object_pairs_hook=Fields)
        self.envelope = envelope

    def content(self):
        """At first a file that is in order, then what is drawn: some of it harmless."""
        public = (TESTKIT / "keys" / "ed25519.pub").read_text("ascii")
        key_id = hashlib.sha256(base64.b64decode("".join(public.split("\n")[1:-2]))).hexdigest()
        for item in [self.outer, *(get(self.outer, "artifacts") or [])]:
            drop(item, "signature")
            for name, value in (("key_id", key_id), ("algorithm", "Ed25519"), ("key_size", 256)):
                put(item, name, value)
        annotations = get(get(self.statement, "subject")[0], "annotations")
        put(annotations, "key_id", key_id)
        if get(self.outer, "verificationMaterial"):
            put(self.outer, "verificationMaterial", Fields([("publicKey", Fields([("hint", "")])), ("tlogEntries", [])]))
        for _ in range(self.draw.choice([0, 1, 1, 1, 2, 2, 3])):
            self.change(self.draw.choice([self.statement, self.statement, self.outer]))
        if self.draw.random() < 0.9:
            self.fix_root()
        payload = self.write(self.statement).encode("utf-8", "surrogatepass")
        text = base64.b64encode(payload).decode("ascii")
        if self.draw.random() < 0.1:
            text = text.replace("+", "-").replace("/", "_")
        with contextlib.suppress(TypeError, ValueError, IndexError):
            from reference import pae

            signature = base64.b64encode(self.private.sign(pae(payload))).decode("ascii")
            put(self.envelope, "payload", text)
            put(get(self.envelope, "signatures")[0], "sig", signature)
            if self.draw.random() < 0.9:
                put(get(self.envelope, "signatures")[0], "keyid", "")
        return self.write(self.outer).encode("utf-8", "surrogatepass")

    def change(self, tree):
        """One thing in one place of a tree."""
        draw, nodes = self.draw, list(walk(tree))
        node = draw.choice(nodes)
        way = draw.randrange(9)
        if isinstance(node, Fields):
            at = draw.randrange(len(node)) if node else 0
            if way == 0 or not node:
                node.insert(at, (draw.choice(["x", "note", "size", "annotations", "key_version", "expires_at", "keyid"]), self.value()))
            elif way == 1:
                del node[at]
            elif way == 2:
                node.insert(draw.randrange(len(node) + 1), node[at])
            elif way == 3:
                draw.shuffle(node)
            elif way == 4:
                node[at] = (draw.choice([node[at][0].upper(), node[at][0] + "s", "\ufeff" + node[at][0]]), node[at][1])
            elif way == 5:
                node[at] = (node[at][0], self.other(node[at][1]))
            else:
                node[at] = (node[at][0], self.value())
        elif node:
            at = draw.randrange(len(node))
            if way < 2:
                draw.shuffle(node)
            elif way == 2:
                del node[at]
            elif way == 3:
                node.insert(at, node[at])
            else:
                node[at] = self.other(node[at])
        else:
            node.append(self.value())

    def value(self):
        return self.draw.choice([*POOL, *TEXTS])

    def other(self, value):
        """Something close to a value."""
        draw = self.draw
        if isinstance(value, str) and value:
            at = draw.randrange(len(value))
            return draw.choice([
                value.upper(), value + " ", " " + value, value[:at] + value[at + 1 :], value[:at] + draw.choice("\n/.*Zé\x7f\u202e+-_=") + value[at:],
                value * 2, "./" + value, value + "/", value[::-1], draw.choice(TEXTS),
            ])  # fmt: skip
        if isinstance(value, bool) or not isinstance(value, int):
            return self.value()
        return draw.choice([value + 1, -value, Raw(f"{value}.0"), Raw(f"{value}e0"), Raw(f"0{value}"), Raw("-0"), str(value), value << 60])

    def fix_root(self):
        with contextlib.suppress(TypeError, ValueError, IndexError):
            resources = get(get(self.statement, "predicate"), "resources")
            digests = b"".join(bytes.fromhex(get(item, "digest")) for item in resources)
            put(get(get(self.statement, "subject")[0], "digest"), "sha256", hashlib.sha256(digests).hexdigest())

    def write(self, tree):
        """JSON with spaces and escapes as they come."""
        space = self.draw.choice(["", "", "", " ", "\n\t"])
        ascii_only = self.draw.random() < 0.5

        def text(value):
            if isinstance(value, Fields):
                return "{" + f",{space}".join(f"{text(name)}:{space}{text(item)}" for name, item in value) + "}"
            if isinstance(value, list):
                return f"[{space}" + ",".join(map(text, value)) + "]"
            return str(value) if isinstance(value, Raw) else json.dumps(value, ensure_ascii=ascii_only)

        return text(tree) + self.draw.choice(["", "", "\n", " ", "\n\n", "\x00", "{}"] if self.draw.random() < 0.1 else ["\n"])


def walk(tree):
    """Every object and list of a tree."""
    if isinstance(tree, list):
        yield tree
        for item in tree:
            yield from walk(item[1] if isinstance(tree, Fields) else item)


def get(fields, name):
    return next((value for field, value in fields or [] if field == name), None)


def put(fields, name, value):
    """Where the field is there."""
    if fields is not None:
        fields[:] = [(field, value if field == name else old) for field, old in fields]


def drop(fields, name):
    fields[:] = [(field, value) for field, value in fields if field != name]


if __name__ == "__main__":
    sys.exit(main())
