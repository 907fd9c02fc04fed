"""`verified_dir`: a private read-only folder with the verified copies of a set, and nothing else."""

from __future__ import annotations

import gc
import json
import os
import pathlib
import shutil
import stat

import pytest
from core_fixtures import copies, ed25519, flip_bit, model, no_passphrase_around, run_python  # noqa: F401

import weightseal
from weightseal import errors

KEEP = ["memory", "disk"]
FILES = {
    "config.json": b'{"layers": 2}',
    "weights/part-1.bin": bytes(range(256)) * 100,
    "weights/part-2.bin": b"",
    "a/deep/place/tokens.txt": "ünïcode\n".encode(),
    "ünïcode \N{SNOWMAN}.txt": b"name",
}


@pytest.fixture
def release(tmp_path, ed25519, copies):
    """A folder with a signed set of files at several depths."""
    folder = tmp_path / "release"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    ed25519.sign_bundle([folder / name for name in FILES], folder / "release.manifest.json", model_version=3)
    return folder


def content_of(folder) -> dict[str, bytes]:
    """Everything below a folder that is no folder itself."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = pathlib.Path(place, name)
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


@pytest.mark.parametrize("keep", KEEP)
def test_a_folder_has_the_signed_files_and_nothing_else(keep, release, ed25519):
    (release / "evil.py").write_text("planted")
    (release / "weights" / "part-3.bin").write_bytes(b"planted")
    (release / "empty").mkdir()
    with weightseal.verified_dir(release, ed25519.public, keep=keep) as folder:
        assert content_of(folder.path) == FILES == content_of(folder)
        assert sorted(str(path.relative_to(folder.path)) for path in folder.path.rglob("*") if path.is_dir()) == [
            "a", "a/deep", "a/deep/place", "weights"
        ]  # fmt: skip
        assert {name: file.read() for name, file in folder.files.items()} == FILES
        assert folder.verified.verdict == "verified" and folder.verified.model_version == 3
        assert set(folder.verified.files) == set(FILES)


@pytest.mark.parametrize("keep", KEEP)
def test_everything_in_it_is_read_only(keep, release, ed25519):
    with weightseal.verified_dir(release, ed25519.public, keep=keep) as folder:
        places = [folder.path, *(path for path in folder.path.rglob("*") if path.is_dir())]
        assert [stat.S_IMODE(place.stat().st_mode) for place in places] == [0o500] * 5
        assert stat.S_IMODE(folder.path.parent.stat().st_mode) == 0o700
        for name in FILES:
            entry = folder.path / name
            assert entry.is_symlink() is (keep == "memory")
            assert stat.S_IMODE(entry.stat().st_mode) == 0o400 and entry.stat().st_nlink in (0, 1)
            if keep == "memory":
                assert os.readlink(os.readlink(entry)) == "/memfd:weightseal (deleted)"


INTRUDER = """
import os, shutil, sys, weightseal
folder = weightseal.verified_dir(sys.argv[1], sys.argv[2], keep=sys.argv[3])
path = folder.path
for act in (lambda: (path / "evil.py").write_text("x"),
            lambda: (path / "weights" / "evil.bin").write_text("x"),
            lambda: (path / "new").mkdir(),
            lambda: (path / "config.json").unlink(),
            lambda: os.rename(path / "config.json", path / "weights" / "config.json"),
            lambda: os.symlink("/etc/passwd", path / "link"),
            lambda: os.replace(sys.argv[1], path / "config.json"),
            lambda: (path / "config.json").write_text("x"),
            lambda: open(path / "weights" / "part-1.bin", "r+b")):
    try:
        act()
    except PermissionError:
        continue
    sys.exit("it worked")
