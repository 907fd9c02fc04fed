"""OMS signatures that other implementations made: accepted with what belongs to them, refused with anything else.

They lie outside the repository, in the folder `oms` of WEIGHTSEAL_VECTORS; its README says where they come from. Every
fixture is copied and verified with its own arguments; then one thing after the other is taken away or replaced.
"""

import json
import shutil

import pytest

import oms_models

IDENTITY, ISSUER = "stefanb@us.ibm.com", "https://sigstore.verify.ibm.com/oauth2"
SUBJECT = "CN=intermediate-ca"  # of the signing certificate: the fixtures' authorities and signer have nearly one name
CERTIFICATES = [f"{version}-certificate" for version in ("v0.2.0", "v0.3.1", "v1.0.1", "v1.1.0")]
KEYS = [f"{version}-elliptic-key" for version in ("v0.3.1", "v1.0.1", "v1.1.0")]
SIGSTORE = [f"{version}-sigstore" for version in ("v0.3.1", "v1.0.1", "v1.1.0")]
ALL = [*CERTIFICATES, *KEYS, *SIGSTORE]


class Fixture:
    def __init__(self, vectors, name, folder):
        self.name, self.folder, self.vectors = name, folder / name, vectors
        shutil.copytree(vectors / name, self.folder)
        self.version, self.method = name.split("-", 1)
        own = vectors / "keys" / "certificate"
        self.root, self.intermediate = own / "ca-cert.pem", own / "int-ca-cert.pem"
        self.key = ["--key", own / "signing-key-pub.pem"]
        self.chain = ["--ca-root", self.root, "--certificate-identity", SUBJECT, "--oms-compat"]
        self.keyless = ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER]
        self.trust = {"elliptic-key": self.key, "certificate": self.chain, "sigstore": self.keyless}[self.method]
        # Version 1.0.1 did not record what it ignored, and for single files there is nothing to ignore.
        self.more = ["--ignore", "ignore-me"] if self.version == "v1.0.1" else []
        self.model = self.folder / "signme-1" if name == "v0.3.1-elliptic-key" else self.folder

    def with_words(self, *words):
        return [self.model, *words, *self.more]

    def arguments(self):
        return self.with_words(*self.trust)


@pytest.fixture
def fixture(signatures_of_others, tmp_path, request):
    return Fixture(signatures_of_others, request.param, tmp_path)


def each(names):
    return pytest.mark.parametrize("fixture", names, indirect=True)


def test_every_fixture_has_a_test(signatures_of_others):
    found = {path.parent.name for path in signatures_of_others.glob("*/model.sig")}
    assert found == set(ALL)


@each(ALL)
def test_accepted_with_what_belongs_to_it(weightseal, fixture):
    found = weightseal.verify(*fixture.arguments())
    expected = {"certificate": ["certificate-is-authority"]}.get(fixture.method, [])
    expected = expected + (["ignored-paths"] if fixture.more else [])
    expected = ["legacy-signature"] if fixture.version == "v0.2.0" else expected
    assert set(found["weakened"]) >= set(expected), found["weakened"]
    assert bool(found["weakened"]) == bool(expected), found["weakened"]
    if fixture.method == "sigstore":
        assert (found["sigstore"]["identity"], found["sigstore"]["issuer"]) == (IDENTITY, ISSUER)


@each(SIGSTORE)
def test_accepted_with_a_trusted_root_from_a_file(weightseal, fixture):
    root = fixture.vectors / "sigstore_client_trust_config.json"
    weightseal.verify(*fixture.arguments(), "--trusted-root", root)


@each(CERTIFICATES)
def test_accepted_without_an_identity_in_the_compatible_mode(weightseal, fixture):
    found = weightseal.verify(*fixture.with_words("--ca-root", fixture.root, "--oms-compat"))
    assert "identity-needed" in found["weakened"], found["weakened"]


@each(ALL)
def test_refused_after_a_change(weightseal, fixture):
    path = fixture.folder / "signme-1"
    whole = path.read_bytes()
    oms_models.change_one_byte(path)
    weightseal.verify(*fixture.arguments(), code="hash-mismatch")
    path.write_bytes(whole + b"\n")
    weightseal.verify(*fixture.arguments(), code="hash-mismatch")
    path.write_bytes(whole)
    weightseal.verify(*fixture.arguments())
    if fixture.model is fixture.folder:
        (fixture.folder / "signme-2").unlink()
        weightseal.verify(*fixture.arguments(), code="missing-file")
        (fixture.folder / "signme-1").rename(fixture.folder / "signme-2")
        weightseal.verify(*fixture.arguments(), code="missing-file")


