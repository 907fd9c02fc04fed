"""Makes the certificates of the test vectors: a root, an authority below it, and leaves with one thing wrong each."""

import hashlib
from datetime import datetime, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import keyring

IDENTITY = "release@example.com"
MAILBOX = x509.RFC822Name(IDENTITY)
START, END = datetime(2020, 1, 1, tzinfo=timezone.utc), datetime(2099, 12, 31, tzinfo=timezone.utc)
PAST, FUTURE = datetime(2021, 1, 1, tzinfo=timezone.utc), datetime(2098, 1, 1, tzinfo=timezone.utc)
KEY_USAGES = [
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
]  # fmt: skip


def certificate(subject, key, issuer=None, issuer_key=None, *, start=START, end=END, extensions=()):
    """Without an issuer it is signed by itself."""
    signer = keyring.private(issuer_key or key)
    serial = hashlib.sha256(repr((subject, key, issuer, issuer_key, start, end, extensions)).encode()).digest()
    builder = x509.CertificateBuilder(
        issuer_name=name(issuer or subject),
        subject_name=name(subject),
        public_key=keyring.private(key).public_key(),
        serial_number=int.from_bytes(serial[:8], "big") | 1,
        not_valid_before=start,
        not_valid_after=end,
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, hashes.SHA256(), ecdsa_deterministic=True)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def usage(*names):
    return x509.KeyUsage(**{name: name in names for name in KEY_USAGES}), True


def basic(ca, length=None):
    return x509.BasicConstraints(ca, length), True


def purposes(*purpose):
    return x509.ExtendedKeyUsage(list(purpose)), False


def names(*alternatives):
    return x509.SubjectAlternativeName(list(alternatives)), False


def permitted(*names):
    return x509.NameConstraints(list(names), None), True


AUTHORITY = (basic(True), usage("key_cert_sign", "crl_sign"))
SIGNING = (basic(False), usage("digital_signature"), purposes(ExtendedKeyUsageOID.CODE_SIGNING))


def root(key="p256-root", **options):
    return certificate("testkit root", key, **{"extensions": AUTHORITY} | options)


def authority(issuer_key="p256-root", **options):
    return certificate(
        "testkit authority", "p256-ca", "testkit root", issuer_key, **{"extensions": AUTHORITY} | options
    )


def leaf(*, usages=SIGNING, alternative=MAILBOX, key="p256", **options):
    extensions = (*usages, names(alternative)) if alternative else usages
    return certificate("testkit signer", key, "testkit authority", "p256-ca", **{"extensions": extensions} | options)


def pem(*certificates):
    return b"".join(item.public_bytes(serialization.Encoding.PEM) for item in certificates)
