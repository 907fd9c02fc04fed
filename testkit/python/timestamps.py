"""Time stamps over a signature (RFC 3161, RFC 5652, RFC 5816): makes them as a stamper of its own, and checks them.

One form only: a whole response, one signer with ECDSA on P-256, its certificate within. The stamper's certificate and
its authority's stand in a Sigstore trusted root.
"""

import base64
import hashlib
import json
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

import keyring
from keyring import der, integer, sequence
from oms_certificates import AUTHORITY, basic, certificate, usage
from verifier import Rejected

SHA256 = bytes.fromhex("0609608648016503040201")
ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
SIGNING_CERTIFICATE = bytes.fromhex("060b2a864886f70d010910022f")
POLICY = bytes.fromhex("06092b0601040183b25a01")
SEQUENCE, SET, OCTETS, TIME = 0x30, 0x31, 0x04, 0x18
MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
MAX_STAMPS = 16


# ------------------------------------------------------------------------------------------------------- making


def authority(key="p256-tsa-root"):
    return certificate("testkit stamping root", key, extensions=AUTHORITY)


def stamper(issuer_key="p256-tsa-root"):
    purpose = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
    extensions = (basic(False), usage("digital_signature"), purpose)
    return certificate("testkit stamper", "p256-tsa", "testkit stamping root", issuer_key, extensions=extensions)


def trusted_root(issuer_key="p256-tsa-root"):
    chain = [stamper(issuer_key), authority(issuer_key)]
    listed = {
        "subject": {"organization": "testkit", "commonName": "testkit stamper"},
        "uri": "https://stamper.example.com",
        "certChain": {"certificates": [{"rawBytes": base64_of(to_der(item))} for item in chain]},
        "validFor": {"start": "2020-01-01T00:00:00Z"},
    }
    empty = {"tlogs": [], "certificateAuthorities": [], "ctlogs": []}
    return json.dumps({"mediaType": MEDIA_TYPE} | empty | {"timestampAuthorities": [listed]}, indent=2) + "\n"


def stamped(signed, *times, over=None):
    """An OMS signature with a time stamp of each of these times, or one over other bytes."""
    signature = base64.b64decode(signed["dsseEnvelope"]["signatures"][0]["sig"])
    tokens = [{"signedTimestamp": base64_of(response(over or signature, time))} for time in times]
    material = signed["verificationMaterial"] | {"timestampVerificationData": {"rfc3161Timestamps": tokens}}
    return signed | {"verificationMaterial": material}


def response(signature, time):
    algorithm, held = sequence(SHA256), to_der(stamper())
    at = datetime.fromisoformat(time).astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()
    imprint = sequence(algorithm, octets(hashlib.sha256(signature).digest()))
    serial = integer(int.from_bytes(hashlib.sha256(signature + at).digest()[:8], "big") | 1)
    info = sequence(integer(1), POLICY, imprint, serial, der(TIME, at))
    attributes = sorted(
        [
            attribute(CONTENT_TYPE, TST_INFO),
            attribute(MESSAGE_DIGEST, octets(hashlib.sha256(info).digest())),
            attribute(SIGNING_CERTIFICATE, sequence(sequence(sequence(octets(hashlib.sha256(held).digest()))))),
        ]
    )
    signer = sequence(
        integer(1),
        sequence(stamper().issuer.public_bytes(), integer(stamper().serial_number)),
        algorithm,
        der(0xA0, *attributes),
        sequence(ECDSA_SHA256),
        octets(sign(der(SET, *attributes))),
    )
    content = sequence(TST_INFO, der(0xA0, octets(info)))
    data = sequence(integer(3), der(SET, algorithm), content, der(0xA0, held), der(SET, signer))
    return sequence(sequence(integer(0)), sequence(SIGNED_DATA, der(0xA0, data)))


def sign(data):
    return keyring.private("p256-tsa").sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def attribute(kind, value):
    return sequence(kind, der(SET, value))


def octets(content):
    return der(OCTETS, content)


def to_der(item):
    return item.public_bytes(serialization.Encoding.DER)


def base64_of(data):
    return base64.b64encode(data).decode("ascii")


# ----------------------------------------------------------------------------------------------------- checking


