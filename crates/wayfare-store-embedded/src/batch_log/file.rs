//! The two files of the log, and which place in them is next.

use std::fs::{File, OpenOptions};
use std::io::Result;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Their names. One is written while what the other has goes into the database.
pub(crate) const FILES: [&str; 2] = ["journey.sqlite-batches-0", "journey.sqlite-batches-1"];

/// Bytes of a file after which the other one is next.
const FILE_BYTES: u64 = 32 * 1024 * 1024;
/// Bytes by which a file grows. It grows by zeros, so that a batch never finds the disk full halfway
/// and its sync need not write down how long the file is.
const GROWTH_BYTES_MIN: u64 = 256 * 1024;
const GROWTH_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Bytes of batches after which the database's log is synced, to free a file: few, since a disk that
/// writes much at once makes every other sync wait.
const CARRY_BYTES: usize = 1024 * 1024;

/// The files.
#[derive(Debug, Clone)]
pub(crate) struct BatchFiles {
    files: Arc<[File; 2]>,
    salt: u64,
}

impl BatchFiles {
    /// Opens the files in a data directory, and makes them when they are not there.
    pub(crate) fn open(directory: &Path, salt: u64) -> Result<Self> {
        let open = |name: &str| {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).open(directory.join(name))
        };
        let files = [open(FILES[0])?, open(FILES[1])?];
        Ok(Self { files: Arc::new(files), salt })
    }

    /// Files that are open already.
    #[cfg(test)]
    pub(crate) fn of(files: [File; 2]) -> Self {
        Self { files: Arc::new(files), salt: 0 }
    }

    /// The salt of their records.
    pub(super) const fn salt(&self) -> u64 {
        self.salt
    }

    /// What a file has.
    pub(super) fn content(&self) -> Result<[Vec<u8>; 2]> {
        let read = |file: &File| {
            let length = usize::try_from(file.metadata()?.len()).map_err(std::io::Error::other)?;
            let mut bytes = vec![0; length];
            file.read_exact_at(&mut bytes, 0).map(|()| bytes)
        };
        Ok([read(&self.files[0])?, read(&self.files[1])?])
    }

    /// Makes durable what was written to a file.
    pub(crate) fn sync(&self, file: usize) -> Result<()> {
        self.files[file].sync_data()
    }

    /// Empties both, and makes that durable.
    pub(crate) fn clear(&self) -> Result<()> {
        for file in self.files.iter() {
            if file.metadata()?.len() > 0 {
                file.set_len(0)?;
                file.sync_all()?;
            }
        }
        Ok(())
    }

    fn grow(&self, file: usize, from: u64, to: u64) -> Result<()> {
        let zeros = vec![0; usize::try_from(to - from).map_err(std::io::Error::other)?];
        self.files[file].write_all_at(&zeros, from)
    }
}

/// Which place is next.
#[derive(Debug)]
pub(super) struct Places {
    files: BatchFiles,
    used: [Used; 2],
    current: usize,
    /// Bytes of batches that went into the database since its log was last synced for them.
    uncarried_bytes: usize,
}

#[derive(Debug, Default)]
struct Used {
    /// Bytes of its records.
    end: u64,
    /// Bytes it has room for.
    length: u64,
    /// The number of its last batch.
    last: u64,
}

impl Places {
    /// Of files that are empty.
    pub(super) fn new(files: BatchFiles) -> Self {
        Self { files, used: Default::default(), current: 0, uncarried_bytes: 0 }
    }

    pub(super) const fn salt(&self) -> u64 {
        self.files.salt()
    }

    /// Writes the record of a batch, when those up to `carried` are not needed any more; gives the
    /// file that it is in.
    ///
    /// # Errors
    /// When it could not be written. What was written of it does not count: the next record takes its
    /// place.
    pub(super) fn put(&mut self, record: &[u8], sequence: u64, carried: u64) -> Result<usize> {
        let other = 1 - self.current;
        if self.used[self.current].end >= FILE_BYTES && self.used[other].last <= carried {
            // A record of the other file must not be there without those before it.
            self.files.sync(self.current).map_err(std::io::Error::other)?;
            self.current = other;
            self.used[other].end = 0;
        }
        let used = &mut self.used[self.current];
        let end = used.end + record.len() as u64;
        if end > used.length {
            let growth = (used.length / 2).clamp(GROWTH_BYTES_MIN, GROWTH_BYTES_MAX);
            let length = end.max(used.length + growth);
            self.files.grow(self.current, used.length, length)?;
            used.length = length;
        }
        self.files.files[self.current].write_all_at(record, used.end)?;
        used.end = end;
        used.last = sequence;
        Ok(self.current)
    }

    /// Notes that batches of so many bytes went into the database; whether its log should be synced.
    pub(super) fn wants_carrying(&mut self, bytes: usize) -> bool {
        self.uncarried_bytes += bytes;
        let wants = self.uncarried_bytes >= CARRY_BYTES;
        if wants {
            self.uncarried_bytes = 0;
        }
        wants
    }

    /// Both files are empty.
    pub(super) fn clear(&mut self) {
        self.used = Default::default();
        self.uncarried_bytes = 0;
    }
}
