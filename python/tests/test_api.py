"""The published functions, their arguments, and what the package is from the outside."""

from __future__ import annotations

import inspect
import os
import pathlib
import re
import typing

import pytest
from core_fixtures import ROOT, SIGNER, copies, ed25519, model, no_passphrase_around, run_python  # noqa: F401

import weightseal
from weightseal import _options, errors

PUBLISHED = {
    "generate_key_pair": ["private_key_path", "public_key_path", "passphrase"],
    "hash_file": ["path"],
    "sign_artifact": ["model_path", "private_key_path", "passphrase", "signer_identity"],
    "save_manifest": ["manifest", "output_path"],
    "verify_artifact": ["model_path", "manifest_path", "public_key_path"],
    "sign_artifact_bundle": ["artifact_paths", "private_key_path", "passphrase", "signer_identity", "bundle_output"],
    "verify_artifact_bundle": ["bundle_path", "public_key_path"],
}


# --- The published functions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_functions_take_what_they_took(name):
    parameters = inspect.signature(getattr(weightseal, name)).parameters.values()
    positional = [each.name for each in parameters if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert positional == PUBLISHED[name]
    others = [each for each in parameters if each.name not in positional]
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY and each.default is not each.empty for each in others)


def test_a_program_of_the_published_functions_works_when_only_its_imports_change(tmp_path, monkeypatch):
    # As people have it: relative paths, text and bytes, everything in its position, errors by their builtin classes.
    program = """
import json, os
from weightseal import (generate_key_pair, hash_file, sign_artifact, save_manifest, verify_artifact,
                        sign_artifact_bundle, verify_artifact_bundle)

PASSPHRASE = b"correct horse"
generate_key_pair("signing_key.pem", "signing_key.pub", passphrase=PASSPHRASE)
for name in ("classifier.pt", "tokenizer.json"):
    with open(name, "wb") as file:
        file.write(name.encode() * 1000)

manifest = sign_artifact("classifier.pt", "signing_key.pem", PASSPHRASE, "training-pipeline@ml-team")
save_manifest(manifest, "classifier.manifest.json")
assert manifest["sha256"] == hash_file("classifier.pt")
verified = verify_artifact("classifier.pt", "classifier.manifest.json", "signing_key.pub")
assert verified["signer"] == "training-pipeline@ml-team" and verified["model_file"] == "classifier.pt"
assert verified == manifest == json.load(open("classifier.manifest.json"))
save_manifest(sign_artifact("classifier.pt", "signing_key.pem", PASSPHRASE, "again"), "classifier.manifest.json")

sign_artifact_bundle(["classifier.pt", "tokenizer.json"], "signing_key.pem", PASSPHRASE, "me", "bundle.json")
bundle = verify_artifact_bundle("bundle.json", "signing_key.pub")
assert bundle["artifact_count"] == 2 and [a["model_file"] for a in bundle["artifacts"]] == [
    "classifier.pt", "tokenizer.json"]

with open("classifier.pt", "ab") as file:
    file.write(b"!")
for verify in (lambda: verify_artifact("classifier.pt", "classifier.manifest.json", "signing_key.pub"),
               lambda: verify_artifact_bundle("bundle.json", "signing_key.pub")):
    try:
        verify()
    except ValueError as error:
        print("tampered:", error)
try:
    verify_artifact("tokenizer.json", "tokenizer.manifest.json", "signing_key.pub")
except FileNotFoundError as error:
    print("unsigned:", error)
"""
    monkeypatch.chdir(tmp_path)
    lines = run_python(program).splitlines()
    assert lines == [
        "tampered: hash mismatch: `classifier.pt` is not the file that was signed",
        "tampered: hash mismatch: `classifier.pt` is not the file that was signed",
        "unsigned: `tokenizer.manifest.json` does not exist",
    ]


class Pathlike:
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return str(self.path)


