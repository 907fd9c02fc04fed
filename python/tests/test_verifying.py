"""Verifying: what is found, what is refused, and by which exception."""

from __future__ import annotations

import json
import os
import re
import warnings
from datetime import timedelta

import pytest
from core_fixtures import (  # noqa: F401
    OPTION,
    SIGNER,
    VECTORS,
    copies,
    ed25519,
    flip_bit,
    model,
    no_passphrase_around,
    rsa,
    strip,
    write_json,
)

import weightseal
from weightseal import errors

# --- With an envelope -----------------------------------------------------------------------------------------


def test_a_changed_model_is_a_value_error_with_everything_about_it(rsa, model):
    manifest = rsa.sign(model)
    signed = weightseal.hash_file(model)
    flip_bit(model)
    for call in (
        lambda: weightseal.verify_artifact(model, manifest, rsa.public),
        lambda: weightseal.verify(model, rsa.public),
        lambda: weightseal.open_verified(model, rsa.public),
        lambda: weightseal.verified_dir(model, rsa.public),
    ):
        with pytest.raises(ValueError) as caught:
            call()
        error = caught.value
        assert type(error) is weightseal.HashMismatch and isinstance(error, weightseal.VerificationError)
        assert str(error) == "hash mismatch: `model.bin` is not the file that was signed"
        assert error.code == "hash-mismatch"
        assert error.hint == "do not load it; fetch the file again from where it was published"
        assert error.__notes__ == [f"hint: {error.hint}"]
        assert (error.expected, error.found) == (signed, weightseal.hash_file(model))
        assert error.data["file"] == "model.bin" and error.data["path"] == str(model)
        assert [reason["code"] for reason in error.reasons] == ["hash-mismatch"]
        assert error.result["verdict"] == "rejected" and error.result["signature_file"] == str(manifest)


def test_every_reason_is_told(rsa, model):
    rsa.sign(model)
    model.write_bytes(model.read_bytes() + b"!")
    with pytest.raises(weightseal.HashMismatch) as caught:
        weightseal.verify(model, rsa.public, signer="somebody else", model_version_at_least=2)
    codes = [reason["code"] for reason in caught.value.reasons]
    assert codes == ["hash-mismatch", "size-mismatch", "wrong-signer", "model-version-missing"]
    assert caught.value.reasons[1]["found"] == 10_001
    # In these, too, advice is for Python; in the result, it is the command's.
    assert caught.value.reasons[-1]["hint"] == "ask the signer to sign with model_version=…"
    assert "--model-version" in caught.value.result["reasons"][-1]["hint"]


def test_any_changed_text_of_a_manifest_is_found(rsa, model):
    manifest = rsa.manifest(model, key_version=1)
    place = model.parent / "model.manifest.json"
    changes = {
        "model_file": "other.bin", "sha256": "0" * 64, "signer": "mallory", "signed_at": "2020-01-01T00:00:00Z",
        "algorithm": "Ed25519", "key_size": 3072, "key_version": 2, "key_id": "0" * 64,
    }  # fmt: skip
    for name, value in changes.items():
        write_json(place, manifest | {name: value})
        with pytest.raises(weightseal.VerificationError) as caught:
            weightseal.verify_artifact(model, place, rsa.public)
        assert caught.value.code in ("wrong-model", "hash-mismatch", "field-mismatch", "key-mismatch", "untrusted-key")
    for name in changes:
        if name != "key_version":
            write_json(place, {other: value for other, value in manifest.items() if other != name})
            with pytest.raises(weightseal.VerificationError):
                weightseal.verify_artifact(model, place, rsa.public)
    broken = manifest["signature"][:9] + ("A" if manifest["signature"][9] != "A" else "B") + manifest["signature"][10:]
    write_json(place, manifest | {"signature": broken})
    with pytest.raises(weightseal.InvalidSignature, match="does not verify with key") as caught:
        weightseal.verify_artifact(model, place, rsa.public)
    assert caught.value.code == "invalid-signature" and isinstance(caught.value, ValueError) and caught.value.hint
    assert caught.value.result["key"]["algorithm"] == "RSA-PSS-SHA256"


