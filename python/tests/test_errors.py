"""Exceptions: a class for every code, the facts in them, and advice for people who write Python."""

from __future__ import annotations

import re

import pytest
from core_fixtures import OPTION, ROOT, ed25519, flip_bit, model, no_passphrase_around, rsa  # noqa: F401

import weightseal
from weightseal import errors

CLASSES = [
    each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.WeightsealError)
]

# Bases: what is raised is one of the classes below them.
BASES = {"rejected", "untrusted"}

# What only this package can find; the command loads no models.
OF_THE_PACKAGE = {"unsafe-request", "unsupported-framework"}


def rows() -> list[tuple[str, str]]:
    """Code and exit status of every row of the table of all codes."""
    text = (ROOT / "docs" / "spec" / "result.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", text.split("\n## 5 ")[1], re.MULTILINE)


def test_every_code_of_the_result_page_has_a_class():
    assert len(rows()) >= 70
    for code, status in rows():
        rejected = status == "1"
        if code in OF_THE_PACKAGE:
            continue
        error = errors._make(rejected, code, "message", None, None, None, False)
        # A class of its own or one of a family; the base alone would mean that nobody thought of it.
        plain = {"crypto-failure", "interrupted", "self-check"}
        assert code in plain or type(error) not in (errors.WeightsealError, errors.VerificationError), code
        assert isinstance(error, errors.VerificationError) is rejected and error.code == code
    assert {code for code, status in rows() if status == "1"} == set(errors._REJECTED)
    assert {code for code, status in rows() if status != "1"} - OF_THE_PACKAGE == set(errors._NOT_CARRIED_OUT)


def test_every_class_has_a_code_of_the_result_page():
    known = {code for code, _ in rows()} | BASES | OF_THE_PACKAGE
    assert {each.code for each in CLASSES} <= known
    # And every class but the bases is raised for its own code, or by the package's own Python.
    made = set(errors._REJECTED.items()) | set(errors._NOT_CARRIED_OUT.items())
    for each in CLASSES:
        alone = each.code in BASES | OF_THE_PACKAGE or each in (errors.WeightsealError, errors.ManifestNotFound)
        assert alone or (each.code, each) in made, each


@pytest.mark.parametrize("code", sorted(OF_THE_PACKAGE))
def test_codes_of_the_package_alone_are_on_the_result_page(code):
    assert code in {code for code, _ in rows()}


def test_a_code_that_nobody_knows_yet_still_is_an_error():
    assert type(errors._make(True, "new-code", "m", None, None, None, False)) is errors.VerificationError
    assert type(errors._make(False, "new-code", "m", None, None, None, False)) is errors.WeightsealError


BUILTIN = {
    "VerificationError": ValueError, "UsageError": ValueError, "KeyFileError": ValueError, "FileError": OSError,
    "NotFound": FileNotFoundError, "ManifestNotFound": FileNotFoundError, "Unsigned": FileNotFoundError,
    "AlreadyExists": FileExistsError, "PermissionDenied": PermissionError, "UnsupportedFramework": ImportError,
}  # fmt: skip


def test_builtin_classes_catch_what_one_expects():
    for name, builtin in BUILTIN.items():
        assert issubclass(getattr(errors, name), builtin), name
    # An error of the call is no verdict, and the other way round.
    for each in CLASSES:
        families = errors.VerificationError, errors.FileError, errors.KeyFileError, errors.UsageError
        assert sum(issubclass(each, family) for family in families) <= 1, each


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_has_its_facts_and_travels_between_processes(kind):
    import copy
    import pickle
    import traceback

    data = {"path": "/m.bin", "file": "m.bin", "expected": "aa", "found": "bb", "reasons": [{"code": "x"}],
            "result": {"verdict": "rejected"}}  # fmt: skip
    error = kind("what `happened`", code="some-code", hint="do this", **data)
    plain = kind("only a message")
    assert (plain.code, plain.hint, plain.data, str(plain)) == (kind.code, None, {}, "only a message")
    for again in (error, pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is kind and str(again) == "what `happened`" and again.args == ("what `happened`",)
        assert (again.code, again.hint, again.data) == ("some-code", "do this", data)
        assert again.__notes__ == ["hint: do this"]
        assert "hint: do this" in "".join(traceback.format_exception(again))
        if isinstance(again, errors.VerificationError):
            assert (again.expected, again.found) == ("aa", "bb")
            assert (again.reasons, again.result) == (data["reasons"], data["result"])
        if isinstance(again, OSError):
            assert (again.filename, again.strerror) == ("/m.bin", "what `happened`")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(plain, protocol)).message == "only a message"


