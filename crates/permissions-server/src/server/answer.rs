//! An answer on its way out.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};

use super::connections::Place;

/// From a request's arrival until its answer is written or given up: so long the connection is not
/// idle.
#[derive(Debug)]
pub(super) struct Working(Arc<Place>);

impl Working {
    pub(super) fn begin(place: Arc<Place>) -> Self {
        place.work();
        Self(place)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.rest();
    }
}

/// A body that keeps its connection at work until it is written.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: Body,
    pub(super) _work: Working,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
