//! Counts what happened to the vectors of each set, and knows the exceptions.

use std::sync::Mutex;

/// How many tests report.
const PARTS: usize = 10;

/// Vectors that are valid, and refused here. Every entry has to occur.
const REFUSED_ON_PURPOSE: &[Exception] = &[Exception {
    sets: "Pbe",
    cases: &[70, 71],
    reason: "an empty passphrase protects nothing: no Passphrase is made of it",
}];

/// Vectors that are invalid under the parameters of their set, and valid under ours. Every entry has to occur.
const VALID_UNDER_OUR_PARAMETERS: &[Exception] = &[
    Exception {
        sets: "RsaPss2048Sha256Mgf1SaltLen0",
        cases: &[69],
        reason: "the set is without salt; this signature was made with one of 32 bytes, which is what we ask for",
    },
    Exception { sets: "Rsa2048Sha256", cases: &[257], reason: IS_PSS },
    Exception { sets: "Rsa3072Sha256", cases: &[258], reason: IS_PSS },
    Exception { sets: "Rsa4096Sha256", cases: &[258], reason: IS_PSS },
    Exception { sets: "Rsa8192Sha256", cases: &[258], reason: IS_PSS },
];

const IS_PSS: &str =
    "the set is for PKCS#1 v1.5; this signature is RSA-PSS with SHA-256 and 32 bytes of salt";

struct Exception {
    /// How the names of the sets start.
    sets: &'static str,
    /// In each of them.
    cases: &'static [usize],
    reason: &'static str,
}

/// What happened to the vectors of one set.
pub(crate) struct Ledger {
    set: String,
    vectors: usize,
    accepted: usize,
    /// Those under a key that is refused before any signature is looked at.
    without_key: usize,
    /// Those that are listed above.
    excused: Vec<usize>,
    failures: Vec<String>,
}

impl Ledger {
    pub(crate) fn new(set: impl std::fmt::Debug) -> Self {
        let set = format!("{set:?}");
        Self { set, vectors: 0, accepted: 0, without_key: 0, excused: Vec::new(), failures: Vec::new() }
    }

    pub(crate) fn enter(&mut self, case: usize, what: &str, expected: bool, found: bool) {
        self.vectors += 1;
        self.accepted += usize::from(found);
        if expected == found {
            return;
        }
        let excuses = if expected { REFUSED_ON_PURPOSE } else { VALID_UNDER_OUR_PARAMETERS };
        if excuses.iter().any(|excuse| excuse.is_of(&self.set) && excuse.cases.contains(&case)) {
            self.excused.push(case);
        } else {
            self.fail(case, &format!("{what}: expected {expected}, found {found}"));
        }
    }

    pub(crate) fn key_refused(&mut self, vectors: usize) {
        self.vectors += vectors;
        self.without_key += vectors;
    }

    pub(crate) fn fail(&mut self, case: usize, what: &str) {
        self.failures.push(format!("{} tcId {case}: {what}", self.set));
    }

    /// Prints the counts, and fails if an exception is listed and not needed.
    pub(crate) fn close(self) -> Counts {
        let listed = REFUSED_ON_PURPOSE.iter().chain(VALID_UNDER_OUR_PARAMETERS);
        for exception in listed.filter(|exception| exception.is_of(&self.set)) {
            for case in exception.cases {
                let occurred = self.excused.contains(case);
                assert!(occurred, "{} tcId {case} is listed ({}) and not needed", self.set, exception.reason);
            }
        }
        let Self { set, vectors, accepted, without_key, excused, failures } = self;
        let refused = vectors - accepted - without_key;
        println!(
            "{set}: {vectors} vectors: {accepted} accepted, {refused} refused, {without_key} without a key \
             that we read; exceptions: {excused:?}"
        );
        assert!(vectors > 0, "{set} has no vectors");
        Counts { sets: 1, vectors, accepted, without_key, excused: excused.len(), failures }
    }
}

impl Exception {
    fn is_of(&self, set: &str) -> bool {
        set.starts_with(self.sets)
    }
}

#[derive(Default)]
pub(crate) struct Counts {
    sets: usize,
    vectors: usize,
    accepted: usize,
    without_key: usize,
    excused: usize,
    failures: Vec<String>,
}

impl Counts {
    const NONE: Self =
        Self { sets: 0, vectors: 0, accepted: 0, without_key: 0, excused: 0, failures: Vec::new() };

    pub(crate) fn add(&mut self, other: Self) {
        self.sets += other.sets;
        self.vectors += other.vectors;
        self.accepted += other.accepted;
        self.without_key += other.without_key;
        self.excused += other.excused;
        self.failures.extend(other.failures);
    }

    /// Prints the sums, and that of all parts where this is the last one; fails where something was not as listed.
    pub(crate) fn report(self, what: &str) {
        let Self { sets, vectors, accepted, without_key, failures, .. } = &self;
        println!(
            "{what}: {vectors} vectors in {sets} sets, {accepted} accepted, {without_key} without a key"
        );
        assert!(vectors > accepted, "nothing was tested");
        let surprises = failures.join("\n");
        let count = failures.len();
        Self::sum_up(self);
        assert_eq!(count, 0, "surprises:\n{surprises}");
    }

    /// One row for all parts, which run in parallel: the last one prints it.
    fn sum_up(part: Self) {
        static ALL: Mutex<(usize, Counts)> = Mutex::new((0, Counts::NONE));
        let mut all = ALL.lock().expect("no part fails while it counts");
        all.0 += 1;
        all.1.add(part);
        let (parts, Self { sets, vectors, excused, failures, .. }) = &*all;
        if *parts == PARTS {
            let differ = failures.len();
            let found = format!("{differ} of {vectors} differ, in {sets} sets; {excused} exceptions listed");
            let row = serde_json::json!({
                "id": "suites/wycheproof",
                "what": "Project Wycheproof: RSA, ECDSA, EdDSA, PBES2 and public keys judged otherwise",
                "found": found,
                "target": "0",
                "holds": differ == 0,
            });
            println!("row: {row}");
        }
    }
}
