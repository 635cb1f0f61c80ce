//! A network and a server that drop, delay and repeat.

use super::store::Store;
use super::wire::{Reply, Request};

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub enum Disturbance {
    None,
    /// It is lost.
    Lost,
    /// It is carried out, and the answer is lost.
    ResponseLost,
    /// It is refused for now.
    Refused(u16),
    /// It is carried out, and answered with this status nevertheless.
    DoneWithStatus(u16),
    /// Its connection breaks, and it is carried out when so many more requests have come in.
    Late(u8),
    /// It is carried out twice, and answered as the first or the second time.
    Twice {
        second_response: bool,
    },
}

/// Misfortunes to come, and requests that are still on their way.
#[derive(Debug, Default)]
pub struct Network {
    disturbances: Vec<Disturbance>,
    next: usize,
    late: Vec<(u8, Request)>,
}

impl Network {
    pub fn new(disturbances: Vec<Disturbance>) -> Self {
        Self {
            disturbances,
            next: 0,
            late: Vec::new(),
        }
    }

    pub fn reply(&mut self, request: &Request, store: &mut Store) -> Reply {
        self.arrive(store);
        let disturbance = self
            .disturbances
            .get(self.next % self.disturbances.len().max(1));
        self.next += 1;
        match disturbance.copied().unwrap_or(Disturbance::None) {
            Disturbance::None => store.process(request),
            Disturbance::Lost => Reply::Reset,
            Disturbance::ResponseLost => {
                store.process(request);
                Reply::Reset
            }
            Disturbance::Refused(status) => Reply::html(status),
            Disturbance::DoneWithStatus(status) => {
                store.process(request);
                Reply::html(status)
            }
            Disturbance::Late(requests) => {
                self.late.push((requests, request.clone()));
                Reply::Reset
            }
            Disturbance::Twice { second_response } => {
                let first = store.process(request);
                let second = store.process(request);
                if second_response { second } else { first }
            }
        }
    }

    /// Carries out everything that is still on its way.
    pub fn settle(&mut self, store: &mut Store) {
        for (_, request) in self.late.drain(..) {
            store.process(&request);
        }
    }

    /// One more request has come in: those that were waiting for it arrive before it.
    fn arrive(&mut self, store: &mut Store) {
        for (left, _) in &mut self.late {
            *left = left.saturating_sub(1);
        }
        let (arrived, late) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|(left, _)| *left == 0);
        self.late = late;
        let arrived: Vec<(u8, Request)> = arrived;
        for (_, request) in arrived {
            store.process(&request);
        }
    }
}
