"""Signing, saving, and sets of files."""

from __future__ import annotations

import json
import os
import pathlib
import re
import types
from datetime import date, datetime, timedelta, timezone

import pytest
from core_fixtures import OPTION, SIGNER, ed25519, model, no_passphrase_around, rsa, strip, write_json  # noqa: F401

import weightseal
from weightseal import errors

# --- One file -------------------------------------------------------------------------------------------------


def test_a_manifest_has_the_published_fields_and_an_envelope(rsa, model):
    manifest = rsa.manifest(model, key_version=2)
    assert list(manifest) == ["model_file", "sha256", "signature", "signer", "signed_at", "algorithm", "key_size",
                              "key_version", "key_id", "envelope"]  # fmt: skip
    assert manifest["model_file"] == "model.bin" and manifest["sha256"] == weightseal.hash_file(model)
    assert (manifest["algorithm"], manifest["key_size"], manifest["key_version"]) == ("RSA-PSS-SHA256", 2048, 2)
    age = datetime.now(timezone.utc) - datetime.fromisoformat(manifest["signed_at"])
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert os.listdir(model.parent) == ["model.bin"], "sign_artifact writes nothing"


def test_what_is_said_when_signing_is_what_verification_finds(rsa, model):
    said = {"git_commit": "0f3a", "dataset": "v7", "empty": "", "ünicode?": ""}
    with pytest.raises(errors.UsageError, match="characters other than"):
        rsa.sign(model, annotations=said)
    del said["ünicode?"]
    report = weightseal.sign(
        model, rsa.private, signer="Ann <ann@example.org> \N{SNOWMAN}", passphrase=None, key_version=3, model_version=7,
        expires="2099-01-31", annotations=types.MappingProxyType(said),
    )  # fmt: skip
    assert set(report) == {"manifest", "files", "statement_sha256"}
    assert report["files"] == [{"name": "model.bin", "sha256": weightseal.hash_file(model), "size": 10_000}]
    verified = weightseal.verify(model, rsa.public)
    assert (verified.verdict, verified.authenticated) == ("verified", True)
    assert (verified.name, verified.signer) == ("model.bin", "Ann <ann@example.org> \N{SNOWMAN}")
    assert (verified.key_version, verified.model_version) == (3, 7)
    assert datetime.fromisoformat(verified.expires_at) == datetime(2099, 1, 31, tzinfo=timezone.utc)
    assert verified.annotations == said
    assert verified.files == {"model.bin": weightseal.hash_file(model)}
    assert verified.statement_sha256 == report["statement_sha256"]
    assert verified.signature_file == report["manifest"] == str(model.parent / "model.manifest.json")
    assert re.fullmatch("[0-9a-f]{64}", verified.key_id)
    assert verified.to_dict()["schema"] == "weightseal.result/1" and verified.to_dict()["verdict"] == "verified"
    assert repr(verified).startswith("<weightseal.Verified verified: ") and "Ann" in repr(verified)


@pytest.mark.parametrize(
    "expires, expected",
    [
        ("2099-01-31", datetime(2099, 1, 31, tzinfo=timezone.utc)),
        ("2099-01-31T12:00:00+02:00", datetime(2099, 1, 31, 10, tzinfo=timezone.utc)),
        (date(2099, 1, 31), datetime(2099, 1, 31, tzinfo=timezone.utc)),
        (
            datetime(2099, 1, 31, 12, tzinfo=timezone(timedelta(hours=2))),
            datetime(2099, 1, 31, 10, tzinfo=timezone.utc),
        ),
        # An offset with seconds, which RFC 3339 cannot write.
        (
            datetime(2099, 1, 31, 12, tzinfo=timezone(timedelta(hours=2, seconds=1))),
            datetime(2099, 1, 31, 9, 59, 59, tzinfo=timezone.utc),
        ),
    ],
    ids=str,
)
def test_an_end_is_a_text_a_date_or_a_time(expires, expected, ed25519, model):
    ed25519.sign(model, expires=expires)
    assert datetime.fromisoformat(weightseal.verify(model, ed25519.public).expires_at) == expected


