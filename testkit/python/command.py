#!/usr/bin/env python3
"""`command.py verify FILE --key K.pub …`: the reference verifier behind the arguments of the test vectors.

Exit status 0 verified, 1 rejected, 2 not carried out; `--json` prints verdict, code and authenticated.
"""

import argparse
import glob
import json
import os
import re
import sys
from datetime import UTC, datetime

from cryptography import x509

import chunks
import oms_verifier
import public_keys
import trust
import trust_state
import trust_store
import trust_verifier
import verifier
import writable

SUFFIX = ".manifest.json"
MAX_SIGNATURE_FILE = 64 << 20


def main(words=None):
    arguments = parse(words)
    result = {"verdict": "verified", "code": "verified", "authenticated": None}
    status = 0
    try:
        court = open_court(arguments) if arguments.trust else None
        partial, result["authenticated"], more = verify(arguments, court)
        result |= more
        word = "tolerated" if court and court.tolerated else "partial" if partial else "verified"
        result |= {"verdict": word, "code": word}
        if court:
            result["tolerated"] = [code for code, _ in court.tolerated]
            remember(arguments, court)
    except verifier.Rejected as rejected:
        result |= {"verdict": "rejected", "code": rejected.code, "also": [code for code, _ in rejected.reasons[1:]]}
        status = 1
    except public_keys.KeyProblem as problem:
        result = {"verdict": "inconclusive", "code": problem.code}
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
    add_trust(verify_parser)
    arguments = parser.parse_args(words)
    if contradicts(arguments):
        verify_parser.error("these options contradict each other")
    arguments.trust = arguments.trust[0] if arguments.trust else None
    return arguments


def add_trust(parser):
    parser.add_argument("--trust", action="append", default=[])
    parser.add_argument("--name")
    parser.add_argument("--at", type=point_in_time)
    parser.add_argument("--state")
    parser.add_argument("--init-state", action="store_true")


def contradicts(arguments):
    others = [arguments.key, arguments.ca_root, arguments.intermediate, arguments.certificate_identity]
    beside_store = any([*others, arguments.oms_compat])
    return (
        len(arguments.trust) > 1
        or (arguments.trust and beside_store)
        or (arguments.state and (arguments.at or not arguments.trust))
        or (arguments.init_state and not arguments.state)
    )


def point_in_time(text):
    """RFC 3339, or a date."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        text += "T00:00:00Z"
    if not verifier.is_time(text):
        raise ValueError("no time")
    return datetime.fromisoformat(text).astimezone(UTC)


def open_court(arguments):
    """The store and what is remembered, before anything of the model is looked at."""
    check_file(arguments.trust, links=True)
    store = trust_store.load(arguments.trust, writable.read)
    now, memory = arguments.at or datetime.now(UTC), None
    if arguments.state and (os.path.lexists(arguments.state) or not arguments.init_state):
        if not os.path.lexists(arguments.state):
            raise public_keys.KeyProblem("no-state", arguments.state)
        memory = trust_state.read(writable.read(arguments.state))
    elif arguments.state:
        writable.check(os.path.dirname(os.path.abspath(arguments.state)))
    trust.check_store(store, now, memory)
    asked = trust.Asked(
        signer=arguments.signer,
        max_age=arguments.max_age,
        model_version_at_least=arguments.model_version_at_least,
        require_authenticated=arguments.require_authenticated,
    )
    return trust_verifier.Court(store, now, memory, asked, arguments.name)


def remember(arguments, court):
    """Asks once more under the lock: another process may have seen something newer meanwhile."""

    def change(known):
        trust.check_store(court.store, court.now, known)
        # Of what is only tolerated, no version is remembered: it may not even be this model.
        if court.tolerated:
            return trust.remember(court.store, None, None, known)
        for facts, expected in court.accepted:
            decision = trust.Decision()
            trust.judge_memory(facts, expected, known, decision)
            if decision.refused:
                raise verifier.Rejected(*decision.refused)
            known = trust.remember(court.store, facts, expected, known)
        return known

    if arguments.state:
        trust_state.update(arguments.state, change)


def span(text):
    try:
        return trust_store.span(text)
    except public_keys.KeyProblem as problem:
        raise ValueError(str(problem)) from None


def two_numbers(text):
    start, end = text.split(":")
    return int(start), int(end)


def verify(arguments, court=None):
    """(is only a part verified, is it authenticated, what else is known)"""
    now = arguments.at or datetime.now(UTC)
    questions = {
        "signer": arguments.signer,
        "model_version_at_least": arguments.model_version_at_least,
        "max_age": now - arguments.max_age.before(now) if arguments.max_age else None,
        "require_authenticated": arguments.require_authenticated,
        "name": arguments.name,
        "now": now,
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
        result = oms_verifier.verify(document, path, signature, asked(arguments, keys, questions, how, court))
        return result.pop("partial"), True, result | {"checked": how.checked}
    manifest = verifier.read_object(document)
    folder = os.path.dirname(signature)
    if "artifacts" in manifest:
        whole = whole or os.path.isdir(path)
        only = None if whole else os.path.relpath(path, folder or ".")
        if court:
            authenticated = trust_verifier.verify_bundle(document, path, signature, court, how, only)
        else:
            more = {"only": only, "how": how, "place": signature}
            authenticated = verifier.verify_bundle(document, folder, keys, **more, **questions)
        return not whole, authenticated, {"checked": how.checked}
    if whole:
        path = os.path.join(folder, str(manifest.get("model_file")))
    if court:
        named = arguments.file if whole else None
        authenticated = trust_verifier.verify_manifest(document, path, signature, court, how, named)
    else:
        authenticated = verifier.verify_manifest(document, path, keys, how=how, **questions)
    return how.span is not None, authenticated, {"checked": how.checked}


def is_oms(signature, document):
    """By what is in it; a file that is called so and cannot be read is taken at its name."""
    try:
        return oms_verifier.is_bundle(verifier.parse_json(document))
    except (ValueError, RecursionError):
        return signature.endswith(".sig")


def asked(arguments, keys, questions, how, court):
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
        now=arguments.at,
        court=court,
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
    candidates = [name for name in candidates if not trust_verifier.is_countersignature(name)]
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
