//! Whether two patterns of a trust store can match one name: then both rules apply to it, and both have to hold.

use std::collections::HashSet;

use weightseal::trust::Pattern;

/// Whether there is a name that both patterns match.
pub(crate) fn overlap(one: &Pattern, other: &Pattern) -> bool {
    let (one, other): (Vec<char>, Vec<char>) =
        (one.as_str().chars().collect(), other.as_str().chars().collect());
    // Places in both patterns that some common beginning of a name leads to; each is looked at once.
    let mut open = vec![(0, 0)];
    let mut seen = HashSet::from([(0, 0)]);
    while let Some((i, j)) = open.pop() {
        let (a, b) = (one.get(i), other.get(j));
        if (a, b) == (None, None) {
            return true;
        }
        let mut next = Vec::new();
        // A star stands for nothing, or takes what the other pattern has next: a character, or what its star stands for.
        if a == Some(&'*') {
            next.push((i + 1, j));
            next.extend(b.filter(|b| **b != '/').map(|_| (i, j + 1)));
        }
        if b == Some(&'*') {
            next.push((i, j + 1));
            next.extend(a.filter(|a| **a != '/').map(|_| (i + 1, j)));
        }
        if a == b && a.is_some() {
            next.push((i + 1, j + 1));
        }
        open.extend(next.into_iter().filter(|place| seen.insert(*place)));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every name of up to four characters, tried.
    fn by_trying(one: &Pattern, other: &Pattern) -> bool {
        let mut names = vec![String::new()];
        for at in 0.. {
            let Some(name) = names.get(at).cloned() else { return false };
            if one.matches(&name) && other.matches(&name) {
                return true;
            }
            if name.len() < 4 {
                names.extend(['a', 'b', '/'].map(|c| format!("{name}{c}")));
            }
        }
        false
    }

    #[test]
    fn as_by_trying_every_name() {
        // All patterns of up to three characters: whatever two of them match, a name of four characters is among it.
        let mut patterns = vec![String::new()];
        for at in 0.. {
            match patterns.get(at).cloned() {
                Some(pattern) if pattern.len() < 3 => {
                    patterns.extend(['a', 'b', '/', '*'].map(|c| format!("{pattern}{c}")));
                }
                Some(_) => {}
                None => break,
            }
        }
        let patterns: Vec<Pattern> = patterns.iter().filter_map(|text| text.parse().ok()).collect();
        let mut overlapping = 0;
        for one in &patterns {
            for other in &patterns {
                let expected = by_trying(one, other);
                assert_eq!(overlap(one, other), expected, "{one} {other}");
                overlapping += u32::from(expected);
            }
        }
        assert!(patterns.len() == 84 && overlapping > 1000, "{} {overlapping}", patterns.len());
    }
}
