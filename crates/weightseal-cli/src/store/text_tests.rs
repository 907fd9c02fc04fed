//! Edits of a store's text.

use weightseal::key::PublicKey;

use super::super::new_key::NewMeans;
use super::*;

const STORE: &str = r#"# Who may sign what.
serial = 7          # raised by every change
expires_at = 2027-06-30T00:00:00Z

# The pipeline.
[[signer]]
name = "pipeline"   # as in the annotation

[[signer.key]]
version = 1 # first
public_key = "keys/one.pub"
# ends soon

[[rule]]
models = ["b_*", "a_*"]
signers = ["pipeline"] # alone

[[signer]]
name = "people"
key = [{ public_key = "keys/two.pub" }]

# The end.
"#;

fn edited(text: &str, edit: impl FnOnce(&mut StoreText) -> Result<(), TextError>) -> String {
    let mut store = StoreText::parse(text).expect("TOML");
    edit(&mut store).expect("can be edited");
    let text = store.to_text();
    StoreText::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    text
}

fn time(text: &str) -> Instant {
    text.parse().expect("a time")
}

fn identity(version: u64) -> NewKey {
    NewKey {
        means: NewMeans::Sigstore { identity: "a@b".into(), issuer: "https://i".into() },
        trusted_root: None,
        version: Some(version),
        signs_from: Some(time("2026-10-01T00:00:00.9Z")),
        signs_until: None,
        trusted_until: None,
    }
}

#[test]
fn what_is_not_edited_stays_byte_for_byte() {
    assert_eq!(edited(STORE, |_| Ok(())), STORE);
    let raised = edited(STORE, StoreText::raise_serial);
    assert_eq!(raised, STORE.replace("serial = 7 ", "serial = 8 "));
    let windows = STORE.replace('\n', "\r\n");
    assert_eq!(edited(&windows, StoreText::raise_serial), raised.replace('\n', "\r\n"));
}

#[test]
fn a_key_stands_after_the_others_of_its_signer() {
    let text = edited(STORE, |store| store.add_key("pipeline", &identity(2)));
    let added = "\n[[signer.key]]\nversion = 2\nidentity = \"a@b\"\nissuer = \"https://i\"\nsigns_from = 2026-10-01T00:00:00Z\n";
    // The comment right below the first key stays there.
    let expected = STORE.replace("# ends soon\n", &format!("# ends soon\n{added}"));
    assert_eq!(text, expected);
    let text = edited(STORE, |store| store.add_key("people", &identity(1)));
    assert!(text.contains(
            "key = [{ public_key = \"keys/two.pub\" }, { version = 1, identity = \"a@b\", issuer = \"https://i\", signs_from = 2026-10-01T00:00:00Z }]\n"
        ), "{text}");
    let text = edited(STORE, |store| store.add_key("new", &identity(1)));
    assert!(
        text.contains("two.pub\" }]\n\n[[signer]]\nname = \"new\"\n\n[[signer.key]]\nversion = 1\n"),
        "{text}"
    );
    assert!(text.ends_with("\n\n# The end.\n"), "{text}");
}

#[test]
fn comments_stay_where_they_are() {
    let store = "serial = 1\nexpires_at = 2099-01-01\n# dates\n\n[[signer]]\nname = \"a\"\nkey = [{ public_key = \"k\" }]\n# of a\n\n# next\n[[rule]]\nmodels = \"*\"\nmax_age = \"1y\"\n# one year\n\n# over\n[[rule]]\nmodels = \"b\"\n# directly above\n[[rule]]\nmodels = \"c\"\n# the end\n";
    let text = edited(store, |text| {
        text.add_key("b", &identity(1))?;
        text.add_key("c", &identity(2))?;
        text.allow(&["*".to_owned()], "b").map(drop)
    });
    let mut kept = text.clone();
    // Without what is new it is what it was.
    for new in ["b", "c"] {
        let start = kept.find(&format!("\n[[signer]]\nname = \"{new}\"\n")).expect("a new signer");
        let end = start + kept[start..].find("Z\n").expect("its last line") + 2;
        kept.replace_range(start..end, "");
    }
    kept = kept.replace("\n[[rule]]\nmodels = \"*\"\nsigners = [\"b\"]\n", "");
    assert_eq!(kept, store, "{text}");
}

