//! A network that loses, delays and duplicates requests.

use super::store::Store;
use super::wire::{Reply, Request};

/// A network fault that affects one request.
#[derive(Clone, Copy, Debug)]
pub enum Disturbance {
    None,
    /// The request is lost.
    RequestLost,
    /// The request is processed, and the response is lost.
    ResponseLost,
    /// The response has this status, and the request is not processed.
    Refused(u16),
    /// The request is processed, but the response has this status.
    DoneWithStatus(u16),
    /// The connection is lost. The request is processed after this many further requests have arrived.
    Delayed(u8),
    /// The request is processed twice. The client receives the first or the second response.
    Duplicated {
        second_response: bool,
    },
}

/// The network faults in order, and the delayed requests.
#[derive(Debug, Default)]
pub struct Network {
    disturbances: Vec<Disturbance>,
    next: usize,
    delayed: Vec<(u8, Request)>,
}

impl Network {
    pub fn new(disturbances: Vec<Disturbance>) -> Self {
        Self {
            disturbances,
            next: 0,
            delayed: Vec::new(),
        }
    }

    pub fn reply(&mut self, request: &Request, store: &mut Store) -> Reply {
        self.deliver_due(store);
        let disturbance = self
            .disturbances
            .get(self.next % self.disturbances.len().max(1));
        self.next += 1;
        match disturbance.copied().unwrap_or(Disturbance::None) {
            Disturbance::None => store.process(request),
            Disturbance::RequestLost => Reply::Reset,
            Disturbance::ResponseLost => {
                store.process(request);
                Reply::Reset
            }
            Disturbance::Refused(status) => Reply::html(status),
            Disturbance::DoneWithStatus(status) => {
                store.process(request);
                Reply::html(status)
            }
            Disturbance::Delayed(requests) => {
                self.delayed.push((requests, request.clone()));
                Reply::Reset
            }
            Disturbance::Duplicated { second_response } => {
                let first = store.process(request);
                let second = store.process(request);
                if second_response { second } else { first }
            }
        }
    }

    /// Processes every delayed request.
    pub fn deliver_all(&mut self, store: &mut Store) {
        for (_, request) in self.delayed.drain(..) {
            store.process(&request);
        }
    }

    /// Processes the delayed requests that are due before the next request arrives.
    fn deliver_due(&mut self, store: &mut Store) {
        for (left, _) in &mut self.delayed {
            *left = left.saturating_sub(1);
        }
        let (due, delayed) = std::mem::take(&mut self.delayed)
            .into_iter()
            .partition(|(left, _)| *left == 0);
        self.delayed = delayed;
        let due: Vec<(u8, Request)> = due;
        for (_, request) in due {
            store.process(&request);
        }
    }
}
