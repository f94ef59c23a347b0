//! Standard error: what happens while the scan runs. Nothing is printed here that belongs to the report.

use std::io::{IsTerminal as _, Write as _};

use chrono::{DateTime, TimeDelta, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::finding::{Level, Notification};
use crate::model::inventory::{FileRead, SkippedFile, SnapshotRead};
use crate::model::masked::masked;
use crate::model::visible::{visible, visible_lines};
use crate::output::plural;
use crate::output::report::ScopeReport;
use crate::policy::SettingRemark;
use crate::source::azure::Progress;
use crate::triage::waiver::WaiverRemark;

/// Prints what is worth knowing and no more.
pub fn info(message: &str) {
    print("note", message);
}

/// Prints a warning.
pub fn warn(message: &str) {
    print("warning", message);
}

/// Prints an error.
pub fn error(message: &str) {
    print("error", message);
}

/// Prints notifications, each with its level.
pub fn notify(notifications: &[Notification]) {
    for notification in notifications {
        match notification.level {
            Level::Error => error(&notification.text()),
            Level::Warning => warn(&notification.text()),
        }
    }
}

/// Prints which source code was read and which was skipped.
pub fn report_sources(files_read: &[FileRead], skipped: &[SkippedFile]) {
    for FileRead { path, what, files, registries } in files_read.iter().take(MAX_READ) {
        let path = if path.is_empty() { "." } else { path };
        let files = plural(*files, "file", "files");
        info(&format!("read {path}: {what}, {files}, {}", plural(*registries, "registry", "registries")));
    }
    if files_read.len() > MAX_READ {
        info(&format!("read {} more", files_read.len() - MAX_READ));
    }
    for SkippedFile { location, reason } in skipped.iter().take(MAX_SKIPPED) {
        info(&format!("skipped {location}: {reason}"));
    }
    if skipped.len() > MAX_SKIPPED {
        info(&format!("skipped {} more", skipped.len() - MAX_SKIPPED));
    }
}

/// A snapshot that is older than this many days is told: what it does not hold may have happened since.
const OLD_SNAPSHOT_DAYS: i64 = 7;

/// Warns of snapshots that are old, or of a time that is still to come.
pub fn report_snapshots(snapshots: &[SnapshotRead], now: DateTime<Utc>) {
    for SnapshotRead { path, time } in snapshots {
        let (day, days) = (time.date_naive(), (now - *time).num_days());
        if *time > now + TimeDelta::minutes(5) {
            warn(&format!(
                "the snapshot {path} is of {day}, which is ahead of this machine's clock: one of them is wrong"
            ));
        } else if days > OLD_SNAPSHOT_DAYS {
            warn(&format!(
                "the snapshot {path} is of {day}, {days} days old: this is what was so then; take a new one with `acrscan \
                 pull`"
            ));
        }
    }
}

/// More lines than this hide what matters.
const MAX_READ: usize = 200;
const MAX_SKIPPED: usize = 20;

/// Prints what there is to say of waivers that do nothing, as warnings.
pub fn report_waivers(remarks: &[WaiverRemark]) {
    for WaiverRemark { path, line, message } in remarks.iter().take(MAX_READ) {
        warn(&format!("{path}:{line}: {message}"));
    }
    if remarks.len() > MAX_READ {
        warn(&format!("{} more waivers do nothing", remarks.len() - MAX_READ));
    }
}

/// Prints which settings take something from the scan, as warnings.
pub fn report_settings(settings: &[SettingRemark]) {
    for setting in settings {
        warn(&setting.sentence());
    }
}

/// Prints which settings and waivers of the checkout do not hold.
pub fn report_proposed(proposed: &[WaiverRemark]) {
    for WaiverRemark { path, line, message } in proposed {
        warn(&format!("{path}:{line}: does not hold, for the trusted settings do not have it: {message}"));
    }
}

/// Prints of which scopes code scanning gets no run although their lists were read to the end.
pub fn report_withheld(scopes: &[ScopeReport]) {
    for scope in scopes.iter().filter(|scope| scope.complete && !scope.is_for_github()) {
        warn(&format!(
            "the SARIF holds nothing of {}: parts of it were not read, and code scanning would close the alerts that rest \
             on them; have them read, give the last analysis with --baseline to keep its results, or leave them out with \
             --without",
            scope.name
        ));
    }
}

/// Prints what clap has to say: help and versions as they are, and an error, which quotes arguments, as any other error.
pub fn usage(error: &clap::Error) {
    let rendered = error.render().to_string();
    let shown = printable(&rendered);
    let _ = match error.use_stderr() && shown != rendered.trim_end() {
        true => writeln!(std::io::stderr().lock(), "{shown}"),
        // In colour, on a terminal.
        false => error.print(),
    };
}

fn print(label: &str, message: &str) {
    // A closed standard error is no reason to stop a scan.
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(&masked(&format!("{label}: {message}"))));
}

/// The line breaks are ours, all else is made visible.
fn printable(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(visible).collect();
    visible_lines(&lines.join("\n")).trim_end().to_owned()
}

/// A bar on a terminal, and nothing anywhere else.
pub struct ProgressLine {
    bar: ProgressBar,
}

impl ProgressLine {
    /// Starts it.
    pub fn start() -> ProgressLine {
        let shown = std::io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("reading Azure: {pos} of {len} registries, {msg}") {
            bar.set_style(style);
        }
        ProgressLine { bar }
    }

    /// Shows how far the reading is.
    pub fn show(&self, progress: Progress) {
        self.bar.set_length(progress.registries_found as u64);
        self.bar.set_position(progress.registries_read as u64);
        self.bar.set_message(format!("{} subscriptions listed", progress.subscriptions_listed));
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
