//! Chooses the fault of each request.

use std::collections::VecDeque;

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::Fault;

/// Chooses the fault of each request to an operation of the API.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use permissions_server::{Fault, Faults, Server};
///
/// // The first request gets status 503, the connection of the second is dropped, all others succeed.
/// let server = Server::builder()
///     .faults(Faults::in_turn([Some(Fault::Status(503)), Some(Fault::Drop)]))
///     .start()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Faults(Mutex<Schedule>);

#[derive(Debug)]
enum Schedule {
    ByHeader,
    InTurn(VecDeque<Option<Fault>>),
    Seeded {
        random: Box<StdRng>,
        rate: f64,
        kinds: Vec<Fault>,
    },
}

impl Faults {
    /// Uses the fault in the header `x-fault` of each request.
    pub fn by_header() -> Self {
        Self(Mutex::new(Schedule::ByHeader))
    }

    /// Uses the elements of `faults` in order, one for each request. `None` means no fault. Requests after the last
    /// element have no faults.
    pub fn in_turn(faults: impl IntoIterator<Item = Option<Fault>>) -> Self {
        Self(Mutex::new(Schedule::InTurn(faults.into_iter().collect())))
    }

    /// Injects a fault into each request with the probability `rate`, from 0 to 1. Each fault is chosen at random from
    /// `kinds`. The same seed results in the same faults.
    pub fn seeded(seed: u64, rate: f64, kinds: impl IntoIterator<Item = Fault>) -> Self {
        Self(Mutex::new(Schedule::Seeded {
            random: Box::new(StdRng::seed_from_u64(seed)),
            rate,
            kinds: kinds.into_iter().collect(),
        }))
    }

    /// Validates the rate and the statuses. Returns the reason if one is invalid.
    pub(crate) fn check(&self) -> Result<(), String> {
        let schedule = self.0.lock();
        let faults: Vec<&Fault> = match &*schedule {
            Schedule::ByHeader => Vec::new(),
            Schedule::InTurn(faults) => faults.iter().flatten().collect(),
            Schedule::Seeded { rate, kinds, .. } => {
                if !(0.0..=1.0).contains(rate) {
                    return Err(format!("the rate {rate} is not between 0 and 1"));
                }
                kinds.iter().collect()
            }
        };
        for fault in faults {
            if matches!(fault, Fault::Status(status) if !(400..600).contains(status)) {
                return Err(format!(
                    "{fault:?} is not a fault; use a status of 400 to 599"
                ));
            }
        }
        Ok(())
    }

    /// Returns the fault of the next request. `header` is the value of its header `x-fault`.
    pub(crate) fn next(&self, header: Option<&str>) -> Result<Option<Fault>, super::InvalidFault> {
        Ok(match &mut *self.0.lock() {
            Schedule::ByHeader => header.map(str::parse).transpose()?,
            Schedule::InTurn(faults) => faults.pop_front().flatten(),
            Schedule::Seeded {
                random,
                rate,
                kinds,
            } => {
                let hit = random.random::<f64>() < *rate && !kinds.is_empty();
                hit.then(|| kinds[random.random_range(0..kinds.len())])
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_fault_is_refused() {
        for (faults, reason) in [
            (
                Faults::in_turn([None, Some(Fault::Status(200))]),
                "Status(200) is not a fault",
            ),
            (
                Faults::seeded(1, 0.5, [Fault::Status(600)]),
                "Status(600) is not a fault",
            ),
            (Faults::seeded(1, 7.0, []), "the rate 7 is not between"),
            (Faults::seeded(1, f64::NAN, []), "is not between"),
        ] {
            let refused = faults.check().expect_err(reason);
            assert!(refused.contains(reason), "{refused}");
        }
        assert_eq!(Faults::in_turn([Some(Fault::Status(599))]).check(), Ok(()));
    }

    #[test]
    fn same_seed_gives_the_same_faults() {
        let draw = || {
            let faults = Faults::seeded(7, 0.5, [Fault::Drop, Fault::Truncate]);
            (0..50)
                .map(|_| faults.next(None).expect("no header"))
                .collect::<Vec<_>>()
        };
        let first = draw();
        assert_eq!(first, draw());
        assert!(first.contains(&None) && first.contains(&Some(Fault::Drop)));
    }
}
