//! CPU time and CPU affinity of processes.

use std::time::Duration;

use anyhow::Context as _;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Restricts this thread, and all threads and processes that it starts, to one CPU.
///
/// Waking another CPU takes more time than a request, and how often it happens is random.
///
/// # Errors
///
/// Fails if the operating system refuses.
pub fn stay_on_one() -> anyhow::Result<()> {
    let allowed = sched_getaffinity(None).context("failed to read the CPU affinity")?;
    let last = (0..CpuSet::MAX_CPU)
        .rfind(|&cpu| allowed.is_set(cpu))
        .context("the CPU affinity contains no CPU")?;
    let mut one = CpuSet::new();
    one.set(last);
    sched_setaffinity(None, &one).context("failed to set the CPU affinity")
}

/// Returns the CPU time, user and system, of all threads of this process.
///
/// # Errors
///
/// Fails if `/proc/self/task/*/schedstat` does not exist, which is so on systems other than Linux.
pub fn of_this_process() -> anyhow::Result<Duration> {
    of_tasks("/proc/self/task")
}

/// Returns the CPU time, user and system, of all threads of the process with this id.
///
/// # Errors
///
/// Fails if the process or `/proc/PID/task/*/schedstat` does not exist.
pub fn of_process(id: u32) -> anyhow::Result<Duration> {
    of_tasks(&format!("/proc/{id}/task"))
}

fn of_tasks(folder: &str) -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for task in
        std::fs::read_dir(folder).context("failed to read /proc, which exists only on Linux")?
    {
        let path = task?.path().join("schedstat");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("failed to read {}", path.display()))?;
        let on_cpu = text
            .split_ascii_whitespace()
            .next()
            .and_then(|field| field.parse::<u64>().ok());
        nanoseconds +=
            on_cpu.with_context(|| format!("{} does not start with a number", path.display()))?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}
