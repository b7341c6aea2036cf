//! The files on disk: where they are, opening them, writing new ones.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wayfare_engine::aggregates::columns::{Bits, Block, Totals};
use wayfare_model::fact::Dimension;
use wayfare_model::id::OrganisationId;
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::file::{self, FactFile, FactKey, Place, Problem, Source, Written};
use super::live::Keys;
use super::manifest::Entry;
use super::options::{FactOptions, FactStep};
use super::places::Places;

/// The directory below the data directory.
pub(crate) const DIRECTORY: &str = "facts";
/// What the names of files end with.
const EXTENSION: &str = "arrow";
/// What the names of files end with that are being written.
const UNFINISHED: &str = "unfinished";

/// Rows that are added up together: some hundredths of the rows that are worth being added up.
const STRETCH_ROWS: usize = 8_192;
/// The share of a block's facts that a query must want for adding them up to be worth it.
const WANTED_SHARE: usize = 8;

/// Bytes that are read at once.
const READ_BYTES: usize = 1 << 20;

/// A file that counts.
#[derive(Debug)]
pub(crate) struct ShelfFile {
    id: i64,
    path: PathBuf,
    entry: Entry,
    opened: Result<FactFile, Problem>,
    /// What was found wrong with its content since.
    damage: OnceLock<Problem>,
    /// Which rows are dead, and up to how many superseded facts that was looked up.
    resolved: Mutex<(usize, Arc<Dead>)>,
    /// By dimension, once it was asked, where its values are; nothing when that is not worth it.
    places: Mutex<BTreeMap<Dimension, Option<Arc<Places>>>>,
    /// By block, once it was asked, what its facts add up to.
    totals: Box<[OnceLock<Totals>]>,
}

/// By block: one bit per fact that is dead; empty when none is.
pub(crate) type Dead = Vec<Vec<u8>>;

