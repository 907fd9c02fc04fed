"""Signs or verifies with the Python interface of the reference implementation of OpenSSF Model Signing, in the forms that
its command does not sign in; or prints what is installed. It runs in that implementation's environment.

    reference.py sign|verify FORM FOLDER SIGNATURE KEY
    reference.py versions
"""

import sys


def config(form):
    from model_signing import hashing

    match form:
        case "shards":
            return hashing.Config().use_shard_serialization(hashing_algorithm="sha256")
        case "shards-small":
            return hashing.Config().use_shard_serialization(hashing_algorithm="sha256", shard_size=64 << 20)
        case "blake3":
            return hashing.Config().use_file_serialization(hashing_algorithm="blake3")
    raise SystemExit(f"there is no form `{form}`")


def main(words):
    if words == ["versions"]:
        from importlib.metadata import version
        from platform import python_version

        print(f"{version('model-signing')} (Python {python_version()}, blake3 {version('blake3')})")
        return
    verb, form, folder, signature, key = words
    if verb == "sign":
        from model_signing import signing

        signer = signing.Config().use_elliptic_key_signer(private_key=key)
        signer.set_hashing_config(config(form)).sign(folder, signature)
    else:
        from model_signing import verifying

        verifier = verifying.Config().use_elliptic_key_verifier(public_key=key)
        verifier.set_hashing_config(config(form)).verify(folder, signature)
        print("Verification succeeded")


if __name__ == "__main__":
    main(sys.argv[1:])
