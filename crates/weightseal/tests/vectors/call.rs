//! From the arguments of the command to calls of the library, without the command's own code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use weightseal::file::{Links, folder_of, read_bounded, read_protected};
use weightseal::format::Limits;
use weightseal::key::{KeyFileError, Passphrase, PrivateKeyFile, load_public};
use weightseal::listing::{Layout, SafeName, parse_ignored};
use weightseal::sign::{Options, sign_file};
use weightseal::time::{Age, Instant, Timestamp};
use weightseal::trust::{
    CertificateRoots, CertificateRules, KeyRing, MAX_TRUST_STORE, OmsCompat, Requirements, TrustStore,
    Unauthenticated, Unreadable, certificates_from_pem,
};
use weightseal::verify::{
    Checked, DefaultExcludes, Failure, MissingState, Outcome, Policy, RangeTarget, Reason, SignedLinks,
    StateFile, Target, UnsignedFiles, WholeDigest, verify,
};

/// Largest file of certificates that is read here.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// What came of a call, in the words of a case.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) exit: u8,
    pub(crate) verdict: Option<&'static str>,
    pub(crate) code: Option<&'static str>,
    /// The codes of all reasons to reject, or of what was tolerated.
    pub(crate) reasons: BTreeSet<&'static str>,
    pub(crate) authenticated: Option<bool>,
    pub(crate) beside: Value,
    pub(crate) weakened: Value,
    pub(crate) checked: Value,
}

impl Answer {
    fn not_carried_out(code: &'static str) -> Self {
        Self { exit: 2, verdict: Some("inconclusive"), code: Some(code), ..Self::default() }
    }
}

/// Why a case says nothing about the library.
type LeftOut = &'static str;

const TEXT: LeftOut = "the text of an argument";
const EXCLUDED: LeftOut = "arguments that exclude each other";
const MORE: LeftOut = "the command asks for more";

/// Options by their name, in their order.
struct Arguments<'a> {
    model: &'a str,
    options: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Arguments<'a> {
    fn read(words: &[&'a str]) -> Self {
        let (mut options, mut last) = (BTreeMap::<_, Vec<_>>::new(), None);
        for word in &words[1..] {
            match (word.strip_prefix("--"), last) {
                (Some(name), _) => {
                    options.entry(name).or_default();
                    last = Some(name);
                }
                (None, Some(name)) => options.entry(name).or_default().push(*word),
                (None, None) => panic!("{words:?}"),
            }
        }
        Self { model: words[0], options }
    }

    fn has(&self, name: &str) -> bool {
        self.options.contains_key(name)
    }

    fn all(&self, name: &str) -> &[&'a str] {
        self.options.get(name).map_or(&[], Vec::as_slice)
    }

    fn one(&self, name: &str) -> Option<&'a str> {
        match self.all(name) {
            [] => None,
            [value] => Some(value),
            several => panic!("--{name} {several:?}"),
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.one(name).map(|text| text.parse().expect("a number"))
    }
}

/// Does what the arguments say in the folder `at`.
///
/// # Errors
/// Why only the command can.
pub(crate) fn call(at: &Path, words: &[&str], passphrase: Option<&str>) -> Result<Answer, LeftOut> {
    let arguments = Arguments::read(&words[1..]);
    match words[0] {
        "verify" => call_verify(at, &arguments),
        "sign" => call_sign(at, &arguments, passphrase),
        other => panic!("no case of `{other}` is known here"),
    }
}

fn call_sign(at: &Path, arguments: &Arguments<'_>, passphrase: Option<&str>) -> Result<Answer, LeftOut> {
    let signer = arguments.one("signer").ok_or(MORE)?;
    let passphrase = passphrase.map(|text| Passphrase::new(text.into()).expect("a passphrase"));
    let key = PrivateKeyFile::read(&at.join(arguments.one("key").expect("a key")));
    let key = match key.and_then(|key| key.unlock(passphrase.as_ref())) {
        Ok(key) => key,
        Err(error) => return Ok(Answer::not_carried_out(error.code())),
    };
    let options = Options::new(signer, Timestamp::from_instant(Instant::now()));
    Ok(match sign_file(&at.join(arguments.model), None, &key, &options, &()) {
        Ok(_) => Answer::default(),
        Err(error) => Answer::not_carried_out(error.code()),
    })
}

