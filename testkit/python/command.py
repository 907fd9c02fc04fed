#!/usr/bin/env python3
"""`command.py verify FILE --key K.pub …`: the reference verifier behind the arguments of the test vectors.

Exit status 0 verified, 1 rejected, 2 not carried out; `--json` prints verdict, code and authenticated.
"""

import argparse
import glob
import json
import os
import sys
from datetime import timedelta

from cryptography import x509

import chunks
import oms_verifier
import public_keys
import verifier

SUFFIX = ".manifest.json"
MAX_SIGNATURE_FILE = 64 << 20
UNITS = {"m": 1 / 1440, "h": 1 / 24, "d": 1, "w": 7, "y": 365.25}


def main(words=None):
    arguments = parse(words)
    result = {"verdict": "verified", "code": "verified", "authenticated": None}
    status = 0
    try:
        partial, result["authenticated"], more = verify(arguments)
        result |= more
        if partial:
            result |= {"verdict": "partial", "code": "partial"}
    except verifier.Rejected as rejected:
        result |= {"verdict": "rejected", "code": rejected.code, "also": [code for code, _ in rejected.reasons[1:]]}
        status = 1
    except public_keys.KeyProblem as problem:
        result |= {"verdict": "inconclusive", "code": problem.code}
        status = 2
    print(json.dumps(result) if arguments.json else f"{result['verdict']}: {result['code']}")
    return status


def parse(words):
    parser = argparse.ArgumentParser()
    verify_parser = parser.add_subparsers(required=True).add_parser("verify")
    verify_parser.add_argument("file")
    verify_parser.add_argument("--key", action="append", default=[])
    verify_parser.add_argument("--signature", "--manifest")
    verify_parser.add_argument("--signer")
    verify_parser.add_argument("--model-version-at-least", type=int)
    verify_parser.add_argument("--max-age", type=span)
    verify_parser.add_argument("--require-authenticated", action="store_true")
    verify_parser.add_argument("--json", action="store_true")
    verify_parser.add_argument("--only", action="extend", nargs="+", default=[])
    for option in ["--ca-root", "--intermediate", "--ignore"]:
        verify_parser.add_argument(option, action="append", default=[])
    verify_parser.add_argument("--certificate-identity")
    verify_parser.add_argument("--layout", choices=["hf", "mlflow"])
    verify_parser.add_argument("--max-signature-size", type=int, default=MAX_SIGNATURE_FILE)
    verify_parser.add_argument("--whole", action="store_true")
    verify_parser.add_argument("--range", type=two_numbers)
    verify_parser.add_argument("--chunk-list")
    for option in ["--oms-compat", "--ignore-unsigned-files", "--no-default-excludes", "--allow-symlinks"]:
        verify_parser.add_argument(option, action="store_true")
    return parser.parse_args(words)


def span(text):
    return timedelta(days=int(text[:-1]) * UNITS[text[-1]])


def two_numbers(text):
    start, end = text.split(":")
    return int(start), int(end)


def verify(arguments):
    """(is only a part verified, is it authenticated, what else is known)"""
    questions = {
        "signer": arguments.signer,
        "model_version_at_least": arguments.model_version_at_least,
        "max_age": arguments.max_age,
        "require_authenticated": arguments.require_authenticated,
    }
    how = chunks.How(arguments.whole, arguments.range, arguments.chunk_list)
    path = arguments.file.rstrip("/")
    for given in [path, *arguments.key]:
        check_file(given, links=given != path, folders=given == path)
    keys = [public_keys.load(key) for key in arguments.key]
    whole = path.endswith(SUFFIX) and not arguments.signature
    signature = arguments.signature or (path if whole else find(path))
    check_file(signature, links=False)
    if os.path.getsize(signature) > arguments.max_signature_size:
        raise verifier.Rejected(("signature-too-large", signature))
    with open(signature, "rb") as file:
        document = file.read()
    if is_oms(signature, document):
        result = oms_verifier.verify(document, path, signature, asked(arguments, keys, questions, how))
        return result.pop("partial"), True, result | {"checked": how.checked}
    manifest = verifier.read_object(document)
    folder = os.path.dirname(signature)
    if "artifacts" in manifest:
        only = None if whole else os.path.relpath(path, folder or ".")
        more = {"only": only, "how": how, "place": signature}
        authenticated = verifier.verify_bundle(document, folder, keys, **more, **questions)
        return not whole, authenticated, {"checked": how.checked}
    if whole:
        path = os.path.join(folder, str(manifest.get("model_file")))
    authenticated = verifier.verify_manifest(document, path, keys, how=how, **questions)
    return how.span is not None, authenticated, {"checked": how.checked}


def is_oms(signature, document):
    """By what is in it; a file that is called so and cannot be read is taken at its name."""
    try:
        return oms_verifier.is_bundle(verifier.parse_json(document))
    except (ValueError, RecursionError):
        return signature.endswith(".sig")


def asked(arguments, keys, questions, how):
    def certificates(paths):
        found = []
        for path in paths:
            with open(path, "rb") as file:
                found += x509.load_pem_x509_certificates(file.read())
        return found

    return oms_verifier.Asked(
        keys=keys,
        roots=certificates(arguments.ca_root),
        intermediates=certificates(arguments.intermediate),
        identity=arguments.certificate_identity,
        compat=arguments.oms_compat,
        only=arguments.only,
        ignore_unsigned_files=arguments.ignore_unsigned_files,
        ignore=arguments.ignore,
        layout=arguments.layout,
        default_excludes=not arguments.no_default_excludes,
        allow_symlinks=arguments.allow_symlinks,
        questions=questions,
        how=how,
    )


def find(path):
    """The signature files of a model; a manifest that names another model is no candidate."""
    oms = [path + ".sig", os.path.join(os.path.dirname(path), "model.sig")]
    if os.path.isdir(path):
        inside = [os.path.join(path, "model.sig"), *glob.glob(os.path.join(glob.escape(path), "*" + SUFFIX))]
        names = dict.fromkeys([*inside, *oms])
    else:
        names = dict.fromkeys([os.path.splitext(path)[0] + SUFFIX, path + SUFFIX, *oms])
    candidates = [name for name in names if os.path.lexists(name) and not is_of_another(name, path)]
    if len(candidates) > 1:
        raise verifier.Rejected(("ambiguous-signature", " ".join(candidates)))
    if not candidates:
        raise verifier.Rejected(("unsigned", " ".join(names)))
    return candidates[0]


def is_of_another(name, path):
    with open(name, "rb") as file:
        try:
            named = verifier.read_object(file.read()).get("model_file")
        except verifier.Rejected:
            return False
    return isinstance(named, str) and named != os.path.basename(path)


def check_file(path, links, folders=False):
    if os.path.islink(path) and not os.path.exists(path):
        raise public_keys.KeyProblem("broken-symlink", path)
    if os.path.islink(path) and not links:
        raise public_keys.KeyProblem("symlink", path)
    if not os.path.exists(path):
        raise public_keys.KeyProblem("not-found", path)
    if not os.path.isfile(path) and not (folders and os.path.isdir(path)):
        raise public_keys.KeyProblem("not-a-regular-file", path)


if __name__ == "__main__":
    sys.exit(main())
