"""OMS signatures against the reference implementation, model-signing 1.1.1: what one signs the other one verifies.

Its command line knows whole files and SHA-256 alone; everything else goes through its Python API. What does not fit is
in `test_oms_reference_limits.py`.
"""

import subprocess

import pytest

import oms_models

ALGORITHMS = {"sha256": "sha256", "blake2b": "blake2", "blake3": "blake3"}  # ours and the reference's name of an option
WEIGHTS = {"a:b/weights.bin": bytes(range(200)), "a-b": b"12345678", "a": b"1"}
PLAIN = {"a/weights.bin": bytes(range(200)), "a-b": b"12345678", "c": b"1"}

every_method = pytest.mark.parametrize("signing", oms_models.METHODS, indirect=True)
every_shape = pytest.mark.parametrize("shape", oms_models.SHAPES)


# ------------------------------------------------------------------------- signed here, verified by the reference


@every_method
@every_shape
def test_reference_verifies_our_folders(weightseal, model_signing, model, signing, shape):
    folder = model(oms_models.SHAPES[shape])
    weightseal.sign(folder, *signing.ours)
    at = [folder, "--signature", folder / "model.sig"]
    model_signing.accepts(words=[*signing.verify, *at])
    model_signing.refuses("failed", words=[*signing.verify_wrong, *at])
    weightseal.verify(folder, *signing.trusted)
    oms_models.change_one_byte(oms_models.largest(folder))
    model_signing.refuses("Hash mismatch", words=[*signing.verify, *at])


@every_method
@pytest.mark.parametrize("name", ["model.bin", "two words", "模型.bin", "a:0:7", "x" * 251, "-x"])
def test_reference_verifies_our_files(weightseal, model_signing, tmp_path, signing, name):
    file = tmp_path / name
    file.write_bytes(b"weights")
    weightseal.sign(file, "--format", "oms", *signing.ours)
    at = [file, "--signature", tmp_path / f"{name}.sig"]
    model_signing.accepts(words=[*signing.verify, *at])
    model_signing.refuses("failed", words=[*signing.verify_wrong, *at])
    weightseal.verify(file, *signing.trusted)
    file.write_bytes(b"Weights")
    model_signing.refuses("Hash mismatch", words=[*signing.verify, *at])


def test_reference_sees_added_and_missing_files(weightseal, model_signing, model, signing):
    folder = model(PLAIN)
    weightseal.sign(folder, *signing.ours)
    words = [*signing.verify, folder, "--signature", folder / "model.sig"]
    (folder / "added").write_bytes(b"")
    model_signing.refuses("Extra files found", words=words)
    model_signing.accepts(words=[*words, "--ignore_unsigned_files"])
    (folder / "added").unlink()
    (folder / "c").unlink()
    model_signing.refuses("Missing files", words=words)


FACTS = ["--signer", "team", "--expires", "2099-12-31", "--model-version", "4", "--annotate", "run=17"]
OPTIONS = {
    "facts": (FACTS, []),
    "ignored": (["--ignore", "c", "--ignore", "a"], []),
    "git paths": (["--no-default-excludes"], ["--no-ignore-git-paths"]),
    "symbolic links": (["--allow-symlinks"], ["--allow_symlinks"]),
    "all": ([*FACTS, "--ignore", "c", "--allow-symlinks"], ["--allow_symlinks"]),
}


@pytest.mark.parametrize("options", OPTIONS)
def test_reference_understands_our_options(weightseal, model_signing, model, signing, options):
    folder = model(PLAIN | {".gitignore": b"*.tmp", ".git/config": b"x"})
    if "symlinks" in str(OPTIONS[options]):
        (folder / "link").symlink_to("a/weights.bin")
    ours, theirs = OPTIONS[options]
    weightseal.sign(folder, *signing.ours, *ours)
    words = [*signing.verify, *theirs, folder, "--signature", folder / "model.sig"]
    model_signing.accepts(words=words)
    weightseal.verify(folder, *signing.trusted)
    oms_models.change_one_byte(folder / "a-b")
    model_signing.refuses("Hash mismatch", words=words)


