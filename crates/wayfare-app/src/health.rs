//! Whether the server can do its work, for load balancers and for whoever is called at night.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use wayfare_model::limits::INGEST_AGE_S_HEALTHY_MAX;

use crate::app::App;

/// How the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// In a word.
    pub state: State,
    /// What is wrong, if anything.
    pub troubles: Vec<Trouble>,
}

/// How the server is, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// All is well.
    Ok,
    /// It answers, but something is wrong.
    Degraded,
    /// Something is wrong that keeps it from its work.
    Failing,
    /// It is about to stop: what is under way is finished, and nothing more should be sent.
    Draining,
}

impl State {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
            Self::Draining => "draining",
        }
    }

    /// Whether requests should be sent here.
    #[must_use]
    pub const fn is_ready(self) -> bool {
        matches!(self, Self::Ok | Self::Degraded)
    }
}

/// Something that is wrong. Its text is for everybody: it holds no paths and no ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What, for programs.
    pub code: &'static str,
    /// What, for people.
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Most goes on.
    Degraded,
    /// The server cannot do its work until this is over.
    Failing,
    /// Only a new start helps.
    Broken,
}

/// Whether the server is about to stop.
#[derive(Debug, Default)]
pub(crate) struct Draining(AtomicBool);

impl App {
    /// From now on the server says that it is about to stop.
    pub fn begin_draining(&self) {
        self.draining.0.store(true, Ordering::Relaxed);
    }

    /// How the server is. Blocks for as long as a look at the file system takes.
    #[must_use]
    pub fn health(&self) -> Health {
        let mut troubles = self.host.troubles();
        troubles.extend(self.tasks.troubles());
        troubles.extend(self.stalled());
        let worst = troubles.iter().map(|trouble| trouble.severity).max();
        let state = match worst {
            _ if self.draining.0.load(Ordering::Relaxed) => State::Draining,
            None => State::Ok,
            Some(Severity::Degraded) => State::Degraded,
            Some(Severity::Failing | Severity::Broken) => State::Failing,
        };
        Health { state, troubles }
    }

    /// Writes that have waited for too long.
    fn stalled(&self) -> Option<Trouble> {
        let (ingest, now) = (&self.metrics.ingest, Instant::now());
        let age_s = ingest.waiting.oldest(now).max(ingest.imports.oldest(now)).as_secs();
        (age_s > INGEST_AGE_S_HEALTHY_MAX).then(|| Trouble {
            code: "writes.stalled",
            message: format!("a write has waited for {age_s} s"),
            severity: Severity::Failing,
        })
    }
}

impl Health {
    /// Whether the process should go on: whether there is nothing that only a new start helps.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.troubles.iter().all(|trouble| trouble.severity < Severity::Broken)
    }
}
