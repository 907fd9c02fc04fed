"""A trust store as an object: what it says about a signature, and adding a key to its file."""

from __future__ import annotations

import logging
import os
import re
from datetime import date, datetime, timedelta, timezone

import pytest
from core_fixtures import OPTION, SIGNER, copies, ed25519, flip_bit, model, no_passphrase_around  # noqa: F401
from trust_fixtures import RULE, WARN, place, signed, store, stored, stranger  # noqa: F401

import weightseal
from weightseal import TrustStore, errors

# --- Explanations ---------------------------------------------------------------------------------------------


def test_an_explanation_answers_question_by_question(signed, stored):
    trust = TrustStore.load(stored(f"{RULE}minimum_model_version = 4\nmax_age = '1y'"))
    said = trust.explain(signed)
    assert (said.verdict, said.reasons, said.tolerated) == ("accepted", [], [])
    assert {step["answer"] for step in said.steps} == {"holds"} and {step["code"] for step in said.steps} == {None}
    assert [step["by"] for step in said.steps if step["rule"] == 0] == ["rule"] * 3
    assert all(isinstance(step["what"], str) and step["what"] for step in said.steps)
    assert said.trust["signer"] == SIGNER and said.to_dict()["steps"] == said.steps
    assert "accepted; no file of the model was looked at" in str(said) and SIGNER in str(said)
    assert repr(said) == f'<weightseal.Explanation accepted: "{signed}">'


def test_an_explanation_looks_at_no_file_and_is_no_yes(signed, store):
    trust = TrustStore.load(store)
    flip_bit(signed)
    said = trust.explain(signed)
    assert said.verdict == "accepted"
    with pytest.raises(weightseal.HashMismatch):
        weightseal.verify(signed, trust=trust)
    with pytest.raises(TypeError, match="an explanation is no verification"):
        bool(said)
    with pytest.raises(TypeError):
        assert not said


@pytest.mark.parametrize(
    "said, verdict, code",
    [
        ({"rules": f"{RULE}minimum_model_version = 5"}, "rejected", "model-version-too-low"),
        ({"rules": WARN}, "tolerated", "model-version-too-low"),
        ({"rules": ""}, "rejected", "no-matching-rule"),
        ({"key": "signs_until = 2026-01-01"}, "rejected", "key-retired"),
    ],
    ids=str,
)
def test_an_explanation_says_what_verification_would_say(said, verdict, code, signed, stored):
    trust = TrustStore.load(stored(**said))
    explained = trust.explain(signed)
    assert explained.verdict == verdict
    assert [each["code"] for each in (explained.reasons or explained.tolerated)] == [code]
    assert bool(explained.tolerated) == (verdict == "tolerated")
    [step] = [step for step in explained.steps if step["answer"] != "holds"]
    assert step["code"] == code and step["answer"] == {"rejected": "refused"}.get(verdict, verdict)
    assert f"[{code}]" in str(explained)
    for each in (*explained.reasons, *explained.tolerated):
        assert re.search(OPTION, each["hint"] or "") is None
    with pytest.raises(errors.WeightsealError) as caught:
        weightseal.verify(signed, trust=trust)
    assert caught.value.code == ("tolerated" if verdict == "tolerated" else code)


def test_an_explanation_takes_what_verification_takes(ed25519, model, stored, tmp_path, stranger):
    state = tmp_path / "state.json"
    trust = TrustStore.load(stored())
    manifest = ed25519.sign(model, model_version=4)
    weightseal.verify(model, trust=trust, state=state, init_state=True)
    ed25519.sign(model, model_version=3)
    before = state.read_bytes()
    assert [each["code"] for each in trust.explain(model, state=state).reasons] == ["rolled-back"]
    assert trust.explain(model).verdict == "accepted" and state.read_bytes() == before
    assert [each["code"] for each in trust.explain(model, name="model-2").reasons] == ["wrong-model"]
    assert trust.explain(model, signature=manifest, name="model.bin").verdict == "accepted"
    assert [each["code"] for each in trust.explain(model, at="2000-01-01").reasons] == ["signed-in-the-future"]
    for asked, error in (
        ({"at": "2099-01-01"}, errors.TrustStoreError),
        ({"at": "soon"}, errors.UsageError),
        ({"at": "2026-01-01", "state": state}, errors.UsageError),
        ({"state": tmp_path / "missing.json"}, errors.StateFileError),
        ({"base": tmp_path}, errors.UsageError),
        ({"name": 3}, TypeError),
        ({"public_key": ed25519.public}, TypeError),
    ):
        with pytest.raises(error):
            trust.explain(model, **asked)
    with pytest.raises(FileNotFoundError):
        trust.explain(tmp_path / "missing.bin")
    stranger.sign(model)
    explained = trust.explain(model)
    assert explained.trust is None and explained.steps == []
    assert [each["code"] for each in explained.reasons] == ["untrusted-key"]
    manifest.unlink()
    assert [each["code"] for each in trust.explain(model).reasons] == ["unsigned"]


# --- Adding a key ---------------------------------------------------------------------------------------------


