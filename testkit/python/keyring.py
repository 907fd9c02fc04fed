"""The fixed keys in testkit/keys: made once, kept when they exist. Test keys: every private half is public knowledge.

What is good is made with `cryptography` and openssl. What no tool makes (weak moduli, points of small order, key
derivation bombs) is put together here in DER, by hand.
"""

import base64
import hashlib
import os
import random
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

import public_keys
from published import load_private_key, public_pem, write_key_pair

KEYS = Path(__file__).resolve().parent.parent / "keys"
PASSPHRASE = "correct horse"

GOOD = {
    "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa2048-other": lambda: rsa.generate_private_key(65537, 2048),
    "rsa2048-e3": lambda: rsa.generate_private_key(3, 2048),
    "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
    "rsa4096": lambda: rsa.generate_private_key(65537, 4096),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}

# Keys of odd sizes, for make_pss.py: encoded messages have another length and other free bits there.
ODD_SIZES = {f"rsa{bits}": bits for bits in (2049, 2050, 2055, 2056, 3071, 3073, 4095, 8192)}

# Keys on P-256 without files, derived from their names: a second signer, and the authorities of oms_certificates.py.
DERIVED = ["p256-other", "p256-ca", "p256-root", "p256-tsa", "p256-tsa-root", "bob"]
# The signers of the trust stores, likewise on Ed25519; `mallory` stands in no store.
DERIVED_ED25519 = ["alice-1", "alice-2", "dora", "mallory"]
CALLED = {"carol": "rsa2048", "mallory-rsa": "rsa2048-other"}

OPENSSL = {
    "rsa2048.pkcs1.pem": "rsa -in rsa2048.pem -traditional",
    "rsa2048.pkcs1.pub": "rsa -in rsa2048.pem -RSAPublicKey_out",
    "rsa2048.pbkdf2.pem": "pkcs8 -topk8 -in rsa2048.pem -v2 aes-256-cbc -v2prf hmacWithSHA256 -passout {}",
    "rsa2048.pbkdf2-sha1.pem": "pkcs8 -topk8 -in rsa2048.pem -v2 aes-128-cbc -v2prf hmacWithSHA1 -passout {}",
    "rsa2048.scrypt.pem": "pkcs8 -topk8 -in rsa2048.pem -scrypt -passout {}",
    "rsa2048.des3.pem": "pkcs8 -topk8 -in rsa2048.pem -v2 des3 -passout {}",
    "rsa2048.pbes1.pem": "pkcs8 -topk8 -in rsa2048.pem -v1 PBE-SHA1-3DES -passout {}",
    "rsa2048.proc-type.pem": "rsa -in rsa2048.pem -aes256 -traditional -passout {}",
    "rsa2048.cert.pem": "req -x509 -key rsa2048.pem -days 36500 -subj /CN=weightseal-testkit",
    "p256.sec1.pem": "ec -in p256.pem",
    "rsa1024.pem": "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024",
    "rsa1024.pub": "pkey -in rsa1024.pem -pubout",
    "secp256k1.pem": "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
    "secp256k1.pub": "pkey -in secp256k1.pem -pubout",
    "x25519.pem": "genpkey -algorithm X25519",
    "x25519.pub": "pkey -in x25519.pem -pubout",
    "p256.explicit.pub": "ec -in p256.pem -pubout -param_enc explicit",
}

RSA_OID = bytes.fromhex("06092a864886f70d010101")
ED25519_OID = bytes.fromhex("06032b6570")
P256_OIDS = bytes.fromhex("06072a8648ce3d0201 06082a8648ce3d030107")
PBES2_OID = bytes.fromhex("06092a864886f70d01050d")
PBKDF2_OID = bytes.fromhex("06092a864886f70d01050c")
HMAC_SHA256_OID = bytes.fromhex("06082a864886f70d0209")
SCRYPT_OID = bytes.fromhex("06092b06010401da47040b")
AES_256_CBC_OID = bytes.fromhex("060960864801650304012a")


