"""Runs public suites of OMS signatures with the command in WEIGHTSEAL_BIN, and compares the verdicts with theirs.

    python3 testkit/oms_suites.py FOLDER...        (or WEIGHTSEAL_OMS_SUITES=FOLDER, several separated as in PATH)

A folder is the checkout of a suite, or holds several. The suites are not part of this repository: one has no licence,
the other one is large. Two are known:

- `conformance`: github.com/sampras343/model-signing-conformance, cases for anything that signs or verifies; its commit
  114b0f72.
- `nvidia-skills`: github.com/NVIDIA/skills, folders that were signed in production; published to be accepted; its
  commit 7149a886.

A case agrees when the suite and we both accept or both refuse. Differences that we stand by are in `divergences.toml`,
each with its reason. Any other difference is a failure, and so is an entry whose case agrees or does not exist.
"""

import argparse
import base64
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

DIVERGENCES = Path(__file__).with_name("divergences.toml")


class Skipped(Exception):
    """A case that cannot be run here."""


class Command:
    def __init__(self, words):
        self.words = words

    def run(self, *words):
        """The exit status, and the code of the answer."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("WEIGHTSEAL_")}
        words = [*self.words, *map(str, words), "--json"]
        run = subprocess.run(words, env=clean, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        if run.returncode not in (0, 1, 2):
            raise AssertionError(f"{words}: exit {run.returncode}\n{run.stderr.decode(errors='replace')}")
        try:
            return run.returncode, json.loads(run.stdout)["code"]
        except (ValueError, KeyError):
            return run.returncode, "done" if run.returncode == 0 else "usage"


# --------------------------------------------------------------------------------------------- the conformance suite


class Conformance:
    """Its certificates are those of an authority (CA:TRUE), and no case names a signer: hence `--oms-compat`."""

    name = "conformance"

    def __init__(self, folder):
        self.assets, self.cases_folder = folder / "test" / "assets", folder / "test" / "test-cases"

    @staticmethod
    def is_at(folder):
        return (folder / "test" / "test-cases" / "verify").is_dir()

    def cases(self):
        """(name, what the suite expects, how to run it)"""
        for path in sorted(self.cases_folder.glob("verify/*/*/config.json")) + self.roundtrips():
            case = json.loads(path.read_bytes())
            name = path.parent.relative_to(self.cases_folder).as_posix().removeprefix("verify/")
            run = self.roundtrip if "roundtrip" in name else self.verification
            yield name, case.get("expect", "pass") == "pass", lambda command, run=run, path=path, case=case: run(
                command, path.parent, case
            )
            for variant, change in VARIANTS.get(path.parent.name, {}).items():
                changed = case | {"verify": case["verify"] | change}
                yield f"{name}, {variant}", False, lambda command, path=path, case=changed: self.verification(
                    command, path.parent, case
                )

    def roundtrips(self):
        return sorted(self.cases_folder.glob("roundtrip/*/config.json"))

    def verification(self, command, folder, case):
        with tempfile.TemporaryDirectory() as place:
            model = self.model(case, folder, Path(place))
            return self.verify(command, case, model, folder / "bundle.sig")

    def verify(self, command, case, model, bundle):
        asked = case.get("verify", {})
        words = ["verify", model, "--signature", bundle]
        if case["method"] == "key":
            words += ["--key", self.assets / asked["public_key"]]
        elif case["method"] == "certificate":
            roots = [self.assets / path for path in asked["cert_chain"]]
            words += [word for root in roots for word in ("--ca-root", root)] + ["--oms-compat"]
        else:
            words += ["--certificate-identity", asked["identity"]]
            words += ["--certificate-oidc-issuer", asked["identity_provider"]]
        words += ignoring(asked) + (["--ignore-unsigned-files"] if asked.get("ignore_unsigned_files") else [])
        return command.run(*words)

    def roundtrip(self, command, folder, case):
        """Signs, checks what was signed, and verifies; a refusal to sign is one of the case."""
        if case["method"] == "sigstore":
            raise Skipped("signing through Sigstore needs a network and an identity")
        with tempfile.TemporaryDirectory() as place:
            model = self.model(case, folder, Path(place))
            bundle = (model if case.get("sig_inside_model") else Path(place)) / "bundle.sig"
            status, code = command.run(*self.signing(case, model, Path(place)), "-o", bundle)
            if status != 0:
                return status, code
            check_statement(bundle, case, inside=case.get("sig_inside_model"))
            asked = case.get("verify", {})
            if asked.get("ignore_unsigned_files") and asked.get("ignore_paths"):
                (model / "injected.bin").write_bytes(b"injected after signing\n")
            return self.verify(command, case, model, bundle)

    def signing(self, case, model, place):
        asked = case["sign"]
        key = place / "key.pem"
        shutil.copy(self.assets / asked["private_key"], key)
        key.chmod(0o600)
        words = ["sign", model, "--format", "oms", "--key", key, *ignoring(case.get("verify", {}))]
        if case["method"] == "certificate":
            words += ["--certificate", self.assets / asked["signing_cert"]]
            words += [word for path in asked["cert_chain"] for word in ("--intermediate", self.assets / path)]
        return words

    def model(self, case, folder, place):
        """A copy of the model, changed as the case says."""
        source = (folder if case.get("model_relative_to") == "test_dir" else self.assets) / case["model"]
        if source.is_file():
            return Path(shutil.copy(source, place / source.name))
        model = Path(shutil.copytree(source, place / "model"))
        changes = case.get("model_modifications", {})
        for name, text in [*changes.get("tamper", {}).items(), *changes.get("inject", {}).items()]:
            (model / name).parent.mkdir(parents=True, exist_ok=True)
            (model / name).write_text(text, encoding="utf-8")
        for name in changes.get("delete", []):
            (model / name).unlink()
        for name, to in changes.get("symlinks", {}).items():
            (model / name).symlink_to(to)
        return model


# Cases in which more than one thing is wrong: each thing alone, which has to be refused too.
VARIANTS = {
    "certificate-expired_fail": {"alone": {"ignore_paths": ["ignore-me"]}},
    "sigstore-verify-as-key_fail": {"with a key": {"public_key": "keys/p384/signing-key-pub.pem"}},
    "sigstore-wrong-identity_fail": {"alone": {"identity_provider": "https://sigstore.verify.ibm.com/oauth2"}},
    "sigstore-wrong-issuer_fail": {"alone": {"identity": "stefanb@us.ibm.com"}},
}


def ignoring(asked):
    return [word for path in asked.get("ignore_paths", []) for word in ("--ignore", path)]


def check_statement(path, case, inside):
    """What the suite checks of a bundle, but for the schemas: they are checked in `python/test_oms_schemas.py`."""
    bundle = json.loads(path.read_bytes())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    predicate = statement["predicate"]
    resources, serialization = predicate["resources"], predicate["serialization"]
    names = [resource["name"] for resource in resources]
    digests = b"".join(bytes.fromhex(resource["digest"]) for resource in resources)
    (subject,) = statement["subject"]
    assert bundle["dsseEnvelope"]["payloadType"] == "application/vnd.in-toto+json"
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://model_signing/signature/v1.0"
    assert subject["name"] and subject["digest"]["sha256"] == hashlib.sha256(digests).hexdigest()
    assert (serialization["method"], serialization["hash_type"]) == ("files", "sha256")
    assert "allow_symlinks" in serialization and "shard_size" not in serialization
    assert names and names == sorted(names), names
    assert not [name for name in names if name.startswith("/") or name.endswith("/") or "../" in name], names
    assert not inside or path.name not in names
    assert names == sorted(case.get("expected_signed_files", names)), names


# --------------------------------------------------------------------------------------------------- NVIDIA's skills


class Skills:
    """Its signer's certificate does not say that it may sign code, and no signer is named: hence `--oms-compat`."""

    name = "nvidia-skills"

    def __init__(self, folder):
        self.folder, self.root = folder, folder / "nv-agent-root-cert.pem"

    @staticmethod
    def is_at(folder):
        return (folder / "nv-agent-root-cert.pem").is_file()

    def cases(self):
        for path in sorted(self.folder.rglob("skill.oms.sig")):
            name = path.parent.relative_to(self.folder).as_posix()
            words = ["verify", path.parent, "--signature", path, "--ca-root", self.root]
            yield name, True, lambda command, words=words: command.run(*words, "--oms-compat")
        # Without the compatible mode none is accepted; the last one stands for all.
        strict = [*words, "--certificate-identity", "CN=NVIDIA Agent Skills Signing 001,O=NVIDIA Corporation,C=US"]
        yield f"{name}, strictly", False, lambda command: command.run(*strict)


