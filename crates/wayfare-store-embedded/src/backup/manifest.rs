//! `backup.json`: what is in a backup. There is one only when everything it names is on the disk.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use wayfare_model::time::Moment;

use super::{BackupError, Result, disk};

/// The file.
const NAME: &str = "backup.json";
/// The version of its form.
const FORMAT: i64 = 1;

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupManifest {
    /// The version of the form of backups.
    format: i64,
    /// The version of the database in it.
    pub(crate) schema_version: i64,
    /// When it began, in milliseconds since 1970: what was answered before that is in it.
    as_of_ms: i64,
    /// The same for people.
    as_of: String,
    /// The database.
    pub database: BackupFile,
    /// The fact files.
    pub facts: Vec<BackupFile>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupFile {
    /// Where it is in the backup.
    pub file: String,
    /// Where it belongs in a data directory.
    pub place: String,
    /// Its bytes.
    pub bytes: u64,
    /// The CRC-32 of them.
    pub checksum: u32,
}

impl BackupManifest {
    pub(super) fn new(
        schema_version: i64,
        as_of: Moment,
        database: BackupFile,
        facts: Vec<BackupFile>,
    ) -> Self {
        let (as_of_ms, as_of) = (as_of.as_ms(), as_of.to_string());
        Self { format: FORMAT, schema_version, as_of_ms, as_of, database, facts }
    }

    /// When the backup began: what was answered before that is in it.
    #[must_use]
    pub const fn as_of(&self) -> Moment {
        Moment::from_ms(self.as_of_ms)
    }

    /// The version of the database in it.
    #[must_use]
    pub const fn schema_version(&self) -> i64 {
        self.schema_version
    }

    /// All its files.
    pub fn files(&self) -> impl Iterator<Item = &BackupFile> {
        std::iter::once(&self.database).chain(&self.facts)
    }

    /// The bytes of all its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files().map(|file| file.bytes).sum()
    }

    /// The manifest of the backup in a directory, if one was finished there.
    pub(super) fn find(directory: &Path) -> Result<Option<Self>> {
        let path = directory.join(NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(BackupError::Io { path, source }),
        };
        let damaged = |problem: String| BackupError::Damaged { path: path.clone(), problem };
        // The form of a newer version may have other fields: its number is read first.
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        let found = value.get("format").and_then(serde_json::Value::as_i64);
        let found = found.ok_or_else(|| damaged("it has no format".to_owned()))?;
        if found > FORMAT {
            let directory = directory.to_owned();
            return Err(BackupError::Newer { directory, found, known: FORMAT });
        }
        let manifest: Self =
            serde_json::from_value(value).map_err(|error| damaged(error.to_string()))?;
        for file in manifest.files() {
            let names = [&file.file, &file.place];
            if names.iter().any(|name| !disk::stays_below(Path::new(name))) {
                return Err(damaged(format!("it names a file elsewhere: {}", file.file)));
            }
        }
        Ok(Some(manifest))
    }

    /// Makes this the backup of a directory, in one step. Everything it names must be on the disk.
    pub(super) fn put(&self, directory: &Path) -> Result<()> {
        let path = directory.join(NAME);
        let text = serde_json::to_string_pretty(self).map_err(|error| BackupError::Damaged {
            path: path.clone(),
            problem: error.to_string(),
        })?;
        disk::replace(&path, text.as_bytes())
    }
}
