//! Names that are one name on another file system: those that differ in upper and lower case only, or in the Unicode
//! normal form (Unicode Standard, section 3.13, canonical caseless matching).

use std::collections::HashMap;

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;

/// Two names of one listing that some file systems cannot tell apart; folders count as well.
pub fn find_collision<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, &'a str)> {
    let mut seen: HashMap<String, &'a str> = HashMap::new();
    for name in names {
        let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
        for path in ends.filter_map(|end| name.get(..end)) {
            match seen.get(&fold(path)) {
                Some(other) if *other != path => return Some((other, path)),
                Some(_) => {}
                None => {
                    seen.insert(fold(path), path);
                }
            }
        }
    }
    None
}

fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.nfd().default_case_fold().nfd().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_normal_form_collide() {
        for (one, other) in [("a", "A"), ("d/x", "D/y"), ("caf\u{e9}", "cafe\u{301}"), ("É", "é"), ("ſ", "S")]
        {
            assert!(find_collision([one, other]).is_some(), "{one} {other}");
        }
        assert_eq!(find_collision(["a", "b", "a/b", "a/c", "a.b", "模型"]), None);
    }
}
