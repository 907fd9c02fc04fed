"""The package is typed: an example passes strictly, mistakes are found, and the stubs are those of the extension."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import weightseal

HERE = pathlib.Path(__file__).parent


def run(*words, cwd) -> str:
    environment = {**os.environ, "MYPY_CACHE_DIR": str(cwd / "cache")}
    words = [sys.executable, "-m", *map(str, words)]
    ended = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_a_program_passes_strictly_and_its_mistakes_are_found(tmp_path):
    # With a cache of its own, and away from the configuration of the repository.
    said = run("mypy", "--strict", "--config-file=", HERE / "typed_example.py", cwd=tmp_path)
    assert said == "Success: no issues found in 1 source file\n"
    source = (HERE / "typed_example.py").read_text(encoding="utf-8")
    # That the mistakes are mistakes rests on mypy: it complains of comments that are not needed.
    assert source.count("# type: ignore[") == 27
    wrong = tmp_path / "unneeded.py"
    wrong.write_text('import weightseal\nweightseal.hash_file("x")  # type: ignore[arg-type]\n')
    words = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(wrong)]
    assert subprocess.run(words, cwd=tmp_path, capture_output=True).returncode == 1


def test_that_program_runs(tmp_path):
    ended = subprocess.run(
        [sys.executable, HERE / "typed_example.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == ["2760", "team 2760", "rejected wrong-model 2", "model.pickle", "hash mismatch", "partial a.bin", "passphrase-needed"]


def test_the_stubs_are_those_of_the_extension(tmp_path):
    allowed = ["--allowlist", HERE / "stubtest_allowlist.txt"] if sys.version_info < (3, 12) else []
    run("mypy.stubtest", "weightseal._native", *allowed, cwd=tmp_path)


def test_the_package_itself_passes_strictly(tmp_path):
    # The sources: mypy takes what lies beside the installed package for modules of ours.
    folder = pathlib.Path(__file__).resolve().parents[1] / "weightseal"
    core = [folder / f"{name}.py" for name in ("__init__", "errors", "_options", "_log", "_pytest", "__main__")]
    run("mypy", "--strict", "--config-file=", *core, cwd=tmp_path)
