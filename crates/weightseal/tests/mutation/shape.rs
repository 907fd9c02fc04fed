//! Changes of the structure of JSON, by numbers from a seed.

use crate::common::Random;
use crate::node::{ESCAPED, Node, escaped, quoted};

/// Names that mean something somewhere.
#[rustfmt::skip]
const NAMES: [&str; 34] = [
    "model_file", "sha256", "signature", "signer", "signed_at", "algorithm", "key_size", "key_version",
    "key_id", "envelope", "payloadType", "payload", "signatures", "sig", "keyid", "artifacts",
    "bundle_signed_at", "artifact_count", "model_version", "annotations", "container", "countersigns",
    "renews", "mediaType", "dsseEnvelope", "verificationMaterial", "publicKey", "tlogEntries",
    "x509CertificateChain", "resources", "digest", "name", "size", "__proto__",
];

/// Values that another reader could take for something.
#[rustfmt::skip]
const VALUES: [&str; 24] = [
    "null", "true", "false", "0", "-0", "1", "-1", "2", "1.0", "1e3", "9007199254740993",
    "18446744073709551616", "\"\"", "[]", "{}", "\"4096\"", "\"\\u0000\"", "\"\\ud800\"", "NaN", "Infinity",
    "'a'", "01", "+1", "\"a",
];

fn change_text(text: &str, random: &mut Random) -> String {
    match random.below(12) {
        0 => format!("{text} "),
        1 => format!(" {text}"),
        2 => text.to_uppercase(),
        3 => format!("{text}\u{200b}"),
        4 => text.chars().rev().collect(),
        5 => text.replace('+', "-").replace('/', "_"),
        6 => format!("{text}="),
        7 => text.replacen("+00:00", "Z", 1),
        8 => text.trim_end_matches('=').to_owned(),
        9 => format!("{text}\u{0}"),
        10 => text.replacen('e', "e\u{301}", 1),
        _ => String::new(),
    }
}

/// The same number, or one that another reader could take for it.
fn spelled(number: &str, random: &mut Random) -> String {
    match random.below(9) {
        0 => format!("{number}.0"),
        1 => format!("{number}e0"),
        2 => format!("0{number}"),
        3 => format!("+{number}"),
        4 => format!("-{number}"),
        5 => format!("{number}.000000000000000001"),
        6 => format!("0x{number}"),
        7 => format!("{number}E-0"),
        _ => format!("{number}n"),
    }
}

/// A value in another spelling: what it means may be the same, or nothing.
fn respelled(value: &Node, random: &mut Random) -> Node {
    match value {
        Node::Raw(number) => Node::Raw(spelled(number, random)),
        Node::Text(text) => match random.below(4) {
            0 | 1 => Node::Raw(escaped(text)),
            2 => Node::Raw(quoted(text).replacen('"', "\"\\x41", 1)),
            _ => Node::Raw(quoted(text).replacen('"', "\"\t", 1)),
        },
        other => Node::Raw(format!(" \r\n\t{} ", other.to_text())),
    }
}

/// Makes one change somewhere and says which. `stranger` is another signed text, from which values may come.
fn mutate(top: &mut Node, stranger: &Node, random: &mut Random) -> String {
    let count = top.containers();
    let mut number = random.below(count);
    // What is moved elsewhere goes there once the borrow ends.
    let mut moved = None;
    let change = match top.container(&mut number).expect("counted before") {
        Node::List(items) => change_list(items, random),
        Node::Object(fields) => change_object(fields, stranger, &mut moved, random),
        _ => panic!("only lists and objects are counted"),
    };
    if let (Some((name, value)), count @ 1..) = (moved, top.containers()) {
        let mut number = random.below(count);
        match top.container(&mut number).expect("counted before") {
            Node::List(items) => items.push(value),
            Node::Object(fields) => fields.push((name, value)),
            _ => panic!("only lists and objects are counted"),
        }
    }
    change
}

