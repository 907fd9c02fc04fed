//! What does not belong to a model though it lies in its folder: excluded paths (OpenSSF Model Signing v1.0, section
//! 6.2) and the files that known tools add.

use super::{SafeName, UnsafeName};

/// What is excluded unless somebody asks for it: at the top of the folder only.
pub const DEFAULT_EXCLUDES: [&str; 4] = [".git", ".gitattributes", ".github", ".gitignore"];

/// Reads a path to be ignored: exact and relative, and no pattern, since tools disagree about those.
///
/// # Errors
/// [`UnsafeName`].
pub fn parse_ignored(text: &str) -> Result<SafeName, UnsafeName> {
    if text.contains(['*', '?', '[']) {
        let reason = "has the character `*`, `?` or `[` of a pattern in it";
        return Err(UnsafeName { name: text.chars().take(300).collect(), reason });
    }
    text.parse()
}

/// The paths that are left out of a model.
#[derive(Clone, Debug, Default)]
pub struct Exclusions(Vec<SafeName>);

impl Exclusions {
    /// Excludes these, and everything below those that are folders.
    pub fn new(names: impl IntoIterator<Item = SafeName>) -> Self {
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort();
        names.dedup();
        Self(names)
    }

    /// What is left out unless somebody asks for it.
    pub fn defaults() -> Self {
        Self::new(Self::default_names())
    }

    /// The names of these.
    pub fn default_names() -> impl Iterator<Item = SafeName> {
        DEFAULT_EXCLUDES.iter().filter_map(|name| name.parse().ok())
    }

    /// The paths, sorted.
    pub fn names(&self) -> &[SafeName] {
        &self.0
    }

    /// Which of the paths excludes this name, if one does.
    pub fn of(&self, name: &str) -> Option<&SafeName> {
        // Looked up and not searched: a signature may leave out very many paths.
        let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
        let place = |path: &str| self.0.binary_search_by(|excluded| excluded.as_str().cmp(path)).ok();
        ends.filter_map(|end| name.get(..end)).find_map(place).and_then(|at| self.0.get(at))
    }
}

/// Whether a name is this path or lies below it.
pub fn is_at_or_below(name: &str, path: &str) -> bool {
    name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A tool whose own files are left out of a model when the caller says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `hf download --local-dir` (huggingface_hub): bookkeeping below `.cache/huggingface`.
    HuggingFace,
    /// MLflow: `registered_model_meta` at the top, written when a registered model is downloaded.
    MlFlow,
}

impl Layout {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::HuggingFace, Self::MlFlow];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::HuggingFace => "hf",
            Self::MlFlow => "mlflow",
        }
    }

    /// The tool, as people call it.
    pub fn tool(self) -> &'static str {
        match self {
            Self::HuggingFace => "`hf download`",
            Self::MlFlow => "MLflow",
        }
    }

    /// Whether the tool writes a file of exactly this name.
    ///
    /// Nothing that Python runs or loads by its name, and no configuration, is ever among them.
    pub fn wrote(self, name: &str) -> bool {
        if is_never_ignored(name) {
            return false;
        }
        match self {
            Self::MlFlow => name == "registered_model_meta",
            Self::HuggingFace => {
                let Some(below) = name.strip_prefix(".cache/huggingface/") else { return false };
                let kept_for_a_file = |rest: &str| rest.ends_with(".metadata") || rest.ends_with(".lock");
                matches!(below, ".gitignore" | ".gitignore.lock" | "CACHEDIR.TAG")
                    || below.strip_prefix("download/").is_some_and(kept_for_a_file)
            }
        }
    }
}

/// Names that something runs or reads as configuration.
fn is_never_ignored(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let ends = [".py", ".pyc", ".json"].iter().any(|ending| lower.ends_with(ending));
    ends || lower.split('/').any(|component| component == "__pycache__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_excludes_itself_and_what_is_below() {
        let excluded = Exclusions::new(Exclusions::default_names().chain(parse_ignored("a/b")));
        let hits = |name: &str| excluded.of(name).map(SafeName::as_str);
        assert_eq!(hits(".git"), Some(".git"));
        assert_eq!(hits(".git/config"), Some(".git"));
        assert_eq!(hits("a/b/c"), Some("a/b"));
        for name in [".gitmodules", "sub/.git", "a/bc", "a", "b"] {
            assert_eq!(hits(name), None, "{name}");
        }
        for bad in [".", "..", "../a", "*.py", "a?", "[a]", "/a", "", "a/./b", "a//b"] {
            assert!(parse_ignored(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn layouts_take_exactly_what_the_tools_write() {
        for name in [
            ".cache/huggingface/.gitignore",
            ".cache/huggingface/CACHEDIR.TAG",
            ".cache/huggingface/download/model.safetensors.metadata",
            ".cache/huggingface/download/config.json.metadata",
            ".cache/huggingface/download/sub/weights.bin.lock",
        ] {
            assert!(Layout::HuggingFace.wrote(name), "{name}");
        }
        for name in [
            ".cache/huggingface/download/evil.py",
            ".cache/huggingface/download/__pycache__/x.metadata",
            ".cache/huggingface/download/config.json",
            ".cache/huggingface/model.metadata",
            ".cache/other/download/a.metadata",
            "sub/.cache/huggingface/.gitignore",
            "download/a.metadata",
            "registered_model_meta",
        ] {
            assert!(!Layout::HuggingFace.wrote(name), "{name}");
        }
        assert!(Layout::MlFlow.wrote("registered_model_meta"));
        assert!(!Layout::MlFlow.wrote("sub/registered_model_meta"));
    }
}
