//! How far a long piece of work is, for people at a terminal.

use std::io::Read;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::table::grouped;

/// Progress over the bytes of what is read.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Progress over so many bytes, or over nobody knows how many. Whoever is no terminal sees
    /// nothing of it.
    pub(crate) fn new(bytes: Option<u64>, is_shown: bool) -> Self {
        let target =
            if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(bytes, target);
        let template = match bytes {
            Some(_) => "  [{bar:30}] {percent:>3} %  {msg}  {eta} left",
            None => "  {spinner} {bytes} read  {msg}",
        };
        // A template that is not understood leaves the bar as it is by default.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar }
    }

    /// Progress over a number of bytes that is told later.
    pub(crate) fn of_bytes(is_shown: bool) -> Self {
        Self::new(Some(0), is_shown)
    }

    /// Shows how many bytes of all are done.
    pub(crate) fn show_bytes(&self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.bar.set_message(format!("{} of {} bytes", grouped(done), grouped(total)));
    }

    /// Progress over customers, of which nobody knows yet how many there are.
    pub(crate) fn of_customers(is_shown: bool) -> Self {
        let progress = Self::new(Some(0), is_shown);
        progress.bar.set_message("customers");
        progress
    }

    /// Shows how many customers are done.
    pub(crate) fn show_customers(&self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.bar.set_message(format!("{} of {} customers", grouped(done), grouped(total)));
    }

    /// A reader whose bytes count as progress.
    pub(crate) fn of<R: Read>(&self, reader: R) -> impl Read + use<R> {
        self.bar.wrap_read(reader)
    }

    /// Shows how many events are done.
    pub(crate) fn show_events(&self, events: u64) {
        let rate = rate(events, self.bar.elapsed().as_secs_f64());
        self.bar.set_message(format!("{} events, {}/s", grouped(events), grouped(rate)));
    }

    /// Shows how many of something are done.
    pub(crate) fn show_rows(&self, rows: u64, what: &str) {
        let rate = rate(rows, self.bar.elapsed().as_secs_f64());
        self.bar.tick();
        self.bar.set_message(format!("{} {what}, {}/s", grouped(rows), grouped(rate)));
    }

    /// Shows something above the bar, or on a line of its own.
    pub(crate) fn note(&self, text: &str) {
        self.bar.suspend(|| crate::commands::note(text));
    }

    /// Seconds since the start.
    pub(crate) fn seconds(&self) -> f64 {
        self.bar.elapsed().as_secs_f64()
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Events in a second.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is shown to people, in whole events"
)]
pub(crate) fn rate(events: u64, seconds: f64) -> u64 {
    if seconds > 0.0 { (events as f64 / seconds) as u64 } else { events }
}