# ----------------------------------------------------------------------------------------------------------- running


SUITES = [Conformance, Skills]


def find(folders):
    """The suites in these folders, or directly below them."""
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise SystemExit(f"`{folder}` is no folder")
        below = sorted(path for path in folder.iterdir() if path.is_dir())
        found = [suite(place) for place in [folder, *below] for suite in SUITES if suite.is_at(place)]
        if not found:
            raise SystemExit(f"in `{folder}` there is no suite that is known here")
        yield from found


def run(suite, command, divergences):
    """Prints a summary; what went wrong."""
    known = {entry["case"]: entry for entry in divergences if entry["suite"] == suite.name}
    words = {True: "accept", False: "refuse"}
    counts, codes, wrong, seen = Counter(), Counter(), [], set()
    for name, theirs, call in suite.cases():
        seen.add(name)
        try:
            status, code = call(command)
        except Skipped as skipped:
            counts[f"skipped: {skipped}"] += 1
            continue
        except AssertionError as error:
            wrong.append(f"{name}: {error}")
            continue
        if code == "usage":
            wrong.append(f"{name}: not understood as it was called here, so it says nothing")
        ours = status == 0
        counts["run"] += 1
        counts["agree" if ours == theirs else "differ"] += 1
        codes["accepted" if ours else f"refused [{code}]"] += 1
        entry = known.get(name)
        if entry is None and ours != theirs:
            wrong.append(f"{name}: we {words[ours]} [{code}], the suite says {words[theirs]}")
        elif entry and (entry["ours"], entry["theirs"]) != (words[ours], words[theirs]):
            listed = f"{DIVERGENCES.name} has it otherwise"
            wrong.append(f"{name}: we {words[ours]} [{code}], the suite says {words[theirs]}, but {listed}")
    wrong += [f"{name}: listed in {DIVERGENCES.name}, but does not exist" for name in sorted(known.keys() - seen)]
    print(f"{suite.name}: " + ", ".join(f"{number} {what}" for what, number in counts.items()))
    for what, number in codes.most_common():
        print(f"    {number:4} {what}")
    for line in wrong:
        print(f"    UNEXPECTED  {line}")
    return wrong


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", help="checkouts of suites, or folders of them")
    folders = parser.parse_args(arguments).folders
    folders = folders or [path for path in os.environ.get("WEIGHTSEAL_OMS_SUITES", "").split(os.pathsep) if path]
    words = shlex.split(os.environ.get("WEIGHTSEAL_BIN", ""))
    if not folders or not words:
        parser.error("needs folders, and the command under test in WEIGHTSEAL_BIN")
    divergences = tomllib.loads(DIVERGENCES.read_text(encoding="utf-8"))["divergence"]
    wrong = [line for suite in find(folders) for line in run(suite, Command(words), divergences)]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
