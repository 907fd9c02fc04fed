"""Cases of the group `keys`: what counts as a key, and what is refused before anything is done with it."""

import keyring
from vectors import MANIFEST, SIGNER, accept, done, manifest, refuse, start

SIGN = ["sign", "model.pt", "--key", "key.pem", "--signer", SIGNER]
OPEN = {"WEIGHTSEAL_PASSPHRASE": keyring.PASSPHRASE}
PUBLIC_BAD = [
    ("rsa1024.pub", "weak-key", "An RSA key of 1024 bits."),
    ("rsa2047.pub", "weak-key", "An RSA key of 2047 bits."),
    ("rsa16384.pub", "weak-key", "An RSA key of 16384 bits."),
    ("rsa-e1.pub", "weak-key", "An RSA key with exponent 1: every signature fits."),
    ("rsa-even-exponent.pub", "weak-key", "An RSA key with an even exponent."),
    ("rsa-even-modulus.pub", "weak-key", "An RSA key with an even modulus."),
    ("rsa-close-primes.pub", "weak-key", "An RSA key whose primes are neighbours."),
    ("rsa-roca.pub", "weak-key", "An RSA key of the generator of CVE-2017-15361."),
    ("ed25519-order-1.pub", "weak-key", "The neutral point of Ed25519."),
    ("ed25519-order-4.pub", "weak-key", "A point of order 4."),
    ("ed25519-order-8.pub", "weak-key", "A point of order 8."),
    ("ed25519-order-1-not-canonical.pub", "weak-key", "The neutral point in its second spelling."),
    ("ed25519-not-canonical.pub", "weak-key", "A point in its second spelling."),
    ("ed25519-no-point.pub", "malformed-key", "Bytes that are no point."),
    ("p256-off-curve.pub", "malformed-key", "A point beside the curve."),
    ("p256-infinity.pub", "malformed-key", "The point at infinity."),
    ("rsa-negative-modulus.pub", "malformed-key", "A negative modulus."),
    ("rsa-trailing.pub", "malformed-key", "Bytes behind the RSA key."),
    ("p256.explicit.pub", "unsupported-key", "A curve spelled out instead of named."),
    ("secp256k1.pub", "unsupported-key", "A key on another curve."),
    ("x25519.pub", "unsupported-key", "A key that cannot sign."),
    ("rsa2048.cert.pem", "certificate-given", "A certificate where a key is needed."),
    ("several.pub", "several-keys", "Two public keys in one file."),
    ("private-and-public.pem", "several-keys", "Both halves in one file."),
    ("rsa2048.pem", "public-key-expected", "The private key where the public one is needed."),
    ("rsa2048.encrypted.pem", "public-key-expected", "The encrypted private key where the public one is needed."),
]
PRIVATE_GOOD = [
    ("rsa2048.pem", "PKCS#8, plain."),
    ("rsa2048.encrypted.pem", "PKCS#8, encrypted by the cryptography package."),
    ("rsa2048.pkcs1.pem", "PKCS#1, plain."),
    ("rsa2048.pbkdf2.pem", "PKCS#8, PBKDF2 with HMAC-SHA256 and AES-256."),
    ("rsa2048.pbkdf2-sha1.pem", "PKCS#8, PBKDF2 with HMAC-SHA1 and AES-128."),
    ("rsa2048.scrypt.pem", "PKCS#8, scrypt."),
    ("rsa2048.des3.pem", "PKCS#8, triple DES."),
    ("p256.sec1.pem", "SEC 1."),
    ("p256.sec1-parameters.pem", "SEC 1 behind a block of EC PARAMETERS."),
    ("p521.encrypted.pem", "PKCS#8, encrypted, on P-521."),
    ("ed25519.encrypted.pem", "PKCS#8, encrypted, Ed25519."),
]
PRIVATE_BAD = [
    ("rsa2048.pbes1.pem", "legacy-encryption", "PKCS#8 encrypted with PBES1."),
    ("rsa2048.proc-type.pem", "legacy-encryption", "PEM encrypted with a Proc-Type header."),
    ("pbkdf2-bomb.pem", "kdf-too-costly", "PBKDF2 with 2^31 - 1 iterations."),
    ("pbkdf2-bomb-64-bit.pem", "kdf-too-costly", "PBKDF2 with 2^64 - 1 iterations."),
    ("scrypt-bomb-n.pem", "kdf-too-costly", "Scrypt that asks for 16 GiB."),
    ("scrypt-bomb-p.pem", "kdf-too-costly", "Scrypt a million times."),
    ("rsa1024.pem", "weak-key", "An RSA key of 1024 bits."),
    ("rsa-inconsistent.pem", "malformed-key", "Primes that do not make the modulus."),
    ("p256.short-scalar.pem", "malformed-key", "A number that is shorter than the order of the curve."),
    ("secp256k1.pem", "unsupported-key", "A key on another curve."),
    ("rsa2048.pub", "private-key-expected", "The public key where the private one is needed."),
    ("rsa2048.pkcs1.pub", "private-key-expected", "The PKCS#1 public key where the private one is needed."),
    ("rsa2048.cert.pem", "certificate-given", "A certificate where a key is needed."),
    ("several.pem", "several-keys", "Two private keys in one file."),
]
NOTES = {
    "pbkdf2-bomb-64-bit.pem": "the count does not fit the usual integers; malformed-key would be right, too",
    "p256.explicit.pub": "malformed-key would be right, too",
}


