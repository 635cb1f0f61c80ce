//! A network and a server that drop, delay and repeat.

use super::store::Store;
use super::wire::{Reply, Request};

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub enum Misfortune {
    None,
    /// It is lost.
    Lost,
    /// It is carried out, and the answer is lost.
    AnswerLost,
    /// It is refused for now.
    Refused(u16),
    /// It is carried out, and answered with this status nevertheless.
    DoneButAnswered(u16),
    /// Its connection breaks, and it is carried out when so many more requests have come in.
    Late(u8),
    /// It is carried out twice, and answered as the first or the second time.
    Twice {
        second_answer: bool,
    },
}

/// Misfortunes to come, and requests that are still on their way.
#[derive(Debug, Default)]
pub struct Chaos {
    misfortunes: Vec<Misfortune>,
    next: usize,
    late: Vec<(u8, Request)>,
}

impl Chaos {
    pub fn new(misfortunes: Vec<Misfortune>) -> Self {
        Self {
            misfortunes,
            next: 0,
            late: Vec::new(),
        }
    }

    pub fn reply(&mut self, request: &Request, store: &mut Store) -> Reply {
        self.arrive(store);
        let misfortune = self
            .misfortunes
            .get(self.next % self.misfortunes.len().max(1));
        self.next += 1;
        match misfortune.copied().unwrap_or(Misfortune::None) {
            Misfortune::None => store.process(request),
            Misfortune::Lost => Reply::Reset,
            Misfortune::AnswerLost => {
                store.process(request);
                Reply::Reset
            }
            Misfortune::Refused(status) => Reply::html(status),
            Misfortune::DoneButAnswered(status) => {
                store.process(request);
                Reply::html(status)
            }
            Misfortune::Late(requests) => {
                self.late.push((requests, request.clone()));
                Reply::Reset
            }
            Misfortune::Twice { second_answer } => {
                let first = store.process(request);
                let second = store.process(request);
                if second_answer { second } else { first }
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