print(len(folder))
"""


@pytest.mark.parametrize("keep", KEEP)
def test_not_even_the_owner_adds_or_changes_anything(keep, release, ed25519, copies):
    assert run_python(INTRUDER, release, ed25519.public, keep, TMPDIR=str(copies)) == "5\n"


@pytest.mark.parametrize("keep", KEEP)
def test_what_happens_to_the_originals_afterwards_changes_nothing(keep, release, ed25519):
    with weightseal.verified_dir(release, ed25519.public, keep=keep) as folder:
        for name in FILES:
            (release / name).write_bytes(b"evil")
        (release / "planted.py").write_text("evil")
        shutil.rmtree(release)
        assert content_of(folder.path) == FILES
        # Copied out of it, the files are files of their own.
        shutil.copytree(folder, release)
        assert content_of(release) == FILES and not (release / "config.json").is_symlink()


def test_it_is_a_mapping_of_names(release, ed25519):
    with weightseal.verified_dir(release, ed25519.public) as folder:
        assert len(folder) == 5 and list(folder.files) == sorted(FILES, key=str.encode)
        assert "weights/part-1.bin" in folder and "weights" not in folder and "part-1.bin" not in folder
        file = folder["weights/part-1.bin"]
        assert file.name == "weights/part-1.bin" and bytes(file) == FILES[file.name]
        assert file.path == folder.path / "weights" / "part-1.bin"
        for wrong in ("missing", "weights", "../config.json", "./config.json", "", "."):
            with pytest.raises(KeyError):
                folder[wrong]
        with pytest.raises(TypeError):
            folder[3]
        assert os.fspath(folder) == str(folder.path)
        assert repr(folder) == f'<weightseal.VerifiedDir of "{release}", 5 files>'


@pytest.mark.parametrize("name", ["/config.json", "weights//part-1.bin", "config.json/"])
def test_a_name_is_found_only_as_it_was_signed(name, release, ed25519):
    with weightseal.verified_dir(release, ed25519.public) as folder:
        assert name not in folder and name not in folder.files


@pytest.mark.parametrize("keep", KEEP)
def test_closing_removes_it(keep, release, ed25519, copies):
    folder = weightseal.verified_dir(release, ed25519.public, keep=keep)
    path = folder.path
    with folder:
        assert not folder.closed and path.is_dir()
    assert folder.closed and not path.parent.exists() and not list(copies.iterdir())
    assert repr(folder) == "<weightseal.VerifiedDir, closed>"
    folder.close()
    for call in (
        lambda: folder.path, lambda: os.fspath(folder), lambda: folder.files, lambda: folder["config.json"],
        lambda: "config.json" in folder, lambda: len(folder), lambda: folder.verified, folder.__enter__,
    ):  # fmt: skip
        with pytest.raises(ValueError, match="closed"):
            call()


@pytest.mark.parametrize("keep", KEEP)
def test_a_file_that_is_still_in_use_keeps_the_folder(keep, release, ed25519, copies):
    folder = weightseal.verified_dir(release, ed25519.public, keep=keep)
    file = folder["config.json"]
    folder.close()
    assert file.read() == FILES["config.json"] == file.path.read_bytes()
    file.close()
    assert not list(copies.iterdir())
    del folder, file
    # Without closing it goes away as well.
    path = weightseal.verified_dir(release, ed25519.public, keep=keep).path
    gc.collect()
    assert not path.exists()


def test_a_changed_missing_or_linked_file_is_refused(release, ed25519, copies):
    flip_bit(release / "weights" / "part-1.bin")
    with pytest.raises(weightseal.HashMismatch) as caught:
        weightseal.verified_dir(release, ed25519.public)
    assert caught.value.data["file"] == "weights/part-1.bin"
    (release / "weights" / "part-1.bin").unlink()
    with pytest.raises(errors.MissingFile) as caught:
        weightseal.verified_dir(release, ed25519.public)
    assert caught.value.data["file"] == "weights/part-1.bin"
    (release / "elsewhere.bin").write_bytes(FILES["weights/part-1.bin"])
    (release / "weights" / "part-1.bin").symlink_to(release / "elsewhere.bin")
    with pytest.raises(errors.FileError) as caught:
        weightseal.verified_dir(release, ed25519.public)
    assert caught.value.code == "symlink"
    assert not list(copies.iterdir())


# --- Which set ------------------------------------------------------------------------------------------------


def test_the_bundle_manifest_is_named_or_found(release, ed25519, tmp_path):
    manifest = release / "release.manifest.json"
    moved = tmp_path / "elsewhere.manifest.json"
    for arguments, asked in (
        ((manifest,), {}),
        ((release,), {}),
        ((str(release) + "/",), {}),
        ((release,), {"signature": manifest}),
        ((release,), {"signature": moved}),
        ((moved,), {"base": release}),
        ((release,), {"signature": moved, "base": release}),
    ):
        if asked.get("signature") == moved or arguments == (moved,):
            shutil.copy(manifest, moved)
        with weightseal.verified_dir(*arguments, ed25519.public, **asked) as folder:
            assert content_of(folder.path) == FILES


def test_the_current_folder_is_a_folder(release, ed25519, monkeypatch):
    monkeypatch.chdir(release)
    for path in (".", "release.manifest.json", pathlib.Path()):
        with weightseal.verified_dir(path, ed25519.public) as folder:
            monkeypatch.chdir("/")
            assert content_of(folder.path) == FILES
            monkeypatch.chdir(release)


def test_manifests_of_single_files_beside_a_bundle_do_no_harm(release, ed25519):
    ed25519.sign(release / "config.json")
    (release / "tokenizer.manifest.json").write_text('{"something": "else"}')
    with weightseal.verified_dir(release, ed25519.public) as folder:
        assert content_of(folder.path) == FILES


def test_two_bundle_manifests_are_ambiguous(release, ed25519):
    ed25519.sign_bundle([release / "config.json"], release / "another.manifest.json")
    with pytest.raises(errors.AmbiguousSignature) as caught:
        weightseal.verified_dir(release, ed25519.public)
    expected = [str(release / name) for name in ("another.manifest.json", "release.manifest.json")]
    assert caught.value.data["candidates"] == expected
    assert caught.value.hint.endswith(": say which with signature=…")
    # A damaged one counts: else whoever damages one chooses the other.
    (release / "another.manifest.json").write_text('{"artifacts": [')
    with pytest.raises(errors.AmbiguousSignature):
        weightseal.verified_dir(release, ed25519.public)
    signature = release / "release.manifest.json"
    with weightseal.verified_dir(release, ed25519.public, signature=signature) as folder:
        assert len(folder) == 5


def test_a_folder_without_bundle_manifest_is_unsigned(ed25519, model):
    ed25519.sign(model)
    with pytest.raises(errors.Unsigned, match="no signature in it or beside it") as caught:
        weightseal.verified_dir(model.parent, ed25519.public)
    assert isinstance(caught.value, FileNotFoundError) and "model.manifest.json" in caught.value.hint
    # What cannot be understood may be the bundle manifest, damaged on purpose.
    (model.parent / "model.manifest.json").write_text("broken")
    with pytest.raises(errors.MalformedSignature):
        weightseal.verified_dir(model.parent, ed25519.public)
    with pytest.raises(errors.NotFound):
        weightseal.verified_dir(model.parent / "missing", ed25519.public)


def test_one_model_is_a_folder_with_one_file(ed25519, model, copies):
    manifest = ed25519.sign(model)
    for path in (model, manifest):
        with weightseal.verified_dir(path, ed25519.public) as folder:
            assert content_of(folder) == {"model.bin": model.read_bytes()}


def test_a_part_of_a_set_is_a_folder_only_when_that_is_said(release, ed25519):
    manifest = release / "release.manifest.json"
    part = release / "weights" / "part-1.bin"
    with pytest.raises(errors.PartialModel, match="1 of 5 files"):
        weightseal.verified_dir(part, ed25519.public, signature=manifest)
    (release / "config.json").unlink()
    with weightseal.verified_dir(part, ed25519.public, signature=manifest, allow_partial=True) as folder:
        assert content_of(folder) == {"weights/part-1.bin": FILES["weights/part-1.bin"]}
        assert folder.verified.verdict == "partial"
    # It is never said for a set that was to be whole.
    with pytest.raises(errors.MissingFile):
        weightseal.verified_dir(release, ed25519.public, allow_partial=True)


def test_many_files_are_held_in_memory_and_on_disk(ed25519, tmp_path, copies):
    """Each in memory needs a descriptor, and many programs may have only 1024."""
    names = [f"{number // 50}/{number:04}.bin" for number in range(300)]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    bundle = ed25519.sign_bundle([tmp_path / name for name in names], tmp_path / "many.manifest.json")
    before = len(os.listdir("/proc/self/fd"))
    with weightseal.verified_dir(bundle, ed25519.public, keep="auto") as folder:
        assert content_of(folder.path) == {name: name.encode() for name in names}
        kept = [file.kept for file in folder.files.values()]
        assert 0 < kept.count("memory") <= 128 and kept.count("memory") + kept.count("disk") == 300
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before and not list(copies.iterdir())


def test_a_name_that_leads_out_of_the_folder_is_refused(release, ed25519, copies):
    manifest = release / "release.manifest.json"
    bundle = json.loads(manifest.read_text(encoding="utf-8"))
    for name in ("../evil.txt", "/etc/passwd", "weights/../../evil.txt", ""):
        bundle["artifacts"][0]["model_file"] = name
        manifest.write_text(json.dumps(bundle), encoding="utf-8")
        with pytest.raises(errors.MalformedSignature) as caught:
            weightseal.verified_dir(manifest, ed25519.public)
        assert caught.value.code == "unsafe-name"
    assert not list(copies.iterdir())
