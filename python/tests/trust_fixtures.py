"""What the tests about trust stores share: the text of a store, a signed model, everything that verifies it."""

from __future__ import annotations

import re

import pytest
from core_fixtures import OPTION, SIGNER, Pair

import weightseal
from weightseal import errors

RULE = f'[[rule]]\nmodels = "model*"\nsigners = ["{SIGNER}"]\n'


def key_of(pair: Pair, more: str = "") -> str:
    return f'[[signer.key]]\nversion = 2\npublic_key = """\n{pair.public.read_text()}"""\n{more}\n'


def text_of(pair: Pair, rules: str = RULE, *, key: str = "", name: str = SIGNER, serial: int = 3,
            expires: str = "2099-01-01", head: str = "") -> str:  # fmt: skip
    top = f"serial = {serial}\nexpires_at = {expires}\n{head}\n"
    return f'{top}[[signer]]\nname = "{name}"\n{key_of(pair, key)}\n{rules}'


WARN = f'{RULE}level = "warn"\nminimum_model_version = 5\n'


@pytest.fixture
def place(tmp_path):
    """Where the store lies."""
    return tmp_path / "trust.toml"


@pytest.fixture
def stored(place, ed25519):
    """A function that writes a store; returns its path."""

    def write(*arguments, **said):
        place.write_text(text_of(ed25519, *arguments, **said), encoding="utf-8")
        return place

    return write


@pytest.fixture
def store(stored):
    return stored()


@pytest.fixture
def signed(ed25519, model):
    """A model with a manifest, version 4."""
    ed25519.sign(model, model_version=4)
    return model


@pytest.fixture
def stranger(tmp_path_factory) -> Pair:
    """Somebody whom no store knows."""
    return Pair.make(tmp_path_factory.mktemp("stranger"), "ed25519")


def loaders(path):
    """Everything that verifies a file with a manifest, as functions of what is asked."""
    manifest = path.with_name(f"{path.stem}.manifest.json")

    def closed(function):
        def call(**asked):
            with function(path, **asked) as found:
                return found.verified

        return call

    return {
        "verify": lambda **asked: weightseal.verify(path, **asked),
        "verify_artifact": lambda **asked: weightseal.verify_artifact(path, manifest, **asked),
        "open_verified": closed(weightseal.open_verified),
        "verified_dir": closed(weightseal.verified_dir),
    }


def refused(path, **asked) -> errors.WeightsealError:
    """The error that everything raises that verifies this file."""
    found = []
    for name, call in loaders(path).items():
        with pytest.raises(errors.WeightsealError) as caught:
            call(**asked)
        found.append(caught.value)
        texts = [caught.value.hint, *(reason["hint"] for reason in caught.value.data.get("reasons", ()))]
        assert not [text for text in texts if text and re.search(OPTION, text)], name
    assert len({(type(error), error.code, str(error)) for error in found}) == 1
    return found[0]
