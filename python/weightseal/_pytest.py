"""Fixtures for tests of programs that load signed models: `signing_key`, `signed_model`, `tampered_model`."""

from __future__ import annotations

import pathlib

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class SigningKey:
    """A key pair that lives for one test session."""

    def __init__(self, private_key: pathlib.Path, public_key: pathlib.Path, passphrase: str) -> None:
        self.private_key = private_key
        self.public_key = public_key
        self.passphrase = passphrase


class SignedModel:
    """A small file with its manifest."""

    def __init__(self, path: pathlib.Path, manifest: pathlib.Path, key: SigningKey, signer: str) -> None:
        self.path = path
        self.manifest = manifest
        self.key = key
        self.public_key = key.public_key
        self.signer = signer


@pytest.fixture(scope="session")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    """A key pair: `private_key`, `public_key` (paths) and `passphrase`."""
    import weightseal

    folder = tmp_path_factory.mktemp("weightseal-key")
    key = SigningKey(folder / "signing_key.pem", folder / "signing_key.pub", "correct horse battery staple")
    # The fastest key to make.
    weightseal.generate_key_pair(key.private_key, key.public_key, key.passphrase, algorithm="ecdsa-p256")
    return key


@pytest.fixture
def signed_model(tmp_path: pathlib.Path, signing_key: SigningKey) -> Iterator[SignedModel]:
    """A signed file: `path`, `manifest`, `public_key`, `signer`. Sign it again after changing it: `weightseal.sign`."""
    yield _signed(tmp_path, signing_key)


@pytest.fixture
def tampered_model(tmp_path: pathlib.Path, signing_key: SigningKey) -> Iterator[SignedModel]:
    """Like `signed_model`, with one bit of the file changed after signing: loading it must raise `HashMismatch`."""
    model = _signed(tmp_path / "tampered", signing_key)
    content = bytearray(model.path.read_bytes())
    content[len(content) // 2] ^= 1
    model.path.write_bytes(content)
    yield model


def _signed(folder: pathlib.Path, key: SigningKey) -> SignedModel:
    import weightseal

    folder.mkdir(exist_ok=True)
    path = folder / "model.bin"
    path.write_bytes(bytes(range(256)) * 16)
    signer = "tests@example.org"
    signed = weightseal.sign(path, key.private_key, passphrase=key.passphrase, signer=signer)
    return SignedModel(path, pathlib.Path(signed["manifest"]), key, signer)