impl ShelfFile {
    /// Opens a file of the manifest. One that cannot be read counts all the same: whoever needs it
    /// is told.
    pub(crate) fn open(directory: &Path, id: i64, entry: Entry) -> Self {
        let path = directory.join(DIRECTORY).join(&entry.name);
        let opened = open(&path, &entry.written);
        if let Err(problem) = &opened {
            tracing::error!(path = %path.display(), %problem, "a fact file cannot be read");
        }
        let blocks = opened.as_ref().map_or(0, FactFile::blocks);
        Self {
            id,
            path,
            entry,
            opened,
            damage: OnceLock::new(),
            resolved: Mutex::default(),
            places: Mutex::default(),
            totals: (0..blocks).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Its id in the manifest.
    pub(crate) const fn id(&self) -> i64 {
        self.id
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What the manifest says of it.
    pub(crate) const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Its facts.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when it cannot be read.
    pub(crate) fn facts(&self) -> Result<&FactFile> {
        match (&self.opened, self.damage.get()) {
            (Ok(facts), None) => Ok(facts),
            (Err(problem), _) | (_, Some(problem)) => Err(self.damaged(problem)),
        }
    }

    /// Why it cannot be read, as far as that is known.
    pub(crate) fn problem(&self) -> Option<&Problem> {
        self.opened.as_ref().err().or_else(|| self.damage.get())
    }

    /// Compares its content with the checksum of what was written. A file that is damaged cannot be
    /// read from then on. Whoever writes its facts to another file looks before: the other one would
    /// have a checksum of its own, and nobody would ever know.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when it is damaged.
    pub(crate) fn check_content(&self) -> Result<()> {
        self.facts()?;
        let expected = self.entry.written.checksum;
        let problem = match checksum(&self.path) {
            Ok(found) if found == expected => return Ok(()),
            Ok(found) => {
                Problem::from(format!("its checksum is {found:08x} instead of {expected:08x}"))
            }
            Err(error) => Problem::from(error),
        };
        let problem = self.damage.get_or_init(|| problem);
        tracing::error!(path = %self.path.display(), %problem, "a fact file is damaged");
        Err(self.damaged(problem))
    }

    /// A block of its facts, the dead ones marked.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when it cannot be read.
    pub(crate) fn block<'f>(&'f self, index: usize, dead: &'f Dead) -> Result<Block<'f>> {
        let facts = self.facts()?;
        let block = facts.block(index).map_err(|problem| self.damaged(problem))?;
        let dead = dead.get(index).and_then(|dead| Bits::new(dead, 0, block.rows()));
        match dead {
            Some(dead) => block.with_dead(dead).map_err(|problem| self.damaged(problem)),
            None => Ok(block),
        }
    }

    /// The error of a file that cannot be read.
    pub(crate) fn damaged(&self, problem: impl std::fmt::Display) -> Error {
        Error::Corrupt { context: format!("fact file {}: {problem}", self.path.display()) }
    }

    /// Where the values of a dimension are, if that is worked out and worth it.
    pub(crate) fn known_places(&self, dimension: Dimension) -> Option<Arc<Places>> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(&dimension).cloned().flatten()
    }

    /// Where the values of a dimension are, if that is worth it. It is worked out when somebody asks
    /// first, since that reads all codes.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when it cannot be read.
    pub(crate) fn places(&self, dimension: Dimension) -> Result<Option<Arc<Places>>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = places.get(&dimension) {
            return Ok(known.clone());
        }
        let found = Places::of(self.facts()?, dimension).map_err(|error| self.damaged(error))?;
        let found = found.map(Arc::new);
        places.insert(dimension, found.clone());
        Ok(found)
    }

    /// A block of its facts with what they add up to, if that is known, or worth being worked out now
    /// for somebody who wants so many rows. That reads their metrics and values once; what it takes in
    /// memory is some thousandth of the file.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when it cannot be read.
    pub(crate) fn with_totals<'f>(
        &'f self,
        index: usize,
        block: Block<'f>,
        wanted_rows: usize,
    ) -> Result<Block<'f>> {
        let Some(totals) = self.totals.get(index) else { return Ok(block) };
        let is_worth_it = wanted_rows >= STRETCH_ROWS.max(block.rows() / WANTED_SHARE);
        let known = match totals.get() {
            None if is_worth_it => totals.get_or_init(|| Totals::new(&block, STRETCH_ROWS)),
            None => return Ok(block),
            Some(known) => known,
        };
        block.with_totals(known).map_err(|problem| self.damaged(problem))
    }

    /// The rows of superseded facts. They are looked up when somebody needs them, since that reads
    /// all ids.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when it cannot be read.
    pub(crate) fn dead(&self, superseded: &[FactKey]) -> Result<Arc<Dead>> {
        if superseded.is_empty() {
            return Ok(Arc::default());
        }
        let facts = self.facts()?;
        let mut resolved = self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, dead) = &mut *resolved;
        let Some(unknown) = superseded.get(*known..) else {
            // Somebody whose snapshot is younger was here before.
            return Ok(Arc::new(look_up(facts, superseded, Dead::new())));
        };
        if !unknown.is_empty() {
            *dead = Arc::new(look_up(facts, unknown, Dead::clone(dead)));
            *known = superseded.len();
        }
        Ok(Arc::clone(dead))
    }
}

fn look_up(facts: &FactFile, superseded: &[FactKey], mut dead: Dead) -> Dead {
    let wanted: Keys = superseded.iter().copied().collect();
    dead.resize(facts.blocks(), Vec::new());
    for (block, dead) in dead.iter_mut().enumerate() {
        for (row, id) in facts.ids(block).iter().enumerate() {
            if wanted.contains(id) {
                dead.resize(facts.block_rows(block).div_ceil(8), 0);
                if let Some(byte) = dead.get_mut(row / 8) {
                    *byte |= 1 << (row % 8);
                }
            }
        }
    }
    dead
}

fn open(path: &Path, written: &Written) -> Result<FactFile, Problem> {
    let bytes = fs::metadata(path)?.len();
    if bytes != written.bytes {
        return Err(format!("it has {bytes} bytes instead of {}", written.bytes).into());
    }
    let facts = FactFile::open(path)?;
    if facts.rows() != written.rows {
        let rows = facts.rows();
        return Err(format!("it has {rows} rows instead of {}", written.rows).into());
    }
    Ok(facts)
}