@pytest.mark.parametrize("expires", ["90d", timedelta(days=90), "2160h"], ids=str)
def test_an_end_is_also_a_span_from_now(expires, ed25519, model):
    ed25519.sign(model, expires=expires)
    left = datetime.fromisoformat(weightseal.verify(model, ed25519.public).expires_at) - datetime.now(timezone.utc)
    assert timedelta(days=89, hours=23, minutes=59) < left <= timedelta(days=90)


def test_an_end_that_comes_soon_is_kept(ed25519, model):
    ed25519.sign(model, expires=timedelta(milliseconds=200))
    weightseal.verify(model, ed25519.public)
    while True:
        try:
            weightseal.verify(model, ed25519.public)
        except errors.Expired as error:
            assert error.code == "expired" and "expired_at" in error.data
            break


@pytest.mark.parametrize(
    "said, error, message",
    [
        ({"expires": "2020-01-01"}, errors.UsageError, "is not later than the time of signing"),
        ({"expires": timedelta(days=-1)}, errors.UsageError, "is not later than the time of signing"),
        ({"expires": "soon"}, errors.UsageError, "expires `soon` is neither a duration nor a date"),
        ({"expires": datetime(2099, 1, 1)}, errors.UsageError, "expires has no time zone"),
        ({"expires": timedelta.max}, errors.UsageError, "lies beyond the years that can be written"),
        (
            {"expires": datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))},
            errors.UsageError,
            "beyond the years",
        ),
        ({"expires": 90}, TypeError, "expires must be a str, date, datetime or timedelta, not int"),
        ({"key_version": 0}, errors.UsageError, r"key_version `0` is not an integer from 1 to 2\^53"),
        ({"key_version": -1}, errors.UsageError, "key_version `-1`"),
        ({"model_version": 2**53 + 1}, errors.UsageError, "model_version `9007199254740993` is not an integer"),
        ({"model_version": 2**70}, errors.UsageError, "model_version `1180591620717411303424` is not"),
        ({"model_version": True}, TypeError, "model_version must be an int, not bool"),
        ({"model_version": "3"}, TypeError, "model_version must be an int, not str"),
        ({"model_version": 3.0}, TypeError, "model_version must be an int, not float"),
        ({"annotations": {"a b": "x"}}, errors.UsageError, "annotation `a b=x` is a name with characters other than"),
        ({"annotations": {"": "x"}}, errors.UsageError, "annotation"),
        ({"annotations": {"signer": "x"}}, errors.UsageError, "annotation"),
        ({"annotations": {"a": "line\nline"}}, errors.UsageError, "annotation"),
        ({"annotations": {"a": "x" * 4097}}, errors.UsageError, "annotation"),
        ({"annotations": {"a": 3}}, TypeError, "annotations must be names and texts, both str; 'a' has 3"),
        ({"annotations": {3: "a"}}, TypeError, "annotations must be names and texts"),
        ({"pss_salt": "long"}, errors.UsageError, "pss_salt `long` is neither max nor digest"),
        ({"signer": ""}, errors.UsageError, "signer `` is empty"),
        ({"signer": " \t"}, errors.UsageError, "signer"),
        ({"signer": "a\nb"}, errors.UsageError, r"signer `a\\u\{a\}b` has control characters in it"),
        ({"signer": "x" * 4097}, errors.UsageError, "signer"),
        ({"signer": 3}, TypeError, "signer must be a str, not int"),
        ({"signer": None}, TypeError, "who signs?"),
        ({"signer": b"me"}, TypeError, "signer must be a str, not bytes"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_what_cannot_be_said_is_refused_before_anything_is_written(said, error, message, ed25519, model):
    with pytest.raises(error, match=message):
        ed25519.sign(model, **said)
    assert os.listdir(model.parent) == ["model.bin"]


def test_the_salt_and_the_signature_for_other_programs_can_be_chosen(rsa, model):
    assert len(rsa.manifest(model)["signature"]) == len(rsa.manifest(model, pss_salt="digest")["signature"]) == 344
    bare = rsa.manifest(model, compat_signature=False)
    assert "signature" not in bare and "envelope" in bare
    for said in ({"pss_salt": "digest"}, {"compat_signature": False}):
        rsa.sign(model, **said)
        weightseal.verify(model, rsa.public)
    # Without it, nothing is left to strip to.
    manifest = write_json(model.parent / "model.manifest.json", strip(bare))
    with pytest.raises(errors.MalformedSignature):
        weightseal.verify_artifact(model, manifest, rsa.public)


# --- Saving ---------------------------------------------------------------------------------------------------


def test_a_manifest_is_saved_as_it_is_and_again(rsa, model):
    place = model.parent / "model.manifest.json"
    first, second = rsa.manifest(model), rsa.manifest(model, model_version=2)
    assert weightseal.save_manifest(first, place) is None
    text = place.read_text(encoding="utf-8")
    assert json.loads(text) == first and list(json.loads(text)) == list(first)
    assert text == json.dumps(first, indent=2) + "\n"
    weightseal.save_manifest(types.MappingProxyType(second), place)
    assert json.loads(place.read_text(encoding="utf-8")) == second
    assert weightseal.verify_artifact(model, place, rsa.public) == second
    assert sorted(os.listdir(model.parent)) == ["model.bin", "model.manifest.json"]


def test_a_manifest_that_went_through_json_and_another_order_is_the_same(rsa, model):
    manifest = json.loads(json.dumps(dict(reversed(rsa.manifest(model).items()))))
    weightseal.save_manifest(manifest, model.parent / "elsewhere.manifest.json")
    assert weightseal.verify_artifact(model, model.parent / "elsewhere.manifest.json", rsa.public) == manifest


def test_a_signer_in_another_script_is_readable_in_the_file(ed25519, model):
    place = model.parent / "model.manifest.json"
    manifest = weightseal.sign_artifact(model, ed25519.private, None, "Zoë ☃")
    weightseal.save_manifest(manifest, place)
    assert "Zoë ☃" in place.read_text(encoding="utf-8")
    assert weightseal.verify_artifact(model, place, ed25519.public)["signer"] == "Zoë ☃"


@pytest.mark.parametrize(
    "change, code",
    [
        ({"accuracy": "0.99"}, "malformed-manifest"),
        ({"Signer": "me"}, "malformed-manifest"),
        ({"accuracy": float("nan")}, "malformed-json"),
        ({"accuracy": 0.5}, "malformed-json"),
        ({"key_size": 2**60}, "malformed-json"),
        ({"sha256": "0" * 63}, "malformed-manifest"),
        ({"model_file": "../model.bin"}, "unsafe-name"),
        ({"envelope": {}}, "malformed-manifest"),
    ],
    ids=str,
)
def test_what_verification_would_refuse_is_not_saved(change, code, rsa, model):
    place = model.parent / "model.manifest.json"
    with pytest.raises(errors.MalformedSignature, match="the manifest cannot be saved") as caught:
        weightseal.save_manifest(rsa.manifest(model) | change, place)
    assert caught.value.code == code
    assert "annotation" in caught.value.hint
    assert not place.exists()


@pytest.mark.parametrize("wrong", ["text", ["list"], None, 3, b"{}"], ids=repr)
def test_a_manifest_is_a_dict(wrong, tmp_path):
    with pytest.raises(TypeError, match="manifest must be a dict, as sign_artifact returns it, not"):
        weightseal.save_manifest(wrong, tmp_path / "model.manifest.json")
    with pytest.raises(TypeError):
        weightseal.save_manifest({"model_file": wrong, "sha256": object()}, tmp_path / "model.manifest.json")
    assert not list(tmp_path.iterdir())


def test_nothing_but_the_models_own_manifest_is_replaced(rsa, ed25519, model):
    other = model.with_name("other.bin")
    other.write_bytes(b"other")
    manifest = rsa.manifest(model)
    taken = {
        model: "not-replaceable",
        write_json(model.parent / "config.json", {"a": 1}): "not-replaceable",
        model.parent / "broken.manifest.json": "not-replaceable",
        ed25519.sign(other): "manifest-of-another-model",
        ed25519.sign_bundle([other], model.parent / "set.manifest.json"): "manifest-of-another-model",
    }
    (model.parent / "broken.manifest.json").write_text('{"model_file": "model.bin"')
    before = {path: path.read_bytes() for path in taken}
    for path, code in taken.items():
        with pytest.raises(errors.NotReplaceable) as caught:
            weightseal.save_manifest(manifest, path)
        assert (caught.value.code, isinstance(caught.value, OSError)) == (code, True)
        assert re.search(OPTION, caught.value.hint) is None
    assert {path: path.read_bytes() for path in taken} == before
    weightseal.save_manifest(manifest, model.parent / "model.manifest.json")
    with pytest.raises(errors.NotReplaceable, match="would be a second manifest beside") as caught:
        weightseal.save_manifest(manifest, model.parent / "model.bin.manifest.json")
    assert caught.value.code == "second-manifest"


def test_errors_of_signing_say_which_file_they_are_about(ed25519, model):
    other = model.with_name("other.bin")
    other.write_bytes(b"other")
    set_of_files = model.parent / "set.manifest.json"
    ed25519.sign_bundle([other], set_of_files)
    manifest = ed25519.sign(model)
    for expected, call in (
        (other, lambda: ed25519.sign(model, output_path=other)),
        (set_of_files, lambda: ed25519.sign(model, output_path=set_of_files)),
        (manifest, lambda: ed25519.sign_bundle([other], manifest)),
        (
            model.with_name("model.bin.manifest.json"),
            lambda: ed25519.sign(model, output_path=model.with_name("model.bin.manifest.json")),
        ),
        (ed25519.public, lambda: ed25519.sign_bundle([ed25519.public], set_of_files)),
    ):
        with pytest.raises(errors.WeightsealError) as caught:
            call()
        assert caught.value.data["path"] == str(expected)
        assert not isinstance(caught.value, OSError) or caught.value.filename == str(expected)


def test_the_free_name_in_a_hint_is_whole(ed25519, tmp_path):
    # The command's hint says `--output` before it; a name in capitals once went away together with that.
    for name in ("RELEASE.pt", "RELEASE.onnx"):
        (tmp_path / name).write_bytes(b"x")
    ed25519.sign(tmp_path / "RELEASE.pt")
    with pytest.raises(errors.NotReplaceable) as caught:
        ed25519.sign(tmp_path / "RELEASE.onnx", output_path=tmp_path / "RELEASE.manifest.json")
    free = tmp_path / "RELEASE.onnx.manifest.json"
    assert caught.value.hint == f"write to another name, which verification finds too: {free}"


def test_saving_to_a_folder_that_is_missing_is_told(rsa, model):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        weightseal.save_manifest(rsa.manifest(model), model.parent / "missing" / "model.manifest.json")


# --- Bundles --------------------------------------------------------------------------------------------------


@pytest.fixture
def release(tmp_path):
    """A folder with files at two depths."""
    folder = tmp_path / "release"
    (folder / "sub").mkdir(parents=True)
    for name in ("weights.bin", "config.json", "sub/vocab.txt"):
        (folder / name).write_bytes(name.encode() * 100)
    return folder


def files_of(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".manifest.json"))