def test_a_key_is_added_to_the_file(model, stranger, store, caplog):
    trust = TrustStore.load(store)
    stranger.sign(model, signer="new@example.org")
    text = f"# Kept.\n{store.read_text()}"
    store.write_text(text)
    with caplog.at_level(logging.WARNING, "weightseal"):
        added = trust.add("new@example.org", stranger.public, key_version=1, signs_until="2098-01-01", models="model.*")
    assert (added.serial, trust.serial) == (4, 3) and added.signers == [SIGNER, "new@example.org"]
    assert store.read_text().startswith("# Kept.")
    assert added.keys[1]["version"] == 1 and added.keys[1]["signs_until"] == "2098-01-01T00:00:00Z"
    assert added.to_dict() == TrustStore.load(store).to_dict()
    # Every rule that matches has to hold, and the old one names somebody else.
    assert any("does not name `new@example.org`" in record.getMessage() for record in caplog.records)
    with pytest.raises(errors.UntrustedKey):
        weightseal.verify(model, trust=trust)
    with pytest.raises(errors.UntrustedSigner):
        weightseal.verify(model, trust=added)
    store.write_text(store.read_text().replace(f'"{SIGNER}"]', f'"{SIGNER}", "new@example.org"]'))
    assert weightseal.verify(model, trust=store).signer == "new@example.org"


def test_a_signer_whom_no_rule_names_is_told(stranger, store, caplog):
    with caplog.at_level(logging.WARNING, "weightseal"):
        TrustStore.load(store).add("new@example.org", stranger.public.read_bytes())
    [record] = caplog.records
    assert record.getMessage() == "no rule names `new@example.org`: what it signs is refused (models)"
    assert record.pathname == __file__


def test_a_second_key_of_a_signer_takes_every_kind_of_time(signed, stranger, stored):
    trust = TrustStore.load(stored(key="signs_until = 2098-01-01"))
    added = trust.add(
        SIGNER,
        [stranger.public],
        key_version=3,
        signs_from=date(2026, 1, 1),
        signs_until=timedelta(days=400),
        trusted_until=datetime(2098, 1, 1, tzinfo=timezone.utc),
        models=["model*"],
    )
    first, second = added.keys
    assert (first["version"], second["version"], second["signs_from"]) == (2, 3, "2026-01-01T00:00:00Z")
    assert second["trusted_until"] == "2098-01-01T00:00:00Z" and added.rules == trust.rules
    stranger.sign(signed)
    assert weightseal.verify(signed, trust=added).key_version == 3


def test_a_key_that_cannot_be_added_changes_nothing(stranger, store, ed25519, tmp_path):
    trust = TrustStore.load(store)
    before = store.read_bytes()
    weak = tmp_path / "weak.pub"
    weak.write_text("nonsense")
    for arguments, asked, error in (
        (("x", ed25519.public), {}, errors.WeightsealError),
        (("x", weak), {}, errors.KeyFileError),
        (("x", tmp_path / "missing.pub"), {}, errors.NotFound),
        (("x", stranger.private), {}, errors.KeyFileError),
        (("x", []), {}, errors.UsageError),
        (("x", [stranger.public, ed25519.public]), {"key_version": 1}, errors.UsageError),
        (("", stranger.public), {}, errors.TrustStoreError),
        ((SIGNER, stranger.public), {"key_version": 2}, errors.TrustStoreError),
        (("x", stranger.public), {"signs_from": "2027-01-01", "signs_until": "2026-01-01"}, errors.TrustStoreError),
        (("x", stranger.public), {"signs_from": "soon"}, errors.UsageError),
        (("x", stranger.public), {"trusted_until": datetime(2026, 1, 1)}, errors.UsageError),
        (("x", stranger.public), {"models": ["x" * 300]}, errors.TrustStoreError),
        (("x", stranger.public), {"models": [3]}, TypeError),
        (("x", stranger.public), {"key_version": 0}, errors.UsageError),
        ((3, stranger.public), {}, TypeError),
        (("x", 3), {}, TypeError),
        (("x", None), {}, errors.UsageError),
        (("x",), {}, TypeError),
    ):
        with pytest.raises(error) as caught:
            trust.add(*arguments, **asked)
        assert type(caught.value) is not errors.WeightsealError, "a class of its own"
        assert re.search(OPTION, getattr(caught.value, "hint", None) or "") is None
        assert store.read_bytes() == before
    assert sorted(path.name for path in store.parent.iterdir() if "trust" in path.name) == ["trust.toml"]


def test_a_key_goes_into_the_file_that_was_read(stranger, store, tmp_path, monkeypatch):
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "trust.toml").write_bytes(store.read_bytes())
    monkeypatch.chdir(tmp_path)
    trust = TrustStore.load("trust.toml")
    monkeypatch.chdir(other)
    before = (other / "trust.toml").read_bytes()
    assert trust.add("x", stranger.public).path == trust.path == store
    assert (other / "trust.toml").read_bytes() == before and TrustStore.load(store).serial == 4


def test_nothing_is_added_where_others_can_write(stranger, store):
    trust = TrustStore.load(store)
    os.chmod(store, 0o666)
    with pytest.raises(errors.TrustStoreError) as caught:
        trust.add("x", stranger.public)
    assert caught.value.code == "writable-by-others"