/// The checksum of a file.
fn checksum(path: &Path) -> io::Result<u32> {
    let mut file = File::open(path)?;
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize()),
            read => hasher.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

/// A file that is on the disk under its name, but does not count yet.
#[derive(Debug)]
pub(crate) struct Shelved {
    pub(crate) name: String,
    pub(crate) written: Written,
}

/// Writes facts to a file: when this comes back, bytes and name survive power loss. Nothing is
/// written when there are no facts.
///
/// Blocks.
///
/// # Errors
/// [`Error::Unavailable`] when the disk refuses.
pub(crate) fn shelve(
    directory: &Path,
    organisation: OrganisationId,
    number: u64,
    sources: &[Source<'_>],
    order: &[Place],
    options: &FactOptions,
) -> Result<Option<Shelved>> {
    let folder = directory.join(DIRECTORY).join(organisation.to_string());
    let name = format!("{organisation}/{number:08}.{EXTENSION}");
    let path = directory.join(DIRECTORY).join(&name);
    let unfinished = path.with_extension(UNFINISHED);
    let shelve = || -> io::Result<Option<Shelved>> {
        if !folder.is_dir() {
            fs::create_dir_all(&folder)?;
            sync_directory(&directory.join(DIRECTORY))?;
            sync_directory(directory)?;
        }
        options.step(FactStep::BeforeWrite);
        let mut file = File::create(&unfinished)?;
        let Some(written) = file::write(&mut file, sources, order)? else {
            fs::remove_file(&unfinished)?;
            return Ok(None);
        };
        options.step(FactStep::AfterWrite);
        file.sync_all()?;
        options.step(FactStep::AfterSync);
        fs::rename(&unfinished, &path)?;
        sync_directory(&folder)?;
        options.step(FactStep::AfterRename);
        Ok(Some(Shelved { name: name.clone(), written }))
    };
    shelve().map_err(|error| {
        remove(&unfinished);
        Error::Unavailable {
            context: format!("writing the fact file {}", path.display()),
            source: Box::new(error),
        }
    })
}

/// Where a file of this name is.
pub(crate) fn path_of(directory: &Path, name: &str) -> PathBuf {
    directory.join(DIRECTORY).join(name)
}

/// Removes a file that does not count. Whoever has it open keeps it; if it stays, the next opening
/// of the directory removes it.
pub(crate) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "a file that is not needed stays");
    }
}

/// Removes the files that the manifest does not name. Gives the highest number that a file has.
///
/// # Errors
/// When the directory cannot be read or a file not be removed.
pub(crate) fn remove_orphans(directory: &Path, named: &[String]) -> io::Result<u64> {
    let mut highest = named.iter().filter_map(|name| number_of(Path::new(name))).max();
    let root = directory.join(DIRECTORY);
    if !root.is_dir() {
        return Ok(highest.unwrap_or_default());
    }
    for folder in fs::read_dir(&root)? {
        let folder = folder?;
        if !folder.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder.path())? {
            let path = file?.path();
            // What else lies there is somebody's: verifying names it.
            let is_ours = number_of(&path).is_some()
                && [EXTENSION, UNFINISHED]
                    .iter()
                    .any(|it| path.extension().is_some_and(|e| e == *it));
            let name = path.strip_prefix(&root).ok().and_then(Path::to_str);
            let is_named = name.is_some_and(|name| named.iter().any(|known| known == name));
            if is_ours && !is_named {
                tracing::info!(path = %path.display(), "removing a file that was never finished");
                fs::remove_file(&path)?;
            }
            highest = highest.max(number_of(&path));
        }
    }
    Ok(highest.unwrap_or_default())
}

fn number_of(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.parse().ok()
}

/// Makes the names in a directory survive power loss.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Elsewhere a directory cannot be opened to be synced.
#[cfg(not(unix))]
fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}