@pytest.mark.parametrize("kind", [str, pathlib.Path, Pathlike])
def test_every_path_is_a_text_or_path_like(kind, model, tmp_path, copies):
    private, public, output = (kind(tmp_path / name) for name in ("key.pem", "key.pub", "set.manifest.json"))
    beside = kind(model.parent / "model.manifest.json")
    weightseal.generate_key_pair(private, public, None, algorithm="ed25519")
    assert len(weightseal.hash_file(kind(model))) == 64
    weightseal.save_manifest(weightseal.sign_artifact(kind(model), private, None, SIGNER), beside)
    assert weightseal.verify_artifact(kind(model), beside, public)["model_file"] == "model.bin"
    weightseal.sign(kind(model), private, signer=SIGNER, passphrase=None, output_path=beside)
    weightseal.sign_bundle([kind(model)], output, private, signer=SIGNER, passphrase=None, base=kind(tmp_path))
    weightseal.sign_artifact_bundle([kind(model)], private, None, SIGNER, output, base=kind(tmp_path))
    assert weightseal.verify_artifact_bundle(output, public, base=kind(tmp_path))["artifact_count"] == 1
    assert weightseal.verify(kind(model), [public], signature=beside).verdict == "verified"
    assert weightseal.inspect(beside)["kind"] == "manifest"
    with weightseal.open_verified(kind(model), public) as file:
        assert file.read() == model.read_bytes()
    with weightseal.verified_dir(kind(tmp_path), public, signature=output) as folder:
        assert list(folder.files) == ["models/model.bin"]


