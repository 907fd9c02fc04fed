"""OMS signatures (OpenSSF Model Signing): folders and files, by keys, certificates and Sigstore."""

from __future__ import annotations

import json
import logging
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from core_fixtures import OPTION, SIGNER, copies, ed25519, flip_bit, no_passphrase_around, rsa  # noqa: F401
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support import swapping

import weightseal
from weightseal import errors

FILES = {
    "config.json": b'{"layers": 2}',
    "tokens/vocab.txt": "ünïcode\n".encode(),
    "weights/part-1.bin": bytes(range(256)) * 40,
    "weights/part-2.bin": bytes(range(255)) * 41,
}

HASHES = ["sha256", "blake2b", "blake3"]


@pytest.fixture
def folder(tmp_path) -> pathlib.Path:
    """A folder with files at several depths, not signed yet."""
    place = tmp_path / "release"
    for name, content in FILES.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    return place


@pytest.fixture
def signed(folder, ed25519) -> pathlib.Path:
    """The same, signed with a key."""
    sign(folder, ed25519, signer=SIGNER, model_version=3)
    return folder


def sign(path, pair, **said) -> dict:
    return weightseal.sign_model(path, pair.private, **{"passphrase": None, **said})


def content_of(folder) -> dict[str, bytes]:
    """Everything below a folder that is no folder itself."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = pathlib.Path(place, name)
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


# --- Signing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hash", HASHES)
@pytest.mark.parametrize("shard_size", [None, 4096, "4KiB"])
def test_a_folder_is_signed_and_verified(hash, shard_size, folder, ed25519):
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("left out")
    said = sign(
        folder, ed25519, hash=hash, shard_size=shard_size, signer=SIGNER, key_version=2, model_version=7,
        expires="90d", annotations={"git_commit": "0f3a"},
    )  # fmt: skip
    assert set(said) == {
        "signature", "files", "root_sha256", "statement_sha256", "left_out", "links_outside", "notes"
    }  # fmt: skip
    assert said["signature"] == str(folder / "model.sig")
    assert [file["name"] for file in said["files"]] == list(FILES) and said["left_out"] == [".git/config"]
    assert {file["algorithm"] for file in said["files"]} == {hash}
    assert [file["size"] for file in said["files"]] == [len(content) for content in FILES.values()]
    shards = [1, 1, 3, 3] if shard_size else [1, 1, 1, 1]
    assert [len(file["digests"]) for file in said["files"]] == shards

    for verify in (weightseal.verify_model, weightseal.verify):
        verified = verify(folder, ed25519.public, signer=SIGNER, model_version_at_least=7, max_age="1d")
        assert type(verified) is weightseal.Verified
        assert (verified.verdict, verified.method, verified.name) == ("verified", "key", "release")
        assert (verified.signer, verified.key_version, verified.model_version) == (SIGNER, 2, 7)
        assert verified.annotations == {"git_commit": "0f3a"} and verified.expires_at
        assert verified.statement_sha256 == said["statement_sha256"]
        assert verified.listing == {
            "algorithm": hash, "shard_size": 4096 if shard_size else None, "root_sha256": said["root_sha256"]
        }  # fmt: skip
        assert verified.certificate is None and verified.sigstore is None
        assert verified.beside["excluded"] == [".git/config"] and verified.beside["unsigned"] == []
        assert verified.weakened == [] and verified.hard_linked == []
        assert verified.to_dict()["format"] == "oms"
        assert list(verified.files) == list(FILES)
    plain = hash == "sha256" and not shard_size
    expected = [weightseal.hash_file(folder / name) if plain else None for name in FILES]
    assert list(verified.files.values()) == expected


@pytest.mark.parametrize("hash", HASHES)
def test_a_file_is_signed_and_verified(hash, tmp_path, ed25519, copies):
    model = tmp_path / "model.bin"
    model.write_bytes(b"weights" * 1000)
    said = sign(model, ed25519, hash=hash)
    assert said["signature"] == str(tmp_path / "model.bin.sig") and [file["name"] for file in said["files"]] == ["."]
    verified = weightseal.verify_model(model, ed25519.public)
    assert (verified.name, list(verified.files), verified.signer) == ("model.bin", ["model.bin"], None)
    # As the signature, it stands for its model.
    assert weightseal.verify(said["signature"], ed25519.public).verdict == "verified"
    with weightseal.open_verified(model, ed25519.public) as file:
        assert file.name == "model.bin" and file.read() == b"weights" * 1000
        assert file.verified.method == "key"
    flip_bit(model)
    with pytest.raises(weightseal.HashMismatch) as caught:
        weightseal.verify_model(model, ed25519.public)
    assert caught.value.data["file"] == "model.bin" and caught.value.result["format"] == "oms"


def test_a_signature_goes_where_it_is_wanted(folder, ed25519, tmp_path):
    place = tmp_path / "elsewhere" / "release.sig"
    place.parent.mkdir()
    assert sign(folder, ed25519, output_path=place)["signature"] == str(place)
    assert weightseal.verify_model(folder, ed25519.public, signature=place).signature_file == str(place)
    with pytest.raises(errors.Unsigned):
        weightseal.verify_model(folder, ed25519.public)
    # A signature is replaced by one, and nothing else is.
    sign(folder, ed25519, output_path=place)
    (tmp_path / "notes.txt").write_text("not to be replaced")
    with pytest.raises(errors.NotReplaceable):
        sign(folder, ed25519, output_path=tmp_path / "notes.txt")
    with pytest.raises(errors.UsageError, match="is not called like a signature"):
        sign(folder, ed25519, output_path=folder / "config.json")
    assert content_of(folder) == FILES


@pytest.mark.parametrize("default_excludes", [True, False])
def test_what_is_left_out_is_recorded_and_listed(default_excludes, folder, ed25519):
    (folder / ".gitignore").write_text("x")
    said = sign(folder, ed25519, ignore=["tokens", "weights/part-2.bin"], default_excludes=default_excludes)
    left_out = ["tokens/vocab.txt", "weights/part-2.bin"]
    signed_too = [] if default_excludes else [".gitignore"]
    assert said["left_out"] == ([".gitignore"] if default_excludes else []) + left_out
    assert any("left out, and not signed" in note for note in said["notes"])
    verified = weightseal.verify_model(folder, ed25519.public)
    assert list(verified.files) == [*signed_too, "config.json", "weights/part-1.bin"]
    assert verified.beside["ignored"] == left_out
    if default_excludes:
        with pytest.raises(errors.ExtraFile) as caught:
            weightseal.verify_model(folder, ed25519.public, default_excludes=False)
        assert caught.value.code == "excluded-file"


@pytest.mark.parametrize(
    "said, error, message",
    [
        ({"hash": "md5"}, errors.UsageError, "hash `md5` is none of sha256, blake2b, blake3"),
        ({"shard_size": 0}, errors.UsageError, "shard_size `0` is not"),
        ({"shard_size": "much"}, errors.UsageError, "shard_size `much` is not a size"),
        ({"shard_size": True}, TypeError, "shard_size must be an int"),
        ({"shard_size": 1.5}, TypeError, "shard_size must be an int"),
        ({"shard_size": 1024, "shard_dialect": "mine"}, errors.UsageError, "shard_dialect `mine` is neither"),
        ({"ignore": "tokens"}, TypeError, "ignore must be a list of texts"),
        ({"ignore": [3]}, TypeError, "ignore must be a list of texts"),
        ({"ignore": ["../x"]}, errors.UsageError, "the path `../x`"),
        ({"ignore": ["*.bin"]}, errors.UsageError, "pattern"),
        ({"ignore": ["config.json", "tokens", "weights"]}, errors.UsageError, "has no file to sign"),
        ({"intermediates": ["x.pem"]}, errors.UsageError, "intermediates are for a certificate"),
        ({"intermediates": b"x"}, TypeError, "intermediates must be a path or a list of paths"),
        ({"certificate": "missing.pem"}, errors.NotFound, "does not exist"),
        ({"model_version": 0}, errors.UsageError, "model_version `0`"),
        ({"signer": 3}, TypeError, "signer must be a str"),
        ({"annotations": {"a": 1}}, TypeError, "annotations must be"),
    ],
    ids=str,
)
def test_what_cannot_be_signed_is_told_and_nothing_is_written(said, error, message, folder, ed25519):
    with pytest.raises(error, match=message) as caught:
        sign(folder, ed25519, **said)
    if isinstance(caught.value, errors.WeightsealError):
        assert not re.search(OPTION, f"{caught.value}{caught.value.hint}")
    assert content_of(folder) == FILES


def test_an_empty_file_is_in_no_shard(folder, ed25519):
    (folder / "empty").touch()
    with pytest.raises(errors.UsageError) as caught:
        sign(folder, ed25519, shard_size=1024)
    assert (caught.value.code, caught.value.hint) == ("uncovered-file", "sign whole files: leave out shard_size")
    sign(folder, ed25519)
    assert "empty" in weightseal.verify_model(folder, ed25519.public).files


def test_names_that_are_one_elsewhere_are_not_signed_together(folder, ed25519):
    (folder / "CONFIG.JSON").write_text("{}")
    with pytest.raises(errors.UsageError, match="are one name") as caught:
        sign(folder, ed25519)
    assert caught.value.code == "colliding-names"


def test_the_key_is_opened_as_everywhere(folder, tmp_path, monkeypatch):
    pair = tmp_path / "key.pem", tmp_path / "key.pub"
    weightseal.generate_key_pair(*pair, "correct horse", algorithm="ed25519")
    with pytest.raises(errors.PassphraseNeeded):
        weightseal.sign_model(folder, pair[0])
    with pytest.raises(errors.WrongPassphrase):
        weightseal.sign_model(folder, pair[0], passphrase="wrong")
    monkeypatch.setenv("WEIGHTSEAL_PASSPHRASE", "correct horse")
    notes = weightseal.sign_model(folder, pair[0])["notes"]
    assert notes == ["the reference implementation (model-signing) cannot verify signatures with Ed25519 keys"]
    assert weightseal.verify_model(folder, pair[1]).verdict == "verified"


# --- What was done to a folder --------------------------------------------------------------------------------


def grow(folder):
    (folder / "planted.py").write_text("import os")


def lose(folder):
    (folder / "config.json").unlink()


def rename(folder):
    (folder / "config.json").rename(folder / "config.json.bak")


def change(folder):
    flip_bit(folder / "weights" / "part-1.bin")


def shorten(folder):
    os.truncate(folder / "weights" / "part-1.bin", 10)


def link(folder):
    (folder / "config.json").rename(folder.parent / "config.json")
    (folder / "config.json").symlink_to(folder.parent / "config.json")


def nest(folder):
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()


def link_folder(folder):
    (folder / "tokens").rename(folder.parent / "tokens")
    (folder / "tokens").symlink_to(folder.parent / "tokens")


DONE = [
    (grow, errors.ExtraFile, "extra-file", "planted.py"),
    (lose, errors.MissingFile, "missing-file", "config.json"),
    (rename, errors.RenamedFile, "renamed-file", "config.json"),
    (change, errors.HashMismatch, "hash-mismatch", "weights/part-1.bin"),
    (shorten, errors.HashMismatch, "hash-mismatch", "weights/part-1.bin"),
    (link, errors.FileTypeChanged, "type-changed", "config.json"),
    (nest, errors.FileTypeChanged, "type-changed", "config.json"),
]


@pytest.mark.parametrize("act, kind, code, name", DONE, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("shard_size", [None, 4096])
def test_whatever_was_done_to_it_a_folder_is_refused(act, kind, code, name, shard_size, folder, ed25519, copies):
    sign(folder, ed25519, shard_size=shard_size)
    act(folder)
    for function in (weightseal.verify_model, weightseal.verify, weightseal.verified_dir):
        with pytest.raises(kind) as caught:
            function(folder, ed25519.public)
        error = caught.value
        assert type(error) is kind and (error.code, error.data["file"]) == (code, name)
        assert error.result["verdict"] == "rejected" and error.result["code"] == code
        assert not re.search(OPTION, f"{error}{error.hint}")
    if act is rename:
        assert error.found == "config.json.bak"
    if act is grow:
        assert error.found == "a file"


def test_a_folder_behind_a_link_is_refused(signed, ed25519):
    link_folder(signed)
    with pytest.raises(weightseal.VerificationError) as caught:
        weightseal.verify_model(signed, ed25519.public)
    assert {reason["code"] for reason in caught.value.reasons} == {"missing-file", "extra-file"}


def test_every_reason_is_told(signed, ed25519):
    change(signed)
    lose(signed)
    grow(signed)
    with pytest.raises(errors.MissingFile) as caught:
        weightseal.verify_model(signed, ed25519.public)
    assert [reason["code"] for reason in caught.value.reasons] == ["missing-file", "hash-mismatch", "extra-file"]


# --- What may lie beside it -----------------------------------------------------------------------------------


def test_what_the_caller_gives_up_is_listed_and_logged(signed, ed25519, caplog, copies):
    (signed / "notes.txt").write_text("not signed")
    place = signed / ".cache" / "huggingface" / "download" / "config.json.metadata"
    place.parent.mkdir(parents=True)
    place.write_text("hf")
    for asked, weakened in (
        ({"ignore": ["notes.txt"], "layout": "hf"}, {"ignored-paths", "layout"}),
        ({"ignore": ("notes.txt", "missing"), "layout": ["hf", "mlflow"]}, {"ignored-paths", "layout"}),
        ({"ignore_unsigned_files": True}, {"unsigned-files"}),
        ({"ignore_unsigned_files": True, "layout": ["hf"]}, {"unsigned-files", "layout"}),
    ):
        caplog.clear()
        with caplog.at_level(logging.INFO, logger="weightseal"):
            verified = weightseal.verify_model(signed, ed25519.public, **asked)
        assert verified.verdict == "verified" and set(verified.weakened) == weakened
        said = [record.message for record in caplog.records if record.levelno == logging.WARNING]
        assert len(said) == 1 and all(word in said[0] for word in weakened)
        # What nobody signed is in no verified folder.
        with weightseal.verified_dir(signed, ed25519.public, **asked) as copy:
            assert content_of(copy.path) == FILES and set(copy.verified.weakened) == weakened
    with pytest.raises(errors.ExtraFile) as caught:
        weightseal.verify_model(signed, ed25519.public, ignore=["notes.txt"])
    assert 'layout="hf"' in caught.value.hint
    with pytest.raises(errors.UsageError, match="layout `dvc` is neither hf nor mlflow"):
        weightseal.verify_model(signed, ed25519.public, layout="dvc")


def test_links_are_followed_only_where_the_signer_followed_them(folder, ed25519, tmp_path, copies):
    (tmp_path / "outside.bin").write_bytes(b"outside")
    (folder / "inside.bin").symlink_to("config.json")
    with pytest.raises(errors.FileError) as caught:
        sign(folder, ed25519)
    assert caught.value.code == "symlink" and not re.search(OPTION, f"{caught.value}{caught.value.hint}")
    sign(folder, ed25519, allow_symlinks=True)
    with weightseal.verified_dir(folder, ed25519.public) as copy:
        assert content_of(copy.path) == {**FILES, "inside.bin": FILES["config.json"]}
    (folder / "link.bin").symlink_to(tmp_path / "outside.bin")
    said = sign(folder, ed25519, allow_symlinks=True)
    assert said["links_outside"] == ["link.bin"]
    assert any("will not verify without allow_symlinks" in note for note in said["notes"])
    with pytest.raises((errors.VerificationError, errors.FileError)):
        weightseal.verify_model(folder, ed25519.public)
    verified = weightseal.verify_model(folder, ed25519.public, allow_symlinks=True)
    assert len(verified.weakened) == 1 and "link.bin" in verified.files


def test_hard_links_are_noted(signed, ed25519, tmp_path):
    os.link(signed / "config.json", tmp_path / "again.json")
    assert weightseal.verify_model(signed, ed25519.public).hard_linked == ["config.json"]


# --- Parts ----------------------------------------------------------------------------------------------------


def test_a_part_is_verified_where_only_that_is_asked_for(signed, ed25519, copies):
    flip_bit(signed / "config.json")
    (signed / "extra").touch()
    verified = weightseal.verify_model(signed, ed25519.public, only=["weights", "tokens/vocab.txt"])
    assert verified.verdict == "partial"
    assert list(verified.files) == ["tokens/vocab.txt", "weights/part-1.bin", "weights/part-2.bin"]
    with pytest.raises(errors.NotListed) as caught:
        weightseal.verify_model(signed, ed25519.public, only=["weights/part-3.bin"])
    assert caught.value.data["file"] == "weights/part-3.bin"
    with pytest.raises(weightseal.HashMismatch):
        weightseal.verify_model(signed, ed25519.public, only=["config.json"])
    for wrong in ("weights", b"weights", [b"weights"], [None]):
        with pytest.raises(TypeError, match="only must be a list of texts"):
            weightseal.verify_model(signed, ed25519.public, only=wrong)
    # Loading a part takes a word more.
    for load in (weightseal.verified_dir, weightseal.open_verified):
        with pytest.raises(errors.PartialModel):
            load(signed, ed25519.public, only=["weights/part-1.bin"])
    with weightseal.verified_dir(signed, ed25519.public, only=["weights"], allow_partial=True) as part:
        assert set(content_of(part.path)) == {"weights/part-1.bin", "weights/part-2.bin"}
        assert part.verified.verdict == "partial"
    only = {"only": ["weights/part-1.bin"], "allow_partial": True}
    with weightseal.open_verified(signed, ed25519.public, **only) as file:
        assert file.read() == FILES["weights/part-1.bin"] and file.path.name == "part-1.bin"
    with pytest.raises(errors.UsageError, match="2 files are in this set"):
        weightseal.open_verified(signed, ed25519.public, only=["weights"], allow_partial=True)


def test_a_shard_is_verified_and_never_loaded(folder, ed25519, copies):
    sign(folder, ed25519, shard_size=4096)
    path = folder / "weights" / "part-1.bin"
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    first, second = ["weights/part-1.bin:0:4096"], ["weights/part-1.bin:4096:8192"]
    verified = weightseal.verify_model(folder, ed25519.public, only=first)
    # Nothing is known about the file as a whole.
    assert verified.verdict == "partial" and verified.files == {}
    with pytest.raises(weightseal.HashMismatch) as caught:
        weightseal.verify_model(folder, ed25519.public, only=second)
    assert caught.value.reasons[0]["range"] == [4096, 8192]
    for load in (weightseal.verified_dir, weightseal.open_verified):
        with pytest.raises(errors.UsageError, match="files are loaded as a whole"):
            load(folder, ed25519.public, only=first, allow_partial=True)


# --- Whom to trust --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("also", [{}, {"oms_compat": True}], ids=str)
def test_somebody_elses_key_is_not_trusted(also, signed, ed25519, rsa):
    with pytest.raises(errors.UntrustedKey) as caught:
        weightseal.verify_model(signed, rsa.public, **also)
    assert caught.value.found and len(caught.value.expected) == 1
    both = [rsa.public, ed25519.public.read_bytes()]
    assert weightseal.verify_model(signed, both, **also).method == "key"
    with pytest.raises(errors.WrongSigner):
        weightseal.verify_model(signed, ed25519.public, signer="somebody else", **also)
    with pytest.raises(errors.ModelVersionTooLow):
        weightseal.verify_model(signed, ed25519.public, model_version_at_least=4, **also)


def test_what_was_not_signed_cannot_be_asked_for(folder, ed25519):
    sign(folder, ed25519)
    with pytest.raises(errors.WrongSigner) as caught:
        weightseal.verify_model(folder, ed25519.public, signer=SIGNER)
    assert (caught.value.code, caught.value.hint) == ("signer-missing", "ask the signer to sign with signer=…")
    assert caught.value.expected == SIGNER and "signer=" not in repr(weightseal.verify(folder, ed25519.public))


@pytest.mark.parametrize(
    "asked, message",
    [
        ({}, "nothing was given to verify with"),
        ({"public_key": []}, "nothing was given to verify with"),
        ({"ca_root": "root.pem"}, "ca_root without certificate_identity would accept everybody"),
        ({"certificate_identity": "a@example.org"}, "certificate_identity says who, but nothing says how"),
        ({"certificate_oidc_issuer": "https://x"}, "certificate_oidc_issuer without certificate_identity"),
        ({"intermediates": ["a.pem"]}, "intermediates without ca_root"),
        ({"trusted_root": "root.json"}, "trusted_root is for signatures through Sigstore"),
        ({"max_signature_size": "big"}, "max_signature_size `big` is not a size"),
    ],
    ids=str,
)
def test_trust_that_makes_no_sense_is_told(asked, message, signed):
    for function in (weightseal.verify_model, weightseal.verify, weightseal.open_verified, weightseal.verified_dir):
        with pytest.raises(errors.UsageError, match=message) as caught:
            function(signed, **asked)
        assert not re.search(OPTION, f"{caught.value}{caught.value.hint}")


def test_files_of_trust_that_are_none_are_told(signed, ed25519, tmp_path):
    (tmp_path / "bad.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    who = {"certificate_identity": "a", "certificate_oidc_issuer": "https://x"}
    for asked, kind, code in (
        ({"ca_root": ed25519.public, **who}, errors.CertificateFileError, "certificate-expected"),
        ({"ca_root": [tmp_path / "bad.pem"], **who}, errors.CertificateFileError, "malformed-certificate"),
        ({"ca_root": tmp_path / "missing", **who}, errors.NotFound, "not-found"),
        ({"trusted_root": ed25519.public, **who}, errors.CertificateFileError, "malformed-trusted-root"),
    ):
        with pytest.raises(kind) as caught:
            weightseal.verify_model(signed, **asked)
        assert caught.value.code == code and not isinstance(caught.value, weightseal.VerificationError)
        assert "path" in caught.value.data or code == "malformed-trusted-root"


def test_an_unknown_argument_is_a_type_error(signed, ed25519):
    for function in (weightseal.verify_model, weightseal.verify, weightseal.open_verified, weightseal.verified_dir):
        with pytest.raises(TypeError, match="ca_roots"):
            function(signed, ed25519.public, ca_roots=["root.pem"])


def test_verify_model_is_for_oms_signatures(tmp_path, ed25519):
    model = tmp_path / "model.bin"
    model.write_bytes(b"x")
    manifest = ed25519.sign(model)
    bundle = ed25519.sign_bundle([model], tmp_path / "set.manifest.json")
    for path, what in ((model, "the manifest of one file"), (bundle, "a bundle manifest")):
        with pytest.raises(errors.UsageError, match=f"this is {what}, no OMS signature: verify verifies it"):
            weightseal.verify_model(path, ed25519.public)
    manifest.unlink()
    bundle.unlink()
    signature = sign(model, ed25519)["signature"]
    with pytest.raises(errors.UsageError, match="this is an OMS signature: verify_model verifies it"):
        weightseal.verify_artifact(model, signature, ed25519.public)
    # For manifests, nothing of all this is known.
    pathlib.Path(signature).unlink()
    ed25519.sign(model)
    verified = weightseal.verify(model, ed25519.public)
    assert (verified.method, verified.certificate, verified.listing) == (None, None, None)
    assert (verified.beside, verified.weakened, verified.hard_linked) == ({}, [], [])
    with pytest.raises(errors.UsageError, match="parts are named of a folder"):
        weightseal.verify(model, ed25519.public, only=["model.bin"])


def test_two_signatures_are_ambiguous(signed, ed25519):
    ed25519.sign_bundle([signed / "config.json"], signed / "set.manifest.json")
    with pytest.raises(errors.AmbiguousSignature):
        weightseal.verify(signed, ed25519.public)


# --- Signature files ------------------------------------------------------------------------------------------


def test_inspect_explains_a_signature_and_verifies_nothing(signed, ed25519):
    change(signed)
    for path in (signed, signed / "model.sig"):
        said = weightseal.inspect(path)
        assert (said["kind"], said["method"], said["verified"]) == ("oms", "key", False)
        assert said["file"] == str(signed / "model.sig") and said["signed"]["signer"] == SIGNER
        assert [file["name"] for file in said["signed"]["files"]] == list(FILES)
    (signed / "model.sig").unlink()
    with pytest.raises(errors.NotFound):
        weightseal.inspect(signed)


def spoil(bundle: dict, how: str) -> None:
    envelope = bundle["dsseEnvelope"]
    if how == "media type":
        bundle["mediaType"] = "application/json"
    elif how == "payload type":
        envelope["payloadType"] = "text/plain"
    elif how == "signatures":
        envelope["signatures"] *= 2
    elif how == "signature":
        envelope["signatures"][0]["sig"] = "AAAA" + envelope["signatures"][0]["sig"][4:]
    elif how == "field":
        del bundle["verificationMaterial"]


@pytest.mark.parametrize(
    "how, kind, code",
    [
        ("media type", errors.UnsupportedFormat, "unsupported-media-type"),
        ("payload type", errors.UnsupportedFormat, "unsupported-payload-type"),
        ("signatures", errors.MalformedSignature, "signature-count"),
        ("field", errors.MalformedSignature, "malformed-bundle"),
        ("signature", errors.InvalidSignature, "invalid-signature"),
    ],
)
def test_a_signature_that_is_not_as_it_should_be_is_refused(how, kind, code, signed, ed25519):
    bundle = json.loads((signed / "model.sig").read_text())
    spoil(bundle, how)
    (signed / "model.sig").write_text(json.dumps(bundle))
    with pytest.raises(kind) as caught:
        weightseal.verify_model(signed, ed25519.public)
    assert type(caught.value) is kind and caught.value.code == code


def test_a_large_signature_is_read_only_on_request(signed, ed25519):
    size = (signed / "model.sig").stat().st_size
    for limit in (size - 1, str(size - 1)):
        with pytest.raises(errors.MalformedSignature) as caught:
            weightseal.verify_model(signed, ed25519.public, max_signature_size=limit)
        assert caught.value.code == "signature-too-large"
    assert weightseal.verify_model(signed, ed25519.public, max_signature_size=size).verdict == "verified"
    assert weightseal.verify_model(signed, ed25519.public, max_signature_size="1GiB").verdict == "verified"


# --- Certificates ---------------------------------------------------------------------------------------------


class Authority:
    """A root, an authority below it, and certificates for signers, as files."""

    identity = "training@example.org"

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "middle", "signer")}
        self.private = folder / "signer.key"
        pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        self.private.touch(0o600)
        self.private.write_bytes(self.keys["signer"].private_bytes(*pem))
        self.root = self.make("root", "root", authority=True)
        self.middle = self.make("middle", "root", authority=True)
        self.leaf = self.make("signer", "middle")

    def make(self, name: str, issuer: str, *, authority=False, code_signing=True, days=(-1, 30), file=None):
        now = datetime.now(timezone.utc)
        named = {each: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in (name, issuer)}
        # Key usages in the order of the standard: digitalSignature first, keyCertSign and cRLSign last but two.
        usage = x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False)
        builder = (
            x509.CertificateBuilder(
                named[issuer], named[name], self.keys[name].public_key(), x509.random_serial_number()
            )
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.keys[name].public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.keys[issuer].public_key()), critical=False
            )
        )
        if not authority:
            purpose = x509.ExtendedKeyUsageOID.CODE_SIGNING if code_signing else x509.ExtendedKeyUsageOID.SERVER_AUTH
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            names = x509.SubjectAlternativeName([x509.RFC822Name(self.identity)])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self.keys[issuer], hashes.SHA256())
        path = self.folder / (file or f"{name}.pem")
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return path

    @property
    def signing(self) -> dict:
        return {
            "private_key": self.private, "passphrase": None, "certificate": self.leaf, "intermediates": [self.middle]
        }  # fmt: skip


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def test_a_certificate_proves_who_signed(folder, authority, copies):
    weightseal.sign_model(folder, **authority.signing, signer=SIGNER)
    asked = {"ca_root": authority.root, "certificate_identity": authority.identity}
    for function in (weightseal.verify_model, weightseal.verify):
        verified = function(folder, **asked, signer=SIGNER)
        assert verified.method == "certificate" and verified.key_id
        facts = verified.certificate
        assert facts["identity"] == authority.identity and facts["names"] == [authority.identity]
        assert (facts["subject"], facts["issuer"]) == ("CN=signer", "CN=middle")
        assert f'identity="{authority.identity}"' in repr(verified)
    with weightseal.verified_dir(folder, **asked) as copy:
        assert content_of(copy.path) == FILES and copy.verified.certificate == facts
    # The subject is a name as well, and roots can be several.
    subject = {"ca_root": [authority.root, str(authority.root)], "certificate_identity": "CN=signer"}
    assert weightseal.verify_model(folder, **subject).certificate["identity"] == "CN=signer"


def test_intermediates_can_come_from_the_caller(folder, authority):
    said = {**authority.signing, "intermediates": ()}
    weightseal.sign_model(folder, **said)
    asked = {"ca_root": [authority.root], "certificate_identity": authority.identity}
    with pytest.raises(errors.UntrustedCertificate) as caught:
        weightseal.verify_model(folder, **asked)
    assert caught.value.code == "untrusted-certificate" and "intermediates=…" in caught.value.hint
    assert weightseal.verify_model(folder, intermediates=authority.middle, **asked).method == "certificate"


def test_a_certificate_of_somebody_else_is_refused(folder, authority, ed25519, tmp_path):
    weightseal.sign_model(folder, **authority.signing)
    other = Authority(tmp_path)
    asked = {"ca_root": authority.root, "certificate_identity": authority.identity}
    with pytest.raises(errors.WrongIdentity) as caught:
        weightseal.verify_model(folder, **{**asked, "certificate_identity": "eve@example.org"})
    assert caught.value.code == "wrong-identity" and caught.value.expected == "eve@example.org"
    assert authority.identity in caught.value.found
    with pytest.raises(errors.UntrustedCertificate):
        weightseal.verify_model(folder, **{**asked, "ca_root": other.root})
    with pytest.raises(errors.WrongMethod) as caught:
        weightseal.verify_model(folder, ed25519.public)
    assert caught.value.code == "wrong-method" and "certificate_identity=…" in caught.value.hint
    # A key is not asked for its certificate, and the other way round.
    sign(folder, ed25519)
    with pytest.raises(errors.WrongMethod):
        weightseal.verify_model(folder, **asked)
    assert weightseal.verify_model(folder, ed25519.public, **asked).method == "key"


def test_no_identity_is_a_weakness_that_is_listed(folder, authority):
    weightseal.sign_model(folder, **authority.signing)
    verified = weightseal.verify_model(folder, ca_root=authority.root, oms_compat=True)
    assert verified.weakened == ["identity-needed"] and verified.certificate["identity"] is None


def test_nobody_signs_with_a_certificate_that_nobody_would_accept(folder, authority, ed25519):
    for said, code in (
        ({"certificate": authority.make("signer", "middle", days=(-9, -1), file="old.pem")}, "certificate-expired"),
        ({"certificate": authority.make("signer", "middle", days=(1, 9), file="new.pem")}, "certificate-not-yet-valid"),
        (
            {"certificate": authority.make("signer", "middle", code_signing=False, file="server.pem")},
            "wrong-certificate-usage",
        ),
        (
            {"certificate": authority.make("signer", "middle", authority=True, file="ca.pem")},
            "certificate-is-authority",
        ),
        ({"private_key": ed25519.private}, "certificate-of-another-key"),
        ({"certificate": authority.private}, "certificate-expected"),
    ):
        with pytest.raises(errors.CertificateFileError) as caught:
            weightseal.sign_model(folder, **{**authority.signing, **said})
        assert caught.value.code == code and not isinstance(caught.value, weightseal.VerificationError)
    assert content_of(folder) == FILES


# --- Sigstore -------------------------------------------------------------------------------------------------

VECTORS = os.environ.get("WEIGHTSEAL_VECTORS")
PUBLISHED = sorted(pathlib.Path(VECTORS, "oms").glob("v*-sigstore")) if VECTORS else []
IDENTITY = {
    "certificate_identity": "stefanb@us.ibm.com",
    "certificate_oidc_issuer": "https://sigstore.verify.ibm.com/oauth2",
}


@pytest.mark.skipif(not PUBLISHED, reason="WEIGHTSEAL_VECTORS names no folder with published signatures")
@pytest.mark.parametrize("published", PUBLISHED, ids=lambda path: path.name)
def test_a_published_signature_through_sigstore_verifies(published, ed25519, tmp_path, copies):
    place = tmp_path / published.name
    shutil.copytree(published, place)
    asked = {"ignore_unsigned_files": True, **IDENTITY}
    verified = weightseal.verify_model(place, **asked)
    assert (verified.method, verified.verdict, verified.key_id) == ("sigstore", "verified", None)
    assert verified.sigstore["identity"] == "stefanb@us.ibm.com" and verified.sigstore["log_indices"]
    assert 'identity="stefanb@us.ibm.com"' in repr(verified)
    with weightseal.verified_dir(place, **asked) as copy:
        assert copy["signme-1"].read() == (published / "signme-1").read_bytes()
    for changed, kind, code in (
        ({"certificate_identity": "eve@example.org"}, errors.WrongIdentity, "wrong-identity"),
        ({"certificate_oidc_issuer": "https://example.org"}, errors.WrongIdentity, "wrong-issuer"),
    ):
        with pytest.raises(kind) as caught:
            weightseal.verify_model(place, **{**asked, **changed})
        assert caught.value.code == code
    with pytest.raises(errors.WrongMethod):
        weightseal.verify_model(place, ed25519.public, ignore_unsigned_files=True)
    (place / "signme-1").chmod(0o600)
    flip_bit(place / "signme-1")
    with pytest.raises(weightseal.HashMismatch):
        weightseal.verify_model(place, **asked)


# --- Loading, threads, Ctrl-C ---------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["memory", "disk"])
def test_a_verified_folder_has_the_signed_files_and_nothing_else(keep, signed, ed25519, copies):
    with weightseal.verified_dir(signed, ed25519.public, keep=keep, model_version_at_least=3) as copy:
        assert content_of(copy.path) == FILES and len(copy) == len(FILES)
        assert {name: file.read() for name, file in copy.files.items()} == FILES
        assert {file.kept for file in copy.files.values()} == {keep}
        # Whatever happens to the originals changes nothing.
        shutil.rmtree(signed)
        assert content_of(copy.path) == FILES and copy.verified.model_version == 3


@pytest.mark.parametrize("keep", ["memory", "disk"])
@pytest.mark.parametrize("shard_size", [None, 65536])
def test_a_file_that_is_swapped_while_it_is_loaded_is_the_signed_one_or_none(
    keep, shard_size, tmp_path, ed25519, copies
):
    folder = tmp_path / "model"
    folder.mkdir()
    good, evil = b"good" * 100_000, b"evil" * 100_000
    (folder / "a.bin").write_bytes(good)
    (folder / "b.bin").write_bytes(good)
    sign(folder, ed25519, shard_size=shard_size, output_path=tmp_path / "model.sig")
    asked = {"signature": tmp_path / "model.sig"}
    loaded = refused = 0
    with swapping(folder / "a.bin", good, evil, place=tmp_path):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not (loaded > 3 and refused > 3):
            try:
                with weightseal.verified_dir(folder, ed25519.public, keep=keep, **asked) as copy:
                    assert content_of(copy.path) == {"a.bin": good, "b.bin": good}
                    loaded += 1
            except (weightseal.VerificationError, errors.FileError):
                refused += 1
    print(f"loaded {loaded} times, refused {refused} times")
    assert loaded and refused
    (folder / "a.bin").unlink()
    (folder / "a.bin").write_bytes(good)
    with weightseal.verified_dir(folder, ed25519.public, keep=keep, **asked) as copy:
        assert content_of(copy.path) == {"a.bin": good, "b.bin": good}


def test_progress_counts_every_byte(signed, ed25519, copies):
    total = sum(map(len, FILES.values()))
    for call in (
        lambda progress: weightseal.verify_model(signed, ed25519.public, progress=progress),
        lambda progress: weightseal.verified_dir(signed, ed25519.public, progress=progress).close(),
        lambda progress: sign(signed, ed25519, progress=progress),
    ):
        counts = []
        call(counts.append)
        assert sum(counts) == total


@pytest.fixture
def zeros(tmp_path) -> pathlib.Path:
    """A folder with a big file, which takes no room on disk; hashing it takes a good part of a second."""
    folder = tmp_path / "zeros"
    folder.mkdir()
    with (folder / "zeros.bin").open("wb") as file:
        file.truncate(300_000_000)
    return folder


def test_what_progress_raises_ends_the_work(zeros, ed25519, copies):
    class Enough(Exception):
        pass

    def enough(_):
        raise Enough

    sign(zeros, ed25519)
    before = (zeros / "model.sig").read_bytes()
    for call in (
        lambda: sign(zeros, ed25519, progress=enough),
        lambda: weightseal.verify_model(zeros, ed25519.public, progress=enough),
        lambda: weightseal.verified_dir(zeros, ed25519.public, progress=enough),
    ):
        with pytest.raises(Enough):
            call()
    assert (zeros / "model.sig").read_bytes() == before


def test_other_threads_keep_running(zeros, ed25519):
    ticks = []
    ended = threading.Event()

    def tick():
        while not ended.wait(0.002):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        sign(zeros, ed25519)
        weightseal.verify_model(zeros, ed25519.public)
    finally:
        ended.set()
        thread.join()
    assert len(ticks) > 20


INTERRUPTED = """
import sys, time, weightseal
path, public, private, name, shard_size = sys.argv[1:]
call = {
    "sign_model": lambda: weightseal.sign_model(path, private, passphrase=None, shard_size=shard_size or None),
    "verify_model": lambda: weightseal.verify_model(path, public, whole=True),
}[name]
print("ready", flush=True)
try:
    call()
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
"""


def interrupt(folder, pair, name, shard_size="") -> float:
    """Presses Ctrl-C while a folder is hashed in another process; returns how long that went on, in seconds."""
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, folder, pair.public, pair.private, name, shard_size],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    return float(said) - pressed


@pytest.mark.parametrize("shard_size", ["", "16GiB"])
def test_ctrl_c_stops_signing(shard_size, ed25519, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    with (folder / "endless.bin").open("wb") as file:
        file.truncate(2**40)
    # Other work on this machine may keep us waiting.
    assert 0 <= interrupt(folder, ed25519, "sign_model", shard_size) < 1
    assert os.listdir(folder) == ["endless.bin"]


def test_ctrl_c_stops_verifying(ed25519, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    # Long enough to be in the middle of it: what is longer than it was when signed is not read to its end.
    with (folder / "long.bin").open("wb") as file:
        file.truncate(3_000_000_000)
    sign(folder, ed25519)
    assert 0 <= interrupt(folder, ed25519, "verify_model") < 1


@pytest.mark.parametrize("keep", ["memory", "disk"])
def test_ctrl_c_while_loading_leaves_nothing(keep, zeros, ed25519, copies):
    sign(zeros, ed25519)
    timer = threading.Timer(0.1, signal.raise_signal, [signal.SIGINT])
    timer.start()
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            weightseal.verified_dir(zeros, ed25519.public, keep=keep)
            time.sleep(10)  # it was faster; then this is interrupted
    finally:
        timer.join()
    assert time.monotonic() - start < 5
    assert not list(copies.iterdir())
