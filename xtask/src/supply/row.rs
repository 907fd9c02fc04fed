//! One line of the scoreboard: `row: ` and a JSON object.

/// Prints a row that was measured.
pub(crate) fn print(id: &str, what: &str, found: &str, target: &str, holds: bool) {
    println!(
        "row: {{{}, \"holds\": {holds}}}",
        fields(&[("id", id), ("what", what), ("found", found), ("target", target)])
    );
}

/// Prints a row that could not be measured.
pub(crate) fn print_not_run(id: &str, what: &str, target: &str, why: &str) {
    let fields =
        fields(&[("id", id), ("what", what), ("found", "not run"), ("target", target), ("why", why)]);
    println!("row: {{{fields}, \"holds\": null}}");
}

fn fields(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(name, text)| format!("\"{name}\": {}", quoted(text))).collect();
    fields.join(", ")
}

/// A JSON string (RFC 8259, section 7).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => quoted.push_str(&format!("\\u{:04x}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_as_json_demands() {
        assert_eq!(quoted("a `b`: 3 µ"), "\"a `b`: 3 µ\"");
        assert_eq!(quoted("\"\\\n\u{1f}"), r#""\"\\\u000a\u001f""#);
    }
}