def test_a_missing_manifest_is_a_file_not_found_error_too(rsa, model):
    missing = model.parent / "missing.manifest.json"
    for call in (
        lambda: weightseal.verify_artifact(model, missing, rsa.public),
        lambda: weightseal.verify_artifact_bundle(missing, rsa.public),
        lambda: weightseal.verify(model, rsa.public, signature=missing),
        lambda: weightseal.open_verified(model, rsa.public, signature=missing),
        lambda: weightseal.verified_dir(missing, rsa.public),
        lambda: weightseal.verified_dir(model.parent, rsa.public, signature=missing),
    ):
        with pytest.raises(FileNotFoundError) as caught:
            call()
        error = caught.value
        assert isinstance(error, weightseal.VerificationError) and isinstance(error, ValueError)
        assert (error.code, error.filename, error.errno) == ("not-found", str(missing), 2)
        assert error.strerror == str(error) == f"`{missing}` does not exist"
    with pytest.raises(FileNotFoundError) as caught:
        weightseal.verify(model, rsa.public)
    error = caught.value
    assert type(error) is errors.Unsigned and error.code == "unsigned" and error.filename == str(model)
    assert error.data["looked_for"] == [str(model.parent / name) for name in
                                        ("model.manifest.json", "model.bin.manifest.json", "model.bin.sig",
                                         "model.sig")]  # fmt: skip
    assert error.hint.endswith("name another signature, or the bundle it is in, with signature=…")


def test_a_missing_model_is_no_verdict(rsa, model):
    manifest = rsa.sign(model)
    model.unlink()
    with pytest.raises(FileNotFoundError) as caught:
        weightseal.verify_artifact(model, manifest, rsa.public)
    assert not isinstance(caught.value, weightseal.VerificationError) and caught.value.filename == str(model)


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "link", "looping link"])
def test_odd_files_have_errors_of_their_own_and_nothing_hangs(kind, rsa, model, tmp_path):
    manifest = rsa.sign(model)
    odd = tmp_path / "model.bin"
    {
        "folder": odd.mkdir,
        "pipe": lambda: os.mkfifo(odd),
        "device": lambda: odd.symlink_to("/dev/zero"),
        "link": lambda: odd.symlink_to(model),
        "looping link": lambda: odd.symlink_to(odd),
    }[kind]()
    codes = {"folder": "not-a-regular-file", "pipe": "not-a-regular-file", "looping link": "broken-symlink"}
    for function in (weightseal.verify, weightseal.open_verified):
        with pytest.raises(errors.FileError) as caught:
            function(odd, rsa.public, signature=manifest)
        assert caught.value.code == codes.get(kind, "symlink")
        assert not isinstance(caught.value, weightseal.VerificationError)


def test_old_and_new_key_are_given_together(rsa, ed25519, model):
    rsa.sign(model)
    both = [ed25519.public, str(rsa.public)]
    assert weightseal.verify(model, both).key_id == weightseal.verify(model, rsa.public).key_id
    assert weightseal.verify(model, iter(both)).verdict == "verified"
    pem = rsa.public.read_bytes()
    assert weightseal.verify(model, pem).verdict == "verified"
    assert weightseal.verify(model, (ed25519.public, pem)).verdict == "verified"
    with pytest.raises(errors.UntrustedKey) as caught:
        weightseal.verify(model, ed25519.public)
    assert caught.value.found == weightseal.verify(model, rsa.public).key_id and len(caught.value.expected) == 1


def test_what_is_no_public_key_is_told(rsa, model, tmp_path):
    rsa.sign(model)
    for given, code in (
        (rsa.private, "public-key-expected"),
        (rsa.private.read_bytes(), "public-key-expected"),
        (b"", "malformed-key"),
        (b"key.pub", "malformed-key"),
        (model, "malformed-key"),
        ([], "usage"),
        (None, "usage"),
        (tmp_path / "missing.pub", "not-found"),
        ([rsa.public, tmp_path / "missing.pub"], "not-found"),
        (rsa.public.read_text(), "usage"),
        ("\n" + rsa.public.read_text(), "usage"),
        (rsa.public.read_bytes() * 2, "several-keys"),
    ):
        with pytest.raises(errors.WeightsealError) as caught:
            weightseal.verify(model, given)
        assert caught.value.code == code
        assert caught.value.hint is None or re.search(OPTION, caught.value.hint) is None
        assert not isinstance(caught.value, weightseal.VerificationError)
    for wrong in (3, [3], [None], bytearray(rsa.public.read_bytes())):
        with pytest.raises(TypeError, match="public_key must be a path, PEM as bytes, or a list of them"):
            weightseal.verify(model, wrong)


@pytest.mark.parametrize(
    "max_age", ["1d", "1y 2mo", "P1D", timedelta(days=1), timedelta(days=300 * 365), timedelta.max], ids=str
)
def test_a_fresh_signature_is_young_enough(max_age, ed25519, model):
    ed25519.sign(model)
    assert weightseal.verify(model, ed25519.public, max_age=max_age).verdict == "verified"


