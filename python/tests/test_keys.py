"""Key pairs, and where passphrases come from."""

from __future__ import annotations

import contextlib
import inspect
import os
import stat

import pytest
from core_fixtures import SIGNER, Pair, ed25519, locked, model, no_passphrase_around  # noqa: F401

import weightseal
from weightseal import errors


def test_a_private_key_is_encrypted_and_for_its_owner_only(tmp_path):
    private, public = tmp_path / "key.pem", tmp_path / "key.pub"
    assert weightseal.generate_key_pair(private, public, "correct horse", algorithm="ed25519") is None
    assert private.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert public.read_text().startswith("-----BEGIN PUBLIC KEY-----\n")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key.pem", "key.pub"]


def test_none_said_explicitly_means_an_unencrypted_key(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTSEAL_PASSPHRASE", "not to be used")
    private = tmp_path / "key.pem"
    weightseal.generate_key_pair(private, tmp_path / "key.pub", None, algorithm="ed25519")
    assert private.read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


@pytest.mark.parametrize("algorithm, text", [("rsa-2048", "RSA-PSS-SHA256"), ("ecdsa-p256", "ECDSA-P256-SHA256"),
                                             ("ecdsa-p384", "ECDSA-P384-SHA384"), ("ecdsa-p521", "ECDSA-P521-SHA512"),
                                             ("ed25519", "Ed25519")])  # fmt: skip
def test_every_kind_of_key_signs(algorithm, text, tmp_path, model):
    pair = Pair.make(tmp_path, algorithm)
    manifest = pair.sign(model)
    assert weightseal.verify_artifact(model, manifest, pair.public)["algorithm"] == text


def test_an_unknown_algorithm_is_told_with_the_known_ones(tmp_path):
    with pytest.raises(errors.UsageError, match="algorithm `rsa` is none of rsa-4096, .*ed25519"):
        weightseal.generate_key_pair(tmp_path / "a", tmp_path / "b", "x", algorithm="rsa")
    assert not list(tmp_path.iterdir())


def test_a_key_pair_is_not_overwritten_unless_that_is_said(tmp_path):
    private, public = tmp_path / "key.pem", tmp_path / "key.pub"
    weightseal.generate_key_pair(private, public, None, algorithm="ed25519")
    before = private.read_bytes(), public.read_bytes()
    for missing in (private, public, None):
        if missing:
            missing.rename(tmp_path / "away")
        with pytest.raises(errors.AlreadyExists, match="already exists") as caught:
            weightseal.generate_key_pair(private, public, None, algorithm="ed25519")
        if missing:
            (tmp_path / "away").rename(missing)
        assert isinstance(caught.value, FileExistsError) and caught.value.code == "already-exists"
        assert caught.value.filename in (str(private), str(public)) and "overwrite=True" in caught.value.hint
        assert caught.value.__cause__ is None and caught.value.__suppress_context__
    assert (private.read_bytes(), public.read_bytes()) == before
    weightseal.generate_key_pair(private, public, None, algorithm="ecdsa-p256", overwrite=True)
    assert private.read_bytes() != before[0] and public.read_bytes() != before[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key.pem", "key.pub"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_two_keys_are_two_files(tmp_path, overwrite):
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    for other in ("key.pem", "./key.pem", "sub/../key.pem", "link/key.pem"):
        with pytest.raises(errors.UsageError, match="are one file, and a key pair needs two"):
            weightseal.generate_key_pair(
                tmp_path / "key.pem", f"{tmp_path}/{other}", None, algorithm="ed25519", overwrite=overwrite
            )
    assert not (tmp_path / "key.pem").exists()


def test_a_passphrase_that_is_left_out_comes_from_the_environment(tmp_path, model, monkeypatch):
    private, public = tmp_path / "key.pem", tmp_path / "key.pub"
    monkeypatch.setenv("WEIGHTSEAL_PASSPHRASE", "from the environment")
    weightseal.generate_key_pair(private, public, algorithm="ed25519")
    assert "ENCRYPTED" in private.read_text()
    assert weightseal.sign_artifact(model, private, signer_identity=SIGNER)["signer"] == SIGNER
    monkeypatch.delenv("WEIGHTSEAL_PASSPHRASE")
    weightseal.sign(model, private, signer=SIGNER, passphrase="from the environment")
    with pytest.raises(errors.PassphraseNeeded):
        weightseal.sign(model, private, signer=SIGNER)
    monkeypatch.setenv("WEIGHTSEAL_PASSPHRASE", "another")
    with pytest.raises(errors.WrongPassphrase):
        weightseal.sign(model, private, signer=SIGNER)
    # What is said goes before what is in the environment.
    weightseal.sign(model, private, signer=SIGNER, passphrase=b"from the environment")
    with pytest.raises(errors.PassphraseNeeded):
        weightseal.sign(model, private, signer=SIGNER, passphrase=None)


@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
def test_without_any_passphrase_the_error_says_both_ways(value, locked, model, tmp_path, monkeypatch):
    if value is not None:
        monkeypatch.setenv("WEIGHTSEAL_PASSPHRASE", value)
    calls = [
        lambda: weightseal.generate_key_pair(tmp_path / "key.pem", tmp_path / "key.pub"),
        lambda: weightseal.sign_artifact(model, locked.private, signer_identity=SIGNER),
        lambda: weightseal.sign(model, locked.private, signer=SIGNER),
        lambda: weightseal.sign_bundle([model], model.parent / "b.manifest.json", locked.private, signer=SIGNER),
        lambda: weightseal.sign_artifact_bundle(
            [model], locked.private, signer_identity=SIGNER, bundle_output=model.parent / "b.json"
        ),
    ]
    for call in calls:
        with pytest.raises(errors.PassphraseNeeded) as caught:
            call()
        assert caught.value.code == "passphrase-needed"
        assert "passphrase=" in caught.value.hint and "WEIGHTSEAL_PASSPHRASE" in caught.value.hint
        assert isinstance(caught.value, ValueError)
    assert not (tmp_path / "key.pem").exists() and os.listdir(model.parent) == ["model.bin"]


def test_text_is_utf_8_and_bytes_are_taken_as_they_are(tmp_path, model, monkeypatch):
    for number, (made_with, opened_with) in enumerate(
        [("pässwörd", "pässwörd".encode()), (b"\xff\x00\n", b"\xff\x00\n")]
    ):
        pair = tmp_path / f"{number}.pem", tmp_path / f"{number}.pub"
        weightseal.generate_key_pair(*pair, made_with, algorithm="ed25519")
        weightseal.sign_artifact(model, pair[0], opened_with, SIGNER)
        with pytest.raises(errors.WrongPassphrase):
            weightseal.sign_artifact(model, pair[0], opened_with + b"\n", SIGNER)
    # A variable need not be text.
    weightseal.generate_key_pair(tmp_path / "raw.pem", tmp_path / "raw.pub", b"\xe9t\xe9", algorithm="ed25519")
    monkeypatch.setenv("WEIGHTSEAL_PASSPHRASE", os.fsdecode(b"\xe9t\xe9"))
    weightseal.sign_artifact(model, tmp_path / "raw.pem", signer_identity=SIGNER)


@pytest.mark.parametrize("wrong", [3, ["x"], bytearray(b"x"), object()], ids=repr)
def test_a_passphrase_of_another_kind_is_a_type_error(wrong, locked, model, tmp_path):
    with pytest.raises(TypeError, match="passphrase must be bytes, str or None, not"):
        weightseal.sign_artifact(model, locked.private, wrong, SIGNER)
    with pytest.raises(TypeError, match="passphrase must be bytes, str or None, not"):
        weightseal.generate_key_pair(tmp_path / "a", tmp_path / "b", wrong)


@pytest.mark.parametrize("empty", ["", b""], ids=repr)
def test_an_empty_passphrase_that_is_said_is_refused(empty, locked, model, tmp_path):
    for call in (
        lambda: weightseal.generate_key_pair(tmp_path / "a", tmp_path / "b", empty),
        lambda: weightseal.sign_artifact(model, locked.private, empty, SIGNER),
    ):
        with pytest.raises(errors.KeyFileError, match="the passphrase is empty") as caught:
            call()
        assert caught.value.code == "empty-passphrase"


def test_a_passphrase_for_an_unencrypted_key_is_ignored(ed25519, model, monkeypatch):
    weightseal.sign_artifact(model, ed25519.private, "whatever", SIGNER)
    monkeypatch.setenv("WEIGHTSEAL_PASSPHRASE", "whatever")
    weightseal.sign_artifact(model, ed25519.private, signer_identity=SIGNER)


def test_a_passphrase_stands_in_no_message(locked, model, tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGHTSEAL_PASSPHRASE", "hunter2")
    caught = []
    for call in (
        lambda: weightseal.sign(model, locked.private, signer=SIGNER),
        lambda: weightseal.sign(model, tmp_path / "none.pem", signer=SIGNER, passphrase="hunter2"),
        lambda: weightseal.sign(model, locked.public, signer=SIGNER, passphrase=b"hunter2"),
        lambda: weightseal.generate_key_pair(locked.private, tmp_path / "x.pub", "hunter2"),
        lambda: weightseal.sign(model, locked.private, signer=SIGNER, passphrase="hunter2", pss_salt="none"),
    ):
        with pytest.raises(errors.WeightsealError) as info:
            call()
        caught.append(info.value)
    assert len(caught) == 5 and not any("hunter2" in f"{error!r} {error} {vars(error)}" for error in caught)
    assert "hunter2" not in str(inspect.signature(weightseal.sign))


@pytest.mark.parametrize("mode, refused", [(0o644, True), (0o604, True), (0o602, True), (0o640, False), (0o400, False)])
def test_a_private_key_that_everybody_can_read_is_refused(mode, refused, ed25519, model, tmp_path):
    private = tmp_path / "key.pem"
    private.write_bytes(ed25519.private.read_bytes())
    private.chmod(mode)
    with pytest.raises(errors.KeyFileError) if refused else contextlib.nullcontext() as caught:
        weightseal.sign(model, private, signer=SIGNER, passphrase=None)
    if refused:
        assert caught.value.code == "key-permissions" and caught.value.data["path"] == str(private)
