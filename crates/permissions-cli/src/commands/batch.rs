//! Sends the requests of `create` and `delete` concurrently.

use std::cell::Cell;

use futures_util::{StreamExt as _, stream};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Calls `send` for each index below `items`, with as many concurrent calls as the request options allow. Calls `done`
/// with the indexes in order.
///
/// A failure with exit code 1 concerns only its own item, so the remaining items continue. After any other failure,
/// such as an invalid key, no further item is started. Items in flight are finished, because the server may already
/// have made their changes.
pub(super) async fn each<F>(
    items: usize,
    context: &Context,
    send: impl Fn(usize) -> F,
    done: impl Fn(usize),
) -> Result<Exit, Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    let is_aborted = Cell::new(false);
    let (send, aborted) = (&send, &is_aborted);
    let start = |item| async move {
        if aborted.get() {
            (item, None)
        } else {
            (item, Some(send(item).await))
        }
    };
    let concurrency = context.global.requests.concurrency();
    let mut results = std::pin::pin!(stream::iter(0..items).map(start).buffered(concurrency));
    let (mut exit, mut abort) = (Exit::Success, None);
    while let Some((item, result)) = results.next().await {
        let Some(result) = result else {
            continue;
        };
        done(item);
        match result {
            Ok(()) => {}
            Err(failure) if failure.exit() == Exit::Failure && items > 1 => {
                context.report(&failure);
                exit = Exit::Failure;
            }
            Err(failure) => {
                is_aborted.set(true);
                abort.get_or_insert(failure);
            }
        }
    }
    abort.map_or(Ok(exit), Err)
}