@pytest.mark.parametrize("max_age", ["1us", timedelta(microseconds=1), timedelta(milliseconds=1)], ids=str)
def test_an_old_signature_is_too_old(max_age, ed25519, model):
    ed25519.sign(model)
    with pytest.raises(errors.TooOld, match="longer ago than 1(000)?µs") as caught:
        while True:
            weightseal.verify(model, ed25519.public, max_age=max_age)
    assert isinstance(caught.value, errors.NotTrusted) and "signed_at" in caught.value.data


def test_how_long_ago_is_told_in_days(ed25519, model):
    # The signature of 2025 in the testkit; by now it is older than this.
    case = VECTORS / "manifest" / "ok-rsa2048"
    with pytest.raises(errors.TooOld, match=r"signed at 2025-03-04T05:06:07Z, longer ago than 90d 3600s"):
        weightseal.verify(case / "model.pt", case / "key.pub", max_age=timedelta(days=90, hours=1))


@pytest.mark.parametrize(
    "asked, error, message",
    [
        ({"max_age": "soon"}, errors.UsageError, "max_age `soon` is no positive span of time"),
        ({"max_age": ""}, errors.UsageError, "max_age `` is no positive span"),
        ({"max_age": timedelta(0)}, errors.UsageError, "max_age `0:00:00` is no positive span"),
        ({"max_age": timedelta(days=-1)}, errors.UsageError, "max_age `-1 day, 0:00:00` is no positive span"),
        ({"max_age": 90}, TypeError, "max_age must be a str or a timedelta, not int"),
        ({"signer": 3}, TypeError, "signer must be a str, not int"),
        ({"signer": b"x"}, TypeError, "signer must be a str, not bytes"),
        ({"model_version_at_least": 0}, errors.UsageError, "model_version_at_least `0` is not an integer from 1"),
        ({"model_version_at_least": "3"}, TypeError, "model_version_at_least must be an int, not str"),
        ({"base": "."}, errors.UsageError, "a base folder is for bundle manifests"),
        ({"nonsense": 1}, TypeError, "nonsense"),
    ],
    ids=str,
)
def test_questions_that_make_no_sense_are_refused(asked, error, message, ed25519, model):
    ed25519.sign(model)
    for function in (weightseal.verify, weightseal.open_verified, weightseal.verified_dir):
        with pytest.raises(error, match=message) as caught:
            function(model, ed25519.public, **asked)
        assert re.search(OPTION, getattr(caught.value, "hint", None) or "") is None


@pytest.mark.parametrize("value", [False, 0, None, "", b""], ids=repr)
def test_an_empty_signer_is_a_question_as_well(value, ed25519, model):
    """Whoever computes whom to expect, and gets nothing, must not be told that everybody is fine."""
    ed25519.sign(model)
    if value is None:
        assert weightseal.verify(model, ed25519.public, signer=None).signer == SIGNER
    else:
        with pytest.raises((errors.WrongSigner, TypeError)):
            weightseal.verify(model, ed25519.public, signer=value)


def test_questions_are_answered_by_signed_facts(rsa, model):
    rsa.sign(model, model_version=4)
    assert weightseal.verify(model, rsa.public, signer=SIGNER, model_version_at_least=4).model_version == 4
    with pytest.raises(errors.WrongSigner) as caught:
        weightseal.verify(model, rsa.public, signer=SIGNER.upper())
    assert (caught.value.expected, caught.value.found) == (SIGNER.upper(), SIGNER)
    with pytest.raises(errors.ModelVersionTooLow) as caught:
        weightseal.verify(model, rsa.public, model_version_at_least=5)
    assert (caught.value.expected, caught.value.found) == (5, 4)


def test_the_wrong_function_for_a_signature_file_is_told(rsa, model):
    manifest = rsa.sign(model)
    bundle = rsa.sign_bundle([model], model.parent / "set.manifest.json")
    with pytest.raises(errors.UsageError, match="verify_artifact_bundle verifies it"):
        weightseal.verify_artifact(model, bundle, rsa.public)
    with pytest.raises(errors.UsageError, match="verify_artifact verifies it"):
        weightseal.verify_artifact_bundle(manifest, rsa.public)


