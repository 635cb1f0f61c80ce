//! Which request gets which fault.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::Fault;

/// Which requests to the three operations go wrong. Without it, none does.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use permissions_server::{Fault, Faults, Server};
///
/// // The first request is answered 503, the second is lost, all others are fine.
/// let server = Server::builder()
///     .faults(Faults::in_turn([Some(Fault::Status(503)), Some(Fault::Drop)]))
///     .start()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Faults(Mutex<Plan>);

#[derive(Debug)]
enum Plan {
    ByHeader,
    InTurn(VecDeque<Option<Fault>>),
    Seeded {
        random: Box<StdRng>,
        rate: f64,
        kinds: Vec<Fault>,
    },
}

impl Faults {
    /// The fault that a request's header `x-fault` asks for.
    pub fn by_header() -> Self {
        Self(Mutex::new(Plan::ByHeader))
    }

    /// One fault, or none, for each request in turn; after the last one nothing goes wrong.
    pub fn in_turn(faults: impl IntoIterator<Item = Option<Fault>>) -> Self {
        Self(Mutex::new(Plan::InTurn(faults.into_iter().collect())))
    }

    /// A fault of `kinds` for this share of the requests (0 to 1), the same ones for the same seed.
    pub fn seeded(seed: u64, rate: f64, kinds: impl IntoIterator<Item = Fault>) -> Self {
        Self(Mutex::new(Plan::Seeded {
            random: Box::new(StdRng::seed_from_u64(seed)),
            rate,
            kinds: kinds.into_iter().collect(),
        }))
    }

    /// Why this cannot be: what a fault may be is said where it is written as text, too.
    pub(crate) fn check(&self) -> Result<(), String> {
        let plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let faults: Vec<Fault> = match &*plan {
            Plan::ByHeader => Vec::new(),
            Plan::InTurn(faults) => faults.iter().flatten().copied().collect(),
            Plan::Seeded { rate, kinds, .. } => {
                if !(0.0..=1.0).contains(rate) {
                    return Err(format!("the rate {rate} is no share; give 0 to 1"));
                }
                kinds.clone()
            }
        };
        match faults
            .iter()
            .find(|fault| matches!(fault, Fault::Status(status) if !(400..600).contains(status)))
        {
            Some(wrong) => Err(format!(
                "{wrong:?} is no fault; give a status of 400 to 599"
            )),
            None => Ok(()),
        }
    }

    /// The fault of the next request. `header` is the text of its `x-fault`.
    pub(crate) fn next(&self, header: Option<&str>) -> Result<Option<Fault>, super::InvalidFault> {
        let mut plan = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match &mut *plan {
            Plan::ByHeader => header.map(str::parse).transpose()?,
            Plan::InTurn(faults) => faults.pop_front().flatten(),
            Plan::Seeded {
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
    fn what_is_no_fault_is_refused() {
        for (faults, reason) in [
            (
                Faults::in_turn([None, Some(Fault::Status(200))]),
                "Status(200) is no fault",
            ),
            (
                Faults::seeded(1, 0.5, [Fault::Status(600)]),
                "Status(600) is no fault",
            ),
            (Faults::seeded(1, 7.0, []), "the rate 7 is no share"),
            (Faults::seeded(1, f64::NAN, []), "is no share"),
        ] {
            let refused = faults.check().expect_err(reason);
            assert!(refused.contains(reason), "{refused}");
        }
        assert_eq!(Faults::in_turn([Some(Fault::Status(599))]).check(), Ok(()));
    }

    #[test]
    fn a_seed_repeats_its_schedule() {
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
