"""A program that uses much of the package: mypy checks it strictly, and the tests run it."""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_type

import weightseal
from weightseal import (
    Explanation,
    HashMismatch,
    SealedBytes,
    TrustStore,
    VerificationError,
    Verified,
    VerifiedDir,
    VerifiedFile,
)
from weightseal.errors import FileError, KeyFileError, PassphraseNeeded, UsageError, WeightsealError


class Bar:
    """Progress in the manner of tqdm."""

    total: int | None = None
    n = 0

    def update(self, n: int = 1) -> bool | None:
        self.n += n
        return None


def keys(folder: Path) -> tuple[Path, str]:
    private, public = folder / "signing_key.pem", str(folder / "signing_key.pub")
    weightseal.generate_key_pair(private, public, "correct horse", algorithm="ed25519")
    weightseal.generate_key_pair(private, public, b"correct horse", algorithm="ed25519", overwrite=True)
    os.environ["WEIGHTSEAL_PASSPHRASE"] = "correct horse"
    return private, public


def publish(model: Path, private: Path) -> Path:
    assert_type(weightseal.hash_file(model, progress=print), str)
    manifest = weightseal.sign_artifact(model, private, "correct horse", "team", key_version=1, expires="90d")
    assert_type(manifest, dict[str, Any])
    weightseal.save_manifest(manifest, model.with_suffix(".manifest.json"))
    bar = Bar()
    annotations: Mapping[str, str] = {"git_commit": "0f3a"}
    for expires in (date(2099, 1, 1), datetime(2099, 1, 1, tzinfo=timezone.utc), timedelta(days=90), "1y", None):
        weightseal.sign(model, private, signer="team", expires=expires, annotations=annotations, progress=bar)
    report = weightseal.sign(model, private, signer="team", model_version=7, pss_salt="digest", compat_signature=False)
    return Path(report["manifest"])


def check(model: Path, public: str) -> Verified:
    verified = weightseal.verify(model, public, signer="team", model_version_at_least=7, max_age=timedelta(days=1))
    assert_type(verified.verdict, str)
    assert_type(verified.signer, str | None)
    assert_type(verified.model_version, int | None)
    assert_type(verified.annotations, dict[str, str])
    assert_type(verified.files, dict[str, str | None])
    assert_type(verified.to_dict(), dict[str, Any])
    pem = Path(public).read_bytes()
    weightseal.verify(model, Path(public))
    weightseal.verify(model, pem)
    weightseal.verify(model, [public, Path(public), pem])
    return verified


def load(model: Path, public: str) -> int:
    with weightseal.open_verified(model, public, keep="memory", allow_partial=False) as file:
        assert_type(file, VerifiedFile)
        assert_type(file.read(10), bytes)
        assert_type(file.readline(), bytes)
        assert_type(file.seek(0), int)
        assert_type(file.path, Path)
        assert_type(file.verified, Verified)
        digest = hashlib.sha256(file).hexdigest()
        view = memoryview(file)
        assert digest == hashlib.sha256(view).hexdigest() and len(view) == len(file) == file.size
        view.release()
        lines: Iterator[bytes] = iter(file)
        sealed: SealedBytes = file
        assert pickle.load(file) == pickle.loads(sealed)
        assert list(lines) == [] and file.path.read_bytes() == bytes(sealed)
        return file.size


def load_folder(folder: Path, private: Path, public: str) -> list[str]:
    files = sorted(folder.glob("*.pickle"))
    bundle = folder / "release.manifest.json"
    weightseal.sign_bundle(files, bundle, private, signer="team", base=folder)
    weightseal.sign_artifact_bundle((os.fspath(file) for file in files), private, "correct horse", "team", bundle)
    assert_type(weightseal.verify_artifact_bundle(bundle, public), dict[str, Any])
    with weightseal.verified_dir(folder, public, keep="disk") as verified:
        assert_type(verified, VerifiedDir)
        assert_type(verified.files, dict[str, VerifiedFile])
        assert_type(verified[files[0].name], VerifiedFile)
        return sorted(os.listdir(verified))


def sign_folder(folder: Path, private: Path, public: str) -> str:
    report = weightseal.sign_model(folder, private, hash="blake3", shard_size="1MiB", ignore=["notes.txt"], signer="team")
    assert_type(report, dict[str, Any])
    verified = weightseal.verify_model(folder, public, layout="hf", max_signature_size=2**30, only=["a.bin"])
    assert_type(verified.method, str | None)
    assert_type(verified.certificate, dict[str, Any] | None)
    assert_type(verified.sigstore, dict[str, Any] | None)
    assert_type(verified.listing, dict[str, Any] | None)
    assert_type(verified.beside, dict[str, list[str]])
    assert_type(verified.weakened, list[str])
    assert_type(verified.hard_linked, list[str])
    weightseal.verify(folder, public, ignore_unsigned_files=True, layout=["hf", "mlflow"])
    with weightseal.verified_dir(folder, public, only=["a.bin"], allow_partial=True) as part:
        return f"{verified.verdict} {' '.join(part.files)}"


