//! Metrics for Prometheus.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;

/// Upper bounds of the latency buckets, in seconds.
const BOUNDS: [f64; 11] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0,
];

/// Counters since the start of the server.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    requests: Mutex<Requests>,
}

#[derive(Debug, Default)]
struct Requests {
    counts: BTreeMap<(&'static str, u16), u64>,
    latencies: BTreeMap<&'static str, Histogram>,
}

#[derive(Debug, Default)]
struct Histogram {
    /// One bucket for each bound, and one above the last bound.
    buckets: [u64; BOUNDS.len() + 1],
    seconds: f64,
}

impl Metrics {
    /// Counts a response.
    pub(crate) fn count(&self, operation: &'static str, status: u16, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let bucket = BOUNDS.partition_point(|bound| *bound < seconds);
        let mut requests = self.requests.lock();
        *requests.counts.entry((operation, status)).or_default() += 1;
        let histogram = requests.latencies.entry(operation).or_default();
        histogram.buckets[bucket] += 1;
        histogram.seconds += seconds;
    }

    /// Renders the text format of Prometheus, version 0.0.4.
    pub(crate) fn render(&self, connections: usize, database_up: bool) -> String {
        let requests = self.requests.lock();
        let mut text = String::new();
        start_family(
            &mut text,
            "requests_total",
            "counter",
            "Responses by operation and status.",
        );
        for ((operation, status), count) in &requests.counts {
            let labels = format!("operation=\"{operation}\",status=\"{status}\"");
            text += &format!("permissions_requests_total{{{labels}}} {count}\n");
        }
        start_family(
            &mut text,
            "request_seconds",
            "histogram",
            "Response time by operation.",
        );
        for (operation, histogram) in &requests.latencies {
            histogram.render(&mut text, operation);
        }
        start_family(&mut text, "connections", "gauge", "Open connections.");
        text += &format!("permissions_connections {connections}\n");
        start_family(
            &mut text,
            "database_up",
            "gauge",
            "Whether the database responds.",
        );
        text += &format!("permissions_database_up {}\n", u8::from(database_up));
        text
    }
}

fn start_family(text: &mut String, name: &str, kind: &str, help: &str) {
    *text += &format!("# HELP permissions_{name} {help}\n# TYPE permissions_{name} {kind}\n");
}

impl Histogram {
    fn render(&self, text: &mut String, operation: &str) {
        let mut count = 0;
        let bounds = BOUNDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        for (bucket, bound) in self.buckets.iter().zip(bounds) {
            count += bucket;
            let labels = format!("operation=\"{operation}\",le=\"{bound}\"");
            *text += &format!("permissions_request_seconds_bucket{{{labels}}} {count}\n");
        }
        for (suffix, value) in [("sum", self.seconds), ("count", count as f64)] {
            let labels = format!("operation=\"{operation}\"");
            *text += &format!("permissions_request_seconds_{suffix}{{{labels}}} {value}\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_rendered_for_prometheus() {
        let metrics = Metrics::default();
        metrics.count("list", 200, Duration::from_micros(700));
        metrics.count("list", 400, Duration::from_secs(9));
        let text = metrics.render(1, true);
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
        assert!(
            metrics
                .render(0, false)
                .contains("permissions_connections 0\n")
        );
    }
}