@each([name for name in ALL if name != "v0.3.1-elliptic-key"])
def test_refused_with_a_file_too_many(weightseal, fixture):
    (fixture.folder / "added.py").write_bytes(b"")
    weightseal.verify(*fixture.arguments(), code="extra-file")
    weightseal.verify(*fixture.arguments(), "--ignore-unsigned-files")


@each([name for name in ALL if name.startswith("v1.0.1")])
def test_refused_where_nothing_says_what_to_ignore(weightseal, fixture):
    weightseal.verify(fixture.model, *fixture.trust, code="extra-file")


@each([name for name in ALL if name.startswith("v1.1.0")])
def test_what_the_signature_ignores_is_said(weightseal, fixture):
    assert weightseal.verify(*fixture.arguments())["beside"]["ignored"] == ["ignore-me"]


@each(ALL)
def test_refused_after_a_change_of_the_signature(weightseal, fixture):
    """Each text in the bundle loses its last letters or is replaced by that of another fixture."""
    path = fixture.folder / "model.sig"
    bundle = oms_models.bundle_of(path)
    other = oms_models.bundle_of(fixture.vectors / f"v1.1.0-{fixture.method}" / "model.sig")
    if fixture.version == "v1.1.0":
        other = oms_models.bundle_of(fixture.vectors / f"v0.3.1-{fixture.method}" / "model.sig")
    for part in ("payload", "signatures"):
        mixed = bundle | {"dsseEnvelope": bundle["dsseEnvelope"] | {part: other["dsseEnvelope"][part]}}
        refused(weightseal, fixture, path, mixed, part)
    envelope = bundle["dsseEnvelope"]
    signature = envelope["signatures"][0]
    refused(weightseal, fixture, path, bundle | {"dsseEnvelope": envelope | {"signatures": []}}, "no signature")
    cut = envelope | {"signatures": [signature | {"sig": signature["sig"][:-8]}]}
    refused(weightseal, fixture, path, bundle | {"dsseEnvelope": cut}, "a shorter signature")
    typed = envelope | {"payloadType": "application/octet-stream"}
    refused(weightseal, fixture, path, bundle | {"dsseEnvelope": typed}, "another type")
    refused(weightseal, fixture, path, bundle | {"mediaType": "application/json"}, "another media type")
    refused(weightseal, fixture, path, bundle | {"verificationMaterial": {}}, "no material")
    if fixture.method == "sigstore":
        entries = bundle["verificationMaterial"] | {"tlogEntries": []}
        refused(weightseal, fixture, path, bundle | {"verificationMaterial": entries}, "no entry of the log")
        entries = bundle["verificationMaterial"] | {"tlogEntries": other["verificationMaterial"]["tlogEntries"]}
        refused(weightseal, fixture, path, bundle | {"verificationMaterial": entries}, "another entry of the log")


def refused(weightseal, fixture, path, bundle, what):
    path.write_text(json.dumps(bundle), encoding="utf-8")
    run = weightseal.run("verify", *fixture.arguments(), "--json")
    found = json.loads(run.stdout)
    assert (run.returncode, found["verdict"]) == (1, "rejected"), f"{what}: {run.stdout}{run.stderr}"


# ------------------------------------------------------------------------------------- with what does not belong to it


@each(KEYS)
def test_keys(weightseal, fixture, keys):
    version_with_hint = fixture.version == "v1.1.0"
    for stranger in ("other", "p384"):
        code = "untrusted-key" if version_with_hint else None
        refuses(weightseal, fixture, "--key", keys.public(stranger), code=code)
    weightseal.verify(*fixture.with_words("--key", keys.public("p384"), *fixture.key))
    refuses(weightseal, fixture, *fixture.chain, code="wrong-method")
    refuses(weightseal, fixture, *fixture.keyless, code="wrong-method")
    refuses(weightseal, fixture, status=2)


