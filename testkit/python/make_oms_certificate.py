"""Cases of the group `oms-certificate`: OpenSSF Model Signing by certificates, below a root that the caller trusts."""

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

import keyring
import oms
import reference
import vectors
from make_oms import COMPAT, FILES, OURS, signed, statement
from oms_certificates import (
    AUTHORITY,
    FUTURE,
    IDENTITY,
    MAILBOX,
    PAST,
    SIGNING,
    authority,
    basic,
    certificate,
    leaf,
    names,
    pem,
    permitted,
    purposes,
    root,
    usage,
)  # fmt: skip
from vectors import edited, put, start

VERIFY = ["verify", "model", "--ca-root", "root.pem"]
NAMED = [*VERIFY, "--certificate-identity", IDENTITY]


def make():
    start("oms-certificate")
    good_ones()
    untrusted()
    times()
    usages()
    authorities()
    identities()
    signatures()


def content(chain, trusted, further, value=None, key="p256", **options):
    signature = signed(value, key, material=oms.by_chain(*chain), **options)
    files = {f"model/{name}": data for name, data in FILES.items()} | {"model.pt": None, "key.pub": None}
    return files | {"model/model.sig": signature, "root.pem": pem(*trusted)} | (further or {})


def accept(name, what, chain, args=NAMED, *, trusted=None, further=None, value=None, weakened=(), **more):
    files = content(chain, trusted or [root()], further, value)
    vectors.accept(f"oms-certificate/ok-{name}", what, files, args, weakened=list(weakened), **more)


def refuse(name, what, code, chain, args=NAMED, *, trusted=None, further=None, value=None, signer="p256", **more):
    files = content(chain, trusted or [root()], further, value, signer)
    vectors.reject(f"oms-certificate/{name}", what, code, files, args, **more)


def good_ones():
    good = [leaf(), authority()]
    accept("chain", "A leaf, an authority and a root, which is given.", good)
    accept("root-in-chain", "The root stands in the chain, too.", [*good, root()])
    accept("any-order", "The chain is in another order above the leaf.", [leaf(), root(), authority()])
    given = [*NAMED, "--intermediate", "authority.pem"]
    further = {"authority.pem": pem(authority())}
    accept("intermediate-given", "The authority does not stand there and is given.", [leaf()], given, further=further)
    accept("two-roots", "Two roots are given, and one fits.", good, trusted=[root("p256-other"), root()])
    direct = leaf_below_root()
    accept("no-intermediate", "The leaf is directly below the root.", [direct])
    stray = certificate("stray", "p256-other", extensions=AUTHORITY)
    accept("stray-in-chain", "Another certificate stands in the chain, which nobody needs.", [*good, stray])
    ours = statement(annotations=OURS)
    accept("annotations", "The statement has annotations, and the key id is the leaf's.", good, value=ours)
    within = authority(extensions=(*AUTHORITY, permitted(x509.DNSName("example.com"))))
    host = [leaf(alternative=x509.DNSName("release.example.com")), within]
    words = [*VERIFY, "--certificate-identity", "CN=testkit signer"]
    accept("name-constraint", "The authority may name hosts of one domain only, and does.", host, words)
    page = "https://example.com/release.yml@refs/heads/main"
    named = [leaf(alternative=x509.UniformResourceIdentifier(page)), authority()]
    accept("identity-uri", "The leaf is known by a URI.", named, [*VERIFY, "--certificate-identity", page])


def leaf_below_root():
    extensions = (*SIGNING, names(MAILBOX))
    return certificate("testkit signer", "p256", "testkit root", "p256-root", extensions=extensions)


def untrusted():
    code = "untrusted-certificate"
    refuse("no-intermediate", "The authority does not stand there.", code, [leaf()])
    chain = [leaf(), authority()]
    refuse("other-root", "Another root is given, of the same name.", code, chain, trusted=[root("p256-other")])
    other = certificate("another root", "p256-other", extensions=AUTHORITY)
    refuse("other-root-name", "Another root is given.", code, chain, trusted=[other])
    what = "The root stands in the chain, and another one is given."
    refuse("root-in-chain", what, code, [*chain, root()], trusted=[other])
    forged = authority("p256-other")
    refuse("forged-authority", "The authority was not signed by the root.", code, [leaf(), forged])
    given = [*NAMED, "--intermediate", "authority.pem"]
    what = "The authority is given; that makes it no root."
    refuse(
        "intermediate-is-no-root",
        what,
        code,
        chain,
        given,
        trusted=[other],
        further={"authority.pem": pem(authority())},
    )
    alone = certificate("testkit signer", "p256", extensions=(*SIGNING, names(MAILBOX)))
    code = "self-signed-certificate"
    refuse("self-signed", "The leaf signed itself, and is given as root.", code, [alone], trusted=[alone])


