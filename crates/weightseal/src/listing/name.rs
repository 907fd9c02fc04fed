//! Names of files inside a model: relative, forward, and never leading anywhere else.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::text::{Escaped, EscapedPath};

/// Longest name in bytes: PATH_MAX of Linux.
pub const MAX_NAME: usize = 4096;

/// Longest component in bytes: NAME_MAX of common file systems.
const MAX_COMPONENT: usize = 255;

/// A relative path with `/` between components, none of them empty, `.` or `..`, without control characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SafeName(String);

/// Why text is not a [`SafeName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` {reason}", Escaped(.name))]
pub struct UnsafeName {
    /// The text, cut to a length that can be shown.
    pub name: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl SafeName {
    /// The name of the file at `path`, if it can stand in a signature file.
    ///
    /// # Errors
    /// [`UnsafeName`], also for a path that names no file and a name that is not UTF-8.
    pub fn of_file(path: &Path) -> Result<Self, UnsafeName> {
        let unsafe_because = |reason| UnsafeName { name: EscapedPath(path).to_string(), reason };
        let name = path.file_name().ok_or_else(|| unsafe_because("names no file"))?;
        name.to_str().ok_or_else(|| unsafe_because("is not UTF-8"))?.parse()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Whether there is only one component.
    pub fn is_single(&self) -> bool {
        !self.0.contains('/')
    }

    /// Its components, from the top.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The path of this name below `folder`.
    pub fn below(&self, folder: &Path) -> PathBuf {
        let mut path = folder.to_owned();
        path.extend(self.components());
        path
    }
}

impl FromStr for SafeName {
    type Err = UnsafeName;

    fn from_str(text: &str) -> Result<Self, UnsafeName> {
        match fault(text) {
            None => Ok(Self(text.to_owned())),
            Some(reason) => Err(UnsafeName { name: text.chars().take(300).collect(), reason }),
        }
    }
}

impl fmt::Display for SafeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

impl fmt::Debug for SafeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

fn fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("is empty");
    }
    if text.len() > MAX_NAME {
        return Some("is a name of more than 4096 bytes");
    }
    if text.starts_with('/') {
        return Some("is an absolute path");
    }
    if text.chars().any(char::is_control) {
        return Some("has control characters in it");
    }
    // On Windows these lead to other folders and drives; elsewhere they are ordinary characters.
    if cfg!(windows) && text.contains(['\\', ':']) {
        return Some("has a backslash or a colon in it");
    }
    text.split('/').find_map(|component| match component {
        "" => Some("has an empty component"),
        "." => Some("has a component `.`"),
        ".." => Some("has a component `..`"),
        long if long.len() > MAX_COMPONENT => Some("has a component of more than 255 bytes"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_down_only() {
        for text in ["model.pt", "a/b/c", "..a", "a..", ".hidden", "模型.pt", "a b", "a:b", "-", "~"] {
            assert_eq!(text.parse::<SafeName>().expect(text).as_str(), text);
        }
        let long = "x".repeat(256);
        let deep = "a/".repeat(2048) + "a";
        for text in [
            "", "/a", "a//b", "a/", "./a", "a/.", "..", "a/../b", "a\0b", "a\nb", "\u{7f}", "\u{9b}", &long,
            &deep,
        ] {
            assert!(text.parse::<SafeName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_joins_below_its_folder() {
        let name: SafeName = "a/b".parse().expect("safe");
        assert_eq!(name.below(Path::new("/m")), Path::new("/m/a/b"));
        assert_eq!((name.file_name(), name.is_single()), ("b", false));
    }
}
