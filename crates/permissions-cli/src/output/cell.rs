//! A value of a row.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A value that each format prints in its own way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    /// Seconds since 1970-01-01 UTC.
    Time(i64),
    Null,
}

impl Cell {
    pub(crate) fn text(value: impl ToString) -> Self {
        Self::Text(value.to_string())
    }

    /// The value, or null.
    pub(crate) fn optional(value: Option<impl ToString>) -> Self {
        value.map_or(Self::Null, Self::text)
    }

    /// The value for programs. Times are in RFC 3339 and UTC.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Time(seconds) => formatted(*seconds, |time| time.to_string()),
            Self::Null => String::new(),
        }
    }

    /// The value for people. Times are in the local time zone.
    pub(crate) fn local(&self) -> String {
        match self {
            Self::Time(seconds) => formatted(*seconds, |time| {
                let time = time.to_zoned(TimeZone::system());
                time.strftime("%Y-%m-%d %H:%M:%S").to_string()
            }),
            other => other.plain(),
        }
    }
}

/// Formats a time, or the number itself if it is outside the range of times.
fn formatted(seconds: i64, format: impl Fn(Timestamp) -> String) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), format)
}
