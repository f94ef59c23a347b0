//! What a scan may cost: bytes of a file, memory, time. Set once, from the command line; asked wherever something is
//! read, unpacked or built.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// One megabyte.
const MEGABYTE: u64 = 1024 * 1024;

/// A file that is larger is not read, unless told: no hand-written template or configuration comes near.
pub const MAX_FILE_SIZE: u64 = 64 * MEGABYTE;

/// What a scan may hold at once, unless told. Unit tests share one process.
pub const MAX_MEMORY: u64 = if cfg!(test) { 8192 } else { 1024 } * MEGABYTE;

/// So much work is done between two looks at the clock and at the process's memory.
const LOOK_EVERY: usize = 4 * MEGABYTE as usize;

/// The least work that is asked for.
const STEP: usize = 256;

static FILE_SIZE: AtomicU64 = AtomicU64::new(MAX_FILE_SIZE);
static MEMORY: AtomicU64 = AtomicU64::new(MAX_MEMORY);
static DEADLINE: Mutex<Option<(Instant, Duration)>> = Mutex::new(None);

thread_local! {
    static WORK: Cell<usize> = const { Cell::new(0) };
}

/// The limits of a scan.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one file.
    pub file_size: u64,
    /// Bytes of the whole scan.
    pub memory: u64,
    /// How long source code may take.
    pub time: Duration,
}

impl Limits {
    /// From now on, these hold for the process.
    pub fn apply(self) {
        FILE_SIZE.store(self.file_size, Ordering::Relaxed);
        MEMORY.store(self.memory, Ordering::Relaxed);
        if let Ok(mut deadline) = DEADLINE.lock() {
            *deadline = Instant::now().checked_add(self.time).map(|end| (end, self.time));
        }
    }
}

/// How many bytes of a file are read.
pub fn file_size() -> u64 {
    FILE_SIZE.load(Ordering::Relaxed)
}

/// Asks for the memory and the time of some work; `bytes` is about what it takes.
///
/// # Errors
/// The scan has used up what it may: why the work is not done, and what to do.
pub fn ask(bytes: usize) -> Result<(), String> {
    let work = WORK.get().saturating_add(bytes).saturating_add(STEP);
    WORK.set(work);
    if work < LOOK_EVERY {
        return Ok(());
    }
    WORK.set(0);
    look(bytes as u64)
}

/// About what a value of JSON takes once it is parsed.
const JSON_VALUE: usize = 160;

/// About what an expression takes once it is parsed, and its part of the list that it is in.
const EXPRESSION: usize = 200;

/// Asks for what parsing JSON builds.
///
/// # Errors
/// As for [`ask`].
pub fn ask_to_parse_json(text: impl AsRef<[u8]>) -> Result<(), String> {
    ask_for_each(text.as_ref(), JSON_VALUE, |byte| matches!(byte, b',' | b':' | b'{' | b'['))
}

/// Asks for what parsing Terraform's or Bicep's language builds.
///
/// # Errors
/// As for [`ask`].
pub fn ask_to_parse(text: &str) -> Result<(), String> {
    ask_for_each(text.as_bytes(), EXPRESSION, |byte| {
        byte == b'\n' || (byte.is_ascii_punctuation() && !matches!(byte, b'"' | b'\'' | b'-' | b'_'))
    })
}

fn ask_for_each(text: &[u8], bytes: usize, is_mark: impl Fn(u8) -> bool) -> Result<(), String> {
    let marks = text.iter().filter(|&&byte| is_mark(byte)).count();
    ask(marks.saturating_mul(bytes))
}

fn look(bytes: u64) -> Result<(), String> {
    let limit = MEMORY.load(Ordering::Relaxed);
    let used = memory_stats::memory_stats().map_or(0, |stats| stats.physical_mem as u64);
    if used.saturating_add(bytes) > limit {
        let limit = limit / MEGABYTE;
        return Err(format!(
            "the scan would take more than {limit} MB of memory; name fewer files, or raise --max-memory"
        ));
    }
    let deadline = DEADLINE.lock().ok().and_then(|deadline| *deadline);
    match deadline {
        Some((end, time)) if Instant::now() > end => {
            Err(format!("the scan has taken more than {} s; name fewer files, or raise --timeout", time.as_secs()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_there_may_be_is_refused_before_it_is_built() {
        assert_eq!(ask(100), Ok(()));
        assert!(ask(usize::try_from(8 * MAX_MEMORY).expect("64 bits")).is_err_and(|why| why.contains("--max-memory")));
    }
}