def test_the_true_command_line_of_the_reference(weightseal, model_signing, model, signing):
    """All other tests run it in a process of its own, through the same entry point."""
    folder = model(PLAIN)
    weightseal.sign(folder, *signing.ours)
    words = [model_signing.python, "-m", "model_signing", *signing.verify, folder, "--signature", folder / "model.sig"]
    run = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    assert (run.returncode, "Verification succeeded" in run.stdout) == (0, True), run.stdout + run.stderr
    oms_models.change_one_byte(folder / "a-b")
    assert subprocess.run(list(map(str, words)), capture_output=True).returncode == 1


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_reference_verifies_our_algorithms(weightseal, model_signing, model, keys, signing, tmp_path, algorithm):
    folder, signature = model(WEIGHTS | {"empty": b""}), tmp_path / "model.sig"
    weightseal.sign(folder, *signing.ours, "--hash", algorithm, "-o", signature)
    request = {"call": "verify", "model": folder, "signature": signature, "key": keys.public("p256")}
    model_signing.accepts(**request, hashing={"algorithm": ALGORITHMS[algorithm]})
    if algorithm == "blake2b":  # it looks for the name of its option, `blake2`, also in what it wrote itself
        model_signing.refuses("Unsupported hashing method blake2b", **request)
    else:
        model_signing.accepts(**request)
    oms_models.change_one_byte(folder / "a-b")
    model_signing.refuses("Hash mismatch", **request, hashing={"algorithm": ALGORITHMS[algorithm]})


@pytest.mark.parametrize("size", [1, 8, 199, 200, 201, 10**9])
@pytest.mark.parametrize("algorithm", ["sha256", "blake2b"])
def test_reference_verifies_our_shards(weightseal, model_signing, model, keys, signing, tmp_path, algorithm, size):
    """In its own dialect alone, where a resource has the algorithm `sha256-sharded-8`: it compares these words too."""
    folder, signature = model(PLAIN), tmp_path / "model.sig"
    sign = [folder, *signing.ours, "--hash", algorithm, "--shard-size", size, "-o", signature]
    hashing = {"algorithm": ALGORITHMS[algorithm], "shard_size": size}
    request = {"call": "verify", "model": folder, "signature": signature, "key": keys.public("p256")}
    weightseal.sign(*sign, "--shard-dialect", "specification")
    model_signing.refuses("Hash mismatch", **request, hashing=hashing)
    signature.unlink()
    weightseal.sign(*sign, "--shard-dialect", "reference")
    model_signing.accepts(**request, hashing=hashing)
    weightseal.verify(folder, *signing.trusted, "--signature", signature)
    oms_models.change_one_byte(folder / "a-b")
    model_signing.refuses("Hash mismatch", **request, hashing=hashing)


# ------------------------------------------------------------------------- signed by the reference, verified here


@every_method
@every_shape
def test_we_verify_folders_of_the_reference(weightseal, model_signing, model, signing, shape):
    folder = model(oms_models.SHAPES[shape])
    model_signing.accepts(words=[*signing.sign, folder, "--signature", folder / "model.sig"])
    weightseal.verify(folder, *signing.trusted)
    weightseal.verify(folder, *signing.stranger, code=signing.wrong)
    oms_models.change_one_byte(oms_models.largest(folder))
    weightseal.verify(folder, *signing.trusted, code="hash-mismatch")


@every_method
def test_we_verify_files_of_the_reference(weightseal, model_signing, tmp_path, signing):
    file, signature = tmp_path / "a model:0:1", tmp_path / "a model:0:1.sig"
    file.write_bytes(b"weights")
    model_signing.accepts(words=[*signing.sign, file, "--signature", signature])
    weightseal.verify(file, *signing.trusted)
    weightseal.verify(file, *signing.stranger, code=signing.wrong)
    file.write_bytes(b"Weights")
    weightseal.verify(file, *signing.trusted, code="hash-mismatch")


HASHING = [{"algorithm": algorithm} for algorithm in ALGORITHMS.values()] + [
    {"algorithm": algorithm, "shard_size": size}
    for algorithm in ALGORITHMS.values()  # BLAKE3 with shards becomes whole files
    for size in (1, 8, 64, 199, 200, 201, 10**9)
]


@pytest.mark.parametrize("hashing", HASHING, ids=lambda hashing: " ".join(map(str, hashing.values())))
def test_we_verify_what_the_reference_hashes(weightseal, model_signing, model, keys, signing, tmp_path, hashing):
    folder, signature = model(WEIGHTS), tmp_path / "model.sig"
    model_signing.accepts(call="sign", model=folder, signature=signature, key=keys.private("p256"), hashing=hashing)
    at = [folder, "--signature", signature]
    weightseal.verify(*at, *signing.trusted)
    weightseal.verify(*at, *signing.stranger, code="untrusted-key")
    (folder / "empty").write_bytes(b"")
    weightseal.verify(*at, *signing.trusted, code="extra-file")
    (folder / "empty").unlink()
    oms_models.change_one_byte(folder / "a:b/weights.bin")
    weightseal.verify(*at, *signing.trusted, code="hash-mismatch")
    (folder / "a:b/weights.bin").unlink()
    weightseal.verify(*at, *signing.trusted, code="missing-file")