fn call_verify(at: &Path, arguments: &Arguments<'_>) -> Result<Answer, LeftOut> {
    let target = target(at, arguments)?;
    let policy = match policy(at, arguments)? {
        Ok(policy) => policy,
        Err(code) => return Ok(Answer::not_carried_out(code)),
    };
    Ok(match verify(&target, &policy, &()) {
        Ok(outcome) => accepted(&outcome),
        Err(Failure::Rejected(rejected)) => Answer {
            exit: 1,
            verdict: Some("rejected"),
            code: Some(rejected.headline().code()),
            reasons: rejected.reasons().iter().map(Reason::code).collect(),
            ..Answer::default()
        },
        Err(Failure::Inconclusive(inconclusive)) => Answer::not_carried_out(inconclusive.trouble.code()),
    })
}

fn accepted(outcome: &Outcome) -> Answer {
    let verdict = match outcome {
        Outcome::Verified(_) => "verified",
        Outcome::Partial(_) => "partial",
        Outcome::Tolerated(_) => "tolerated",
    };
    let facts = outcome.facts();
    let beside = &facts.beside;
    let beside = [
        ("excluded", &beside.excluded),
        ("ignored", &beside.ignored),
        ("ignored_by_caller", &beside.ignored_by_caller),
        ("layout", &beside.layout),
        ("unsigned", &beside.unsigned),
        ("uncovered", &beside.uncovered),
    ];
    let checked = facts.files.iter().filter_map(|file| Some((&file.name, file.checked.map(Checked::name)?)));
    Answer {
        exit: 0,
        verdict: Some(verdict),
        code: Some(verdict),
        reasons: outcome.tolerated().iter().map(Reason::code).collect(),
        authenticated: facts.authenticated,
        beside: beside
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(why, names)| (why.to_owned(), json!(names)))
            .collect(),
        weakened: facts.weakened.iter().map(|weakening| json!(weakening.code())).collect(),
        checked: checked.map(|(name, word)| (name.clone(), json!(word))).collect(),
    }
}

fn target(at: &Path, arguments: &Arguments<'_>) -> Result<Target, LeftOut> {
    let path = |name: &str| arguments.one(name).map(|path| at.join(path));
    let range = arguments.one("range").map(|text| -> Result<_, LeftOut> {
        let (start, end) = text.split_once(':').ok_or(TEXT)?;
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse().map_err(|_| TEXT),
            false => Err(TEXT),
        };
        Ok(RangeTarget { bytes: number(start)?..number(end)?, chunk_list: path("chunk-list") })
    });
    Ok(Target {
        path: at.join(arguments.model),
        signature: path("signature"),
        name: arguments.one("name").map(str::to_owned),
        only: arguments.all("only").iter().map(|name| (*name).to_owned()).collect(),
        limits: arguments.number("max-signature-size").map_or_else(Limits::default, Limits::for_size),
        whole: if arguments.has("whole") { WholeDigest::Always } else { WholeDigest::IfNeeded },
        range: range.transpose()?,
        ..Target::default()
    })
}