def make():
    start("keys")
    for name, code, what in PUBLIC_BAD:
        refuse(case("verify", name), what, code, {MANIFEST: manifest(), "key.pub": keyring.read(name)}, **note(name))
    for name, what in PRIVATE_GOOD:
        done(case("sign", name), what, {"key.pem": keyring.read(name)}, SIGN, modes={"key.pem": "0600"}, env=OPEN)
    for name, code, what in PRIVATE_BAD:
        files = {"key.pem": keyring.read(name)}
        refuse(case("sign", name), what, code, files, SIGN, modes={"key.pem": "0600"}, env=OPEN, **note(name))
    spelled()
    passphrases()


def case(command, name):
    return f"keys/{command}-{name.replace('.pem', '-pem').replace('.pub', '-pub').replace('.', '-')}"


def note(name):
    return {"note": NOTES[name]} if name in NOTES else {}


def spelled():
    good, key = manifest(), keyring.read("rsa2048.pub")

    def fits(name, what, document, **more):
        accept(f"keys/ok-{name}", what, {MANIFEST: good, "key.pub": document}, **more)

    def bad(name, what, document, code="malformed-key", **more):
        refuse(f"keys/{name}", what, code, {MANIFEST: good, "key.pub": document}, **more)

    fits("crlf", "The lines end as on Windows.", key.replace(b"\n", b"\r\n"))
    fits("text-before", "Words before the key, which RFC 7468 allows.", b"the key of the ML team\n" + key)
    fits("no-final-newline", "The last line has no end.", key.rstrip())
    fits("pkcs1", "The PKCS#1 form of a public key.", keyring.read("rsa2048.pkcs1.pub"))
    small = {MANIFEST: manifest("rsa2048-e3"), "key.pub": keyring.read("rsa2048-e3.pub")}
    accept("keys/ok-exponent-3", "An existing RSA key with exponent 3.", small)
    bad("empty", "The key file has no bytes.", b"")
    bad("not-pem", "The key file is no PEM.", b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtleQ== me\n")
    bad("no-end", "The last line is missing.", key[: key.rindex(b"-----END")])
    bad("wrong-label", "The label says certificate request.", key.replace(b"PUBLIC KEY", b"CERTIFICATE REQUEST"))
    bad("damaged", "The base64 of the key is cut.", key.replace(key[100:140], b""))
    note = "key files are at most 64 KiB"
    bad("too-large", "Seventy thousand bytes before the key.", b"#" * 69_999 + b"\n" + key, "too-large", note=note)


def passphrases():
    def sign(name, what, code, key, env, mode="0600"):
        files = {"key.pem": keyring.read(key)}
        refuse(f"keys/{name}", what, code, files, SIGN, modes={"key.pem": mode}, env=env)

    encrypted = "rsa2048.encrypted.pem"
    sign(
        "wrong-passphrase",
        "The passphrase is another one.",
        "wrong-passphrase",
        encrypted,
        {"WEIGHTSEAL_PASSPHRASE": "wrong"},
    )
    sign(
        "passphrase-with-space",
        "A space is part of a passphrase.",
        "wrong-passphrase",
        encrypted,
        {"WEIGHTSEAL_PASSPHRASE": "correct horse "},
    )
    sign("passphrase-needed", "No passphrase and no terminal.", "passphrase-needed", encrypted, {})
    sign("open-to-everybody", "Everybody can read the private key.", "key-permissions", "rsa2048.pem", {}, "0644")
    files = {"key.pem": keyring.read("rsa2048.pem")}
    what = "No passphrase is needed for a plain key."
    done("keys/sign-without-passphrase", what, files, SIGN, modes={"key.pem": "0600"}, env={})
    refuse(
        "keys/sign-no-signer",
        "A manifest needs a signer.",
        "usage",
        files,
        SIGN[:-2],
        modes={"key.pem": "0600"},
        env={},
    )
