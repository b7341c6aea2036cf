//! `wayfare import`.

mod batches;
pub(super) mod rejects;
pub(super) mod replay;
pub(super) mod source;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value, json};
use wayfare_app::access::organisations::{FirstKeys, WantedKeys};
use wayfare_store_embedded::EmbeddedStore;

use self::rejects::Rejects;
use self::replay::{Counts, Shown, replay};
use self::source::Source;
use super::{OutputArguments, complain, keys, note, print_json, say};
use crate::api::Api;
use crate::config::{KeyArguments, VisitArguments};
use crate::place::{Opened, Place, open, remote, remote_of};
use crate::progress::{Progress, rate};
use crate::shutdown::Signals;
use crate::table::grouped;

/// The status of a command that was interrupted, as shells have it.
pub(super) const INTERRUPTED: u8 = 130;

/// Import history from files of NDJSON, plain or gzip.
///
/// Every line is one event, replayed by its own time. Events that are there already are counted and
/// change nothing, so that an import that was cut short is simply run again. Lines that cannot be
/// applied are counted, the first one is shown, and all are kept as they are in
/// FILE.rejects.ndjson, beside the file or, where that cannot be written, in the current directory.
#[derive(Args)]
#[command(after_long_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// The files; - is the standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    output: OutputArguments,

    #[command(flatten, next_help_heading = "Options for a data directory that no server runs on")]
    visits: VisitArguments,

    #[command(flatten, next_help_heading = "Options for a data directory that is made")]
    keys: KeyArguments,
}

/// What to do after an import that was cut short.
const AGAIN: &str = "run the same command again: what is there already is not applied twice";

const EXIT_CODES: &str = "\
Exit codes:
  0    at least one line was applied or there already, or there was none
  1    a file could not be read to its end, the server not be reached, or every line was rejected
  130  it was stopped; what was applied stays applied";

