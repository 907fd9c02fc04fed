"""Trust stores: who may sign which models, through every function that verifies, and what is only tolerated."""

from __future__ import annotations

import logging
import pickle
import re
import warnings
from datetime import date, datetime, timedelta, timezone

import pytest
from core_fixtures import (  # noqa: F401
    OPTION,
    SIGNER,
    copies,
    ed25519,
    flip_bit,
    model,
    no_passphrase_around,
    rsa,
    strip,
    write_json,
)
from trust_fixtures import (  # noqa: F401
    RULE,
    WARN,
    key_of,
    loaders,
    place,
    refused,
    signed,
    store,
    stored,
    stranger,
    text_of,
)

import weightseal
from weightseal import TrustStore, errors

# --- A store decides ------------------------------------------------------------------------------------------


def test_a_store_says_who_signed_by_its_path_and_as_an_object(signed, store, copies):
    for trust in (store, str(store), TrustStore.load(store)):
        for name, call in loaders(signed).items():
            found = call(trust=trust)
            if name == "verify_artifact":
                assert found["signer"] == SIGNER
                continue
            assert (found.verdict, found.signer, found.name, found.key_version) == ("verified", SIGNER, "model.bin", 2)
            assert found.trust == {
                "serial": 3, "expires_at": "2099-01-01T00:00:00Z", "signer": SIGNER, "key_version": 2,
                "name": "model.bin", "rules": [0], "countersignatures": [],
            }  # fmt: skip
            assert found.tolerated == [] and f'signer="{SIGNER}"' in repr(found)
            assert found.to_dict()["trust"] == found.trust


def test_without_a_store_nothing_is_said_of_one(signed, ed25519):
    found = weightseal.verify(signed, ed25519.public)
    assert found.trust is None and found.tolerated == []


def test_sets_and_folders_have_names_as_well(ed25519, stored, tmp_path, copies):
    trust = stored(RULE.replace('"model*"', '["model-*", "*.bin"]'))
    folder = tmp_path / "model-7"
    folder.mkdir()
    for name in ("a.bin", "b.bin"):
        (folder / name).write_bytes(name.encode())
    bundle = ed25519.sign_bundle([folder / "a.bin", folder / "b.bin"], folder / "model-7.manifest.json")
    assert weightseal.verify(bundle, trust=trust).trust["name"] == "model-7"
    assert weightseal.verify_artifact_bundle(bundle, trust=trust)["artifact_count"] == 2
    with weightseal.verified_dir(bundle, trust=trust) as found:
        assert sorted(found.files) == ["a.bin", "b.bin"]
    with weightseal.open_verified(folder / "a.bin", trust=trust, signature=bundle, allow_partial=True) as file:
        assert (file.verified.verdict, file.verified.trust["name"]) == ("partial", "a.bin")
    with pytest.raises(errors.PartialModel):
        weightseal.open_verified(folder / "a.bin", trust=trust, signature=bundle)
    bundle.unlink()
    weightseal.sign_model(folder, ed25519.private, passphrase=None, signer=SIGNER)
    for function in (weightseal.verify, weightseal.verify_model):
        assert function(folder, trust=trust).trust["name"] == "model-7"
    with weightseal.verified_dir(folder, trust=trust) as found:
        assert found.verified.method == "key"
    other = folder.rename(tmp_path / "model-8")
    with pytest.raises(errors.WrongModel) as caught:
        weightseal.verify_model(other, trust=trust)
    assert (caught.value.expected, caught.value.found) == ("model-8", "model-7")
    assert "name=…" in caught.value.hint
    assert weightseal.verify_model(other, trust=trust, name="model-7").verdict == "verified"


def test_the_name_can_be_asked_for_without_a_store(signed, ed25519):
    assert weightseal.verify(signed, ed25519.public, name="model.bin").name == "model.bin"
    with pytest.raises(errors.WrongModel):
        weightseal.verify(signed, ed25519.public, name="other.bin")


def test_what_the_caller_asks_is_asked_besides(signed, store):
    asked = {"signer": SIGNER, "model_version_at_least": 4, "max_age": "1d"}
    assert weightseal.verify(signed, trust=store, **asked).signer == SIGNER
    assert type(refused(signed, trust=store, signer="somebody@else")) is errors.WrongSigner
    assert type(refused(signed, trust=store, model_version_at_least=5)) is errors.ModelVersionTooLow


def test_a_changed_model_is_refused(signed, store):
    flip_bit(signed)
    assert type(refused(signed, trust=store)) is weightseal.HashMismatch