def make():
    KEYS.mkdir(exist_ok=True)
    for name, generate in GOOD.items():
        if not (KEYS / f"{name}.pem").exists():
            key = generate()
            write_key_pair(key, KEYS / f"{name}.pem", KEYS / f"{name}.pub")
            write_key_pair(key, KEYS / f"{name}.encrypted.pem", KEYS / f"{name}.pub", PASSPHRASE.encode())
    for name, bits in ODD_SIZES.items():
        if not (KEYS / f"{name}.pem").exists():
            write_key_pair(of_size(bits), KEYS / f"{name}.pem", KEYS / f"{name}.pub")
    for name, command in OPENSSL.items():
        if not (KEYS / name).exists():
            words = [word.replace("{}", f"pass:{PASSPHRASE}") for word in command.split()]
            subprocess.run(["openssl", *words, "-out", name], cwd=KEYS, check=True, capture_output=True)
    for name, build in BY_HAND.items():
        if not (KEYS / name).exists():
            (KEYS / name).write_bytes(build())
    for path in KEYS.glob("*.pem"):
        path.chmod(0o600)


def private(name):
    name = CALLED.get(name, name)
    seed = hashlib.sha256(f"weightseal testkit {name}".encode()).digest()
    if name in DERIVED_ED25519:
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    if name in DERIVED:
        return ec.derive_private_key(int.from_bytes(seed, "big"), ec.SECP256R1())
    return load_private_key(KEYS / f"{name}.pem")


def read(name):
    owner = name.removesuffix(".pub")
    if owner in [*DERIVED, *DERIVED_ED25519, *CALLED]:
        return public_pem(private(owner).public_key())
    return (KEYS / name).read_bytes()


# ------------------------------------------------------------------------------------------------------- DER


