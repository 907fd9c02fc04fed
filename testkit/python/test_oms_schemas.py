"""Every OMS signature that we write satisfies the JSON schemas of the specification, version 1.0.

They lie outside the repository, in WEIGHTSEAL_VECTORS. The schema of the bundle refers to that of the envelope; the
payload is a text to it, so the statement and its predicate are checked apart.
"""

import base64
import hashlib
import json

import pytest

import oms_models

jsonschema = pytest.importorskip("jsonschema", reason="NOT TESTED: needs the package jsonschema")
referencing = pytest.importorskip("referencing", reason="NOT TESTED: needs the package referencing")

NAMES = ["bundle", "envelope", "statement", "predicate"]
# The specification's schema knows no other words for an algorithm, so the reference's own shards do not satisfy it.
DIALECT = "'sha256-sharded-8' is not one of"
OPTIONS = {
    "plain": [],
    "facts": ["--signer", "team", "--expires", "2099-12-31", "--model-version", "4", "--annotate", "run=17"],
    "ignored": ["--ignore", "a-b", "--ignore", "cache"],
    "git paths": ["--no-default-excludes"],
    "symbolic links": ["--allow-symlinks"],
    "large shards": ["--shard-size", "1000GiB"],
}
for algorithm in ("sha256", "blake2b", "blake3"):
    OPTIONS[f"{algorithm} files"] = ["--hash", algorithm]
    OPTIONS[f"{algorithm} shards"] = ["--hash", algorithm, "--shard-size", "8"]


@pytest.fixture(scope="session")
def schemas(signatures_of_others):
    folder = signatures_of_others / "spec-v1.0" / "schemas" / "v1.0"
    found = {name: json.loads((folder / f"{name}.schema.json").read_bytes()) for name in NAMES}
    resources = [(schema["$id"], referencing.Resource.from_contents(schema)) for schema in found.values()]
    registry = referencing.Registry().with_resources(resources)
    for schema in found.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    return {name: jsonschema.Draft202012Validator(schema, registry=registry) for name, schema in found.items()}


def faults(schemas, path):
    """What the four schemas have to say about a signature."""
    bundle, statement = oms_models.bundle_of(path), oms_models.statement_of(path)
    parts = [bundle, bundle["dsseEnvelope"], statement, statement["predicate"]]
    pairs = zip(NAMES, parts, strict=True)
    return [f"{name}: {error.message}" for name, part in pairs for error in schemas[name].iter_errors(part)]


def check(schemas, path):
    """The schemas, and what they cannot say: the order, the root digest, and that base64 is canonical."""
    assert not faults(schemas, path)
    bundle, statement = oms_models.bundle_of(path), oms_models.statement_of(path)
    predicate = statement["predicate"]
    names = [resource["name"] for resource in predicate["resources"]]
    assert names == sorted(set(names)), "resources are in order, that of code points, and unique"
    digests = b"".join(bytes.fromhex(resource["digest"]) for resource in predicate["resources"])
    assert statement["subject"][0]["digest"] == {"sha256": hashlib.sha256(digests).hexdigest()}
    for text in (bundle["dsseEnvelope"]["payload"], bundle["dsseEnvelope"]["signatures"][0]["sig"]):
        assert base64.b64encode(base64.b64decode(text, validate=True)).decode() == text
    assert ("shard_size" in predicate["serialization"]) == (predicate["serialization"]["method"] == "shards")
    assert {resource["algorithm"] for resource in predicate["resources"]} == {predicate["serialization"]["hash_type"]}


@pytest.mark.parametrize("signing", oms_models.METHODS, indirect=True)
@pytest.mark.parametrize("shape", oms_models.SHAPES)
def test_folders(weightseal, signing, schemas, tmp_path, shape):
    folder = oms_models.write_model(tmp_path / "model", oms_models.SHAPES[shape])
    weightseal.sign(folder, *signing.ours)
    check(schemas, folder / "model.sig")


@pytest.mark.parametrize("signing", oms_models.METHODS, indirect=True)
@pytest.mark.parametrize("name", ["model.bin", "two words", "模型.bin", "a:0:7", "x" * 251])
def test_files(weightseal, signing, schemas, tmp_path, name):
    (tmp_path / name).write_bytes(b"weights")
    weightseal.sign(tmp_path / name, "--format", "oms", *signing.ours)
    check(schemas, tmp_path / f"{name}.sig")


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("options", OPTIONS)
def test_options(weightseal, signing, schemas, tmp_path, options, kind):
    files = {"a/b.bin": bytes(range(200)), "a-b": b"12345678", ".gitignore": b"*.tmp", "cache/x": b"1"}
    folder = oms_models.write_model(tmp_path / "model", files)
    if options == "symbolic links":
        (folder / "link").symlink_to("a-b")
    model = folder / "a/b.bin" if kind == "file" else folder
    signature = ["--format", "oms", "-o", tmp_path / "sig"]
    weightseal.sign(model, *signature, *signing.ours, *OPTIONS[options])
    check(schemas, tmp_path / "sig")


def test_shards_as_the_reference_writes_them(weightseal, signing, schemas, tmp_path):
    """Only with `--shard-dialect reference`, and nothing else about them differs."""
    folder = oms_models.write_model(tmp_path / "model", {"a/b.bin": bytes(range(200))})
    options = ["--shard-size", "8", "--shard-dialect", "reference"]
    weightseal.sign(folder, *signing.ours, *options)
    found = faults(schemas, folder / "model.sig")
    assert found and all(DIALECT in fault for fault in found), found


def test_schemas_refuse(weightseal, signing, schemas, tmp_path):
    """They are really applied: through references, and to the payload."""
    folder = oms_models.write_model(tmp_path / "model", {"a": b"1"})
    path = folder / "model.sig"
    weightseal.sign(folder, *signing.ours)
    bundle, statement = oms_models.bundle_of(path), oms_models.statement_of(path)
    envelope, predicate = bundle["dsseEnvelope"], statement["predicate"]
    for changed in (
        envelope | {"payloadType": "text/plain"},
        envelope | {"signatures": []},
        envelope | {"payload": encoded(statement | {"predicate": predicate | {"resources": [{"name": "a"}]}})},
        envelope | {"payload": encoded(statement | {"subject": []})},
        envelope | {"payload": encoded(statement | {"predicate": predicate | {"serialization": {"method": "shards"}}})},
    ):
        path.write_text(json.dumps(bundle | {"dsseEnvelope": changed}))
        assert faults(schemas, path), changed


def encoded(statement):
    return base64.b64encode(json.dumps(statement).encode()).decode()


@pytest.mark.parametrize("name", ["key", "certificate", "sigstore"])
def test_schemas_accept_the_specification_s_own(signatures_of_others, schemas, name):
    vectors = signatures_of_others / "spec-v1.0" / "test-vectors" / "v1.0"
    assert not faults(schemas, vectors / "valid" / f"{name}.bundle.json")
    assert faults(schemas, vectors / "invalid-payload" / "wrong-predicate.bundle.json")
