//! One value of a row.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

/// A value, kept as what it is until a format prints it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    /// Seconds since 1970, as the API has it.
    Time(i64),
    /// Nothing is known.
    Nothing,
}

impl Cell {
    /// Any id or word.
    pub(crate) fn text(value: impl ToString) -> Self {
        Self::Text(value.to_string())
    }

    /// For machines: RFC 3339 in UTC.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Time(seconds) => rfc3339(*seconds),
            Self::Nothing => String::new(),
        }
    }

    /// For people: the time of their own clock.
    pub(crate) fn local(&self) -> String {
        match self {
            Self::Time(seconds) => local(*seconds),
            other => other.plain(),
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Time(seconds) => serializer.serialize_str(&rfc3339(*seconds)),
            Self::Nothing => serializer.serialize_none(),
        }
    }
}

/// Makes what a server sent harmless on a terminal and single-line in a pipe: a tab, a line break
/// or an escape sequence is shown by its code.
pub(crate) fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// A number that is no time stays a number.
fn rfc3339(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

fn local(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| seconds.to_string(),
        |time| {
            time.to_zoned(TimeZone::system())
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string()
        },
    )
}
