//! The request options of the commands that call the API.

use std::time::Duration;

use permissions_ext::{ClientBuilder, RetryPolicy};

use crate::failure::Failure;

/// Options for requests.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Request options")]
pub(crate) struct RequestOptions {
    /// Send at most N requests at the same time
    #[arg(long, global = true, value_name = "N", default_value = "8", value_parser = clap::value_parser!(u16).range(1..=512))]
    concurrency: u16,

    /// Retry a failed request at most N times [default: 2]
    #[arg(long, global = true, value_name = "N")]
    retries: Option<u32>,

    /// Time limit of one attempt, such as 30s or 2m [default: 10m]
    #[arg(long, global = true, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,

    /// Time limit of the whole call with its retries and pages, such as 5m [default: none]
    #[arg(long, global = true, value_name = "TIME", value_parser = duration)]
    deadline: Option<Duration>,

    /// Add a header to each request, such as 'X-Team: platform'; may be repeated
    #[arg(long = "header", global = true, value_name = "NAME: VALUE")]
    headers: Vec<String>,
}

impl RequestOptions {
    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency.into()
    }

    /// Adds the options to a client.
    pub(crate) fn configure(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, Failure> {
        if let Some(retries) = self.retries {
            builder = builder.retry(RetryPolicy::default().max_retries(retries));
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(deadline) = self.deadline {
            builder = builder.deadline(deadline);
        }
        for header in &self.headers {
            let (name, value) = parse_header(header)?;
            builder = builder.header(name, value);
        }
        Ok(builder)
    }
}

/// Parses a header. Errors do not contain the value, which may be a secret.
fn parse_header(header: &str) -> Result<(&str, &str), Failure> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    match header.split_once(':') {
        Some((name, value)) if !name.is_empty() && name.chars().all(is_token) => {
            Ok((name, value.trim()))
        }
        _ => Err(
            Failure::usage("invalid value for --header: no valid header name before a colon")
                .remedy("write it as --header 'Name: value'"),
        ),
    }
}

/// Parses a number of seconds, or a number with a unit.
fn duration(text: &str) -> Result<Duration, &'static str> {
    const REASON: &str = "expected a time above 0, such as 30s, 2m or 1m30s";
    let parsed = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => {
            let span = text.parse::<jiff::SignedDuration>().ok();
            span.and_then(|span| Duration::try_from(span).ok())
        }
    };
    parsed.filter(|duration| !duration.is_zero()).ok_or(REASON)
}
