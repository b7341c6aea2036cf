//! Backups, taken while everything goes on. One at a time; what became of the last is remembered
//! until the next begins or the server stops.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use uuid::Uuid;
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_model::time::Moment;

use crate::access::Caller;
use crate::app::App;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::host::{BackupDone, Host};
use crate::tasks::piece;

/// A backup, under way or over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its id.
    pub id: Uuid,
    /// Where it is put.
    pub directory: PathBuf,
    /// When it began: what was answered before that is in it.
    pub began: Moment,
    /// How far it is.
    pub state: BackupState,
}

/// How far a backup is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupState {
    /// It is under way.
    Running {
        /// Bytes written or checked.
        bytes_done: u64,
        /// Bytes to be written or checked, as far as that is known.
        bytes_total: u64,
    },
    /// It is there.
    Done(BackupDone),
    /// It is not there; an earlier one in the same directory is as it was.
    Failed {
        /// Why.
        reason: String,
    },
}

/// The last backup.
#[derive(Debug, Default)]
pub(crate) struct LastBackup(Mutex<Option<Backup>>);

impl LastBackup {
    fn lock(&self) -> MutexGuard<'_, Option<Backup>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: BackupState) {
        if let Some(backup) = &mut *self.lock() {
            backup.state = state;
        }
    }
}

/// The door to the runner.
pub(crate) struct Backups {
    queue: mpsc::UnboundedSender<Backup>,
    last: Arc<LastBackup>,
}

/// The task that takes backups. It ends when the app is dropped.
pub(crate) struct BackupRunner {
    queue: mpsc::UnboundedReceiver<Backup>,
    last: Arc<LastBackup>,
    host: Arc<dyn Host>,
    clock: Arc<dyn Clock>,
}

impl BackupRunner {
    pub(crate) fn new(host: Arc<dyn Host>, clock: Arc<dyn Clock>) -> (Backups, Self) {
        // It holds one at most: the next begins when the last is over.
        let (sender, queue) = mpsc::unbounded_channel();
        let last = Arc::<LastBackup>::default();
        (Backups { queue: sender, last: last.clone() }, Self { queue, last, host, clock })
    }

    pub(crate) async fn run(mut self) {
        while let Some(backup) = self.queue.recv().await {
            let last = self.last.clone();
            let tell = Box::new(move |bytes_done, bytes_total| {
                last.set(BackupState::Running { bytes_done, bytes_total });
            });
            let taking = self.host.backup(backup.directory.clone(), backup.began, tell);
            let taken = piece(async { Ok(taking.await) }).await;
            let taken = taken.unwrap_or_else(|error| Err(error.to_string()));
            let seconds = self.clock.now().ms_since(backup.began) / 1_000;
            match taken {
                Ok(done) => {
                    tracing::info!(bytes = done.bytes, seconds, "a backup was taken");
                    self.last.set(BackupState::Done(done));
                }
                Err(reason) => {
                    tracing::error!(reason, seconds, "a backup was not taken");
                    self.last.set(BackupState::Failed { reason });
                }
            }
        }
    }
}

impl App {
    /// Begins a backup into a directory of this machine, which is empty or has an earlier one.
    ///
    /// Whoever asks shows that the directory is theirs: the file `backup-request` in it must hold
    /// `request`. So nobody who knows a token only can have the server write somewhere.
    ///
    /// # Errors
    /// [`ProblemKind::MissingAnyPermissions`] for other organisations than that of whoever runs the
    /// server, faults of either field, [`ProblemKind::TooManyRequests`] while another is under way.
    pub async fn begin_backup(
        &self,
        caller: &Caller,
        directory: &str,
        request: &str,
    ) -> Result<Backup> {
        self.require_operator(caller)?;
        let directory = self.checked_directory(directory, request).await?;
        let backup = Backup {
            id: self.entropy.uuid(),
            directory,
            began: self.now(),
            state: BackupState::Running { bytes_done: 0, bytes_total: 0 },
        };
        {
            let mut last = self.backups.last.lock();
            let is_running = |last: &Backup| matches!(last.state, BackupState::Running { .. });
            if last.as_ref().is_some_and(is_running) {
                return Err(Error::Problem(Problem {
                    retry_after_s: Some(10),
                    ..Problem::new(
                        ProblemKind::TooManyRequests,
                        "a backup is under way; try again in 10 seconds",
                    )
                }));
            }
            *last = Some(backup.clone());
        }
        self.backups.queue.send(backup.clone()).map_err(|_| Error::Stopping)?;
        Ok(backup)
    }

    /// A backup that began since the server was started, if no other began after it.
    ///
    /// # Errors
    /// [`ProblemKind::MissingAnyPermissions`] as for [`App::begin_backup`], not found.
    pub fn get_backup(&self, caller: &Caller, id: &str) -> Result<Backup> {
        self.require_operator(caller)?;
        let last = self.backups.last.lock().clone();
        let found = last.filter(|last| id.parse::<Uuid>().is_ok_and(|id| id == last.id));
        found.ok_or_else(|| Problem::not_found("backup", id).into())
    }

    async fn checked_directory(&self, directory: &str, request: &str) -> Result<PathBuf> {
        let path = PathBuf::from(directory);
        if !path.is_absolute() {
            let allowed = "the absolute path of a directory on the server's machine";
            let fault = Fault::invalid_value("directory", directory, allowed);
            return Err(Problem::from_faults(vec![fault]).into());
        }
        let (host, looked_at, asked) = (self.host.clone(), path.clone(), request.to_owned());
        let look = move || host.is_requested(&looked_at, &asked);
        let is_requested = !request.is_empty()
            && tokio::task::spawn_blocking(look).await.map_err(|_| Error::Stopping)?;
        if !is_requested {
            let allowed = "what the file backup-request in the directory holds";
            let fault = Fault::invalid_value("request", request, allowed);
            return Err(Problem::from_faults(vec![fault]).into());
        }
        Ok(path)
    }
}
