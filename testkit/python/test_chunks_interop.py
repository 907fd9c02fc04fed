"""Chunk roots and chunk lists that the command in WEIGHTSEAL_BIN writes, and those that it verifies.

Vectors are small; roots are written from 16 MiB on. So the large files are made here.
"""

import base64
import json
import os
import subprocess

import pytest

import chunks
import keyring
import place
import reference
import vectors
import verifier

LARGE = place.large(vectors.MODEL.decode(), chunks.FROM + 5)
EXACT = LARGE[: chunks.FROM]
BELOW = EXACT[:-1]
OTHER = LARGE[:7] + b"!" + LARGE[8:]
SIGN = ["--key", "key.pem", "--signer", vectors.SIGNER]


@pytest.fixture
def run(command, tmp_path):
    (tmp_path / "key.pem").write_bytes(keyring.read("ed25519.pem"))
    (tmp_path / "key.pem").chmod(0o600)
    (tmp_path / "key.pub").write_bytes(keyring.read("ed25519.pub"))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WEIGHTSEAL_")}

    def ran(*words, expect=0):
        words = [*command, *words]
        run = subprocess.run(words, cwd=tmp_path, env=clean, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        assert run.returncode == expect, run.stdout.decode() + run.stderr.decode()
        return run.stdout

    return ran


def verify(run, *words, expect=0):
    return json.loads(run("verify", *words, "--key", "key.pub", "--json", expect=expect))


def roots(signature):
    """Name and chunk root of every resource; None where it has none."""
    document = json.loads(signature.read_bytes())
    payload = (document.get("envelope") or document.get("dsseEnvelope"))["payload"]
    resources = json.loads(base64.b64decode(payload))["predicate"]["resources"]
    sizes = [item["annotations"].get("chunks", {"size": chunks.SIZE})["size"] for item in resources]
    assert sizes == [chunks.SIZE] * len(resources)
    return {item["name"]: item["annotations"].get("chunks", {}).get("root") for item in resources}


@pytest.mark.parametrize("content", [EXACT, LARGE], ids=["exact", "larger"])
def test_a_large_model_gets_a_root(run, tmp_path, content):
    (tmp_path / "model.pt").write_bytes(content)
    run("sign", "model.pt", *SIGN)
    assert roots(tmp_path / "model.manifest.json") == {".": chunks.root(content)}
    assert not (tmp_path / "model.pt.chunks").exists()
    document = (tmp_path / "model.manifest.json").read_bytes()
    keys = [keyring.private("ed25519").public_key()]
    for whole, word in {False: "chunk-root", True: "both"}.items():
        how = chunks.How(whole=whole)
        assert verifier.verify_manifest(document, tmp_path / "model.pt", keys, how=how) is True
        assert how.checked == {"model.pt": word}
        found = verify(run, "model.pt", *(["--whole"] if whole else []))
        assert found["files"][0]["checked"] == word
        assert (found["files"][0]["found_sha256"] is None) is not whole


def test_a_smaller_model_gets_none(run, tmp_path):
    (tmp_path / "model.pt").write_bytes(BELOW)
    run("sign", "model.pt", *SIGN)
    assert roots(tmp_path / "model.manifest.json") == {".": None}
    found = verify(run, "model.pt")["files"][0]
    assert found["checked"] == "digest" and found["found_sha256"] == found["expected_sha256"]


def test_a_manifest_of_the_reference_verifies(run, tmp_path):
    (tmp_path / "model.pt").write_bytes(LARGE)
    document = reference.sign_manifest(tmp_path / "model.pt", keyring.private("ed25519"), vectors.SIGNER)
    (tmp_path / "model.manifest.json").write_bytes(vectors.text(document))
    assert roots(tmp_path / "model.manifest.json") == {".": chunks.root(LARGE)}
    assert verify(run, "model.pt")["files"][0]["checked"] == "chunk-root"
    (tmp_path / "model.pt").write_bytes(LARGE[:7] + b"!" + LARGE[8:])
    assert verify(run, "model.pt", expect=1)["code"] == "hash-mismatch"


def test_the_list_of_a_model(run, tmp_path):
    (tmp_path / "model.pt").write_bytes(LARGE)
    run("sign", "model.pt", *SIGN, "--chunk-list")
    assert (tmp_path / "model.pt.chunks").read_bytes() == chunks.chunk_list(LARGE)


def test_the_list_of_a_set(run, tmp_path):
    files = {"a.bin": LARGE, "b.bin": b"small\n", "c.bin": OTHER}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    run("sign", *reversed(files), "--bundle", "set.manifest.json", *SIGN, "--chunk-list")
    assert (tmp_path / "set.manifest.json.chunks").read_bytes() == chunks.chunk_list(LARGE, OTHER)
    expected = {"a.bin": chunks.root(LARGE), "b.bin": None, "c.bin": chunks.root(OTHER)}
    assert roots(tmp_path / "set.manifest.json") == expected


def test_the_list_of_a_folder(run, tmp_path):
    files = {"z.bin": LARGE, "config.json": b"{}\n", "sub/a.bin": OTHER}
    for name, content in files.items():
        (tmp_path / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / name).write_bytes(content)
    run("sign", "model", *SIGN, "--chunk-list")
    expected = {"config.json": None, "sub/a.bin": chunks.root(OTHER), "z.bin": chunks.root(LARGE)}
    assert roots(tmp_path / "model" / "model.sig") == expected
    assert (tmp_path / "model.chunks").read_bytes() == chunks.chunk_list(OTHER, LARGE)
    words = ["model", "--only", "z.bin", "--range", f"{chunks.FROM - 3}:{chunks.FROM + 4}", "--copy-to", "copy"]
    assert verify(run, *words)["verdict"] == "partial"
    assert (tmp_path / "copy").read_bytes() == LARGE[chunks.FROM - 3 : chunks.FROM + 4]


@pytest.mark.parametrize("hashing", [["--hash", "blake2b"], ["--shard-size", "1048576"]], ids=["blake2b", "shards"])
def test_other_ways_to_hash_have_no_root(run, tmp_path, hashing):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "a.bin").write_bytes(LARGE)
    run("sign", "model", *SIGN, *hashing)
    payload = json.loads((tmp_path / "model" / "model.sig").read_bytes())["dsseEnvelope"]["payload"]
    assert b'"chunks"' not in base64.b64decode(payload)


def test_a_range_is_copied(run, tmp_path):
    (tmp_path / "model.pt").write_bytes(LARGE)
    run("sign", "model.pt", *SIGN, "--chunk-list")
    for number, (start, end) in enumerate([(0, 1), (chunks.SIZE - 1, chunks.SIZE + 1), (5, len(LARGE))]):
        found = verify(run, "model.pt", "--range", f"{start}:{end}", "--copy-to", f"copy{number}")
        assert found["verdict"] == "partial"
        assert (tmp_path / f"copy{number}").read_bytes() == LARGE[start:end]
    (tmp_path / "model.pt").write_bytes(OTHER)
    found = verify(run, "model.pt", "--range", "0:3", "--copy-to", "none", expect=1)
    assert found["code"] == "chunk-mismatch" and not (tmp_path / "none").exists()
    reason = found["reasons"][0]
    assert reason["file"] == "model.pt" and reason["range"] == [0, chunks.SIZE]