def test_a_bundle_is_signed_returned_and_verified(rsa, release):
    output = release / "release.manifest.json"
    # An iterator will do.
    bundle = weightseal.sign_artifact_bundle(
        iter(files_of(release)), rsa.private, None, SIGNER, output, model_version=3
    )
    assert bundle == json.loads(output.read_text(encoding="utf-8"))
    assert set(bundle) == {"artifacts", "bundle_signed_at", "artifact_count", "envelope"}
    assert [entry["model_file"] for entry in bundle["artifacts"]] == ["config.json", "sub/vocab.txt", "weights.bin"]
    assert weightseal.verify_artifact_bundle(output, rsa.public) == bundle
    verified = weightseal.verify(output, rsa.public)
    assert (verified.verdict, verified.name, verified.model_version) == ("verified", "release", 3)
    assert weightseal.verify(release, rsa.public).files == verified.files
    assert set(verified.files) == {"config.json", "sub/vocab.txt", "weights.bin"}


def test_a_bundle_of_the_published_functions_may_have_any_name(ed25519, release):
    output = release / "bundle.json"
    weightseal.sign_artifact_bundle(files_of(release), ed25519.private, None, SIGNER, output)
    assert weightseal.verify_artifact_bundle(output, ed25519.public)["artifact_count"] == 3
    for name in ("bundle.json", ".manifest.json"):
        with pytest.raises(errors.UsageError, match="is no name for a bundle manifest") as caught:
            ed25519.sign_bundle(files_of(release), release / name)
        assert caught.value.hint == "call it NAME.manifest.json"


