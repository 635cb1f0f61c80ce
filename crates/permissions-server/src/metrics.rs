//! What Prometheus reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the latency buckets, in seconds.
const BOUNDS: [f64; 11] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0,
];

/// Counts since the start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<Requests>,
    connections: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Requests {
    answered: BTreeMap<(&'static str, u16), u64>,
    latency: BTreeMap<&'static str, Histogram>,
}

#[derive(Debug, Default)]
struct Histogram {
    /// One for each bound and one beyond.
    buckets: [u64; BOUNDS.len() + 1],
    seconds: f64,
}

/// A connection that counts as open until this is dropped.
#[derive(Debug)]
pub(crate) struct OpenConnection(Arc<AtomicUsize>);

impl Metrics {
    /// Counts an answer.
    pub(crate) fn answered(&self, operation: &'static str, status: u16, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.partition_point(|bound| *bound < seconds);
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.answered.entry((operation, status)).or_default() += 1;
        let histogram = requests.latency.entry(operation).or_default();
        histogram.buckets[bucket] += 1;
        histogram.seconds += seconds;
    }

    /// Counts a connection.
    pub(crate) fn connection(&self) -> OpenConnection {
        self.connections.fetch_add(1, Ordering::Relaxed);
        OpenConnection(Arc::clone(&self.connections))
    }

    /// The text format of Prometheus, version 0.0.4.
    pub(crate) fn render(&self, database_answers: bool) -> String {
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, lines: &[String]| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for line in lines {
                let _ = writeln!(text, "{name}{line}");
            }
        };
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        family(
            "permissions_requests_total",
            "counter",
            "Requests answered, by operation and status.",
            &requests
                .answered
                .iter()
                .map(|((operation, status), count)| {
                    format!("{{operation=\"{operation}\",status=\"{status}\"}} {count}")
                })
                .collect::<Vec<_>>(),
        );
        family(
            "permissions_request_seconds",
            "histogram",
            "Time to answer, by operation.",
            &requests
                .latency
                .iter()
                .flat_map(|(operation, histogram)| histogram.lines(operation))
                .collect::<Vec<_>>(),
        );
        family(
            "permissions_connections",
            "gauge",
            "Open connections.",
            &[format!(" {}", self.connections.load(Ordering::Relaxed))],
        );
        family(
            "permissions_database_up",
            "gauge",
            "Whether the database answers.",
            &[format!(" {}", u8::from(database_answers))],
        );
        text
    }
}

impl Histogram {
    fn lines(&self, operation: &str) -> Vec<String> {
        let mut lines = Vec::with_capacity(BOUNDS.len() + 3);
        let mut below = 0;
        let bounds = BOUNDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        for (count, bound) in self.buckets.iter().zip(bounds) {
            below += count;
            lines.push(format!(
                "_bucket{{operation=\"{operation}\",le=\"{bound}\"}} {below}"
            ));
        }
        lines.push(format!(
            "_sum{{operation=\"{operation}\"}} {}",
            self.seconds
        ));
        lines.push(format!("_count{{operation=\"{operation}\"}} {below}"));
        lines
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up_and_connections_come_and_go() {
        let metrics = Metrics::default();
        metrics.answered("list", 200, Duration::from_micros(700));
        metrics.answered("list", 400, Duration::from_secs(9));
        let open = metrics.connection();
        let text = metrics.render(true);
        for line in [
            "permissions_requests_total{operation=\"list\",status=\"200\"} 1",
            "permissions_request_seconds_bucket{operation=\"list\",le=\"0.0005\"} 0",
            "permissions_request_seconds_bucket{operation=\"list\",le=\"0.001\"} 1",
            "permissions_request_seconds_bucket{operation=\"list\",le=\"+Inf\"} 2",
            "permissions_request_seconds_count{operation=\"list\"} 2",
            "permissions_connections 1",
            "permissions_database_up 1",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "no {line} in {text}"
            );
        }
        drop(open);
        assert!(
            metrics
                .render(false)
                .contains("permissions_connections 0\n")
        );
    }
}