def times():
    refuse("leaf-expired", "The leaf has expired.", "certificate-expired", [leaf(end=PAST), authority()])
    refuse("authority-expired", "The authority has expired.", "certificate-expired", [leaf(), authority(end=PAST)])
    refuse(
        "root-expired", "The root has expired.", "certificate-expired", [leaf(), authority()], trusted=[root(end=PAST)]
    )
    code = "certificate-not-yet-valid"
    refuse("leaf-not-yet-valid", "The leaf is not valid yet.", code, [leaf(start=FUTURE), authority()])
    refuse("authority-not-yet-valid", "The authority is not valid yet.", code, [leaf(), authority(start=FUTURE)])
    note = "the signer chooses what time he writes; only a timestamp of somebody else could tell"
    when = statement(annotations=OURS | {"signed_at": "2020-06-01T00:00:00Z"})
    what = "The leaf has expired, and the signed time lies before."
    refuse(
        "leaf-expired-signed-before", what, "certificate-expired", [leaf(end=PAST), authority()], value=when, note=note
    )


def usages():
    code, signing = "wrong-certificate-usage", purposes(ExtendedKeyUsageOID.CODE_SIGNING)
    for name, what, extensions in [
        ("no-purpose", "The leaf says nothing about its purpose.", (basic(False), usage("digital_signature"))),
        ("server", "The leaf is for servers.", (*SIGNING[:2], purposes(ExtendedKeyUsageOID.SERVER_AUTH))),
        (
            "any-purpose",
            "The leaf is for any purpose.",
            (*SIGNING[:2], purposes(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)),
        ),
        ("no-signatures", "The leaf's key is for encryption.", (basic(False), usage("key_encipherment"), signing)),
        ("only-authority", "The leaf's key is for certificates.", (basic(False), usage("key_cert_sign"), signing)),
    ]:
        refuse(f"leaf-{name}", what, code, [leaf(usages=extensions), authority()])
    ca = (basic(True), usage("digital_signature"), signing)
    chain = [leaf(usages=ca), authority()]
    refuse("leaf-authority", "The leaf is an authority.", "certificate-is-authority", chain)
    what = "The leaf is an authority, and the caller accepts it."
    accept("leaf-authority", what, chain, [*NAMED, *COMPAT], weakened=["certificate-is-authority"])
    unknown = (x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55738.1"), b"\x05\0"), True)
    chain = [leaf(usages=(*SIGNING, unknown)), authority()]
    refuse("leaf-unknown-critical", "The leaf has an unknown critical extension.", "unsupported-certificate", chain)


def authorities():
    code = "certificate-constraint"
    outside = authority(extensions=(*AUTHORITY, permitted(x509.RFC822Name("example.org"))))
    refuse("name-constraint-mail", "The authority may name mailboxes of another host only.", code, [leaf(), outside])
    outside = authority(extensions=(*AUTHORITY, permitted(x509.DNSName("example.org"))))
    host = [leaf(alternative=x509.DNSName("release.example.com")), outside]
    words = [*VERIFY, "--certificate-identity", "CN=testkit signer"]
    refuse("name-constraint", "The authority may name hosts of another domain only.", code, host, words)
    second = certificate("testkit authority", "p256-ca", "second authority", "p256-other", extensions=AUTHORITY)
    first = certificate(
        "second authority", "p256-other", "testkit root", "p256-root", extensions=(basic(True, 0), AUTHORITY[1])
    )
    refuse("path-length", "There are more authorities than allowed.", code, [leaf(), second, first])
    plain = authority(extensions=(basic(False), usage("digital_signature")))
    note = "a signer's certificate can sign no others"
    refuse("authority-is-none", "The authority is none.", "wrong-certificate-usage", [leaf(), plain], note=note)
    silent = authority(extensions=())
    refuse(
        "authority-silent", "The authority does not say that it is one.", "wrong-certificate-usage", [leaf(), silent]
    )
    keyless = authority(extensions=(basic(True), usage("digital_signature")))
    refuse(
        "authority-without-usage",
        "The authority's key is not for certificates.",
        "wrong-certificate-usage",
        [leaf(), keyless],
    )


def identities():
    chain = [leaf(), authority()]
    for name, asked in {
        "other": "somebody@example.com",
        "part": "release@example.co",
        "common-name": "testkit signer",
        "issuer": "CN=testkit authority",
    }.items():
        what = f"The signer has to be `{asked}`."
        refuse(f"identity-{name}", what, "wrong-identity", chain, [*VERIFY, "--certificate-identity", asked])
    none = [leaf(alternative=None), authority()]
    refuse("identity-none", "The leaf has no alternative names.", "wrong-identity", none)
    what = "The leaf is known by its subject."
    accept("identity-subject", what, none, [*VERIFY, "--certificate-identity", "CN=testkit signer"])
    files = content(chain, [root()], None)
    what = "Nobody says who has to be the signer."
    vectors.refuse("oms-certificate/identity-unasked", what, "usage", files, VERIFY)
    what = "Nobody says who has to be the signer, and the caller accepts it."
    accept("identity-unasked", what, chain, [*VERIFY, *COMPAT], weakened=["identity-needed"])


def signatures():
    chain = [leaf(), authority()]
    what = "Another key signed than the leaf's."
    refuse("other-key", what, "invalid-signature", chain, signer="p256-other")
    what = "The authority signed, not the leaf."
    refuse("key-of-authority", what, "invalid-signature", chain, signer="p256-ca")
    other = reference.key_id(keyring.private("p256-other").public_key())
    named = statement(annotations=OURS | {"key_id": other})
    refuse("key-id", "The signed key id is not that of the leaf's key.", "key-mismatch", chain, value=named)
    refuse("changed-file", "A file was changed.", "hash-mismatch", chain, further={"model/weights.bin": b"x"})
    by_key = ["verify", "model", "--key", "key.pub"]
    key = {"key.pub": keyring.read("p256.pub")}
    what = "A signature by certificate, and only the key is given, although it is the right one."
    refuse("wrong-method", what, "wrong-method", chain, by_key, further=key)
    files = content(chain, [root()], None)
    lone = {"certificate": oms.by_chain(leaf())["x509CertificateChain"]["certificates"][0], "tlogEntries": [{}]}
    sigstore = edited(files["model/model.sig"], put("verificationMaterial", lone))
    what = "A signature through Sigstore, and only a root certificate is given."
    vectors.reject(
        "oms-certificate/wrong-method-sigstore", what, "wrong-method", files | {"model/model.sig": sigstore}, NAMED
    )
    bits = edited(
        files["model/model.sig"], put("verificationMaterial.x509CertificateChain.certificates.0.rawBytes", "AAAA")
    )
    what = "The leaf is no certificate."
    vectors.reject("oms-certificate/malformed", what, "malformed-certificate", files | {"model/model.sig": bits}, NAMED)
    old = reference.encode(oms.legacy_statement(FILES))
    signature = oms.bundle(old, keyring.private("p256"), oms.by_chain(*chain), message=oms.legacy_pae(old))
    files = files | {"model/model.sig": signature}
    vectors.reject(
        "oms-certificate/legacy", "A signature of version 0.2.0 by certificate.", "legacy-signature", files, NAMED
    )
    what = "The same, and the caller accepts it."
    vectors.accept("oms-certificate/ok-legacy", what, files, [*NAMED, *COMPAT], weakened=["legacy-signature"])
    chain = [leaf(key="p384"), authority()]
    signature = oms.bundle(
        old, keyring.private("p384"), oms.by_chain(*chain), message=oms.legacy_pae(old), digest=hashes.SHA256()
    )
    what = "A signature of version 0.2.0 by a key on P-384, which hashed with SHA-256 all the same."
    files = files | {"model/model.sig": signature}
    vectors.accept("oms-certificate/ok-legacy-p384", what, files, [*NAMED, *COMPAT], weakened=["legacy-signature"])