def earliest(material, signature, root):
    """The earliest time that a stamper of the trusted root proves; None where there is no root, or no time stamp."""
    stamps = material.get("timestampVerificationData", {}).get("rfc3161Timestamps", [])
    if root is None or not stamps:
        return None
    try:
        if len(stamps) > MAX_STAMPS:
            raise ValueError("too many")
        chains = [read_chain(one) for one in json.loads(root)["timestampAuthorities"]]
        return min(check(base64.b64decode(one["signedTimestamp"]), signature, chains) for one in stamps)
    except (ValueError, KeyError, TypeError, IndexError, InvalidSignature) as error:
        raise Rejected(("invalid-timestamp", str(error))) from None


def read_chain(value):
    listed = value["certChain"]["certificates"]
    return [x509.load_der_x509_certificate(base64.b64decode(item["rawBytes"])) for item in listed], value["validFor"]


def check(token, signature, chains):
    """Takes the response apart by its order: RFC 5652 fixes it."""
    status, content = parts(one(token, SEQUENCE))
    need(status[1] == integer(0), "not granted")
    kind, data = parts(content[1])
    need(whole(kind) == SIGNED_DATA, "no signed data")
    fields = parts(one(data[1], SEQUENCE))
    kind, wrapped = parts(fields[2][1])
    need(whole(kind) == TST_INFO, "no time stamp")
    info = one(wrapped[1], OCTETS)
    [signer] = parts(fields[-1][1])
    _, sid, _, attributes, algorithm, signed = parts(signer[1])[:6]
    need(attributes[0] == 0xA0 and whole(parts(algorithm[1])[0]) == ECDSA_SHA256, "another form")
    found = {whole(parts(item[1])[0]): parts(parts(item[1])[1][1])[0] for item in parts(attributes[1])}
    need(whole(found[CONTENT_TYPE]) == TST_INFO, "content type")
    need(found[MESSAGE_DIGEST][1] == hashlib.sha256(info).digest(), "digest")
    leaf, valid_for = find_stamper(sid[1], chains)
    [listed] = parts(found[SIGNING_CERTIFICATE][1])
    held = parts(parts(listed[1])[0][1])[0]
    need(held[1] == hashlib.sha256(to_der(leaf)).digest(), "another certificate")
    leaf.public_key().verify(signed[1], der(SET, attributes[1]), ec.ECDSA(hashes.SHA256()))
    _, _, imprint, _, time = parts(one(info, SEQUENCE))[:5]
    algorithm, digest = parts(imprint[1])
    need(parts(algorithm[1])[0][1] == SHA256[2:] and digest[1] == hashlib.sha256(signature).digest(), "imprint")
    at = datetime.strptime(time[1].decode(), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    need(leaf.not_valid_before_utc <= at <= leaf.not_valid_after_utc, "outside of the certificate's time")
    need(datetime.fromisoformat(valid_for["start"]) <= at, "before the stamper's time")
    need("end" not in valid_for or at <= datetime.fromisoformat(valid_for["end"]), "after the stamper's time")
    return at


def find_stamper(sid, chains):
    for chain, valid_for in chains:
        leaf = chain[0]
        if sid == leaf.issuer.public_bytes() + integer(leaf.serial_number):
            for below, above in zip(chain, chain[1:], strict=False):
                below.verify_directly_issued_by(above)
            purposes = purposes_of(leaf)
            need(list(purposes) == [ExtendedKeyUsageOID.TIME_STAMPING], "no stamper")
            return leaf, valid_for
    raise ValueError("no stamper of the trusted root")


def purposes_of(leaf):
    return leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value


def parts(content):
    """The elements of a constructed value: (tag, content)."""
    found = []
    while content:
        tag, length, head = content[0], content[1], 2
        if length & 0x80:
            head += length & 0x7F
            length = int.from_bytes(content[2:head], "big")
        need(len(content) >= head + length, "cut off")
        found.append((tag, content[head : head + length]))
        content = content[head + length :]
    return found


def one(content, tag):
    """The content of the only element."""
    [(found, value)] = parts(content)
    need(tag == found, "another element")
    return value


def whole(element):
    return der(element[0], element[1])


def need(condition, what):
    if not condition:
        raise ValueError(what)
