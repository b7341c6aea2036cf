//! `wayfare demo`: everything a newcomer needs to see, in one command. It asks its own server over
//! HTTP, so that what it shows is what anybody gets.

mod answers;
mod history;
mod story;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use wayfare_app::access::organisations::FirstKeys;
use wayfare_model::wire::JourneySegment;

use self::answers::{Answers, Created};
use self::history::DATA_SETS;
use super::import::INTERRUPTED;
use super::import::rejects::Rejects;
use super::import::replay::{Counts, Shown, replay};
use super::{keys, print_json, say};
use crate::api::{Api, Credentials, Remote};
use crate::config::{KeyArguments, LISTEN_DEFAULT};
use crate::progress::{Progress, rate};
use crate::shutdown::Signals;
use crate::table::grouped;
use crate::wiring::{Product, Server};

/// See it work: real and realistic history, segments with counts, and lines to paste.
///
/// Starts a server on a fresh data directory, makes segments, replays two public data sets that the
/// program carries, and shows what came of it. The server keeps running until Ctrl-C.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The address and port to listen on; without it 127.0.0.1:8080, or a free port when that one
    /// is taken
    #[arg(long, value_name = "ADDR:PORT", env = "WAYFARE_LISTEN")]
    listen: Option<SocketAddr>,

    /// A data directory that is empty or not there yet, to be kept; without it a temporary one that
    /// is removed at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// End after the tables
    #[arg(long)]
    exit: bool,

    /// Print one JSON object instead of tables; unless --exit is given, with the keys too
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    keys: KeyArguments,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let wanted = arguments.keys.wanted()?;
    let listener = listen(arguments.listen).await?;
    let directory = Directory::of(arguments.data.as_deref())?;
    let product = Product::open(directory.path(), None, &wanted).await?;
    let first_keys = product.first_keys.clone();
    let server = Server::start(product, directory.path(), listener)?;
    let shown = match first_keys {
        Some(keys) => {
            let url = server.url();
            let demo = Demo { arguments: &arguments, directory: &directory, url, keys };
            demo.run(&mut signals).await
        }
        None => Err(anyhow::anyhow!(
            "{} is a data directory already; look at it with: wayfare serve --data DIR",
            directory.path().display()
        )),
    };
    if shown.is_ok() && !arguments.exit && !signals.is_asked() {
        signals.asked().await;
        shown?;
        stop(server, directory).await?;
        return Ok(ExitCode::SUCCESS);
    }
    stop(server, directory).await?;
    shown?;
    Ok(if signals.is_asked() { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

async fn stop(server: Server, directory: Directory) -> anyhow::Result<()> {
    server.stop().await?;
    directory.remove()
}

async fn listen(wanted: Option<SocketAddr>) -> anyhow::Result<TcpListener> {
    let address = match wanted {
        Some(address) => address,
        None => LISTEN_DEFAULT.parse()?,
    };
    match TcpListener::bind(address).await {
        Err(error) if wanted.is_none() && error.kind() == ErrorKind::AddrInUse => {
            let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            TcpListener::bind(free).await.context("cannot listen on any port of 127.0.0.1")
        }
        bound => bound.with_context(|| {
            format!("cannot listen on {address}; choose another address with --listen ADDR:PORT")
        }),
    }
}

/// Where the demo's data is.
enum Directory {
    /// Until the end of the demo.
    Temporary(TempDir),
    /// Wherever somebody wants to keep it.
    Kept(PathBuf),
}

impl Directory {
    fn of(wanted: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = wanted else {
            let made = tempfile::Builder::new().prefix("wayfare-demo-").tempdir();
            return Ok(Self::Temporary(made.context("cannot make a temporary directory")?));
        };
        let is_empty = match std::fs::read_dir(path) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        let shown = path.display();
        ensure!(
            is_empty,
            "the demo wants a directory of its own, and {shown} is not empty; name another with \
             --data DIR, or leave --data out"
        );
        Ok(Self::Kept(path.to_owned()))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(directory) => directory.path(),
            Self::Kept(path) => path,
        }
    }

    fn remove(self) -> anyhow::Result<()> {
        match self {
            Self::Temporary(directory) => {
                directory.close().context("cannot remove the demo's directory")
            }
            Self::Kept(_) => Ok(()),
        }
    }

    fn farewell(&self) -> String {
        match self {
            Self::Temporary(directory) => format!(
                "Nothing is kept: the data in {} is removed at the end.",
                directory.path().display()
            ),
            Self::Kept(path) => {
                format!("The data stays: go on with it by wayfare serve --data {}", path.display())
            }
        }
    }
}

struct Demo<'a> {
    arguments: &'a Arguments,
    directory: &'a Directory,
    url: String,
    keys: FirstKeys,
}