@pytest.mark.parametrize("wrong", [b"model.bin", 3, None, 1.5, ["model.bin"]], ids=repr)
def test_what_is_no_path_is_a_type_error(wrong, ed25519, model):
    manifest = ed25519.sign(model)
    calls = [
        lambda: weightseal.hash_file(wrong),
        lambda: weightseal.sign_artifact(wrong, ed25519.private, None, SIGNER),
        lambda: weightseal.sign_artifact(model, wrong, None, SIGNER),
        lambda: weightseal.save_manifest(ed25519.manifest(model), wrong),
        lambda: weightseal.verify_artifact(wrong, manifest, ed25519.public),
        lambda: weightseal.verify(wrong, ed25519.public),
        lambda: weightseal.open_verified(wrong, ed25519.public),
        lambda: weightseal.verified_dir(wrong, ed25519.public),
        lambda: weightseal.inspect(wrong),
        lambda: weightseal.generate_key_pair(wrong, "key.pub", None),
        lambda: weightseal.generate_key_pair("key.pem", wrong, None),
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call()


def test_a_path_that_is_no_text_still_leads_to_its_file(tmp_path, ed25519):
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.bin")
    with open(path, "wb") as file:
        file.write(b"x")
    assert weightseal.hash_file(os.fsdecode(path)).startswith("2d711642")
    with pytest.raises(errors.UsageError, match="is not UTF-8") as caught:
        weightseal.sign(os.fsdecode(path), ed25519.private, signer=SIGNER, passphrase=None)
    assert caught.value.code == "unsafe-name"


def test_hash_file_is_sha256_in_hex(tmp_path):
    import hashlib

    for size in (0, 1, 63, 64, 256 * 1024, 256 * 1024 + 1, 3_000_000):
        content = os.urandom(size)
        (tmp_path / "file").write_bytes(content)
        assert weightseal.hash_file(tmp_path / "file") == hashlib.sha256(content).hexdigest()
    (tmp_path / "link").symlink_to("file")
    assert weightseal.hash_file(tmp_path / "link") == weightseal.hash_file(tmp_path / "file")


# --- Arguments ------------------------------------------------------------------------------------------------


def test_sign_and_sign_artifact_agree_with_the_command_about_their_options():
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")

    def options(command: str) -> set[str]:
        section = text.split(f"\n## weightseal {command}\n")[1].split("\n## ")[0]
        return set(re.findall(r"^ +(?:-\w, )?--([a-z-]+)", section, re.MULTILINE))

    def keywords(function: typing.Callable[..., object]) -> set[str]:
        parameters = inspect.signature(function).parameters.values()
        return {each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY}

    # What is a function's own way: where a passphrase comes from, printing, arguments with a position, and the format:
    # a manifest and an OMS signature have each their own function.
    alone = {"json", "quiet", "help", "passphrase-file", "passphrase-fd", "key", "signer", "format",
             "threads", "direct", "chunk-list", "range"}  # fmt: skip
    spelled = {"annotate": "annotations", "no-compat-signature": "compat_signature", "output": "output_path",
               "require-authenticated": "allow_unauthenticated", "intermediate": "intermediates",
               "no-default-excludes": "default_excludes"}  # fmt: skip

    def in_python(names: set[str]) -> set[str]:
        return {spelled.get(name, name.replace("-", "_")) for name in names - alone}

    # The options under headings of their own are those of OMS signatures.
    said = in_python(options("sign"))
    listing = {"hash", "shard_size", "shard_dialect", "ignore", "allow_symlinks", "default_excludes",
               "max_signature_size"}  # fmt: skip
    of_models = listing | {"certificate", "intermediates"}
    of_manifests = {"pss_salt", "compat_signature"}
    assert said - of_manifests - {"bundle", "base"} == keywords(weightseal.sign_model) - {
        "progress",
        "signer",
        "passphrase",
    }
    signing = said - of_models
    assert signing - {"bundle", "base", "output_path"} <= keywords(weightseal.sign_artifact) - {"progress"}
    assert signing - {"bundle", "base"} == keywords(weightseal.sign) - {"progress", "signer", "passphrase"}
    assert signing - {"bundle", "output_path"} == keywords(weightseal.sign_bundle) - {
        "progress",
        "signer",
        "passphrase",
    }
    assert signing - {"bundle", "output_path"} == keywords(weightseal.sign_artifact_bundle) - {"progress"}
    # `open_verified` is what `--copy-to` is there for.
    asked = in_python(options("verify") - {"copy-to"}) | {"signer"}
    # That something else than a whole, verified model will do is said here, where it raises otherwise.
    asked |= {"allow_tolerated"}
    more = set(_options._OMS) | set(_options._STORE)
    assert asked - {"base", "allow_unauthenticated"} == keywords(weightseal.verify_model) - {"progress"}
    assert more < asked
    verifying = asked - more
    assert verifying == keywords(weightseal.verify) - {"progress"}
    assert verifying | {"keep", "allow_partial"} == keywords(weightseal.open_verified) - {"progress"}
    assert keywords(weightseal.verified_dir) == keywords(weightseal.open_verified)
    published = verifying | set(_options._STORE)
    assert published - {"signature", "base"} == keywords(weightseal.verify_artifact) - {"progress"}
    assert published - {"signature"} == keywords(weightseal.verify_artifact_bundle) - {"progress"}
    for function in (weightseal.verify, weightseal.open_verified, weightseal.verified_dir):
        assert inspect.signature(function).parameters["more"].kind is inspect.Parameter.VAR_KEYWORD
    assert more < keywords(_options.question)


# --- The package ----------------------------------------------------------------------------------------------


def test_everything_public_is_there_and_documented():
    for name in weightseal.__all__:
        thing = getattr(weightseal, name)
        assert name == "__version__" or inspect.getdoc(thing), name
        if inspect.isfunction(thing):
            assert re.search(r"Raises |errors as for|raises as", inspect.getdoc(thing), re.IGNORECASE), name
        if inspect.isclass(thing):
            members = [each for each in vars(thing).items() if not each[0].startswith("_")]
            described = [each for each in members if inspect.isroutine(each[1]) or inspect.isdatadescriptor(each[1])]
            # What every file has needs no words.
            plain = {"readable", "seekable", "writable", "isatty", "flush", "closed", "mode"}
            assert [name for name, member in described if name not in plain and not inspect.getdoc(member)] == []
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", weightseal.__version__)
    assert sorted(weightseal.__all__) == weightseal.__all__


def test_the_package_says_that_it_is_typed():
    folder = pathlib.Path(weightseal.__file__).parent
    assert (folder / "py.typed").is_file() and (folder / "_native.pyi").is_file()


def test_fixtures_for_other_peoples_tests(tmp_path):
    """They come with the package: pytest finds them by its entry point."""
    (tmp_path / "test_theirs.py").write_text(
        """
import pytest, weightseal

def test_fixtures(signed_model, tampered_model, signing_key):
    assert weightseal.verify(signed_model.path, signed_model.public_key).signer == signed_model.signer
    with pytest.raises(weightseal.HashMismatch):
        weightseal.open_verified(tampered_model.path, tampered_model.public_key)
    weightseal.sign(signed_model.path, signing_key.private_key, signer="x", passphrase=signing_key.passphrase)
"""
    )
    script = "import pytest, sys; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', sys.argv[1]]))"
    assert "1 passed" in run_python(script, tmp_path / "test_theirs.py")
