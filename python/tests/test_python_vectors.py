"""Runs the test vectors of the testkit through the package, and compares verdict and code."""

from __future__ import annotations

import collections
import json
import os
import pathlib
import re
import shutil
import warnings

import pytest
from core_fixtures import OPTION, VECTORS, copies, no_passphrase_around  # noqa: F401

import weightseal
from weightseal import _options, errors

CASES = sorted(path.parent for path in VECTORS.glob("*/*/case.json"))

# The command's options, and the arguments that they are here.
OPTIONS = {
    "--key": "public_key",
    "--trust": "trust",
    "--name": "name",
    "--state": "state",
    "--at": "at",
    "--signature": "signature",
    "--manifest": "signature",
    "--base": "base",
    "--signer": "signer",
    "--model-version-at-least": "model_version_at_least",
    "--max-age": "max_age",
    "--certificate-identity": "certificate_identity",
    "--certificate-oidc-issuer": "certificate_oidc_issuer",
    "--trusted-root": "trusted_root",
    "--max-signature-size": "max_signature_size",
    "--copy-to": None,
}

# Those that can be given several times, or with several values.
LISTS = {
    "--ca-root": "ca_root",
    "--intermediate": "intermediates",
    "--only": "only",
    "--ignore": "ignore",
    "--layout": "layout",
}

# Those without a value, and what they say.
FLAGS = {
    "--require-authenticated": ("allow_unauthenticated", False),
    "--oms-compat": ("oms_compat", True),
    "--ignore-unsigned-files": ("ignore_unsigned_files", True),
    "--allow-symlinks": ("allow_symlinks", True),
    "--no-default-excludes": ("default_excludes", False),
    "--whole": ("whole", True),
    "--init-state": ("init_state", True),
}


class NotTranslated(Exception):
    """There is nothing like it in Python."""


def translate(words: list[str]) -> tuple[str, list[str] | None, dict[str, object]]:
    """Path, keys and arguments for the arguments of `weightseal verify`."""
    verb, path, *rest = words
    assert verb == "verify" and not path.startswith("-")
    keys: list[str] = []
    # The command accepts what only the digest of is signed, unless it is told not to.
    asked: dict[str, object] = {"allow_unauthenticated": True}
    words = iter(rest)
    several = ""
    for word in words:
        if word in LISTS:
            several = LISTS[word]
            asked[several] = [*asked.get(several, ()), next(words)]
            continue
        if not word.startswith("--"):
            asked[several].append(word)
            continue
        if word in FLAGS:
            name, said = FLAGS[word]
            asked[name] = said
            continue
        name = OPTIONS[word]
        value = next(words)
        if word == "--copy-to":
            raise NotTranslated("a copy is what open_verified makes")
        if name == "public_key":
            keys.append(value)
        elif name in asked:
            raise NotTranslated(f"{name} is given twice")
        else:
            asked[name] = int(value) if name == "model_version_at_least" else value
    if "trust" in asked and asked["allow_unauthenticated"]:
        # The store decides.
        del asked["allow_unauthenticated"]
    return path, keys if keys or "trust" not in asked else None, asked


def expected_of(folder) -> dict:
    return json.loads((folder / "case.json").read_text(encoding="utf-8"))


def identify(folder) -> str:
    return str(folder.relative_to(VECTORS))


# Ranges are verified by the command alone.
RANGES = [folder for folder in CASES if "--range" in expected_of(folder)["args"]]
VERIFYING = [folder for folder in CASES if expected_of(folder)["args"][0] == "verify" and folder not in RANGES]
OMS = [folder for folder in VERIFYING if folder.parent.name.startswith("oms")]
# Whatever can be said in Python.
TRANSLATED = [folder for folder in VERIFYING if expected_of(folder)["args"].count("--trust") < 2]
# The published functions know no OMS signatures.
OF_MANIFESTS = [
    folder
    for folder in TRANSLATED
    if folder not in OMS
    and not list(folder.rglob("*.sig"))
    and not set(translate(expected_of(folder)["args"])[2]) & set(_options._OMS)
]
SIGNING = [folder for folder in CASES if expected_of(folder)["args"][0] == "sign"]


