//! CPU time of processes, and where they run.

use std::time::Duration;

use anyhow::Context as _;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Keeps this thread, and the threads and processes that it starts, on one CPU: waking another one costs more than
/// what is measured, and how often that happens is left to chance.
///
/// # Errors
///
/// Where the operating system refuses.
pub fn stay_on_one() -> anyhow::Result<()> {
    let allowed = sched_getaffinity(None).context("failed to read which CPUs may be used")?;
    let last = (0..CpuSet::MAX_CPU)
        .rfind(|&cpu| allowed.is_set(cpu))
        .context("there is no CPU that may be used")?;
    let mut one = CpuSet::new();
    one.set(last);
    sched_setaffinity(None, &one).context("failed to stay on one CPU")
}

/// CPU time, user and system, that all threads of this process have used so far.
///
/// # Errors
///
/// Where there is no `/proc/self/task/*/schedstat`: the benches run on Linux.
pub fn of_this_process() -> anyhow::Result<Duration> {
    of_tasks("/proc/self/task")
}

/// CPU time, user and system, that all threads of the process with this id have used so far.
///
/// # Errors
///
/// Where there is no such process, or no `/proc/PID/task/*/schedstat`.
pub fn of_process(id: u32) -> anyhow::Result<Duration> {
    of_tasks(&format!("/proc/{id}/task"))
}

fn of_tasks(folder: &str) -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for task in
        std::fs::read_dir(folder).context("CPU time is read from /proc, which only Linux has")?
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