def test_we_honour_what_the_reference_ignored(weightseal, model_signing, model, signing):
    folder = model(PLAIN | {".gitignore": b"*.tmp", "cache/x": b"1", "cache/y/z": b"2"})
    ignored = ["--ignore-paths", folder / "cache", "--ignore-paths", folder / "c"]
    model_signing.accepts(words=[*signing.sign, *ignored, folder, "--signature", folder / "model.sig"])
    found = weightseal.verify(folder, *signing.trusted)
    assert {"cache", "c"} <= {name.split("/")[0] for name in found["beside"]["ignored"]}, found["beside"]
    (folder / "cached").write_bytes(b"")
    weightseal.verify(folder, *signing.trusted, code="extra-file")


def test_we_follow_symbolic_links_as_the_reference_did(weightseal, model_signing, model, signing, tmp_path):
    folder, outside = model(PLAIN), model({"weights.bin": b"outside"}, "outside")
    (folder / "link").symlink_to("a/weights.bin")
    words = [*signing.sign, "--allow_symlinks", folder, "--signature", folder / "model.sig"]
    model_signing.accepts(words=words)
    weightseal.verify(folder, *signing.trusted)
    (folder / "out").symlink_to(outside / "weights.bin")
    model_signing.accepts(words=words)
    weightseal.verify(folder, *signing.trusted, "--allow-symlinks")
    found = weightseal.run("verify", folder, *signing.trusted)
    assert found.returncode == 1, found.stdout
    oms_models.change_one_byte(outside / "weights.bin")
    weightseal.verify(folder, *signing.trusted, "--allow-symlinks", code="hash-mismatch")


def test_we_verify_git_paths_that_the_reference_signed(weightseal, model_signing, model, signing):
    folder = model(PLAIN | {".gitignore": b"*.tmp", ".git/config": b"x"})
    model_signing.accepts(words=[*signing.sign, "--no-ignore-git-paths", folder, "--signature", folder / "model.sig"])
    weightseal.verify(folder, *signing.trusted)
    oms_models.change_one_byte(folder / ".git/config")
    weightseal.verify(folder, *signing.trusted, code="hash-mismatch")


def test_names_in_certificates_of_the_reference(weightseal, model_signing, model, keys):
    signing, folder = oms_models.Signing(keys, "certificate p384"), model(PLAIN)
    model_signing.accepts(words=[*signing.sign, folder, "--signature", folder / "model.sig"])
    for identity in (oms_models.EMAIL, oms_models.URI, oms_models.SUBJECT):
        weightseal.verify(folder, *keys.trusting("p384", identity))
    for identity in (oms_models.EMAIL.upper(), "signer", oms_models.URI + "/", "CN=intermediate of p384", ""):
        run = weightseal.run("verify", folder, *keys.trusting("p384", identity))
        assert run.returncode in (1, 2), identity


def test_certificates_between(weightseal, model_signing, model, keys, tmp_path):
    """In the signature or given by who verifies, in any order, with the root among them or without."""
    folder, signature, signing = model(PLAIN), tmp_path / "model.sig", oms_models.Signing(keys, "certificate p256")
    leaf, intermediate, root = (keys.certificate("p256", of) for of in ("leaf", "intermediate", "root"))
    request = {"call": "sign", "model": folder, "signature": signature, "key": keys.private("p256-leaf")}
    at = [folder, "--signature", signature]
    for chain in ([intermediate], [intermediate, root], [root, intermediate]):
        model_signing.accepts(**request, certificate=leaf, chain=chain)
        weightseal.verify(*at, *signing.trusted)
        weightseal.verify(*at, *signing.stranger, code=signing.wrong)
    model_signing.accepts(**request, certificate=leaf, chain=[root])
    weightseal.verify(*at, *signing.trusted, code=signing.wrong)
    weightseal.verify(*at, *signing.trusted, "--intermediate", intermediate)
    signature.unlink()
    weightseal.sign(folder, "--key", keys.private("p256-leaf"), "--certificate", leaf, "-o", signature)
    model_signing.refuses("failed", words=[*signing.verify, *at])
    model_signing.accepts(words=[*signing.verify, "--certificate_chain", intermediate, *at])
    weightseal.verify(*at, *signing.trusted, "--intermediate", intermediate)
