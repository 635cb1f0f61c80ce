//! Sends the requests of `create` and `delete` concurrently.

use std::cell::Cell;

use futures_util::{StreamExt as _, stream};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Calls `send` for each item, at most `concurrency` at the same time.
///
/// A failure with exit code 1 concerns one item, and the others continue. After any other failure, such as an
/// invalid key, no further item is started. Items in flight are finished, because their changes may be made.
pub(super) async fn each<T, F>(
    items: &[T],
    concurrency: usize,
    context: &Context,
    send: impl Fn(usize, &T) -> F,
) -> Result<Exit, Failure>
where
    F: Future<Output = Option<Failure>>,
{
    let is_aborted = Cell::new(false);
    let send = |(at, item)| {
        let result = (!is_aborted.get()).then(|| send(at, item));
        async move {
            match result {
                Some(sent) => sent.await,
                None => None,
            }
        }
    };
    let mut results = std::pin::pin!(
        stream::iter(items.iter().enumerate())
            .map(send)
            .buffered(concurrency)
    );
    let (mut exit, mut abort) = (Exit::Success, None);
    while let Some(failure) = results.next().await {
        let Some(failure) = failure else {
            continue;
        };
        if failure.exit() != Exit::Failure || items.len() == 1 {
            is_aborted.set(true);
            abort.get_or_insert(failure);
        } else {
            context.report(&failure);
            exit = Exit::Failure;
        }
    }
    abort.map_or(Ok(exit), Err)
}