def test_two_manifests_of_a_model_are_ambiguous(rsa, model):
    manifest = rsa.sign(model)
    (model.parent / "model.bin.manifest.json").write_bytes(manifest.read_bytes())
    with pytest.raises(errors.AmbiguousSignature) as caught:
        weightseal.verify(model, rsa.public)
    assert len(caught.value.data["candidates"]) == 2
    assert caught.value.hint.endswith(": say which with signature=…")


def test_inspect_says_what_a_manifest_says(rsa, model):
    said = weightseal.inspect(rsa.sign(model))
    assert (said["kind"], said["verified"], said["differences"]) == ("manifest", False, [])
    for path, error in (
        (model, errors.UnsupportedFormat),
        (rsa.public, errors.UsageError),
        (model.parent / "missing", errors.NotFound),
        (model.parent, errors.FileError),
    ):
        with pytest.raises(error):
            weightseal.inspect(path)


# --- Manifests without envelope -------------------------------------------------------------------------------


@pytest.fixture
def stripped(rsa, model):
    """A model with a manifest of the published format, and one of a bundle."""
    place = write_json(model.parent / "model.manifest.json", strip(rsa.manifest(model, model_version=3)))
    bundle = rsa.sign_bundle([model], model.parent / "set.manifest.json")
    write_json(bundle, strip(json.loads(bundle.read_text(encoding="utf-8"))))
    return model, place, bundle


def test_published_functions_take_manifests_without_envelope_with_a_warning(stripped, rsa):
    model, manifest, bundle = stripped
    for call in (
        lambda: weightseal.verify_artifact(model, manifest, rsa.public),
        lambda: weightseal.verify_artifact_bundle(bundle, rsa.public),
        lambda: weightseal.verify(model, rsa.public, allow_unauthenticated=True),
        lambda: weightseal.open_verified(model, rsa.public, allow_unauthenticated=True),
        lambda: weightseal.verified_dir(bundle, rsa.public, allow_unauthenticated=True),
    ):
        with pytest.warns(weightseal.NotAuthenticatedWarning, match="only the digest is signed") as caught:
            assert call()
        # It names the line that called us.
        assert [warning.filename for warning in caught] == [__file__]
    assert issubclass(weightseal.NotAuthenticatedWarning, UserWarning)


def test_everything_newer_refuses_them(stripped, rsa):
    model, manifest, bundle = stripped
    for call in (
        lambda: weightseal.verify(model, rsa.public),
        lambda: weightseal.verify(bundle, rsa.public),
        lambda: weightseal.open_verified(model, rsa.public),
        lambda: weightseal.verified_dir(bundle, rsa.public),
        lambda: weightseal.verify_artifact(model, manifest, rsa.public, allow_unauthenticated=False),
        lambda: weightseal.verify_artifact_bundle(bundle, rsa.public, allow_unauthenticated=False),
    ):
        with warnings.catch_warnings(), pytest.raises(errors.NotAuthenticated, match="is only claimed, not signed"):
            warnings.simplefilter("error")
            call()


def test_what_nobody_signed_answers_no_question_and_is_no_fact(stripped, rsa):
    model, manifest, _ = stripped
    for asked in ({"signer": SIGNER}, {"model_version_at_least": 1}, {"max_age": "100y"}):
        with pytest.raises(errors.NotAuthenticated):
            weightseal.verify_artifact(model, manifest, rsa.public, **asked)
    with pytest.warns(weightseal.NotAuthenticatedWarning):
        verified = weightseal.verify(model, rsa.public, allow_unauthenticated=True)
    assert not verified.authenticated and "not authenticated" in repr(verified) and SIGNER not in repr(verified)
    unsigned = ("name", "signer", "signed_at", "key_version", "model_version", "expires_at", "statement_sha256")
    assert [getattr(verified, fact) for fact in unsigned] == [None] * 7 and verified.annotations == {}


def test_whoever_makes_the_warning_an_error_gets_nothing(stripped, rsa, copies):
    model, *_ = stripped
    with warnings.catch_warnings(), pytest.raises(weightseal.NotAuthenticatedWarning):
        warnings.simplefilter("error", weightseal.NotAuthenticatedWarning)
        weightseal.open_verified(model, rsa.public, allow_unauthenticated=True, keep="disk")


def test_a_changed_model_of_the_published_format_is_refused(stripped, rsa):
    model, manifest, bundle = stripped
    flip_bit(model)
    with pytest.raises(weightseal.HashMismatch):
        weightseal.verify_artifact(model, manifest, rsa.public)
    with pytest.raises(weightseal.HashMismatch):
        weightseal.verify_artifact_bundle(bundle, rsa.public)
