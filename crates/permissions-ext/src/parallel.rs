//! Several things at a time, and no more than so many.

use std::future::Future;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

/// The results in the order of the futures. As soon as one ends the next begins, however long those before it take.
pub(crate) async fn all<F: Future>(futures: Vec<F>, concurrency: usize) -> Vec<F::Output> {
    let numbered: Vec<_> = futures
        .into_iter()
        .enumerate()
        .map(|(n, future)| async move { (n, future.await) })
        .collect();
    let results: Vec<(usize, F::Output)> = stream::iter(numbered)
        .buffer_unordered(concurrency)
        .collect()
        .await;
    in_order(results)
}

/// The same, given up at the first error.
pub(crate) async fn try_all<T, E, F>(futures: Vec<F>, concurrency: usize) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    let numbered: Vec<_> = futures
        .into_iter()
        .enumerate()
        .map(|(n, future)| async move { Ok((n, future.await?)) })
        .collect();
    let results: Vec<(usize, T)> = stream::iter(numbered)
        .buffer_unordered(concurrency)
        .try_collect()
        .await?;
    Ok(in_order(results))
}

fn in_order<T>(mut results: Vec<(usize, T)>) -> Vec<T> {
    results.sort_by_key(|(n, _)| *n);
    results.into_iter().map(|(_, result)| result).collect()
}