def der(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def sequence(*parts):
    return der(0x30, *parts)


def integer(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bit_string(content):
    return der(3, b"\0" + content)


def pem(label, content):
    text = base64.b64encode(content).decode("ascii")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode("ascii")


def rsa_spki(n, e):
    return spki_of_rsa(sequence(integer(n), integer(e)))


def spki_of_rsa(key):
    return pem("PUBLIC KEY", sequence(sequence(RSA_OID, der(5)), bit_string(key)))


def ed25519_spki(y, sign=0):
    point = (y | sign << 255).to_bytes(32, "little")
    return pem("PUBLIC KEY", sequence(sequence(ED25519_OID), bit_string(point)))


def p256_spki(point):
    return pem("PUBLIC KEY", sequence(sequence(P256_OIDS), bit_string(point)))


def encrypted_pkcs8(derivation):
    scheme = sequence(PBES2_OID, sequence(derivation, sequence(AES_256_CBC_OID, der(4, os.urandom(16)))))
    return pem("ENCRYPTED PRIVATE KEY", sequence(scheme, der(4, os.urandom(1232))))


def pbkdf2(iterations):
    prf = sequence(HMAC_SHA256_OID, der(5))
    return sequence(PBKDF2_OID, sequence(der(4, os.urandom(16)), integer(iterations), prf))


def scrypt(n, r, p):
    return sequence(SCRYPT_OID, sequence(der(4, os.urandom(16)), integer(n), integer(r), integer(p)))


# ----------------------------------------------------------------------------------------------------- numbers


def numbers(name):
    return private(name).public_key().public_numbers()


def of_size(bits):
    """openssl makes both primes of one size, never a modulus with an odd number of bits: two keys give a prime each."""
    p = rsa.generate_private_key(65537, bits + bits % 2).private_numbers().p
    q = rsa.generate_private_key(65537, bits - bits % 2).private_numbers().q
    d = pow(65537, -1, (p - 1) * (q - 1))
    assert (p * q).bit_length() == bits
    halves = (p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p))
    return rsa.RSAPrivateNumbers(*halves, rsa.RSAPublicNumbers(65537, p * q)).private_key()


def close_primes():
    """A modulus of two primes that follow each other closely: Fermat factors it at once."""
    p = next_prime(random.SystemRandom().getrandbits(1024) | 3 << 1022)
    n = p * next_prime(p + 2)
    assert n.bit_length() == 2048 and public_keys.has_close_primes(n)
    return rsa_spki(n, 65537)


def roca():
    """CVE-2017-15361: both primes are k * M + (65537^a mod M), with M the product of the first 126 primes."""
    n = roca_prime() * roca_prime()
    assert n.bit_length() == 2048 and not public_keys.has_close_primes(n)
    assert all(n % prime in public_keys.powers(65537, prime) for prime in public_keys.ROCA_PRIMES)
    return rsa_spki(n, 65537)


def roca_prime():
    product, found = 1, 0
    candidate = 2
    while found < 126:
        if is_prime(candidate):
            product, found = product * candidate, found + 1
        candidate += 1
    source = random.SystemRandom()
    low, high = (3 << 1022) // product + 1, (1 << 1024) // product - 1
    while True:
        p = source.randint(low, high) * product + pow(65537, source.getrandbits(256), product)
        if is_prime(p):
            return p


def next_prime(number):
    number |= 1
    while not is_prime(number):
        number += 2
    return number


def is_prime(number):
    """Miller and Rabin, forty rounds."""
    for small in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        if number % small == 0:
            return number == small
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(40):
        power = pow(random.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def point_of_p256():
    return (
        private("p256")
        .public_key()
        .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )


def inconsistent_private_key():
    """The private half of no key: one prime replaced, so that modulus and primes disagree."""
    key = private("rsa2048").private_numbers()
    values = [0, key.public_numbers.n, 65537, key.d, key.p + 2, key.q, key.dmp1, key.dmq1, key.iqmp]
    return pem("RSA PRIVATE KEY", sequence(*map(integer, values)))


EC_PARAMETERS = pem("EC PARAMETERS", bytes.fromhex("06082a8648ce3d030107"))

BY_HAND = {
    "p256.sec1-parameters.pem": lambda: EC_PARAMETERS + read("p256.sec1.pem"),
    "several.pub": lambda: read("rsa2048.pub") + read("rsa2048-other.pub"),
    "several.pem": lambda: read("rsa2048.pem") + read("rsa2048-other.pem"),
    "private-and-public.pem": lambda: read("rsa2048.pem") + read("rsa2048.pub"),
    "pbkdf2-bomb.pem": lambda: encrypted_pkcs8(pbkdf2(2**31 - 1)),
    "pbkdf2-bomb-64-bit.pem": lambda: encrypted_pkcs8(pbkdf2(2**64 - 1)),
    "scrypt-bomb-n.pem": lambda: encrypted_pkcs8(scrypt(2**24, 8, 1)),
    "scrypt-bomb-p.pem": lambda: encrypted_pkcs8(scrypt(2**14, 8, 2**20)),
    "p256.short-scalar.pem": lambda: pem(
        "EC PRIVATE KEY", sequence(integer(1), der(4, b"\1"), der(0xA0, bytes.fromhex("06082a8648ce3d030107")))
    ),
    "rsa-inconsistent.pem": inconsistent_private_key,
    "rsa-e1.pub": lambda: rsa_spki(numbers("rsa2048").n, 1),
    "rsa-even-exponent.pub": lambda: rsa_spki(numbers("rsa2048").n, 65536),
    "rsa-even-modulus.pub": lambda: rsa_spki(numbers("rsa2048").n + 1, 65537),
    "rsa2047.pub": lambda: rsa_spki(numbers("rsa2048").n >> 1 | 1, 65537),
    "rsa16384.pub": lambda: rsa_spki(random.SystemRandom().getrandbits(16384) | 1 << 16383 | 1, 65537),
    "rsa-close-primes.pub": close_primes,
    "rsa-roca.pub": roca,
    "rsa-negative-modulus.pub": lambda: spki_of_rsa(
        sequence(der(2, numbers("rsa2048").n.to_bytes(256, "big")), integer(65537))
    ),
    "rsa-trailing.pub": lambda: spki_of_rsa(sequence(integer(numbers("rsa2048").n), integer(65537)) + integer(1)),
    "ed25519-order-1.pub": lambda: ed25519_spki(1),
    "ed25519-order-2.pub": lambda: ed25519_spki(public_keys.ED25519_P - 1),
    "ed25519-order-4.pub": lambda: ed25519_spki(0),
    "ed25519-order-8.pub": lambda: ed25519_spki(min(y for y in public_keys.SMALL_ORDER_Y if y > 1)),
    "ed25519-order-1-not-canonical.pub": lambda: ed25519_spki(public_keys.ED25519_P + 1),
    "ed25519-not-canonical.pub": lambda: ed25519_spki(public_keys.ED25519_P + 3),
    "ed25519-no-point.pub": lambda: ed25519_spki(2),
    "p256-off-curve.pub": lambda: p256_spki(point_of_p256()[:-1] + bytes([point_of_p256()[-1] ^ 1])),
    "p256-infinity.pub": lambda: p256_spki(b"\0"),
}
