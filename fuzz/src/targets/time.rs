//! A time is what the calendar says, and nothing else is one; a span added and a time written stay what they are.

use weightseal::time::{Age, Instant, Timestamp, parse_expiry};

use crate::second::{manifest, time as second};

/// See above.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let time = text.parse::<Timestamp>();
    assert_eq!(time.is_ok(), manifest::is_time(text), "{text:?}");
    if let Ok(time) = &time {
        assert_eq!(Some(time.instant().as_nanosecond()), second::parse(text), "{text:?}");
        assert_eq!(time.as_str(), text);
        let written = Timestamp::from_instant(time.instant());
        let again: Timestamp = written.as_str().parse().expect("it reads what it writes");
        assert_eq!(again, written);
        assert!(written.instant() <= time.instant());
        assert!(time.to_seconds().parse::<Timestamp>().expect("a time").instant() <= time.instant());
    }
    let now: Instant = "2026-06-01T00:00:00Z".parse().expect("a time");
    if let Ok(age) = text.parse::<Age>() {
        super::is_fit_to_show(&age);
        assert_eq!(age.to_string().parse::<Age>(), Ok(age.clone()), "{text:?}");
        assert!(age.after(now).is_none_or(|later| later > now));
        assert!(age.before(now).is_none_or(|earlier| earlier < now));
    }
    if let Some(expiry) = parse_expiry(text, now) {
        assert_eq!(expiry.as_str().parse::<Timestamp>(), Ok(expiry.clone()));
    }
}