def by_store(model: Path, public: str) -> str:
    path = model.with_name("trust.toml")
    path.write_text("serial = 1\nexpires_at = 2099-01-01\n")
    store = TrustStore.load(path).add("team", [public], key_version=1, signs_until=timedelta(days=90), models=["model.*"])
    assert_type(store, TrustStore)
    assert_type(store.serial, int)
    assert_type(store.signers, list[str])
    assert_type(store.keys, list[dict[str, Any]])
    state = model.with_name("state.json")
    for trust in (store, path, str(path)):
        verified = weightseal.verify(model, trust=trust, name="model.pickle", state=state, init_state=True)
    assert_type(verified.trust, dict[str, Any] | None)
    assert_type(verified.tolerated, list[dict[str, Any]])
    manifest, now = model.with_suffix(".manifest.json"), datetime.now(timezone.utc)
    weightseal.verify_artifact(model, manifest, trust=store, at=now, allow_unauthenticated=False)
    with weightseal.open_verified(model, trust=store, at=now.isoformat(), allow_tolerated=True) as file:
        assert_type(file, VerifiedFile)
    explained = store.explain(model, name="other", state=state)
    assert_type(explained, Explanation)
    assert_type(explained.steps, list[dict[str, Any]])
    return f"{explained.verdict} {explained.reasons[0]['code']} {store.serial}"


def refused(model: Path, public: str) -> str:
    model.write_bytes(b"something else")
    try:
        weightseal.verify_artifact(model, model.with_suffix(".manifest.json"), public)
    except HashMismatch as error:
        assert_type(error.code, str)
        assert_type(error.hint, str | None)
        assert_type(error.data, dict[str, Any])
        assert_type(error.reasons, list[dict[str, Any]])
        as_value_error: ValueError = error
        return f"{as_value_error} ({error.expected} {error.found})"
    except VerificationError as error:
        return error.code
    except (FileError, KeyFileError, UsageError) as error:
        as_base: WeightsealError = error
        return str(as_base)
    return "accepted"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        private, public = keys(folder)
        model = folder / "model.pickle"
        model.write_bytes(pickle.dumps(list(range(1000))))
        assert publish(model, private) == folder / "model.manifest.json"
        print(check(model, public).signer, load(model, public))
        print(by_store(model, public))
        print(*load_folder(folder, private, public))
        print(refused(model, public)[:13])
        model.with_suffix(".oms").mkdir()
        for file in ("a.bin", "b.bin"):
            (model.with_suffix(".oms") / file).write_bytes(b"weights")
        print(sign_folder(model.with_suffix(".oms"), private, public))
        try:
            weightseal.sign(folder / "missing", private, signer="x", passphrase=None)
        except PassphraseNeeded as error:
            print(error.code)


if TYPE_CHECKING:

    def wrong(file: VerifiedFile) -> None:
        """Mistakes that are found before anything runs: each comment here has to be needed."""
        weightseal.hash_file(3)  # type: ignore[arg-type]
        weightseal.hash_file(b"model.bin")  # type: ignore[arg-type]
        number: int = weightseal.hash_file("model.bin")  # type: ignore[assignment]
        weightseal.sign("model.bin", "key.pem")  # type: ignore[call-arg]
        weightseal.sign("model.bin", "key.pem", signer="x", passphrase=3)  # type: ignore[arg-type]
        weightseal.sign("model.bin", "key.pem", signer="x", pss_salt="long")  # type: ignore[arg-type]
        weightseal.sign("model.bin", "key.pem", signer="x", annotations={"a": 1})  # type: ignore[dict-item]
        weightseal.sign_bundle(Path("model.bin"), "b.manifest.json", "key.pem", signer="x")  # type: ignore[arg-type]
        weightseal.verify()  # type: ignore[call-arg]
        weightseal.verify("model.bin", ca_roots=["root.pem"])  # type: ignore[call-arg]
        weightseal.verify("model.bin", ca_root=b"-----BEGIN CERTIFICATE-----")  # type: ignore[arg-type]
        weightseal.sign_model("model", "key.pem", hash="md5")  # type: ignore[arg-type]
        weightseal.sign_model("model", "key.pem", pss_salt="max")  # type: ignore[call-arg]
        weightseal.verify_model("model", "key.pub", layout="dvc")  # type: ignore[arg-type]
        weightseal.verify_model("model", "key.pub", base="model")  # type: ignore[call-arg]
        weightseal.verify("model.bin", "key.pub", "x.manifest.json")  # type: ignore[call-arg]
        weightseal.verify("model.bin", "key.pub", max_age=90)  # type: ignore[arg-type]
        weightseal.open_verified("model.bin", "key.pub", keep="cloud")  # type: ignore[arg-type]
        weightseal.open_verified("model.bin", "key.pub", progress=3)  # type: ignore[arg-type]
        weightseal.verify("model.bin", trust=b"trust.toml")  # type: ignore[arg-type]
        weightseal.verify("model.bin", trust="trust.toml", at=timedelta(days=1))  # type: ignore[arg-type]
        TrustStore("trust.toml")  # type: ignore[call-arg]
        TrustStore.load("trust.toml").add("team")  # type: ignore[call-arg]
        weightseal.verified_dir("release", "key.pub").write("x")  # type: ignore[attr-defined]
        file.write(b"x")  # type: ignore[attr-defined]
        file.name = "x"  # type: ignore[misc]
        memoryview(number)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
