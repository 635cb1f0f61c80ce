//! Ctrl-C and SIGTERM: most commands stop at once, and what changes much finishes what is under way first.

use std::cell::Cell;
use std::io;

use tokio::sync::watch;

/// How often the command was asked to stop.
pub(crate) struct Interrupt {
    asked: watch::Sender<usize>,
    /// With how many of them it stops at once.
    patience: Cell<usize>,
}

impl Interrupt {
    pub(crate) fn new() -> Self {
        Self {
            asked: watch::Sender::new(0),
            patience: Cell::new(1),
        }
    }

    /// From now on, being asked once only makes the returned future ready; asked twice, the command stops at once.
    pub(crate) fn gently(&self) -> impl Future<Output = ()> + Send + 'static {
        self.patience.set(2);
        let mut asked = self.asked.subscribe();
        async move {
            // The sender lives for as long as somebody may ask.
            let _ = asked.wait_for(|times| *times > 0).await;
        }
    }

    /// Ready when the command shall stop at once. `told` is called where it goes on to finish what is under way.
    ///
    /// Nothing is listened to before this is polled: what blocks the thread until then, as a read from a terminal
    /// does, ends as any program does.
    pub(crate) async fn at_once(&self, told: impl Fn()) {
        let Ok(mut signals) = Signals::new() else {
            // Where nobody can listen, the system's own way of stopping a program stays.
            return std::future::pending().await;
        };
        loop {
            signals.next().await;
            self.asked.send_modify(|times| *times += 1);
            if *self.asked.borrow() >= self.patience.get() {
                return;
            }
            told();
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