/// Whom to trust; or the code of a file that cannot be used.
fn policy(at: &Path, arguments: &Arguments<'_>) -> Result<Result<Policy, &'static str>, LeftOut> {
    let now = match arguments.one("at") {
        // A date is its first moment.
        Some(text) => {
            let time = text.parse::<Timestamp>().or_else(|_| format!("{text}T00:00:00Z").parse());
            time.map_err(|_| TEXT)?.instant()
        }
        None => Instant::now(),
    };
    let has = |name: &str| arguments.has(name);
    // The library has one field for each of these pairs, or none that could be in the way.
    let excluded = arguments.all("trust").len() > 1
        || (has("state") && has("at"))
        || (has("init-state") && !has("state"))
        || (has("trust") && ["intermediate", "certificate-identity"].into_iter().any(has) && !has("ca-root"));
    if excluded {
        return Err(EXCLUDED);
    }
    if has("ca-root") && !has("certificate-identity") && !has("oms-compat") {
        return Err(MORE);
    }
    let requirements = Requirements {
        signer: arguments.one("signer").map(str::to_owned),
        least_model_version: arguments.number("model-version-at-least"),
        max_age: arguments.one("max-age").map(|text| text.parse::<Age>().map_err(|_| TEXT)).transpose()?,
        unauthenticated: match has("require-authenticated") {
            true => Unauthenticated::Refuse,
            false => Unauthenticated::Accept,
        },
    };
    Ok(read_policy(at, arguments, requirements, now))
}

fn read_policy(
    at: &Path,
    arguments: &Arguments<'_>,
    requirements: Requirements,
    now: Instant,
) -> Result<Policy, &'static str> {
    let keys = arguments.all("key").iter().map(|path| load_public(&at.join(path)));
    let keys: Result<Vec<_>, KeyFileError> = keys.collect();
    let keys = keys.map_err(|error| error.code())?;
    let compat = if arguments.has("oms-compat") { OmsCompat::On } else { OmsCompat::Off };
    let mut policy = Policy::of_keys(KeyRing::new(keys), requirements, now);
    policy.state = arguments.one("state").map(|path| StateFile {
        path: at.join(path),
        missing: if arguments.has("init-state") { MissingState::Begin } else { MissingState::Refuse },
    });
    if let Some(path) = arguments.one("trust") {
        policy.store = Some(Arc::new(read_store(&at.join(path))?));
    }
    if arguments.has("ca-root") {
        policy.certificates = Some(certificate_rules(at, arguments, compat)?);
    }
    let rules = &mut policy.folder;
    rules.compat = compat;
    let ignored = arguments.all("ignore").iter().map(|path| parse_ignored(path));
    let ignored: Result<Vec<SafeName>, _> = ignored.collect();
    rules.ignore = ignored.map_err(|_| "unsafe-name")?;
    let layouts = arguments.all("layout").iter().map(|name| match *name {
        "hf" => Layout::HuggingFace,
        "mlflow" => Layout::MlFlow,
        other => panic!("no layout `{other}`"),
    });
    rules.layouts = layouts.collect();
    if arguments.has("ignore-unsigned-files") {
        rules.unsigned_files = UnsignedFiles::List;
    }
    if arguments.has("no-default-excludes") {
        rules.default_excludes = DefaultExcludes::Reject;
    }
    if arguments.has("allow-symlinks") {
        rules.links = SignedLinks::Anywhere;
    }
    Ok(policy)
}

fn certificate_rules(
    at: &Path,
    arguments: &Arguments<'_>,
    compat: OmsCompat,
) -> Result<CertificateRules, &'static str> {
    let read = |path: &str| {
        let read = read_bounded(&at.join(path), Links::Follow, MAX_FILE);
        read.map(|(bytes, _)| bytes).map_err(|error| error.code())
    };
    let mut rules = CertificateRules {
        identity: arguments.one("certificate-identity").map(str::to_owned),
        compat,
        ..CertificateRules::default()
    };
    for path in arguments.all("intermediate") {
        rules.intermediates.extend(certificates_from_pem(&read(path)?).map_err(|error| error.code())?);
    }
    for path in arguments.all("ca-root") {
        rules.roots.extend(CertificateRoots::from_pem(&read(path)?).map_err(|error| error.code())?);
    }
    Ok(rules)
}

fn read_store(path: &Path) -> Result<TrustStore, &'static str> {
    let text = read_protected(path, MAX_TRUST_STORE).map_err(|error| error.code())?;
    let read = |named: &str| {
        read_protected(&folder_of(path).join(named), MAX_FILE).map_err(|error| Unreadable {
            message: error.to_string(),
            code: error.code(),
            hint: error.hint(),
        })
    };
    TrustStore::parse(&text, &read).map_err(|error| error.code())
}
