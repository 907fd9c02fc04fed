//! Strict JSON is what a second implementation takes for it, value for value; and a list that is handed out element by
//! element has the elements that it has otherwise.

use weightseal::json::{MAX_VALUES, Value, parse, parse_with_lists};

use crate::second::json::{self as second, Json};

/// See above.
pub fn run(bytes: &[u8]) {
    let (ours, theirs) = (parse(bytes), second::parse(bytes));
    if let Err(error) = &ours {
        super::is_fit_to_show(error);
    }
    match (&ours, &theirs) {
        (Ok(ours), Some(theirs)) => assert!(is_same(ours, theirs), "{ours:?} {theirs:?}"),
        (Err(_), None) => {}
        other => panic!("two readings: {other:?}"),
    }
    let path = ["predicate", "resources"];
    let mut taken = Vec::new();
    let rest = parse_with_lists(bytes, &[&path], MAX_VALUES, &mut |_, value| taken.push(value));
    // Elements and strings have limits of their own there, which take more bytes than this.
    if let Ok(value) = &ours
        && bytes.len() <= 20_000
    {
        let rest = rest.expect("it was read before");
        let mut list = theirs.as_ref().expect("just seen");
        for name in path {
            list = list.get(name).unwrap_or(&Json::Null);
        }
        let expected = list.list().unwrap_or_default();
        assert_eq!(expected.len(), taken.len());
        assert!(expected.iter().zip(&taken).all(|(theirs, ours)| is_same(ours, theirs)));
        assert_eq!(rest == *value, taken.is_empty());
        let text = serde_json::Value::from(value).to_string();
        let again = parse(text.as_bytes()).expect("it reads what it writes");
        assert_eq!(serde_json::Value::from(&again), serde_json::Value::from(value));
    }
}

fn is_same(ours: &Value, theirs: &Json) -> bool {
    match (ours, theirs) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(one), Json::Bool(other)) => one == other,
        (Value::Integer(one), Json::Number(other)) => one == other,
        (Value::String(one), Json::Text(other)) => one == other,
        (Value::Array(ours), Json::List(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(ours), Json::Object(theirs)) => {
            let same = |((name, one), (other_name, other)): (&(String, Value), &(String, Json))| {
                name == other_name && is_same(one, other)
            };
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(same)
        }
        _ => false,
    }
}