def test_an_object_is_what_was_read(signed, stored, stranger, place):
    trust = TrustStore.load(stored())
    assert (trust.path, trust.serial, trust.expires_at) == (place, 3, "2099-01-01T00:00:00Z")
    assert trust.signers == [SIGNER]
    [key] = trust.keys
    assert (key["signer"], key["kind"], key["version"], key["state"]) == (SIGNER, "key", 2, "signs")
    assert key["key_id"] == weightseal.verify(signed, trust=trust).key_id
    [rule] = trust.rules
    assert (rule["models"], rule["signers"], rule["level"]) == (["model*"], [SIGNER], "enforce")
    assert trust.to_dict()["rules"] == trust.rules and trust.to_dict()["serial"] == 3
    assert repr(trust) == f"<weightseal.TrustStore `{place}`: serial 3, expires 2099-01-01T00:00:00Z>"
    place.write_text("nonsense")
    assert weightseal.verify(signed, trust=trust).verdict == "verified"
    assert type(refused(signed, trust=place)) is errors.TrustStoreError
    for name in ("serial", "path", "nonsense"):
        with pytest.raises(AttributeError):
            setattr(trust, name, 1)
    with pytest.raises(TypeError):
        TrustStore(place)
    # A copy would have to be read again, from a file that may be another one by then.
    with pytest.raises(TypeError):
        pickle.dumps(trust)


# --- Calls that make no sense ---------------------------------------------------------------------------------

CONFLICTS = [
    ({"ca_root": "root.pem"}, "ca_root"),
    ({"ca_root": ["root.pem"], "certificate_identity": "a@example.org"}, "ca_root and certificate_identity"),
    ({"intermediates": ["a.pem"]}, "intermediates"),
    ({"certificate_identity": ""}, "certificate_identity"),
    ({"certificate_identity": "a", "certificate_oidc_issuer": "https://x"}, "certificate_identity and"),
    ({"trusted_root": "root.json"}, "trusted_root"),
    ({"oms_compat": True}, "oms_compat"),
]


@pytest.mark.parametrize("asked, named", CONFLICTS, ids=str)
def test_a_store_decides_alone(asked, named, signed, store):
    for function in (weightseal.verify, weightseal.verify_model, weightseal.open_verified, weightseal.verified_dir):
        for trust in (store, TrustStore.load(store)):
            with pytest.raises(errors.UsageError, match=f"decides alone, and {named}.* given besides") as caught:
                function(signed, trust=trust, **asked)
            assert caught.value.hint == "put it into the store, or leave the store out"


@pytest.mark.parametrize("empty", [False, True])
def test_no_key_goes_with_a_store(empty, signed, store, ed25519):
    key = [] if empty else ed25519.public
    manifest = signed.with_name("model.manifest.json")
    for call in (
        lambda: weightseal.verify(signed, key, trust=store),
        lambda: weightseal.verify_model(signed, key, trust=store),
        lambda: weightseal.open_verified(signed, key, trust=store),
        lambda: weightseal.verified_dir(signed, key, trust=store),
        lambda: weightseal.verify_artifact(signed, manifest, key, trust=store),
        lambda: weightseal.verify_artifact_bundle(manifest, key, trust=store),
    ):
        with pytest.raises(errors.UsageError, match="a trust store decides alone, and public_key was given besides"):
            call()


def test_the_library_refuses_what_this_package_would_let_pass(signed, store, ed25519):
    from weightseal import _native, _options

    asked = _options.question(signed, None, trust=store)
    for wrong in ({"public_keys": [str(ed25519.public)]}, {"oms_compat": True}, {"trust": None, "state": "state.json",
                  "public_keys": [str(ed25519.public)]}):  # fmt: skip
        with pytest.raises(errors.UsageError, match="a trust store decides alone"):
            _native.verify({**asked, **wrong}, False, None)


def test_nothing_to_verify_with_is_told(signed):
    error = refused(signed)
    assert error.code == "usage" and "nothing was given to verify with" in str(error)
    assert "public_key=…" in error.hint and "trust=…" in error.hint
    with pytest.raises(errors.UsageError, match="nothing was given to verify with"):
        weightseal.verify_artifact_bundle(signed.with_name("model.manifest.json"))


