"""Judges the certificate chain of an OMS signature: a path to a trusted root (RFC 5280, section 6, in small)."""

from datetime import datetime, timezone

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from verifier import Rejected

KNOWN = {
    x509.KeyUsage, x509.ExtendedKeyUsage, x509.BasicConstraints, x509.SubjectAlternativeName, x509.NameConstraints,
    x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier,
}  # fmt: skip


def check(chain, asked):
    """(the leaf's public key, what the caller let pass). `chain` has the certificates in DER, the leaf first."""
    try:
        leaf, *others = [x509.load_der_x509_certificate(der) for der in chain]
    except ValueError as error:
        raise Rejected(("malformed-certificate", str(error))) from None
    if leaf.issuer == leaf.subject and is_issued_by(leaf, leaf):
        raise Rejected(("self-signed-certificate", leaf.subject.rfc4514_string()))
    path = find_path([leaf], others + asked.intermediates, asked.roots)
    if path is None:
        raise Rejected(("untrusted-certificate", leaf.issuer.rfc4514_string()))
    reasons = [reason for certificate in path for reason in check_time(certificate, asked.now)]
    reasons += check_authorities(path) + check_leaf(leaf, asked.compat)
    if asked.identity is not None and asked.identity not in names_of(leaf):
        reasons.append(("wrong-identity", asked.identity))
    if reasons:
        raise Rejected(*dict.fromkeys(reasons))
    basic = extension(leaf, x509.BasicConstraints)
    weakened = ["certificate-is-authority"] if basic is not None and basic.ca else []
    return leaf.public_key(), weakened + (["identity-needed"] if asked.identity is None else [])


def find_path(path, others, roots):
    """From the leaf to a root, by names and signatures; the rest is judged when it is known."""
    for root in roots:
        if is_issued_by(path[-1], root):
            return [*path, root]
    for other in others:
        if other not in path and other not in roots and is_issued_by(path[-1], other):
            if (found := find_path([*path, other], others, roots)) is not None:
                return found
    return None


def is_issued_by(certificate, issuer):
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def check_time(certificate, now=None):
    now, name = now or datetime.now(timezone.utc), certificate.subject.rfc4514_string()
    if now > certificate.not_valid_after_utc:
        return [("certificate-expired", name)]
    return [("certificate-not-yet-valid", name)] if now < certificate.not_valid_before_utc else []


def check_authorities(path):
    """What the certificates above the leaf must be and what they allow."""
    reasons = []
    for below, certificate in enumerate(path[1:]):
        name = certificate.subject.rfc4514_string()
        basic, usage = extension(certificate, x509.BasicConstraints), extension(certificate, x509.KeyUsage)
        if basic is None or not basic.ca or (usage is not None and not usage.key_cert_sign):
            reasons.append(("wrong-certificate-usage", f"{name} is no authority"))
        elif basic.path_length is not None and below > basic.path_length:
            reasons.append(("certificate-constraint", f"{name} allows fewer authorities below"))
        constraints = extension(certificate, x509.NameConstraints)
        for kind, fits in CONSTRAINED.items():
            names = alternatives(path[0], kind)
            reasons += [("certificate-constraint", name) for name in names if not allows(constraints, kind, name, fits)]
    for certificate in path[:-1]:
        if any(item.critical and type(item.value) not in KNOWN for item in certificate.extensions):
            reasons.append(("unsupported-certificate", certificate.subject.rfc4514_string()))
    return reasons


def allows(constraints, kind, name, fits):
    """RFC 5280, 4.2.1.10: within one of the permitted subtrees, where there are any, and in none of the excluded."""
    if constraints is None:
        return True
    permitted = [subtree.value for subtree in constraints.permitted_subtrees or [] if isinstance(subtree, kind)]
    excluded = [subtree.value for subtree in constraints.excluded_subtrees or [] if isinstance(subtree, kind)]
    return (not permitted or any(fits(name, value) for value in permitted)) and not any(
        fits(name, value) for value in excluded
    )


def is_mail_in(mail, subtree):
    """A host, a domain that starts with a dot, or one mailbox."""
    host = mail.rpartition("@")[2].lower()
    return host.endswith(subtree.lower()) if subtree.startswith(".") else subtree.lower() in (host, mail.lower())


def is_host_in(host, subtree):
    return ("." + host.lower()).endswith("." + subtree.lower().lstrip("."))


CONSTRAINED = {x509.RFC822Name: is_mail_in, x509.DNSName: is_host_in}


def check_leaf(leaf, compat):
    basic = extension(leaf, x509.BasicConstraints)
    usage, purposes = extension(leaf, x509.KeyUsage), extension(leaf, x509.ExtendedKeyUsage)
    name = leaf.subject.rfc4514_string()
    reasons = [("certificate-is-authority", name)] if basic is not None and basic.ca and not compat else []
    if usage is None or not usage.digital_signature or ExtendedKeyUsageOID.CODE_SIGNING not in (purposes or []):
        reasons.append(("wrong-certificate-usage", name))
    return reasons


def names_of(leaf):
    """Who the certificate is for: its alternative names as text, and its subject."""
    kinds = [x509.RFC822Name, x509.UniformResourceIdentifier, x509.DNSName]
    return {leaf.subject.rfc4514_string(), *[name for kind in kinds for name in alternatives(leaf, kind)]}


def alternatives(leaf, kind):
    names = extension(leaf, x509.SubjectAlternativeName)
    return names.get_values_for_type(kind) if names is not None else []


def extension(certificate, kind):
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