@each(KEYS)
def test_the_hint_of_a_key_decides_nothing(weightseal, fixture):
    """It is not signed, so it only says which key to try first; the reference refuses a wrong one."""
    bundle = oms_models.bundle_of(fixture.folder / "model.sig")
    for key in ({"hint": "0" * 64}, {"hint": ""}, {"rawBytes": "AAAA"}):
        changed = bundle | {"verificationMaterial": {"publicKey": key, "tlogEntries": []}}
        (fixture.folder / "model.sig").write_text(json.dumps(changed), encoding="utf-8")
        weightseal.verify(*fixture.arguments())


@each(CERTIFICATES)
def test_certificates(weightseal, fixture, keys):
    root, compat = ["--ca-root", fixture.root], ["--oms-compat"]
    code = "legacy-signature" if fixture.version == "v0.2.0" else "certificate-is-authority"
    refuses(weightseal, fixture, *root, "--certificate-identity", SUBJECT, code=code)
    refuses(weightseal, fixture, *root, code="usage", status=2)
    for identity in ("CN=root-ca", "intermediate-ca", SUBJECT.lower(), IDENTITY):
        refuses(weightseal, fixture, *root, "--certificate-identity", identity, *compat, code="wrong-identity")
    for chain in ("p384", "rsa"):
        stranger = ["--ca-root", keys.certificate(chain, "root"), "--certificate-identity", SUBJECT]
        refuses(weightseal, fixture, *stranger, *compat, code="untrusted-certificate")
    code = "legacy-signature" if fixture.version == "v0.2.0" else "wrong-method"
    refuses(weightseal, fixture, *fixture.key, code=code)
    refuses(weightseal, fixture, *fixture.keyless, code=code)
    refuses(weightseal, fixture, *compat, status=2)


@each(SIGSTORE)
def test_identities(weightseal, fixture):
    who, by = ["--certificate-identity", IDENTITY], ["--certificate-oidc-issuer", ISSUER]
    for identity in ("stefanb@us.ibm.co", "stefanb", IDENTITY.upper(), "mailto:" + IDENTITY, " " + IDENTITY):
        refuses(weightseal, fixture, "--certificate-identity", identity, *by, code="wrong-identity")
    for issuer in ("https://accounts.google.com", ISSUER + "/", ISSUER.removeprefix("https://"), ISSUER.upper()):
        refuses(weightseal, fixture, *who, "--certificate-oidc-issuer", issuer, code="wrong-issuer")
    refuses(weightseal, fixture, *who, status=2)
    refuses(weightseal, fixture, *by, status=2)
    refuses(weightseal, fixture, *fixture.key, code="wrong-method")
    refuses(weightseal, fixture, *fixture.chain, code="wrong-method")
    refuses(weightseal, fixture, "--oms-compat", status=2)


@each(SIGSTORE)
def test_other_trusted_roots(weightseal, fixture, tmp_path):
    """Without the authorities or without the logs of the true root, nothing is left that could be trusted."""
    config = oms_models.bundle_of(fixture.vectors / "sigstore_client_trust_config.json")
    for part in ("certificateAuthorities", "tlogs", "ctlogs"):
        path = tmp_path / f"{part}.json"
        path.write_text(json.dumps(config | {"trustedRoot": config["trustedRoot"] | {part: []}}), encoding="utf-8")
        refuses(weightseal, fixture, *fixture.keyless, "--trusted-root", path, status=None)


def refuses(weightseal, fixture, *words, code=None, status=1):
    run = weightseal.run("verify", *fixture.with_words(*words), "--json")
    assert run.returncode in ([1, 2] if status is None else [status]), f"{words}: {run.stdout}{run.stderr}"
    if code:
        assert json.loads(run.stdout)["code"] == code, f"{words}: {run.stdout}{run.stderr}"


# -------------------------------------------------------------------------------------------------- the specification


def test_vectors_of_the_specification(weightseal, signatures_of_others):
    vectors = signatures_of_others / "spec-v1.0" / "test-vectors" / "v1.0"
    cases = sorted(vectors.glob("*/*.json"))
    assert len(cases) >= 8, vectors
    for path in cases:
        valid = path.parent.name == "valid"
        run = weightseal.run("inspect", path, "--json")
        assert run.returncode == (0 if valid else 1), f"{path}: {run.stdout}{run.stderr}"
        if valid:
            assert json.loads(run.stdout)["kind"] == "oms"