/// What became of one file.
struct Report {
    name: String,
    counts: Counts,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let named = arguments.files.iter().map(|name| Source::named(name));
    let sources = named.collect::<anyhow::Result<Vec<_>>>()?;
    let api = arguments.api().await?;
    // Whoever may not ask learns it before the first line is read.
    api.api.sign_in().await?;
    let bytes = sources.iter().map(Source::size).sum::<Option<u64>>();
    let progress = Progress::new(bytes, !arguments.output.json);
    let mut reports = Vec::with_capacity(sources.len());
    let mut failure = None;
    for source in &sources {
        let (report, replayed) = import(&api.api, source, &reports, &progress, &mut signals).await;
        failure = replayed.err();
        reports.push(report);
        if failure.is_some() || signals.is_asked() {
            break;
        }
    }
    api.api.close().await;
    progress.finish();
    let is_begun = reports.iter().any(|report| report.counts.lines > 0);
    if arguments.output.json {
        print_json(&summary(&reports, &api.made, signals.is_asked()))?;
    } else if is_begun || failure.is_none() {
        tell(&reports, progress.seconds());
    }
    if let Some(error) = failure {
        complain(&error);
        if is_begun {
            note(&format!("when that is mended, {AGAIN}"));
        }
        return Ok(ExitCode::FAILURE);
    }
    if signals.is_asked() {
        complain(&stopped(reports.last()));
        return Ok(ExitCode::from(INTERRUPTED));
    }
    let is_refused = reports.iter().all(|report| report.done() == 0)
        && reports.iter().any(|report| report.counts.rejects.count() > 0);
    Ok(if is_refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Where events go, and the keys of a data directory that was made for them.
struct Opening {
    api: Api,
    made: Map<String, Value>,
}

impl Arguments {
    async fn api(&self) -> anyhow::Result<Opening> {
        let at = |api: Api| Opening { api, made: Map::new() };
        let data = match self.output.place.place() {
            Place::Server(url) => return Ok(at(remote(&url)?.into())),
            Place::Directory(data) => data,
        };
        // Keys of the environment are for a server; only a new directory takes them over.
        let is_new = !EmbeddedStore::is_at(&data);
        let wanted = if is_new { self.keys.wanted()? } else { WantedKeys::default() };
        match open(&data, Some(&self.visits), &wanted).await? {
            Opened::InUse(url) => Ok(at(remote_of(&data, url)?.into())),
            Opened::Here(local) => {
                let made = local.first_keys().map(|keys| self.tell_keys(keys, &wanted, &data));
                Ok(Opening { api: (*local).into(), made: made.unwrap_or_default() })
            }
        }
    }

    fn tell_keys(&self, keys: &FirstKeys, wanted: &WantedKeys, data: &Path) -> Map<String, Value> {
        let mut made = Map::new();
        keys::insert(&mut made, keys, wanted.secret.is_some());
        if !self.output.json {
            keys::introduce(keys, wanted.secret.is_some());
            say(&format!("  data           in {}", data.display()));
        }
        made
    }
}

/// Imports one source. The report tells what was done even when it failed.
async fn import(
    api: &Api,
    source: &Source,
    before: &[Report],
    progress: &Progress,
    signals: &mut Signals,
) -> (Report, anyhow::Result<()>) {
    let path = match source {
        Source::File(path) => Some(path.as_path()),
        Source::StandardInput | Source::Bytes(..) => None,
    };
    let name = source.name();
    let mut counts = Counts::new(Rejects::of(path));
    let events_before = before.iter().map(|report| report.done() + report.rejected()).sum();
    let shown = Shown { progress, events_before };
    let replayed = match source.open(progress) {
        Ok(text) => replay(api, text, &mut counts, &shown, signals).await,
        Err(error) => Err(error.into()),
    };
    let replayed =
        replayed.map_err(|error| error.context(format!("{name}, after line {}", counts.lines)));
    (Report { name, counts }, replayed)
}

impl Report {
    fn done(&self) -> u64 {
        self.counts.applied + self.counts.duplicates
    }

    fn rejected(&self) -> u64 {
        self.counts.rejects.count()
    }

    fn json(&self) -> Value {
        let mut file = json!({
            "file": self.name,
            "applied": self.counts.applied,
            "duplicates": self.counts.duplicates,
            "rejected": self.rejected(),
        });
        let rejects = &self.counts.rejects;
        if let (Some(first), Some(path)) = (rejects.first(), rejects.path()) {
            file["firstRejected"] = json!(first);
            file["rejectsFile"] = path.display().to_string().into();
        }
        file
    }
}

fn sum(reports: &[Report], part: impl Fn(&Report) -> u64) -> u64 {
    reports.iter().map(part).sum()
}

fn summary(reports: &[Report], made: &Map<String, Value>, is_stopped: bool) -> Value {
    let mut summary = made.clone();
    let files: Vec<Value> = reports.iter().map(Report::json).collect();
    summary.insert("files".to_owned(), files.into());
    summary.insert("applied".to_owned(), sum(reports, |report| report.counts.applied).into());
    summary.insert("duplicates".to_owned(), sum(reports, |report| report.counts.duplicates).into());
    summary.insert("rejected".to_owned(), sum(reports, Report::rejected).into());
    summary.insert("stopped".to_owned(), is_stopped.into());
    Value::Object(summary)
}

fn tell(reports: &[Report], seconds: f64) {
    for report in reports {
        let counts = &report.counts;
        say(&format!(
            "{}: {} applied, {} already there, {} rejected",
            report.name,
            grouped(counts.applied),
            grouped(counts.duplicates),
            grouped(report.rejected()),
        ));
        if let Some(first) = counts.rejects.first() {
            say(&format!("  first rejected: line {}: {}", first.line, first.reason));
        }
        if let Some(path) = counts.rejects.path() {
            say(&format!("  rejected lines: {}", path.display()));
        }
    }
    let events = sum(reports, |report| report.done() + report.rejected());
    let rate = grouped(rate(events, seconds));
    say(&format!("{} lines in {seconds:.1} s ({rate}/s)", grouped(events)));
}

fn stopped(last: Option<&Report>) -> anyhow::Error {
    let place = last.map_or_else(String::new, |last| {
        format!(" after line {} of {}", last.counts.lines, last.name)
    });
    anyhow::anyhow!("stopped{place}; to go on, {AGAIN}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_learns_all_counts_and_the_first_rejected_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("f");
        let mut counts = Counts::new(Rejects::of(Some(&path)));
        (counts.applied, counts.duplicates) = (3, 2);
        counts.rejects.keep(4, "not an event".to_owned(), b"x").unwrap();
        let bad = Report { name: "f".to_owned(), counts };
        let good = Report { name: "g".to_owned(), counts: Counts::new(Rejects::of(None)) };
        let expected = json!({
            "files": [
                {
                    "file": "f", "applied": 3, "duplicates": 2, "rejected": 1,
                    "firstRejected": { "line": 4, "reason": "not an event" },
                    "rejectsFile": format!("{}.rejects.ndjson", path.display()),
                },
                { "file": "g", "applied": 0, "duplicates": 0, "rejected": 0 },
            ],
            "applied": 3, "duplicates": 2, "rejected": 1, "stopped": false,
        });
        assert_eq!(summary(&[bad, good], &Map::new(), false), expected);
    }
}
