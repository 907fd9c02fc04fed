"""Reads the public key of a verification and refuses weak ones: one key, SPKI in PEM (RFC 7468, RFC 5280)."""

import re
from math import isqrt

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from published import public_pem

MAX_KEY_FILE = 64 << 10
RSA_BITS = range(2048, 8193)
MAX_EXPONENT_BITS = 33
ED25519_P = 2**255 - 19
CURVE_NAMES = {"secp256r1", "secp384r1", "secp521r1"}
# The y coordinates of the eight points of small order.
SMALL_ORDER_Y = {
    0,
    1,
    ED25519_P - 1,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
}
# The primes of the published ROCA test (CVE-2017-15361): moduli that are powers of 65537 modulo all of them.
ROCA_PRIMES = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
]  # fmt: skip


class KeyProblem(Exception):
    """The key cannot be used; `code` says why. The call is at fault, not the model."""

    def __init__(self, code, detail=""):
        self.code = code
        super().__init__(f"{code}: {detail}")


def load(path):
    with open(path, "rb") as file:
        document = file.read(MAX_KEY_FILE + 1)
    if len(document) > MAX_KEY_FILE:
        raise KeyProblem("too-large", path)
    return parse(document, path)


def parse(document, path="the text"):
    labels = re.findall(rb"^-----BEGIN ([A-Z0-9 ]+)-----\s*$", document, re.MULTILINE)
    if any(label.endswith(b"PRIVATE KEY") for label in labels) and len(labels) == 1:
        raise KeyProblem("public-key-expected", path)
    if labels == [b"CERTIFICATE"]:
        raise KeyProblem("certificate-given", path)
    if len(labels) > 1:
        raise KeyProblem("several-keys", path)
    try:
        key = serialization.load_pem_public_key(document)
    except (ValueError, UnsupportedAlgorithm) as error:
        weak = "key_size" in str(error) or str(error).startswith("e must be")  # what the package refuses by itself
        raise KeyProblem("weak-key" if weak else "malformed-key", str(error)) from None
    if labels == [b"PUBLIC KEY"] and public_pem(key).split() != document[document.index(b"-----BEGIN") :].split():
        raise KeyProblem("unsupported-key", "another spelling of a key")
    check_strength(key)
    return key


def check_strength(key):
    if isinstance(key, rsa.RSAPublicKey):
        check_rsa(key.public_numbers().n, key.public_numbers().e)
    elif isinstance(key, ed25519.Ed25519PublicKey):
        y = int.from_bytes(key.public_bytes_raw(), "little") & ((1 << 255) - 1)
        if y % ED25519_P in SMALL_ORDER_Y:
            raise KeyProblem("weak-key", "a point of small order")
        if y >= ED25519_P:
            raise KeyProblem("weak-key", "not the canonical encoding of a point")
        if not is_on_edwards_curve(y):
            raise KeyProblem("malformed-key", "no point")
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in CURVE_NAMES:
        raise KeyProblem("unsupported-key", "not an algorithm of this format")


def check_rsa(n, e):
    if n.bit_length() not in RSA_BITS:
        raise KeyProblem("weak-key", f"RSA of {n.bit_length()} bits")
    if n % 2 == 0 or e % 2 == 0 or e < 3 or e.bit_length() > MAX_EXPONENT_BITS:
        raise KeyProblem("weak-key", "even modulus, even exponent, exponent 1, or one that is too long")
    if all(n % prime in powers(65537, prime) for prime in ROCA_PRIMES):
        raise KeyProblem("weak-key", "ROCA fingerprint")
    if has_close_primes(n):
        raise KeyProblem("weak-key", "the primes are close to each other")


def is_on_edwards_curve(y):
    """Whether (y^2 - 1) / (d y^2 + 1), which is x^2, is a square (RFC 8032, section 5.1.3)."""
    d = -121665 * pow(121666, -1, ED25519_P)
    square = (y * y - 1) * pow(d * y * y + 1, -1, ED25519_P)
    return pow(square, (ED25519_P - 1) // 2, ED25519_P) in (0, 1)


def powers(base, modulus):
    found, value = set(), 1
    while value not in found:
        found.add(value)
        value = value * base % modulus
    return found


def has_close_primes(n, rounds=100):
    """Fermat's factorisation: finds p and q in few steps when they are close."""
    middle = isqrt_up(n)
    for a in range(middle, middle + rounds):
        rest = a * a - n
        if isqrt_up(rest) ** 2 == rest:
            return True
    return False


def isqrt_up(n):
    root = isqrt(n)
    return root if root * root == n else root + 1
