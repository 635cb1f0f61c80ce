//! Parses and formats faults.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::Fault;

/// The error for a text that is not a fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown fault '{0}'; use status=400…599, delay=MILLISECONDSms, drop, drop-after, truncate or \
     oversize=BYTES"
)]
pub struct InvalidFault(String);

impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let invalid = || InvalidFault(text.to_owned());
        let (name, value) = match text.trim().split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text.trim(), None),
        };
        match (name, value) {
            ("drop", None) => Ok(Self::Drop),
            ("drop-after", None) => Ok(Self::DropAfter),
            ("truncate", None) => Ok(Self::Truncate),
            ("status", Some(status)) => match status.parse() {
                Ok(status @ 400..=599) => Ok(Self::Status(status)),
                _ => Err(invalid()),
            },
            ("delay", Some(delay)) => delay
                .strip_suffix("ms")
                .and_then(|millis| millis.parse().ok())
                .map(|millis| Self::Delay(Duration::from_millis(millis)))
                .ok_or_else(invalid),
            ("oversize", Some(bytes)) => bytes.parse().map(Self::Oversize).map_err(|_| invalid()),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status={status}"),
            Self::Delay(delay) => write!(f, "delay={}ms", delay.as_millis()),
            Self::Drop => f.write_str("drop"),
            Self::DropAfter => f.write_str("drop-after"),
            Self::Truncate => f.write_str("truncate"),
            Self::Oversize(bytes) => write!(f, "oversize={bytes}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fault() -> impl Strategy<Value = Fault> {
        prop_oneof![
            (400_u16..600).prop_map(Fault::Status),
            any::<u32>().prop_map(|millis| Fault::Delay(Duration::from_millis(millis.into()))),
            Just(Fault::Drop),
            Just(Fault::DropAfter),
            Just(Fault::Truncate),
            any::<usize>().prop_map(Fault::Oversize),
        ]
    }

    proptest! {
        #[test]
        fn formatted_fault_parses_to_the_same_fault(fault in fault()) {
            prop_assert_eq!(fault.to_string().parse(), Ok(fault));
        }

        #[test]
        fn parsing_any_text_does_not_panic(text in ".*") {
            let _ = text.parse::<Fault>();
        }
    }
}