fn change_list(items: &mut Vec<Node>, random: &mut Random) -> String {
    let foreign = Node::Raw(VALUES[random.below(VALUES.len())].to_owned());
    let at = random.below(items.len());
    match random.below(8) {
        0 => {
            items.remove(at);
            format!("item {at} dropped")
        }
        1 => {
            items.push(items[at].clone());
            format!("item {at} repeated at the end")
        }
        2 => {
            items.insert(0, items[at].clone());
            format!("item {at} repeated at the front")
        }
        3 => {
            items[at] = foreign;
            format!("item {at} retyped")
        }
        4 => {
            let depth = [1, 2, 127, 128, 5_000][random.below(5)];
            items[at] = items[at].clone().nested(depth, random);
            format!("item {at} nested {depth} deep")
        }
        5 => {
            items.push(foreign);
            "item added".to_owned()
        }
        6 => {
            items[at] = respelled(&items[at], random);
            format!("item {at} respelled")
        }
        _ => {
            items.reverse();
            "items reversed".to_owned()
        }
    }
}

fn change_object(
    fields: &mut Vec<(String, Node)>,
    stranger: &Node,
    moved: &mut Option<(String, Node)>,
    random: &mut Random,
) -> String {
    let strange = NAMES[random.below(NAMES.len())].to_owned();
    let foreign = Node::Raw(VALUES[random.below(VALUES.len())].to_owned());
    let (at, other) = (random.below(fields.len()), random.below(fields.len()));
    let name = fields[at].0.clone();
    match random.below(19) {
        0 | 1 => {
            fields.remove(at);
            format!("`{name}` dropped")
        }
        2 => {
            fields.push(fields[at].clone());
            format!("`{name}` doubled")
        }
        3 => {
            fields.insert(0, (name.clone(), foreign));
            format!("`{name}` doubled with another value in front")
        }
        4 => {
            fields[at].0 = change_text(&name, random);
            format!("the name `{name}` changed")
        }
        5 => {
            fields[at].0 = strange;
            format!("`{name}` renamed")
        }
        6 => {
            fields[at].1 = foreign;
            format!("`{name}` retyped")
        }
        7 => {
            fields[at].1 = match &fields[at].1 {
                Node::Raw(text) => Node::Text(text.clone()),
                other => Node::List(vec![other.clone()]),
            };
            format!("`{name}` quoted or put into a list")
        }
        8 | 9 => match &mut fields[at].1 {
            Node::Text(text) => {
                *text = change_text(text, random);
                format!("the text of `{name}` changed")
            }
            _ => {
                fields.push((strange, foreign));
                "field added".to_owned()
            }
        },
        10 => {
            let value = fields[at].1.clone();
            fields[at].1 = std::mem::replace(&mut fields[other].1, value);
            format!("values of `{name}` and `{}` exchanged", fields[other].0)
        }
        11 => {
            fields.swap(at, other);
            format!("`{name}` at another position")
        }
        12 => {
            fields.push((strange, foreign));
            "field added".to_owned()
        }
        13 => {
            fields[at].0 = format!("{ESCAPED}{name}");
            format!("the name `{name}` escaped")
        }
        14 => {
            fields[at].1 = respelled(&fields[at].1, random);
            format!("`{name}` respelled")
        }
        15 => {
            let depth = [1, 2, 127, 128, 5_000][random.below(5)];
            fields[at].1 = fields[at].1.clone().nested(depth, random);
            format!("`{name}` nested {depth} deep")
        }
        16 => {
            *moved = Some(fields.remove(at));
            format!("`{name}` moved elsewhere")
        }
        _ => {
            let mut found = Vec::new();
            stranger.named(&name, &mut found);
            match found.is_empty() {
                true => fields.push((strange, foreign)),
                false => fields[at].1 = found[random.below(found.len())].clone(),
            }
            format!("`{name}` taken from another signed text")
        }
    }
}

/// One to three changes, and the text that comes out.
pub(crate) fn mutated(node: &Node, stranger: &Node, random: &mut Random) -> (String, String) {
    let mut node = node.clone();
    let mut changes = Vec::new();
    for _ in 0..1 + random.below(3) {
        if node.containers() > 0 {
            changes.push(mutate(&mut node, stranger, random));
        }
    }
    let text = node.to_text();
    let text = match random.below(40) {
        0 => format!("\u{feff}{text}"),
        1 => format!("{text}{}", stranger.to_text()),
        2 => format!("{text},"),
        3 => format!("{text}\u{0}"),
        4 => format!("/**/{text}"),
        5 => format!("\n\n {text} \t\n"),
        _ => return (text, changes.join("; ")),
    };
    (text, changes.join("; ") + "; something around it")
}
