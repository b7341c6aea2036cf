//! What the product runs on: this machine, this process and the embedded store.

mod process;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wayfare_app::clock::Clock as _;
use wayfare_app::health::{Severity, Trouble};
use wayfare_app::host::{BackupDone, Host, Later, Tell};
use wayfare_app::metrics::{Queue, queues};
use wayfare_model::metrics::Family;
use wayfare_model::time::Moment;
use wayfare_store_embedded::{BackupProgress, EmbeddedStore, Observer, REQUEST_FILE};

use crate::clock::SystemClock;
use crate::connections::Connections;

/// Bytes of a mebibyte.
const MIB: u64 = 1024 * 1024;

/// What the product runs on.
pub(crate) struct SystemHost {
    store: Observer,
    data: PathBuf,
    free_bytes_min: u64,
    connections: Arc<Connections>,
    started: Moment,
}

impl SystemHost {
    /// Of a process that starts now, on an open data directory.
    /// Below so many bytes free something is wrong.
    pub(crate) fn new(
        store: &EmbeddedStore,
        data: &Path,
        free_bytes_min: u64,
        connections: Arc<Connections>,
    ) -> Self {
        let (store, data, started) = (store.observer(), data.to_owned(), SystemClock.now());
        Self { store, data, free_bytes_min, connections, started }
    }
}

impl Host for SystemHost {
    fn metrics(&self) -> Vec<Family> {
        let mut families = vec![
            Family::info("wayfare_build", "Version of the program")
                .labelled([("version", env!("CARGO_PKG_VERSION"))], 1.0),
        ];
        families.extend(process::metrics(self.started));
        families.extend(disk(&self.data));
        families.extend(self.connections.metrics());
        let store_queues: Vec<Queue> = (self.store.queues().into_iter())
            .map(|queue| Queue {
                name: queue.name,
                depth: queue.depth,
                capacity: queue.capacity,
                oldest_s: queue.oldest_s,
            })
            .collect();
        families.extend(queues(&store_queues));
        families.extend(self.store.metrics());
        families
    }

    fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = store_troubles(&self.store);
        let room = room(&self.data);
        troubles.extend(room.and_then(|room| disk_trouble(room, self.free_bytes_min)));
        troubles
    }

    fn is_requested(&self, directory: &Path, request: &str) -> bool {
        let asked = std::fs::read_to_string(directory.join(REQUEST_FILE));
        asked.is_ok_and(|text| text == request)
    }

    fn backup(
        &self,
        directory: PathBuf,
        as_of: Moment,
        mut tell: Tell,
    ) -> Later<'_, Result<BackupDone, String>> {
        let tell = move |progress: BackupProgress| {
            tell(progress.bytes_done, progress.bytes_total);
        };
        Box::pin(async move {
            let taken = self.store.backup(directory, as_of, Box::new(tell)).await;
            let taken = taken.map_err(|error| error.to_string())?;
            Ok(BackupDone {
                bytes: taken.manifest.bytes(),
                fact_files: taken.manifest.facts.len() as u64,
                files_added: taken.files_added,
                bytes_added: taken.bytes_added,
                schema_version: taken.manifest.schema_version(),
            })
        })
    }
}

/// What is wrong with the store.
fn store_troubles(store: &Observer) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    if !store.is_writable() {
        troubles.push(Trouble {
            code: "store.refuses.writes",
            message: "a write failed; nothing is written until the server is started anew".into(),
            severity: Severity::Broken,
        });
    }
    if store.is_disk_full() {
        troubles.push(Trouble {
            code: "disk.full",
            message: "the last write found no room on the disk; it was refused".into(),
            severity: Severity::Degraded,
        });
    }
    // A store that refuses writes tries nothing again.
    if store.is_writable() && store.is_stuck() {
        troubles.push(Trouble {
            code: "batches.stuck",
            message: "what was written last is durable, but cannot be put into the database; it is tried \
                      again"
                .into(),
            severity: Severity::Degraded,
        });
    }
    // They wait for the batches, where these are stuck.
    if store.is_writable() && !store.is_stuck() && store.are_facts_stuck() {
        troubles.push(Trouble {
            code: "facts.stuck",
            message: "facts could not be put into files, merged or forgotten; it is tried again"
                .into(),
            severity: Severity::Degraded,
        });
    }
    if store.is_damaged() {
        troubles.push(Trouble {
            code: "store.damaged",
            message: "something in the database is damaged and could not be read".into(),
            severity: Severity::Degraded,
        });
    }
    let unreadable = store.unreadable_files();
    if unreadable > 0 {
        troubles.push(Trouble {
            code: "facts.unreadable",
            message: format!("fact files that cannot be read: {unreadable}"),
            severity: Severity::Degraded,
        });
    }
    troubles
}

/// Whether a disk is nearly full.
fn disk_trouble(room: Room, free_bytes_min: u64) -> Option<Trouble> {
    (room.free < free_bytes_min).then(|| Trouble {
        code: "disk.nearly.full",
        message: format!(
            "{} MiB are free where the data directory is, fewer than {}",
            room.free / MIB,
            free_bytes_min / MIB
        ),
        severity: Severity::Degraded,
    })
}

/// Room of a file system, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// What this process may still write.
    pub(crate) free: u64,
    /// All there is.
    pub(crate) total: u64,
}

/// The room of the file system that a directory is on; nothing when it does not tell.
pub(crate) fn room(directory: &Path) -> Option<Room> {
    let told = rustix::fs::statvfs(directory).ok()?;
    Some(Room {
        free: told.f_bavail.saturating_mul(told.f_frsize),
        total: told.f_blocks.saturating_mul(told.f_frsize),
    })
}

fn disk(directory: &Path) -> Vec<Family> {
    let Some(room) = room(directory) else { return Vec::new() };
    vec![
        Family::gauge("wayfare_disk_free_bytes", "Bytes free where the data directory is")
            .with(room.free),
        Family::gauge("wayfare_disk_bytes", "Bytes of the file system of the data directory")
            .with(room.total),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_with_less_room_than_wanted_is_a_trouble() {
        let room = Room { free: 511 * MIB, total: 4 * 1024 * MIB };
        assert_eq!(disk_trouble(room, 511 * MIB), None);
        let trouble = disk_trouble(room, 512 * MIB).unwrap();
        let message = "511 MiB are free where the data directory is, fewer than 512";
        assert_eq!((trouble.message.as_str(), trouble.severity), (message, Severity::Degraded));
    }

    #[test]
    fn a_file_system_has_room_and_nothing_is_known_of_none() {
        let directory = tempfile::tempdir().unwrap();
        let room = room(directory.path()).unwrap();
        assert!(room.total > 0 && room.free <= room.total, "{room:?}");
        assert_eq!(super::room(&directory.path().join("nothing")), None);
    }
}
