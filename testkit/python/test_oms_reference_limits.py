"""Where OMS signatures of ours and of the reference implementation, model-signing 1.1.1, do not fit, and why.

A test here fails when that changes: then it is time to look again.
"""

import pytest

import oms_models

WEIGHTS = {"a:b/weights.bin": bytes(range(200)), "a-b": b"12345678"}
PLAIN = {"a/weights.bin": bytes(range(200)), "a-b": b"12345678", "c": b"1"}


def test_a_signature_in_the_folder(weightseal, model_signing, model, keys, signing):
    """The reference's command line leaves it out; its API does if the signature says so, which ours does."""
    folder = model(PLAIN)
    request = {"call": "verify", "model": folder, "signature": folder / "model.sig", "key": keys.public("p256")}
    weightseal.sign(folder, *signing.ours)
    model_signing.accepts(words=[*signing.verify, folder, "--signature", folder / "model.sig"])
    model_signing.accepts(**request)
    (folder / "model.sig").unlink()
    model_signing.accepts(words=[*signing.sign, folder, "--signature", folder / "model.sig"])
    model_signing.accepts(**request)
    weightseal.verify(folder, *signing.trusted)


def test_reference_reads_no_colons_in_names_of_shards(weightseal, model_signing, model, keys, signing, tmp_path):
    folder, hashing = model(WEIGHTS), {"shard_size": 8}
    dialect = ["--shard-size", "8", "--shard-dialect", "reference"]
    weightseal.sign(folder, *signing.ours, *dialect, "-o", tmp_path / "ours.sig")
    model_signing.accepts(
        call="sign", model=folder, signature=tmp_path / "own.sig", key=keys.private("p256"), hashing=hashing
    )
    for name in ("ours.sig", "own.sig"):
        request = {"call": "verify", "model": folder, "signature": tmp_path / name, "key": keys.public("p256")}
        model_signing.refuses("expected 3 components", **request, hashing=hashing)
        weightseal.verify(folder, *signing.trusted, "--signature", tmp_path / name)


def test_shards_of_the_reference_do_not_cover_empty_files(weightseal, model_signing, model, keys, signing, tmp_path):
    """It leaves them out and verifies them unseen; we refuse to sign so, and say that nobody signed them."""
    folder, signature, hashing = model(PLAIN | {"empty": b""}), tmp_path / "model.sig", {"shard_size": 64}
    model_signing.accepts(call="sign", model=folder, signature=signature, key=keys.private("p256"), hashing=hashing)
    names = [resource["name"] for resource in oms_models.statement_of(signature)["predicate"]["resources"]]
    assert not [name for name in names if name.startswith("empty")]
    weightseal.verify(folder, "--signature", signature, *signing.trusted, code="extra-file")
    weightseal.verify(folder, "--signature", signature, *signing.trusted, "--ignore-unsigned-files")
    weightseal.sign(folder, *signing.ours, "--shard-size", "64", expect=2)


def test_the_reference_does_not_follow_links_to_folders(weightseal, model_signing, model, signing):
    """Not even where symbolic links are allowed: what is behind one is neither signed nor looked for. We follow it."""
    folder = model(PLAIN)
    (folder / "link").symlink_to("a")
    at = ["--allow_symlinks", folder, "--signature", folder / "model.sig"]
    model_signing.accepts(words=[*signing.sign, *at])
    weightseal.verify(folder, *signing.trusted, code="extra-file")
    (folder / "model.sig").unlink()
    weightseal.sign(folder, *signing.ours, "--allow-symlinks")
    weightseal.verify(folder, *signing.trusted)
    model_signing.refuses("Missing files in model 'model': link/weights.bin", words=[*signing.verify, *at])


UNSIGNABLE = {
    "unsafe-name": {"line\nend": b"1", "a": b"2"},
    "empty-model": {".gitignore": b"1"},
}


@pytest.mark.parametrize("code", UNSIGNABLE)
def test_what_the_reference_signs_and_we_refuse(weightseal, model_signing, model, signing, code):
    folder = model(UNSIGNABLE[code])
    model_signing.accepts(words=[*signing.sign, folder, "--signature", folder / "model.sig"])
    model_signing.accepts(words=[*signing.verify, folder, "--signature", folder / "model.sig"])
    weightseal.verify(folder, *signing.trusted, code=code)
    (folder / "model.sig").unlink()
    weightseal.sign(folder, *signing.ours, expect=2)


def test_colliding_names(weightseal, model_signing, model, signing):
    """We sign no names that are one on other file systems; where they are two, we verify them."""
    folder = model({"a": b"1", "A": b"2"})
    weightseal.sign(folder, *signing.ours, expect=2)
    model_signing.accepts(words=[*signing.sign, folder, "--signature", folder / "model.sig"])
    weightseal.verify(folder, *signing.trusted)


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ed25519"])
def test_the_reference_knows_no_other_keys(weightseal, model_signing, model, tmp_path, algorithm):
    folder = model(PLAIN)
    made = weightseal.run("keygen", "-o", tmp_path / "k.pem", "--algorithm", algorithm, "--no-passphrase")
    assert made.returncode == 0, made.stderr
    weightseal.sign(folder, "--key", tmp_path / "k.pem")
    weightseal.verify(folder, "--key", tmp_path / "k.pub")
    words = ["verify", "key", folder, "--signature", folder / "model.sig", "--public_key", tmp_path / "k.pub"]
    model_signing.refuses("failed", words=words)