def test_every_vector_is_run_or_counted():
    """Which are left out, and why; it is printed, and nothing is left out by accident."""
    left_out = collections.Counter()
    for folder in VERIFYING:
        try:
            translate(expected_of(folder)["args"])
        except NotTranslated as reason:
            left_out[str(reason)] += 1
    others = set(CASES) - {*VERIFYING, *SIGNING, *RANGES}
    assert left_out.pop("trust is given twice") == 1
    print(f"{len(VERIFYING)} vectors verify, {len(SIGNING)} sign; left out: {dict(left_out)}, others: {len(others)}")
    assert len(VERIFYING) > 400 and len(SIGNING) > 25
    assert sum(left_out.values()) == 0 and not others and RANGES


def state_of(case) -> None:
    """What is remembered in the end, however often it was asked."""
    for name, expected in case.get("after", {}).items():
        found = json.loads(pathlib.Path(name).read_text(encoding="utf-8")) if os.path.exists(name) else None
        assert found == expected, case["what"]


def take(folder, tmp_path, monkeypatch) -> dict:
    """Makes a copy of a case the current folder; returns what is expected."""
    case = expected_of(folder)
    place = tmp_path / "case"
    shutil.copytree(folder, place, symlinks=True)
    for name, made in case.get("create", {}).items():
        create(place / name, made)
    for name, mode in case.get("modes", {}).items():
        (place / name).chmod(int(mode, 8))
    for name, value in case.get("env", {}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(place)
    return case


def create(path, made) -> None:
    """Makes what git does not keep."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(made, str):
        path.write_text(made, encoding="utf-8")
    elif "link" in made:
        path.symlink_to(made["link"])
    elif "folder" in made:
        path.mkdir()
    elif "repeat" in made:
        # A large file, which git does not keep either.
        content = bytearray((made["repeat"].encode() * (made["size"] // len(made["repeat"]) + 1))[: made["size"]])
        for start, other in made.get("changed", {}).items():
            content[int(start) : int(start) + len(other)] = other.encode()
        path.write_bytes(content)
    else:
        os.mkfifo(path)


def outcome(call) -> tuple[object, str, str]:
    """What came back, verdict and code."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = call()
    except errors.WeightsealError as error:
        assert not caught
        hints = [error.hint, *(reason["hint"] for reason in error.data.get("reasons", ()))]
        texts = [str(error), *hints, *(reason["message"] for reason in error.data.get("reasons", ()))]
        assert not [text for text in texts if text and re.search(OPTION, text)]
        assert type(error) not in (errors.WeightsealError, errors.VerificationError), "a class of its own"
        if isinstance(error, errors.VerificationError):
            assert isinstance(error, ValueError) and error.code != "rejected"
            assert error.code == "not-found" or error.result["verdict"] == "rejected"
            if error.code == "not-found":
                return error, "inconclusive", error.code
            assert error.reasons[0]["code"] == error.code == error.result["code"]
            return error, "rejected", error.code
        return error, "inconclusive", error.code
    verified = getattr(found, "verified", found)
    warned = [each for each in caught if issubclass(each.category, weightseal.NotAuthenticatedWarning)]
    # What a trust store lists, somebody has checked.
    assert len(warned) == (not verified.authenticated and verified.trust is None) and len(caught) == len(warned)
    return found, verified.verdict, verified.verdict


@pytest.mark.parametrize("folder", TRANSLATED, ids=identify)
def test_verifying(folder, tmp_path, monkeypatch, copies):
    case = take(folder, tmp_path, monkeypatch)
    path, keys, asked = translate(case["args"])
    if case["verdict"] == "tolerated":
        before = {entry: entry.read_bytes() for entry in pathlib.Path().rglob("*") if entry.is_file()}
        for function, part in (
            (weightseal.verify, {}),
            (weightseal.open_verified, {"allow_partial": True}),
            (weightseal.verified_dir, {"allow_partial": True}),
        ):
            refused, *got = outcome(lambda f=function, part=part: f(path, keys, **asked, **part))
            assert got == ["inconclusive", "tolerated"] and type(refused) is errors.ToleratedModel
        # Nothing was accepted, and so nothing is remembered.
        assert before == {entry: entry.read_bytes() for entry in pathlib.Path().rglob("*") if entry.is_file()}
        asked["allow_tolerated"] = True
    found, *got = outcome(lambda: weightseal.verify(path, keys, **asked))
    assert got == [case["verdict"], case["code"]], case["what"]
    refused = case["exit"] != 0
    if not refused and case["authenticated"] is not None:
        assert found.authenticated is case["authenticated"]

    if not refused and "weakened" in case:
        assert found.weakened == case["weakened"]
        beside = {rule: names for rule, names in found.beside.items() if names}
        assert beside == case.get("beside", beside)

    # Loading decides the same, and what it holds are the bytes of the files.
    partial = case["verdict"] == "partial" or (not refused and found.to_dict().get("partial", False))
    if partial:
        assert outcome(lambda: weightseal.verified_dir(path, keys, **asked))[1:] == ("inconclusive", "partial")
    if case["verdict"] == "tolerated":
        assert found.tolerated and [reason["code"] for reason in found.tolerated] == case["tolerated"]
    loaded, *got = outcome(lambda: weightseal.verified_dir(path, keys, allow_partial=partial, **asked))
    if partial and not found.files:
        # Shards alone are no files to be loaded.
        assert got == ["inconclusive", "usage"]
        return
    assert got == [case["verdict"], case["code"]]
    if not refused:
        with loaded:
            assert loaded.verified.to_dict() == found.to_dict()
            files = [fact for fact in found.to_dict()["files"] if fact["name"] in found.files]
            assert all(fact["status"] == "unchanged" for fact in files)
            assert [file["name"] for file in files] == list(loaded.files) == list(found.files)
            for file in files:
                with open(file["path"], "rb") as original:
                    assert bytes(loaded[file["name"]]) == original.read()
    if refused or len(found.files) == 1:
        loaded, *got = outcome(lambda: weightseal.open_verified(path, keys, allow_partial=partial, **asked))
        assert got == [case["verdict"], case["code"]]
        if not refused:
            with loaded:
                digest = weightseal.hash_file(loaded.path)
                assert list(found.files) == [loaded.name] and found.files[loaded.name] in (digest, None)
                [fact] = [fact for fact in found.to_dict()["files"] if fact["name"] == loaded.name]
                # Of other bytes than those of the whole file, or by another algorithm.
                other = fact["checked"] == "chunk-root" or "shards" in fact or "algorithm" in fact
                assert found.files[loaded.name] or other

    state_of(case)
    # What only the digest of is signed is nothing, unless it is said to be enough.
    if not refused and not found.authenticated and "trust" in asked:
        got = outcome(lambda: weightseal.verify(path, keys, **asked, allow_unauthenticated=False))[1:]
        assert got == ("rejected", "not-authenticated")
    elif not refused and not found.authenticated:
        del asked["allow_unauthenticated"]
        for function in (weightseal.verify, weightseal.open_verified, weightseal.verified_dir):
            assert outcome(lambda f=function: f(path, keys, **asked))[1:] == ("rejected", "not-authenticated")


@pytest.mark.parametrize("folder", OMS, ids=identify)
def test_verifying_models(folder, tmp_path, monkeypatch):
    case = take(folder, tmp_path, monkeypatch)
    path, keys, asked = translate(case["args"])
    del asked["allow_unauthenticated"]
    found, *got = outcome(lambda: weightseal.verify_model(path, keys, **asked))
    assert got == [case["verdict"], case["code"]], case["what"]
    if case["exit"] == 0:
        assert found.method in ("key", "certificate") and found.authenticated
        assert (found.certificate is not None) == (found.method == "certificate")
        assert found.listing["algorithm"] in ("sha256", "blake2b", "blake3")


def as_known(manifest: dict) -> dict:
    """The fields of a manifest that mean something, without the envelope, which has several spellings."""
    known = {
        "model_file",
        "sha256",
        "signature",
        "signer",
        "signed_at",
        "algorithm",
        "key_size",
        "key_version",
        "key_id",
    }
    known |= {"bundle_signed_at", "artifact_count", "artifacts"}
    manifest = {name: value for name, value in manifest.items() if name in known}
    if "artifacts" in manifest:
        manifest["artifacts"] = [as_known(entry) for entry in manifest["artifacts"]]
    return manifest


@pytest.mark.parametrize("folder", OF_MANIFESTS, ids=identify)
def test_verifying_by_the_published_functions(folder, tmp_path, monkeypatch):
    case = take(folder, tmp_path, monkeypatch)
    path, keys, asked = translate(case["args"])
    if case["verdict"] == "tolerated":
        asked["allow_tolerated"] = True
    found, *_ = outcome(lambda: weightseal.verify(path, keys, **asked))
    result = found.data.get("result", {}) if isinstance(found, Exception) else found.to_dict()
    # These functions are told where the manifest is; they look for none.
    manifest = result.get("signature_file") or asked.get("signature", "missing.manifest.json")
    asked.pop("signature", None)
    asked["verdict"] = case["verdict"]
    if os.path.isdir(path) and result.get("format") == "bundle-manifest":
        path = manifest
    if path == manifest and result.get("format") != "manifest":
        expected = outcome(lambda: Published(weightseal.verify_artifact_bundle, path, keys, **asked))
    else:
        model = result["files"][0]["path"] if path == manifest and result.get("files") else path
        expected = outcome(lambda: Published(weightseal.verify_artifact, model, manifest, keys, **asked))
    returned, *got = expected
    if case["verdict"] == "partial" or result.get("partial"):
        assert got == ["inconclusive", "usage"] and "verify_artifact_bundle" in str(returned)
    elif case["code"] in ("unsigned", "ambiguous-signature"):
        assert got == ["inconclusive", "not-found"] and isinstance(returned, FileNotFoundError)
    else:
        assert got == [case["verdict"], case["code"]], case["what"]
    if case["verdict"] == "verified":
        with open(manifest, "rb") as file:
            assert as_known(returned.manifest) == as_known(json.loads(file.read().decode()))


class Published:
    """What a published function returned, as `outcome` looks at it."""

    def __init__(self, function, *arguments, verdict, **asked):
        self.verdict = verdict
        self.trust = asked.get("trust")
        self.manifest = function(*arguments, **asked)
        assert isinstance(self.manifest, dict) and self.manifest
        self.authenticated = "envelope" in self.manifest


@pytest.mark.parametrize("name", ["manifest/published-unknown-fields", "bundle/published-mixed"])
def test_published_functions_return_the_whole_manifest(name, tmp_path, monkeypatch):
    """People's own fields in it, too: code that reads them has always got them from here."""
    case = take(VECTORS / name, tmp_path, monkeypatch)
    path, keys, asked = translate(case["args"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", weightseal.NotAuthenticatedWarning)
        if name.startswith("bundle/"):
            manifest, returned = path, weightseal.verify_artifact_bundle(path, keys, **asked)
        else:
            manifest = "model.manifest.json"
            returned = weightseal.verify_artifact(path, manifest, keys, **asked)
    with open(manifest, "rb") as file:
        assert returned == json.loads(file.read().decode())


@pytest.mark.parametrize("folder", SIGNING, ids=identify)
def test_signing(folder, tmp_path, monkeypatch):
    case = take(folder, tmp_path, monkeypatch)
    verb, path, *rest = case["args"]
    said = dict(zip(rest[::2], rest[1::2], strict=True))
    assert verb == "sign" and said.keys() <= {"--key", "--signer"}
    before = sorted(os.listdir("."))
    try:
        report = weightseal.sign(path, said["--key"], **({"signer": said["--signer"]} if "--signer" in said else {}))
    except TypeError as error:
        assert case["code"] == "usage" and "signer" in str(error)
    except errors.WeightsealError as error:
        assert (case["exit"], case["code"]) == (2, error.code), case["what"]
        assert isinstance(error, errors.KeyFileError) and error.hint is None or not re.search(OPTION, error.hint)
        assert sorted(os.listdir(".")) == before
    else:
        assert case["exit"] == 0, case["what"]
        assert report["files"][0]["sha256"] == weightseal.hash_file(path)
        assert len(os.listdir(".")) == len(before) + 1
