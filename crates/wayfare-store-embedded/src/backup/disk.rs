//! Files: copying and checking them so that they survive power loss.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};

use super::{BackupError, BackupProgress, Result, Tell};

/// Bytes that are copied or checked at a time.
const AT_ONCE: usize = 1 << 20;

/// The error of the file system at a path.
pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Io { path, source }
}

/// Counts bytes and tells about them.
pub(super) struct Meter<'t> {
    pub(super) progress: BackupProgress,
    tell: Tell<'t>,
}

impl<'t> Meter<'t> {
    pub(super) fn new(bytes_total: u64, tell: Tell<'t>) -> Self {
        Self { progress: BackupProgress { bytes_done: 0, bytes_total }, tell }
    }

    /// Some bytes are done.
    pub(super) fn add(&mut self, bytes: u64) -> Result<()> {
        self.progress.bytes_done += bytes;
        if (self.tell)(self.progress) { Ok(()) } else { Err(BackupError::Stopped) }
    }
}

/// Writes what can be read to a new file and syncs it; gives bytes and CRC-32.
pub(super) fn copy(source: &mut File, to: &Path, meter: &mut Meter<'_>) -> Result<(u64, u32)> {
    let mut file = File::create(to).map_err(io(to))?;
    let counted = pass(source, to, meter, |bytes| file.write_all(bytes))?;
    file.sync_all().map_err(io(to))?;
    Ok(counted)
}

/// Bytes and CRC-32 of a file.
pub(super) fn sum(path: &Path, meter: &mut Meter<'_>) -> Result<(u64, u32)> {
    let mut file = File::open(path).map_err(io(path))?;
    pass(&mut file, path, meter, |_| Ok(()))
}

fn pass(
    source: &mut File,
    path: &Path,
    meter: &mut Meter<'_>,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(u64, u32)> {
    let mut checksum = crc32fast::Hasher::new();
    let mut buffer = vec![0; AT_ONCE];
    let mut bytes = 0;
    loop {
        let read = source.read(&mut buffer).map_err(io(path))?;
        let some = buffer.get(..read).unwrap_or_default();
        if some.is_empty() {
            return Ok((bytes, checksum.finalize()));
        }
        checksum.update(some);
        each(some).map_err(io(path))?;
        bytes += read as u64;
        meter.add(read as u64)?;
    }
}

/// Puts a text under a name in one step.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = File::create(&unfinished).map_err(io(&unfinished))?;
    file.write_all(content).map_err(io(&unfinished))?;
    file.sync_all().map_err(io(&unfinished))?;
    fs::rename(&unfinished, path).map_err(io(path))?;
    path.parent().map_or(Ok(()), sync_directory)
}

/// Makes the names in a directory survive power loss.
#[cfg(unix)]
pub(super) fn sync_directory(directory: &Path) -> Result<()> {
    File::open(directory).and_then(|opened| opened.sync_all()).map_err(io(directory))
}

/// Elsewhere a directory cannot be opened to be synced.
#[cfg(not(unix))]
pub(super) fn sync_directory(_directory: &Path) -> Result<()> {
    Ok(())
}

/// Makes a directory and those above it, and makes their names survive power loss.
pub(super) fn make_directory(directory: &Path) -> Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    if let Some(parent) = directory.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_directory(parent)?;
        fs::create_dir(directory).map_err(io(directory))?;
        return sync_directory(parent);
    }
    fs::create_dir(directory).map_err(io(directory))
}

/// Whether a path leads below the directory that it begins at.
pub(super) fn stays_below(path: &Path) -> bool {
    let is_name = |part: Component<'_>| matches!(part, Component::Normal(_));
    !path.as_os_str().is_empty() && path.components().all(is_name)
}

/// All files below a directory.
pub(super) fn files_below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).map_err(io(&directory))? {
            let entry = entry.map_err(io(&directory))?;
            let path = entry.path();
            match entry.file_type().map_err(io(&path))?.is_dir() {
                true => directories.push(path),
                false => files.push(path),
            }
        }
    }
    Ok(files)
}
