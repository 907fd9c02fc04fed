//! Points in time (RFC 3339, always with an offset) and spans of time as people type them.
//!
//! The library never reads a clock: every function that needs "now" is given it.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Span, tz::TimeZone};

/// A point in time, to the nanosecond, without the text it was written as.
pub use jiff::Timestamp as Instant;

/// A point in time together with the text it was written as, so that signed text stays byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    text: String,
    instant: Instant,
}

impl Timestamp {
    /// Writes a point in time in the manifest's form: UTC, microseconds, `+00:00`.
    pub fn from_instant(instant: Instant) -> Self {
        // Whole microseconds, rounded down, so that the text and the instant are the same.
        let nanos = instant.as_nanosecond();
        let instant =
            Instant::from_nanosecond(nanos.saturating_sub(nanos.rem_euclid(1000))).unwrap_or(instant);
        let text = instant.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string();
        Self { text, instant }
    }

    /// The text as it was written or will be written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The point in time.
    pub fn instant(&self) -> Instant {
        self.instant
    }

    /// UTC with whole seconds, as shown to people: `2026-11-22T18:27:47Z`.
    pub fn to_seconds(&self) -> String {
        self.instant.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}

/// Reads an end of validity as typed: a span from `now`, a date (its first moment, UTC), or a time.
pub fn parse_expiry(text: &str, now: Instant) -> Option<Timestamp> {
    let time = text.parse::<Timestamp>().or_else(|_| format!("{text}T00:00:00Z").parse::<Timestamp>());
    let instant = match time {
        Ok(time) => time.instant(),
        Err(_) => text.parse::<Age>().ok()?.after(now)?,
    };
    Some(Timestamp::from_instant(instant))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text is not a time in the form `2026-11-22T18:27:47.662870+00:00` (RFC 3339 with an offset).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time of the form 2026-11-22T18:27:47+00:00")]
pub struct NotATime;

impl FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        if !has_shape(text.as_bytes()) {
            return Err(NotATime);
        }
        let instant: Instant = text.parse().map_err(|_| NotATime)?;
        // Before the year 1 by an offset; it could not be written back.
        if instant.as_second() < FIRST_SECOND {
            return Err(NotATime);
        }
        Ok(Self { text: text.to_owned(), instant })
    }
}

/// jiff reads many more forms (a space for `T`, `[zone]` suffixes, leap seconds, short offsets); RFC 3339 has one.
fn has_shape(text: &[u8]) -> bool {
    let like = |text: &[u8], shape: &[u8]| {
        text.len() == shape.len()
            && text
                .iter()
                .zip(shape)
                .all(|(byte, shape)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == shape })
    };
    let Some((seconds, rest)) = text.split_at_checked(19) else { return false };
    let fraction = match rest {
        [b'.', digits @ ..] => {
            digits.iter().take_while(|byte| byte.is_ascii_digit()).count().saturating_add(1)
        }
        _ => 0,
    };
    let Some((_, offset)) = rest.split_at_checked(fraction) else { return false };
    let offset_fits = match offset {
        b"Z" => true,
        [b'+' | b'-', clock @ ..] if like(clock, b"00:00") => {
            clock.first_chunk().is_some_and(|hours| hours < b"24")
                && clock.get(3).is_some_and(|tens| *tens < b'6')
        }
        _ => false,
    };
    like(seconds, b"0000-00-00T00:00:00")
        && seconds.get(17).is_some_and(|tens| *tens < b'6')
        && matches!(fraction, 0 | 2..=10)
        && offset_fits
}

/// A span of time as typed: `90d`, `12h`, `1y 6mo`, or an ISO 8601 duration such as `P90D`.
#[derive(Clone, Debug)]
pub struct Age(Span);

/// Written alike: a day is not 24 hours here.
impl PartialEq for Age {
    fn eq(&self, other: &Self) -> bool {
        self.0.fieldwise() == other.0.fieldwise()
    }
}

impl Eq for Age {}

impl Age {
    /// The point in time this span before `instant`; years and months follow the UTC calendar.
    pub fn before(&self, instant: Instant) -> Option<Instant> {
        instant.to_zoned(TimeZone::UTC).checked_sub(self.0).ok().map(|zoned| zoned.timestamp())
    }

    /// The point in time this span after `instant`; years and months follow the UTC calendar.
    pub fn after(&self, instant: Instant) -> Option<Instant> {
        instant.to_zoned(TimeZone::UTC).checked_add(self.0).ok().map(|zoned| zoned.timestamp())
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

/// The text is not a positive span of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a span of time such as 90d, 12h or 1y")]
pub struct NotASpan;

impl FromStr for Age {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let span: Span = text.parse().map_err(|_| NotASpan)?;
        if span.is_negative() || span.is_zero() { Err(NotASpan) } else { Ok(Self(span)) }
    }
}

/// 0001-01-01T00:00:00Z, in seconds since 1970.
const FIRST_SECOND: i64 = -62_135_596_800;

/// How far a signer's clock may run ahead of ours before its time counts as lying in the future.
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_time_reads_back_as_the_same_instant() {
        let written = Timestamp::from_instant("2026-11-22T18:27:47.662870999Z".parse().expect("a time"));
        assert_eq!(written.as_str(), "2026-11-22T18:27:47.662870+00:00");
        assert_eq!(written, written.as_str().parse().expect("our own form"));
        assert_eq!(written.to_seconds(), "2026-11-22T18:27:47Z");
    }

    #[test]
    fn a_written_time_is_rounded_down_also_at_the_end_of_the_calendar_and_before_1970() {
        for (exact, expected) in [
            ("9999-12-30T22:00:00.999999999Z", "9999-12-30T22:00:00.999999+00:00"),
            ("1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999+00:00"),
            ("1960-01-01T00:00:00.000000001Z", "1960-01-01T00:00:00.000000+00:00"),
        ] {
            let written = Timestamp::from_instant(exact.parse().expect("a time"));
            assert_eq!(written.as_str(), expected);
            assert_eq!(written, expected.parse().expect("our own form"));
        }
    }

    #[test]
    fn only_rfc_3339_is_a_time() {
        for text in [
            "",
            "2026-11-22",
            "2026-11-22T18:27:47",
            "2026-11-22 18:27:47Z",
            "2026-11-22T18:27:47+00:00[Europe/Berlin]",
            "+002026-11-22T18:27:47Z",
            "2026-13-22T18:27:47Z",
            "2026-11-22T18:27:47.662870+00:00 ",
            "2026-11-22T18:27:47+00",
            "2026-11-22T18:27:47+0000",
            "2026-11-22T18:27:47+00:00:30",
            "2026-11-22T18:27:47-25:00",
            "2026-11-22T18:27:60Z",
            "2026-11-22T18:27:47.Z",
            "2026-11-22T18:27:47.1234567890Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATime), "{text:?}");
        }
    }

    #[test]
    fn spans_are_positive() {
        let start: Instant = "2026-01-31T00:00:00Z".parse().expect("a time");
        let month: Age = "1mo".parse().expect("a span");
        assert_eq!(month.after(start).map(|t| t.to_string()).as_deref(), Some("2026-02-28T00:00:00Z"));
        for text in ["", "0s", "-3d", "soon", "3"] {
            assert!(text.parse::<Age>().is_err(), "{text:?}");
        }
    }
}
