//! Where and why x509-limbo does not apply here, or is not followed.

/// What comes of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accept,
    Refuse,
}

/// A case whose verdict differs from the suite's.
pub(crate) struct Different {
    pub(crate) id: &'static str,
    /// Ours.
    pub(crate) verdict: Verdict,
    #[expect(dead_code, reason = "for people")]
    pub(crate) reason: &'static str,
}

/// Groups that do not apply as a whole.
pub(crate) const NOT_APPLICABLE_GROUPS: &[(&str, &str)] = &[
    ("webpki", "rules of the CA/Browser Forum for servers, and their names"),
    ("online", "real servers: without their names these are paths of the web's authorities"),
    ("crl", "revocation is not asked about: that needs a network or lists that nobody delivers with a model"),
];

/// Cases of the other groups that do not apply.
pub(crate) const NOT_APPLICABLE: &[(&str, &str)] = &[
    ("pathlen::max-chain-depth-0-exhausted", "the depth is fixed here"),
    ("pathlen::max-chain-depth-1-exhausted", "the depth is fixed here"),
];

/// Cases that are judged differently on purpose.
pub(crate) const DIFFERENT: &[Different] = &[
    Different {
        id: "pathlen::validation-ignores-pathlen-in-leaf",
        verdict: Verdict::Refuse,
        reason: "the leaf is an authority, which a signer is not",
    },
    Different {
        id: "rfc5280::ca-as-leaf",
        verdict: Verdict::Refuse,
        reason: "the leaf is an authority, which a signer is not",
    },
    Different {
        id: "pathlen::self-issued-certs-pathlen",
        verdict: Verdict::Refuse,
        reason: "self-issued certificates count too, as in webpki: that is stricter",
    },
    Different {
        id: "rfc5280::nc::permitted-self-issued",
        verdict: Verdict::Refuse,
        reason: "self-issued certificates are constrained too, as in webpki: that is stricter",
    },
    Different {
        id: "rfc5280::nc::permitted-dn-match",
        verdict: Verdict::Refuse,
        reason: "webpki refuses every path with a constraint on directory names",
    },
    Different {
        id: "rfc5280::nc::nc-permits-email-exact",
        verdict: Verdict::Refuse,
        reason: "webpki refuses every path where an e-mail address meets a constraint on them",
    },
    Different {
        id: "rfc5280::nc::nc-permits-email-domain",
        verdict: Verdict::Refuse,
        reason: "webpki refuses every path where an e-mail address meets a constraint on them",
    },
    Different {
        id: "rfc5280::nc::nc-permits-email-literal-asterisk-exact-match",
        verdict: Verdict::Refuse,
        reason: "webpki refuses every path where an e-mail address meets a constraint on them",
    },
    Different {
        id: "rfc5280::nc::nc-permits-email-literal-double-asterisk",
        verdict: Verdict::Refuse,
        reason: "webpki refuses every path where an e-mail address meets a constraint on them",
    },
    Different {
        id: "rfc5280::nc::nc-permits-email-literal-mid-asterisk",
        verdict: Verdict::Refuse,
        reason: "webpki refuses every path where an e-mail address meets a constraint on them",
    },
    Different {
        id: "pathological::nc-dos-3",
        verdict: Verdict::Accept,
        reason: "the many addresses in the subject meet no constraint on addresses; this costs little",
    },
    Different {
        id: "rfc5280::nc::permitted-dns-match-noncritical",
        verdict: Verdict::Accept,
        reason: "the constraint is kept although it is not critical",
    },
    Different {
        id: "rfc5280::nc::invalid-dnsname-leading-period",
        verdict: Verdict::Accept,
        reason: "webpki takes the leading period as everybody does: names below only",
    },
    Different {
        id: "rfc5280::nc::not-allowed-in-ee-noncritical",
        verdict: Verdict::Accept,
        reason: "constraints in a leaf constrain nothing: it issues nothing",
    },
    Different {
        id: "rfc5280::nc::not-allowed-in-ee-critical",
        verdict: Verdict::Accept,
        reason: "constraints in a leaf constrain nothing: it issues nothing",
    },
    Different {
        id: "rfc5280::aki::leaf-missing-aki",
        verdict: Verdict::Accept,
        reason: "key identifiers help to find a path and prove nothing",
    },
    Different {
        id: "rfc5280::aki::intermediate-missing-aki",
        verdict: Verdict::Accept,
        reason: "key identifiers help to find a path and prove nothing",
    },
    Different {
        id: "rfc5280::aki::cross-signed-root-missing-aki",
        verdict: Verdict::Accept,
        reason: "key identifiers help to find a path and prove nothing",
    },
    Different {
        id: "rfc5280::ski::root-missing-ski",
        verdict: Verdict::Accept,
        reason: "key identifiers help to find a path and prove nothing",
    },
    Different {
        id: "rfc5280::ski::intermediate-missing-ski",
        verdict: Verdict::Accept,
        reason: "key identifiers help to find a path and prove nothing",
    },
    Different {
        id: "rfc5280::pc::ica-noncritical-pc",
        verdict: Verdict::Accept,
        reason: "policies are not used here; a critical constraint on them is refused",
    },
    Different {
        id: "rfc5280::san::noncritical-with-empty-subject",
        verdict: Verdict::Accept,
        reason: "the alternative names are read whether they are critical or not",
    },
    Different {
        id: "rfc5280::san::underscore-dns",
        verdict: Verdict::Accept,
        reason: "servers are not looked up: an underscore makes no other name of it",
    },
    Different {
        id: "rfc5280::san::ip-in-dns",
        verdict: Verdict::Accept,
        reason: "such a name is left out when identities are compared (names.rs)",
    },
    Different {
        id: "rfc5280::serial::zero",
        verdict: Verdict::Accept,
        reason: "serial numbers are only shown",
    },
    Different {
        id: "rfc5280::ca-empty-subject",
        verdict: Verdict::Accept,
        reason: "the key counts: an empty name is found and compared as any other",
    },
    Different {
        id: "rfc5280::root-non-critical-basic-constraints",
        verdict: Verdict::Accept,
        reason: "the extension is kept although it is not critical",
    },
    Different {
        id: "rfc5280::leaf-ku-keycertsign",
        verdict: Verdict::Accept,
        reason: "without cA it cannot issue, whatever its key usage says",
    },
];