@pytest.mark.parametrize("path", ["model.bin", pathlib.Path("model.bin"), b"model.bin"], ids=repr)
def test_one_path_is_no_list_of_paths(path, ed25519, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # As a list of its letters it would even be signed.
    for letter in "model.bin":
        if letter != ".":
            pathlib.Path(letter).write_bytes(b"x")
    with pytest.raises(TypeError, match="^paths must be a list of paths, not one path"):
        ed25519.sign_bundle(path, "set.manifest.json")
    with pytest.raises(TypeError, match="^artifact_paths must be a list of paths, not one path"):
        weightseal.sign_artifact_bundle(path, ed25519.private, None, SIGNER, "set.json")


def test_mistakes_in_a_set_are_told(ed25519, release, tmp_path, model):
    output = release / "release.manifest.json"
    for paths, code, message in (
        ([], "usage", "0 files, where 1 to 10000 can be signed"),
        ([release / "weights.bin"] * 2, "usage", "`weights.bin` was given twice"),
        ([release / "weights.bin", f"{release}/sub/../weights.bin"], "usage", "`weights.bin` was given twice"),
        ([model], "outside-base", "does not lie below"),
        ([release], "outside-base", "does not lie below"),
        ([output], "usage", "is the bundle manifest itself"),
        ([release / "sub"], "not-a-regular-file", "is a folder"),
        ([release / "missing"], "not-found", "does not exist"),
    ):
        with pytest.raises(errors.WeightsealError, match=message) as caught:
            ed25519.sign_bundle(paths, output)
        assert caught.value.code == code
        assert caught.value.hint is None or re.search(OPTION, caught.value.hint) is None
    assert not output.exists()
    with pytest.raises(TypeError, match="bundle_output is needed"):
        weightseal.sign_artifact_bundle([model], ed25519.private, None, SIGNER)


def test_names_are_relative_to_the_base(ed25519, release, tmp_path):
    output = tmp_path / "elsewhere.manifest.json"
    ed25519.sign_bundle(files_of(release), output, base=release)
    assert weightseal.verify(output, ed25519.public, base=release).verdict == "verified"
    assert weightseal.verify_artifact_bundle(output, ed25519.public, base=release)["artifact_count"] == 3
    with pytest.raises(errors.MissingFile):
        weightseal.verify(output, ed25519.public)
    with pytest.raises(FileNotFoundError):
        weightseal.verify(output, ed25519.public, base=tmp_path / "missing")


def test_one_file_of_a_bundle_is_partial(ed25519, release):
    output = ed25519.sign_bundle(files_of(release), release / "release.manifest.json")
    (release / "config.json").unlink()
    verified = weightseal.verify(release / "weights.bin", ed25519.public, signature=output)
    assert verified.verdict == "partial" and list(verified.files) == ["weights.bin"]
    (release / "added.bin").write_bytes(b"x")
    with pytest.raises(errors.NotInBundle):
        weightseal.verify(release / "added.bin", ed25519.public, signature=output)
