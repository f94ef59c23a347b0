//! SIGINT and SIGTERM: the first ends the reading, and what was read is judged and written; the second ends the program,
//! and so does the first where nothing is being read.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::client::http::Http;

/// How often is looked whether a signal came.
const INTERVAL: Duration = Duration::from_millis(50);

static SIGNALS: OnceLock<Signals> = OnceLock::new();

/// What came so far, and what the next is to do.
#[derive(Default)]
struct Signals {
    /// The number of the first; 0 for none.
    caught: Arc<AtomicUsize>,
    /// Whether the next one ends the program.
    ends_program: Arc<AtomicBool>,
}

impl Signals {
    fn register() -> Signals {
        let signals = Signals::default();
        for signal in [SIGINT, SIGTERM] {
            // In this order: the second finds what the first left. A system without them is no reason not to scan.
            let _ = flag::register_conditional_default(signal, Arc::clone(&signals.ends_program));
            let _ = flag::register(signal, Arc::clone(&signals.ends_program));
            let _ =
                flag::register_usize(signal, Arc::clone(&signals.caught), usize::try_from(signal).unwrap_or_default());
        }
        signals
    }
}

/// From now on a signal ends the reading; until this is dropped.
pub struct Guard;

pub fn guard() -> Guard {
    let signals = SIGNALS.get_or_init(Signals::register);
    signals.caught.store(0, Ordering::SeqCst);
    signals.ends_program.store(false, Ordering::SeqCst);
    Guard
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(signals) = SIGNALS.get() {
            signals.ends_program.store(true, Ordering::SeqCst);
        }
    }
}

/// Waits for a signal, and ends all requests when one comes. Never over by itself.
pub async fn watch(http: &Http) {
    loop {
        let caught = SIGNALS.get().map_or(0, |signals| signals.caught.load(Ordering::SeqCst));
        match i32::try_from(caught).unwrap_or_default() {
            SIGINT => http.interrupt("SIGINT"),
            SIGTERM => http.interrupt("SIGTERM"),
            _ => {}
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