@pytest.mark.parametrize(
    "asked, error, message",
    [
        ({"state": "state.json"}, errors.UsageError, "state is for a trust store, and there is none"),
        ({"trust": "STORE", "init_state": True}, errors.UsageError, "init_state begins the file of state"),
        ({"trust": "STORE", "state": "s", "at": "2026-01-01"}, errors.UsageError, "at and state exclude each other"),
        ({"trust": "STORE", "at": "soon"}, errors.UsageError, "at `soon` is not a time such as 2026-06-30"),
        ({"trust": "STORE", "at": ""}, errors.UsageError, "at `` is not a time"),
        ({"trust": "STORE", "at": datetime(2026, 1, 1)}, errors.UsageError, "at has no time zone"),
        ({"trust": "STORE", "at": timedelta(days=1)}, TypeError, "at must be a str, date or datetime, not timedelta"),
        ({"trust": "STORE", "at": 3}, TypeError, "at must be a str, date or datetime, not int"),
        ({"trust": 3}, TypeError, "trust must be a path or a TrustStore, not int"),
        ({"trust": b"trust.toml"}, TypeError, "trust must be a path or a TrustStore, not bytes"),
        ({"trust": ["trust.toml"]}, TypeError, "trust must be a path or a TrustStore, not list"),
        ({"trust": "STORE", "name": b"model.bin"}, TypeError, "name must be a str, not bytes"),
        ({"trust": "STORE", "state": 3}, TypeError, "int"),
        ({"trust": "", "at": "2026-01-01"}, errors.FileError, "` does not exist|is a folder|no regular file|``"),
    ],
    ids=str,
)
def test_questions_that_make_no_sense_are_refused(asked, error, message, signed, store):
    asked = {name: store if value == "STORE" else value for name, value in asked.items()}
    for call in loaders(signed).values():
        with pytest.raises(error, match=message) as caught:
            call(**asked)
        assert re.search(OPTION, getattr(caught.value, "hint", None) or "") is None


# --- Refusals -------------------------------------------------------------------------------------------------

SINCE = '{ at = 2026-01-02, reason = "stolen", compromised_since = 2026-01-01 }'


@pytest.mark.parametrize(
    "said, kind, code, data",
    [
        ({"name": "somebody@else", "rules": RULE.replace(SIGNER, "somebody@else")},
         errors.WrongSigner, "wrong-signer", {"expected": "somebody@else", "found": SIGNER}),
        ({"rules": ""}, errors.UntrustedSigner, "no-matching-rule", {"name": "model.bin"}),
        ({"rules": RULE.replace("model*", "other*")}, errors.UntrustedSigner, "no-matching-rule", {"name": "model.bin"}),
        ({"rules": '[[rule]]\nmodels = "*"\nmax_age = "1y"'},
         errors.UntrustedSigner, "untrusted-signer", {"expected": [], "found": SIGNER}),
        ({"rules": f'{RULE}allowed_formats = ["oms"]'},
         errors.UntrustedSigner, "format-not-allowed", {"expected": ["oms"], "found": "manifest"}),
        ({"rules": f"{RULE}minimum_model_version = 5"},
         errors.ModelVersionTooLow, "model-version-too-low", {"expected": 5, "found": 4}),
        ({"rules": f'{RULE}max_age = "1us"'}, errors.TooOld, "too-old", {}),
        ({"key": 'revoked = { at = 2026-01-01, reason = "lost" }'},
         errors.Revoked, "revoked", {"signer": SIGNER, "reason": "lost", "compromised_since": None}),
        ({"key": f"revoked = {SINCE}"}, errors.Revoked, "revoked", {"compromised_since": "2026-01-01T00:00:00Z"}),
        ({"key": "signs_until = 2026-01-01"}, errors.KeyRetired, "key-retired", {"until": "2026-01-01T00:00:00Z"}),
        ({"key": "signs_from = 2098-01-01"}, errors.KeyRetired, "key-not-yet-valid", {"from": "2098-01-01T00:00:00Z"}),
        ({"key": "trusted_until = 2026-01-01"}, errors.KeyRetired, "key-trust-ended", {"until": "2026-01-01T00:00:00Z"}),
    ],
    ids=str,
)  # fmt: skip
def test_every_refusal_is_told_apart(said, kind, code, data, signed, stored):
    error = refused(signed, trust=stored(**said))
    assert type(error) is kind and error.code == code and isinstance(error, errors.NotTrusted)
    assert {name: error.data.get(name) for name in data} == data
    assert error.hint and error.result["verdict"] == "rejected"


def test_who_ends_is_expired_too(signed, stored):
    for until in ("trusted_until", "signs_until"):
        with pytest.raises(errors.Expired):
            weightseal.verify(signed, trust=stored(key=f"{until} = 2026-01-01"))


