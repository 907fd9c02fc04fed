"""What goes with a trust store: what was accepted before, another time, and changes to the store meanwhile."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta, timezone

import pytest
from core_fixtures import SIGNER, copies, ed25519, model, no_passphrase_around, write_json  # noqa: F401
from support import swapping
from trust_fixtures import (  # noqa: F401
    RULE,
    WARN,
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

# --- What is remembered ---------------------------------------------------------------------------------------


def test_an_older_version_is_not_accepted_after_a_newer_one(ed25519, model, store, tmp_path, copies):
    state = tmp_path / "state.json"
    older = ed25519.manifest(model, model_version=3)
    ed25519.sign(model, model_version=4)
    error = refused(model, trust=store, state=state)
    assert type(error) is errors.StateFileError and error.code == "no-state" and error.data["path"] == str(state)
    assert "init_state=True" in error.hint
    for number, call in enumerate(loaders(model).values()):
        call(trust=store, state=state, **{"init_state": True} if number == 0 else {})
    [remembered] = json.loads(state.read_text())["models"]
    assert (remembered["name"], remembered["signer"], remembered["model_version"]) == ("model.bin", SIGNER, 4)
    place = write_json(model.with_name("model.manifest.json"), older)
    error = refused(model, trust=store, state=state)
    assert type(error) is errors.RolledBack and (error.expected, error.found) == (4, 3)
    assert isinstance(error, errors.NotTrusted)
    assert weightseal.verify(model, trust=store).model_version == 3
    # The same version, said by another statement.
    write_json(place, ed25519.manifest(model, model_version=4))
    assert type(refused(model, trust=store, state=str(state))) is errors.RolledBack


def test_an_older_store_is_not_used_after_a_newer_one(signed, stored, tmp_path):
    state = tmp_path / "state.json"
    weightseal.verify(signed, trust=stored(serial=4), state=state, init_state=True)
    error = refused(signed, trust=TrustStore.load(stored(serial=3)), state=state)
    assert type(error) is errors.TrustStoreError and error.code == "trust-store-rolled-back"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"schema": "weightseal.state/2"}'])
def test_a_damaged_state_file_is_an_error(content, signed, store, tmp_path):
    state = tmp_path / "state.json"
    state.write_text(content)
    for init_state in (False, True):
        error = refused(signed, trust=store, state=state, init_state=init_state)
        assert type(error) is errors.StateFileError and error.code == "malformed-state"
        assert error.data["path"] == str(state) and "put a copy of it back" in error.hint
    assert state.read_text() == content


def test_what_is_not_accepted_is_not_remembered(ed25519, stored, model, tmp_path, copies):
    state = tmp_path / "state.json"
    ed25519.sign(model, model_version=4)
    for call in loaders(model).values():
        with pytest.raises(errors.ToleratedModel):
            call(trust=stored(WARN), state=state, init_state=True)
        assert not state.exists()
        with pytest.raises(errors.ModelVersionTooLow):
            call(trust=stored(WARN.replace('level = "warn"', "")), state=state, init_state=True)
        assert not state.exists()
    bundle = ed25519.sign_bundle([model], model.with_name("model-set.manifest.json"), model_version=4)
    model.with_name("other.bin").write_bytes(b"x")
    bundle = ed25519.sign_bundle([model, model.with_name("other.bin")], bundle, model_version=4)
    with pytest.raises(errors.PartialModel):
        weightseal.open_verified(model, trust=stored(), signature=bundle, state=state, init_state=True)
    assert not state.exists()
    weightseal.verify(model, trust=stored(WARN), signature=model.with_name("model.manifest.json"), state=state,
                      init_state=True, allow_tolerated=True)  # fmt: skip
    assert json.loads(state.read_text())["models"] == []
    weightseal.verify(model, trust=stored(), signature=model.with_name("model.manifest.json"), state=state)
    assert json.loads(state.read_text())["models"][0]["model_version"] == 4


def test_what_others_can_write_remembers_nothing(signed, store, tmp_path):
    state = tmp_path / "state.json"
    weightseal.verify(signed, trust=store, state=state, init_state=True)
    state.chmod(0o666)
    assert refused(signed, trust=store, state=state).code == "writable-by-others"


# --- Another time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "at",
    [
        "2098-12-31T23:59:59Z",
        "2098-12-31",
        date(2098, 12, 31),
        datetime(2098, 12, 31, 12, tzinfo=timezone.utc),
        datetime(2099, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
    ],
    ids=str,
)
def test_the_time_to_judge_by_can_be_given(at, signed, store, copies):
    for call in loaders(signed).values():
        call(trust=store, at=at)


@pytest.mark.parametrize("at", ["2099-01-01", date(2099, 1, 1), datetime(2099, 1, 1, tzinfo=timezone.utc)], ids=str)
def test_at_its_end_a_store_decides_nothing(at, signed, store):
    error = refused(signed, trust=store, at=at)
    assert type(error) is errors.TrustStoreError and error.code == "trust-store-expired"


def test_another_time_needs_no_store(ed25519, model):
    ed25519.sign(model, expires="90d")
    assert weightseal.verify(model, ed25519.public, at=datetime.now(timezone.utc)).verdict == "verified"
    with pytest.raises(errors.Expired):
        weightseal.verify(model, ed25519.public, at="2098-01-01")


# --- While somebody changes the store -------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["memory", "disk"])
def test_a_decision_is_from_one_reading_of_the_store(keep, signed, stored, stranger, tmp_path, copies):
    """One store has the key, and a rule that refuses; the other has the rule that accepts, and another key."""
    strict = stored(f"{RULE}minimum_model_version = 5").read_text()
    lenient = strict.replace("minimum_model_version = 5", "")
    ours = re.search('""".*?"""', strict, flags=re.DOTALL).group()
    lenient = lenient.replace(ours, f'"""\n{stranger.public.read_text()}"""')
    sources = tmp_path / "sources"
    sources.mkdir()
    store = tmp_path / "trust.toml"
    seen = set()
    with swapping(store, strict.encode(), lenient.encode(), place=sources):
        for round in range(4000):
            try:
                weightseal.open_verified(signed, trust=store, keep=keep).close()
            except weightseal.ChangedWhileReading:
                continue
            except errors.NotTrusted as error:
                seen.add(error.code)
            else:
                pytest.fail("the key of one store was judged by the rules of the other")
            if len(seen) == 2 and round > 400:
                break
    assert seen == {"model-version-too-low", "untrusted-key"}


def test_an_object_is_not_changed_by_its_file(signed, stored, stranger, tmp_path, copies):
    store = stored()
    trust = TrustStore.load(store)
    sources = tmp_path / "sources"
    sources.mkdir()
    with swapping(store, text_of(stranger, "").encode(), b"nonsense", place=sources):
        for _ in range(100):
            with weightseal.open_verified(signed, trust=trust) as file:
                assert file.verified.trust["serial"] == 3