impl Demo<'_> {
    /// Loads and shows everything, or stops in between when somebody asks for it.
    async fn run(&self, signals: &mut Signals) -> anyhow::Result<()> {
        let credentials =
            Credentials { id: self.keys.client.to_string(), secret: self.keys.secret.clone() };
        let api = Api::from(Remote::new(&self.url, credentials)?);
        self.say("Wayfare demo: two public data sets, replayed as history.");
        for data_set in DATA_SETS {
            self.say(&format!("  - {}\n    {}", data_set.name, data_set.credit));
        }
        let created = create_segments(&api).await?;
        self.load(&api, signals).await?;
        if signals.is_asked() {
            return Ok(());
        }
        let Some(answers) = signals.during(Answers::ask(&api, created)).await else {
            return Ok(());
        };
        self.show(&answers?)
    }

    /// Replays all data sets.
    async fn load(&self, api: &Api, signals: &mut Signals) -> anyhow::Result<()> {
        let sources = DATA_SETS.map(history::DataSet::source);
        let bytes = sources.iter().map(super::import::source::Source::size).sum();
        let progress = Progress::new(bytes, !self.arguments.json);
        let mut events = 0;
        for source in &sources {
            let mut counts = Counts::new(Rejects::of(None));
            let text = source.open(&progress)?;
            let shown = Shown { progress: &progress, events_before: events };
            replay(api, text, &mut counts, &shown, signals).await?;
            if let Some(first) = counts.rejects.first() {
                anyhow::bail!("{}, line {}: {}", source.name(), first.line, first.reason);
            }
            events += counts.applied + counts.duplicates;
        }
        progress.finish();
        let seconds = progress.seconds();
        self.say(&format!(
            "\nReplayed {} events in {seconds:.1} s ({}/s), each durable and matched.",
            grouped(events),
            grouped(rate(events, seconds))
        ));
        Ok(())
    }

    fn show(&self, answers: &Answers) -> anyhow::Result<()> {
        if self.arguments.json {
            return self.print(answers);
        }
        let Self { url, keys, .. } = self;
        let example = &answers.example;
        say(&format!("\n{}", story::segments(answers)));
        say(&format!("\n{}", story::aggregates(answers)?));
        let is_kept = matches!(self.directory, Directory::Kept(_));
        if !self.arguments.exit || is_kept {
            say(&format!("\nTo try:\n{}", story::ids(url, keys, example)));
        }
        if self.arguments.exit {
            if is_kept {
                say(&format!("\n{}", self.directory.farewell()));
            }
            return Ok(());
        }
        say(&format!("\nWith curl:\n{}", story::curl(url, keys, example)));
        say(&format!("\nWith Python:\n{}", story::python(url, keys, example)));
        say(&format!("\nWayfare listens on {url} until Ctrl-C. {}", self.directory.farewell()));
        Ok(())
    }

    fn print(&self, answers: &Answers) -> anyhow::Result<()> {
        let mut answer = answers.json();
        if let (Value::Object(object), false) = (&mut answer, self.arguments.exit) {
            object.insert("url".to_owned(), self.url.clone().into());
            keys::insert(object, &self.keys, false);
            object.insert("customerCookieId".to_owned(), answers.example.customer.clone().into());
            object.insert("sessionId".to_owned(), answers.example.session.clone().into());
            object.insert("externalContactId".to_owned(), answers.example.contact.clone().into());
        }
        print_json(&answer)
    }

    /// Tells a person something.
    fn say(&self, text: &str) {
        if !self.arguments.json {
            say(text);
        }
    }
}

/// Makes the segments, before there is anything to match.
async fn create_segments(api: &Api) -> anyhow::Result<Vec<Created>> {
    let mut created = Vec::new();
    for request in history::segments()? {
        let segment: JourneySegment = api.post("/api/v2/journey/segments", &request).await?;
        created.push(Created {
            id: segment.id.unwrap_or_default(),
            name: segment.display_name.unwrap_or_default(),
        });
    }
    Ok(created)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_its_own_is_empty_or_not_there() {
        let parent = tempfile::tempdir().unwrap();
        let kept = Directory::of(Some(parent.path())).unwrap();
        assert_eq!(kept.path(), parent.path());
        assert!(Directory::of(Some(&parent.path().join("absent"))).is_ok());
        std::fs::write(parent.path().join("file"), "").unwrap();
        let refused = Directory::of(Some(parent.path())).err().unwrap().to_string();
        assert!(refused.contains("is not empty"), "{refused}");
    }

    #[test]
    fn a_temporary_directory_is_removed() {
        let temporary = Directory::of(None).unwrap();
        let path = temporary.path().to_owned();
        std::fs::write(path.join("file"), "").unwrap();
        temporary.remove().unwrap();
        assert!(!path.exists());
    }
}