def test_a_stranger_is_refused(stranger, model, store):
    stranger.sign(model)
    error = refused(model, trust=store)
    assert type(error) is errors.UntrustedKey and error.code == "untrusted-key"


def test_a_model_under_another_name_is_refused(signed, store):
    other, manifest = signed.rename(signed.with_name("model-2.bin")), signed.with_name("model.manifest.json")
    for asked in ({}, {"name": "model-2.bin"}):
        for call in (
            lambda: weightseal.verify(other, trust=store, signature=manifest, **asked),
            lambda: weightseal.open_verified(other, trust=store, signature=manifest, **asked),
            lambda: weightseal.verify_artifact(other, manifest, trust=store, **asked),
        ):
            with pytest.raises(errors.WrongModel) as caught:
                call()
            assert (caught.value.expected, caught.value.found) == ("model-2.bin", "model.bin")
    assert weightseal.verify_artifact(other, manifest, trust=store, name="model.bin")["model_file"] == "model.bin"


def test_two_have_to_sign(signed, stored, stranger):
    both = RULE.replace(f'signers = ["{SIGNER}"]', f'threshold = {{ n = 2, of = ["{SIGNER}", "b"] }}')
    error = refused(signed, trust=stored(f'[[signer]]\nname = "b"\n{key_of(stranger)}\n{both}'))
    assert type(error) is errors.ThresholdNotMet and error.code == "threshold-not-met"
    assert (error.data["threshold"], error.expected, error.found) == (2, [SIGNER, "b"], [SIGNER])


@pytest.mark.parametrize(
    "change, code",
    [
        (lambda text: "nonsense", "malformed-trust-store"),
        (lambda text: "", "malformed-trust-store"),
        (lambda text: text.replace("[[rule]]", "[[rules]]"), "malformed-trust-store"),
        (lambda text: text.replace("2099-01-01", "2026-01-01"), "trust-store-expired"),
        (lambda text: text.replace("2099-01-01", '"2099-01-01"'), "malformed-trust-store"),
        (lambda text: re.sub('""".*?"""', '"missing.pub"', text, flags=re.DOTALL), "malformed-trust-store"),
    ],
)  # fmt: skip
def test_a_store_that_cannot_be_used_decides_nothing(change, code, signed, store):
    store.write_text(change(store.read_text()))
    error = refused(signed, trust=store)
    assert error.code == code and not isinstance(error, weightseal.VerificationError)
    assert type(error) is errors.TrustStoreError
    if code != "trust-store-expired":
        assert error.data["path"] == str(store)
        with pytest.raises(type(error)) as caught:
            TrustStore.load(store)
        assert str(caught.value) == str(error)


def test_a_store_that_is_not_there_is_a_file_not_found_error(signed, tmp_path):
    for call in (*loaders(signed).values(), lambda trust: TrustStore.load(trust)):
        with pytest.raises(FileNotFoundError) as caught:
            call(trust=tmp_path / "missing.toml")
        assert not isinstance(caught.value, weightseal.VerificationError)
        assert caught.value.filename == str(tmp_path / "missing.toml")


@pytest.mark.parametrize("what", ["store", "folder", "key"])
def test_what_others_can_write_is_trusted_by_nobody(what, signed, store, ed25519, tmp_path):
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "key.pub").write_bytes(ed25519.public.read_bytes())
    moved = folder / "trust.toml"
    moved.write_text(re.sub('""".*?"""', '"key.pub"', store.read_text(), flags=re.DOTALL))
    assert weightseal.verify(signed, trust=moved).verdict == "verified"
    {"store": moved, "folder": folder, "key": folder / "key.pub"}[what].chmod(0o777)
    error = refused(signed, trust=moved)
    assert type(error) is errors.TrustStoreError and error.code == "writable-by-others"
    with pytest.raises(errors.TrustStoreError):
        TrustStore.load(moved)


# --- Manifests without envelope -------------------------------------------------------------------------------


