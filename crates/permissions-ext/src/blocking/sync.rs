use std::future::Future;

use super::runtime::Runtime;
use crate::options::RequestOptions;
use crate::{Applied, Error, Plan, Step};

/// A plan to be made, as [`Planning`](crate::Planning); [`send`](Self::send) reads the live state and makes it.
#[derive(Clone, Debug)]
#[must_use = "nothing is read before `send`"]
pub struct Planning {
    inner: crate::Planning,
    runtime: Runtime,
}

/// A plan to be applied, as [`Apply`](crate::Apply); [`send`](Self::send) does it.
#[derive(Debug)]
#[must_use = "nothing is changed before `send`"]
pub struct Apply {
    inner: crate::Apply,
    runtime: Runtime,
}

impl Planning {
    pub(super) fn new(inner: crate::Planning, runtime: Runtime) -> Self {
        Self { inner, runtime }
    }

    forward!(Planning {
        concurrency(requests: usize);
        options(options: RequestOptions);
    });

    /// Reads the live state of every checkpoint and compares.
    ///
    /// # Errors
    ///
    /// As [`Planning::send`](crate::Planning::send), and where waiting is not allowed.
    pub fn send(self) -> Result<Plan, Error> {
        self.runtime.wait(self.inner.send())
    }
}

impl Apply {
    pub(super) fn new(inner: crate::Apply, runtime: Runtime) -> Self {
        Self { inner, runtime }
    }

    forward!(Apply {
        allow_delete(allow: bool);
        allow_empty(allow: bool);
        concurrency(requests: usize);
        on_step(report: impl Fn(&Step) + Send + Sync + 'static);
        stop_when(signal: impl Future<Output = ()> + Send + 'static);
        options(options: RequestOptions);
    });

    /// Checks the plan against the live state and carries it out.
    ///
    /// # Errors
    ///
    /// As [`Apply::send`](crate::Apply::send), and where waiting is not allowed.
    pub fn send(self) -> Result<Applied, Error> {
        self.runtime.wait(self.inner.send())
    }
}
