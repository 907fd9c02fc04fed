"""Runs OpenSSF Model Signing's reference implementation, in the environment that has it: one JSON request a line.

Nothing else of the testkit is imported here. A request is `{"words": [...]}`, a command line of `model_signing`, or
`{"call": "sign" | "verify", ...}`, a call of its Python API. An answer is `{"ok": true}` or
`{"ok": false, "error": "..."}`. One process answers them all, since the start of the interpreter takes longer than
what most of them ask for.
"""

import contextlib
import io
import json
import logging
import pathlib
import sys
import warnings


def main():
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    answers = sys.stdout
    for line in sys.stdin:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            answer = answer_to(json.loads(line), said)
        print(json.dumps(answer), file=answers, flush=True)


def answer_to(request, said):
    try:
        if "words" in request:
            status = command_line(request["words"])
            return {"ok": status == 0, "error": "" if status == 0 else said.getvalue()}
        CALLS[request.pop("call")](**request)
    except Exception as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}
    return {"ok": True, "error": ""}


def command_line(words):
    """The exit status of `model_signing WORDS`, run through its own entry point."""
    from model_signing import _cli

    try:
        _cli.main(args=words, prog_name="model_signing")
    except SystemExit as end:
        return end.code or 0
    return 0


def sign(model, signature, key, hashing=None, certificate=None, chain=()):
    from model_signing import signing

    config = signing.Config()
    if certificate:
        config.use_certificate_signer(private_key=key, signing_certificate=certificate, certificate_chain=chain)
    else:
        config.use_elliptic_key_signer(private_key=key)
    config.set_hashing_config(hashing_config(**hashing or {}))
    config.sign(pathlib.Path(model), pathlib.Path(signature))


def verify(model, signature, key=None, roots=None, hashing=None):
    """Without `hashing`, the reference guesses how the model was hashed from the signature."""
    from model_signing import verifying

    config = verifying.Config()
    if roots:
        config.use_certificate_verifier(certificate_chain=roots)
    else:
        config.use_elliptic_key_verifier(public_key=key)
    if hashing is not None:
        config.set_hashing_config(hashing_config(**hashing))
    config.verify(pathlib.Path(model), pathlib.Path(signature))


def hashing_config(algorithm="sha256", shard_size=None, allow_symlinks=False, ignored=(), ignore_git_paths=True):
    from model_signing import hashing

    config = hashing.Config()
    if shard_size:
        config.use_shard_serialization(hashing_algorithm=algorithm, shard_size=shard_size)
    else:
        config.use_file_serialization(hashing_algorithm=algorithm)
    return config.set_ignored_paths(paths=ignored, ignore_git_paths=ignore_git_paths).set_allow_symlinks(allow_symlinks)


CALLS = {"sign": sign, "verify": verify}

if __name__ == "__main__":
    main()