#[test]
fn a_rule_for_the_same_models_gets_one_signer_more() {
    let models = ["a_*".to_owned(), "b_*".to_owned()];
    let text = edited(STORE, |store| {
        assert_eq!(store.allow(&models, "pipeline")?, RuleEdit::Unchanged);
        assert_eq!(store.allow(&models, "people")?, RuleEdit::Extended);
        assert_eq!(store.allow(&models[..1], "people")?, RuleEdit::Added);
        Ok(())
    });
    assert!(text.contains("signers = [\"pipeline\", \"people\"] # alone\n"), "{text}");
    assert!(text.contains("[[rule]]\nmodels = \"a_*\"\nsigners = [\"people\"]\n"), "{text}");
    let threshold = "[[rule]]\nmodels = \"*\"\nthreshold = { n = 2, of = [\"a\", \"b\"] }\n";
    let error = StoreText::parse(threshold).expect("TOML").allow(&["*".to_owned()], "c");
    assert_eq!(error.expect_err("a conflict").code(), "conflicting-rules");
}

#[test]
fn single_fields_of_a_key_are_set_and_replaced() {
    let text = edited(STORE, |store| {
        let mut key = store.key(0, 0)?;
        key.set_version(3)?;
        key.set_signs_until(time("2026-12-01T00:00:00Z"))?;
        key.set_signs_until(time("2026-11-01T00:00:00Z"))?;
        key.revoke(time("2026-11-02T00:00:00Z"), "lost \"it\"", Some(time("2026-10-02T00:00:00Z")))?;
        key.freeze(&[])?;
        key.freeze(&[Digest::of(b"one")])?;
        key.freeze(&[Digest::of(b"two"), Digest::of(b"three")])?;
        key.thaw(&[Digest::of(b"three"), Digest::of(b"four")].into())
    });
    assert!(text.contains("version = 3 # first\n"), "{text}");
    assert_eq!(text.matches("signs_until").count(), 1);
    assert!(text.contains("signs_until = 2026-11-01T00:00:00Z\n"), "{text}");
    assert!(text.contains(
            "revoked = { at = 2026-11-02T00:00:00Z, reason = 'lost \"it\"', compromised_since = 2026-10-02T00:00:00Z }\n"
        ), "{text}");
    let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
    assert!(text.contains(&format!("frozen = [\n  \"{one}\",\n  \"{two}\",\n]\n")), "{text}");
    assert!(text.contains("# ends soon\n\n[[rule]]"), "{text}");
    let thawed = edited(&text, |store| store.key(0, 0)?.thaw(&[one, two].into()));
    assert!(!thawed.contains("frozen"), "{thawed}");
    assert!(StoreText::parse(STORE).expect("TOML").key(0, 1).is_err());
}

#[test]
fn comments_in_a_list_stay_with_what_they_are_about() {
    let listed = Unenveloped {
        model: "m.pt".into(),
        sha256: Digest::of(b"m"),
        key: "00".repeat(32).parse().expect("an id"),
    };
    let list = std::slice::from_ref(&listed);
    let text = edited(STORE, |store| store.list(list));
    let line = format!("{{ model = \"m.pt\", sha256 = \"{}\", key = \"{}\" }},\n", listed.sha256, listed.key);
    assert!(text.contains(&format!("unauthenticated = [\n  {line}]\n")), "{text}");
    let commented =
        format!("unauthenticated = [\n    {{ model = \"a\" }}, # about a\n    # the last\n]\n{STORE}");
    let text = edited(&commented, |store| store.list(list));
    let expected = format!("{{ model = \"a\" }}, # about a\n    # the last\n    {line}]\n");
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn a_public_key_is_written_as_a_block() {
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    let key = NewKey::bare(PublicKey::from_pem(pem.as_bytes()).expect("a key"), None);
    let text = edited(STORE, |store| store.add_key("pipeline", &key));
    assert!(text.contains(&format!("\n[[signer.key]]\npublic_key = \"\"\"\n{pem}\"\"\"\n")), "{text}");
}

#[test]
fn a_comment_below_dotted_keys_stays() {
    let dotted = "serial = 1\nexpires_at = 2027-06-30\n[[signer]]\nname = \"b\"\n[[signer.key]]\npublic_key = \"b.pub\"\n\
                  revoked.at = 2026-05-05\nrevoked.reason = \"lost\"\n# never again\n\n# next\n[[rule]]\nmodels = \"m\"\n\
                  signers = [\"b\"]\n";
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    let key = NewKey::bare(PublicKey::from_pem(pem.as_bytes()).expect("a key"), None);
    let text = edited(dotted, |store| store.add_key("a", &key));
    assert!(text.contains("# never again"), "{text}");
}