def test_errors_come_out_of_a_pool_of_processes_as_they_are(rsa, model):
    import concurrent.futures
    import multiprocessing

    rsa.sign(model)
    flip_bit(model)
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        with pytest.raises(weightseal.HashMismatch) as caught:
            pool.submit(weightseal.verify, model, rsa.public).result()
    assert caught.value.expected and caught.value.result["verdict"] == "rejected" and caught.value.hint


# Advice that only the command gives: about copies, prompts and names of its own.
OF_THE_COMMAND = (
    "name another place with --copy-to",
    "verify one file of the set: `verify FILE ",
    "a key pair is never overwritten; name another file with --output",
    "sign several files as one set with --bundle",
    "name what it leads to, or leave out the link itself with `--ignore` of ",
)


def test_no_advice_of_the_library_names_an_option():
    folder = ROOT / "crates" / "weightseal-cli" / "tests" / "transcripts"
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md")))
    hints = re.findall(r"\[([a-z-]+)\]\n(?:  also: .*\n)*hint: (.*)", text)
    assert len(hints) > 50 and sum(re.search(OPTION, hint) is not None for _, hint in hints) > 10
    for code, hint in hints:
        if not hint.startswith(OF_THE_COMMAND):
            said = errors._in_python(code, hint)
            assert re.search(OPTION, said) is None, f"{code}: {said}"
            assert said == hint or re.search(OPTION, hint) or code in errors._HINTS


def test_a_file_that_is_called_like_an_option_keeps_its_name():
    for name in ("--base", "with --signature.pt", "to --base DIR", "leave out --base"):
        hint = f"looked for `{name}`; name another manifest, or the bundle it is in, with --signature"
        expected = f"looked for `{name}`; name another manifest, or the bundle it is in, with signature=…"
        assert errors._in_python("unsigned", hint) == expected


def test_control_characters_in_names_do_not_reach_the_terminal(ed25519, tmp_path):
    path = tmp_path / "model\x1b[2J\n.bin"
    path.write_bytes(b"x")
    for call in (
        lambda: weightseal.verify(path, ed25519.public),
        lambda: weightseal.hash_file(f"{path}.missing"),
        lambda: ed25519.sign(path),
        lambda: ed25519.sign(tmp_path, signer="\x1b[2J"),
        lambda: ed25519.sign(tmp_path, expires="\x1b[2J"),
        lambda: weightseal.verify(path, ed25519.public, max_age="\x1b[2J"),
        lambda: weightseal.open_verified(path, ed25519.public, keep="\x1b[2J"),
        lambda: ed25519.sign_bundle([path], tmp_path / "\x1b[2J"),
        lambda: weightseal.generate_key_pair(path, path, None, algorithm="ed25519"),
    ):
        with pytest.raises(errors.WeightsealError) as caught:
            call()
        said = f"{caught.value}{caught.value.hint}"
        assert "\x1b" not in said and "\n" not in said, said


def test_control_characters_in_an_algorithm_do_not_reach_the_terminal(tmp_path):
    with pytest.raises(errors.UsageError) as caught:
        weightseal.generate_key_pair(tmp_path / "a", tmp_path / "b", None, algorithm="\x1b[2J")
    assert "\x1b" not in str(caught.value)