@pytest.fixture
def listed(rsa, model, tmp_path):
    """A model with a manifest of the published format, and a store that lists it."""
    write_json(model.with_name("model.manifest.json"), strip(rsa.manifest(model)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        key = weightseal.verify(model, rsa.public, allow_unauthenticated=True).key_id
    entry = f'{{ model = "model.bin", sha256 = "{weightseal.hash_file(model)}", key = "{key}" }}'
    path = tmp_path / "trust.toml"
    path.write_text(text_of(rsa, head=f"unauthenticated = [{entry}]"))
    return path


def test_what_a_store_lists_needs_no_envelope_and_no_warning(listed, model, copies):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for call in loaders(model).values():
            found = call(trust=listed)
        assert not found.authenticated and found.signer == SIGNER and "not authenticated" in repr(found)
        assert found.signed_at is None and found.name is None


def test_whoever_says_that_it_will_not_do_is_heard(listed, model):
    error = refused(model, trust=listed, allow_unauthenticated=False)
    assert type(error) is errors.NotAuthenticated


@pytest.mark.parametrize("said", [None, True])
def test_what_a_store_does_not_list_is_refused_whatever_is_said(said, listed, model, rsa):
    listed.write_text(text_of(rsa))
    error = refused(model, trust=listed, allow_unauthenticated=said)
    assert type(error) is errors.NotAuthenticated and error.data["file"] == "model.bin"


# --- What is only tolerated -----------------------------------------------------------------------------------

def test_what_a_rule_only_warns_about_is_refused_unless_said_by_name(signed, stored, tmp_path, copies, caplog):
    trust = stored(WARN)
    error = refused(signed, trust=trust)
    assert type(error) is errors.ToleratedModel and isinstance(error, errors.UsageError)
    assert error.code == "tolerated" and "model version 4 is below 5" in str(error)
    assert not isinstance(error, weightseal.VerificationError) and error.data["result"]["verdict"] == "inconclusive"
    with caplog.at_level(logging.INFO, "weightseal"):
        for name, call in loaders(signed).items():
            caplog.clear()
            found = call(trust=trust, allow_tolerated=True)
            [warning] = [record for record in caplog.records if record.levelno == logging.WARNING]
            assert "only warns let it pass: model-version-too-low" in warning.getMessage()
            if name == "verify_artifact":
                assert found["signer"] == SIGNER
                continue
            assert found.verdict == "tolerated" and found.to_dict()["partial"] is False
            [reason] = found.tolerated
            assert (reason["code"], reason["expected"], reason["found"]) == ("model-version-too-low", 5, 4)


def test_sets_that_are_only_tolerated_are_refused_as_well(ed25519, stored, model, tmp_path):
    bundle = ed25519.sign_bundle([model], model.with_name("model-set.manifest.json"), model_version=4)
    folder = tmp_path / "model-folder"
    folder.mkdir()
    (folder / "a.bin").write_bytes(b"a")
    weightseal.sign_model(folder, ed25519.private, passphrase=None, signer=SIGNER, model_version=4)
    trust = stored(WARN)
    with pytest.raises(errors.ToleratedModel):
        weightseal.verify_artifact_bundle(bundle, trust=trust)
    assert weightseal.verify_artifact_bundle(bundle, trust=trust, allow_tolerated=True)["artifact_count"] == 1
    with pytest.raises(errors.ToleratedModel):
        weightseal.verify_model(folder, trust=trust)
    assert weightseal.verify_model(folder, trust=trust, allow_tolerated=True).verdict == "tolerated"


def test_a_part_that_is_only_tolerated_needs_both_words(ed25519, stored, tmp_path, copies):
    folder = tmp_path / "model-folder"
    folder.mkdir()
    for name in ("a.bin", "b.bin"):
        (folder / name).write_bytes(b"a")
    weightseal.sign_model(folder, ed25519.private, passphrase=None, signer=SIGNER, model_version=4)
    asked = {"trust": stored(WARN), "only": ["a.bin"]}
    for words, error in (
        ({}, errors.ToleratedModel),
        ({"allow_partial": True}, errors.ToleratedModel),
        ({"allow_tolerated": True}, errors.PartialModel),
    ):
        with pytest.raises(error):
            weightseal.open_verified(folder, **asked, **words)
    with weightseal.open_verified(folder, **asked, allow_partial=True, allow_tolerated=True) as file:
        assert file.verified.verdict == "tolerated" and file.verified.to_dict()["partial"] is True


def test_advice_about_what_is_tolerated_is_for_people_who_write_python(ed25519, stored, model):
    ed25519.sign(model)
    found = weightseal.verify(model, trust=stored(WARN), allow_tolerated=True)
    assert [(reason["code"], reason["hint"]) for reason in found.tolerated] == [
        ("model-version-missing", "ask the signer to sign with model_version=…")
    ]


def test_what_no_rule_relaxes_stays_refused(signed, stored):
    trust = stored(WARN, key='revoked = { at = 2026-01-01, reason = "x" }')
    error = refused(signed, trust=trust, allow_tolerated=True)
    assert type(error) is errors.Revoked
