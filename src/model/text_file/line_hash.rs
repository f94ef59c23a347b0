//! How GitHub recognises a line.

/// A hash, and how often it was seen so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct LineHash {
    hash: u64,
    count: u32,
}

impl std::fmt::Display for LineHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}:{}", self.hash, self.count)
    }
}

/// The hash that GitHub's upload action computes for each line: a rolling hash over the hundred characters, blanks
/// left out, that begin at the line, and how often it was seen before in the file.
pub fn line_hashes(text: &str) -> Vec<LineHash> {
    const MODULUS: u64 = 37;
    const WINDOW: usize = 100;
    let oldest_factor = (0..WINDOW).fold(1u64, |power, _| power.wrapping_mul(MODULUS));
    let mut hashes: Vec<LineHash> = Vec::new();
    let mut seen: std::collections::HashMap<u64, u32> = std::collections::HashMap::new();
    let mut ring = [0u64; WINDOW];
    // The line that starts at a place of the ring, not yet told.
    let mut starts: [Option<usize>; WINDOW] = [None; WINDOW];
    let (mut at, mut hash, mut line) = (0, 0u64, 0);
    let (mut new_line, mut after_cr) = (true, false);
    let mut feed = |unit: u64, new_line: &mut bool| {
        if let Some(started) = starts[at].take() {
            let count = *seen.entry(hash).and_modify(|count| *count += 1).or_insert(1);
            if hashes.len() <= started {
                hashes.resize(started + 1, LineHash::default());
            }
            hashes[started] = LineHash { hash, count };
        }
        if *new_line {
            *new_line = false;
            starts[at] = Some(line);
            line += 1;
        }
        if unit == u64::from(b'\n') {
            *new_line = true;
        }
        let oldest = ring[at];
        ring[at] = unit;
        hash = hash.wrapping_mul(MODULUS).wrapping_add(unit).wrapping_sub(oldest_factor.wrapping_mul(oldest));
        at = (at + 1) % WINDOW;
    };
    for unit in text.encode_utf16().map(u64::from) {
        if unit == u64::from(b' ') || unit == u64::from(b'\t') {
            after_cr = false;
            continue;
        }
        if after_cr && unit == u64::from(b'\n') {
            after_cr = false;
            continue;
        }
        after_cr = unit == u64::from(b'\r');
        feed(if after_cr { u64::from(b'\n') } else { unit }, &mut new_line);
    }
    feed(65535, &mut new_line);
    for _ in 0..WINDOW {
        // What stands before the end is flushed; nothing starts here any more.
        let mut none = false;
        feed(0, &mut none);
    }
    hashes
}
