//! What is imported: files, the standard input or bytes of this program, plain or gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use flate2::read::MultiGzDecoder;

use crate::progress::Progress;

/// The name that stands for the standard input.
const STANDARD_INPUT: &str = "-";
/// The first bytes of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Bytes read at once.
const BUFFER_BYTES: usize = 128 * 1024;

/// What is imported.
pub(crate) enum Source {
    /// A file.
    File(PathBuf),
    /// The standard input.
    StandardInput,
    /// Bytes of this program, under a name.
    Bytes(&'static str, &'static [u8]),
}

impl Source {
    /// What a name on the command line stands for.
    ///
    /// # Errors
    /// When there is no file with this name that can be read.
    pub(crate) fn named(name: &Path) -> anyhow::Result<Self> {
        if name.as_os_str() == STANDARD_INPUT {
            return Ok(Self::StandardInput);
        }
        let cannot = || format!("cannot read {}", name.display());
        let opened = File::open(name).with_context(cannot)?;
        let is_directory = opened.metadata().with_context(cannot)?.is_dir();
        ensure!(!is_directory, "cannot read {}: it is a directory; name its files", name.display());
        Ok(Self::File(name.to_owned()))
    }

    /// What it is called.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::StandardInput => "standard input".to_owned(),
            Self::Bytes(name, _) => (*name).to_owned(),
        }
    }

    /// Its bytes as they are stored, when that can be known beforehand.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::File(path) => {
                let metadata = path.metadata().ok()?;
                metadata.is_file().then_some(metadata.len())
            }
            Self::StandardInput => None,
            Self::Bytes(_, bytes) => Some(bytes.len() as u64),
        }
    }

    /// Its text. What is read of it as it is stored counts as progress.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn open(&self, progress: &Progress) -> io::Result<Box<dyn BufRead + Send>> {
        let stored: Box<dyn Read + Send> = match self {
            Self::File(path) => Box::new(File::open(path)?),
            Self::StandardInput => Box::new(io::stdin()),
            Self::Bytes(_, bytes) => Box::new(Cursor::new(*bytes)),
        };
        text(progress.of(stored))
    }
}

/// The text in some bytes: unpacked when they begin like gzip, of one or several members.
fn text(mut stored: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let mut start = Vec::with_capacity(GZIP.len());
    stored.by_ref().take(GZIP.len() as u64).read_to_end(&mut start)?;
    let is_gzip = start == GZIP;
    let whole = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(start).chain(stored));
    if is_gzip {
        Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(whole))))
    } else {
        Ok(Box::new(whole))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn read(stored: Vec<u8>) -> io::Result<String> {
        let mut found = String::new();
        text(Cursor::new(stored))?.read_to_string(&mut found)?;
        Ok(found)
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for plain in ["", "a", "ab", "a\nb\n"] {
            assert_eq!(read(plain.into()).unwrap(), plain);
        }
    }

    #[test]
    fn gzip_is_unpacked_with_all_its_members() {
        assert_eq!(read(packed("a\nb\n")).unwrap(), "a\nb\n");
        let members = [packed("a\n"), packed(""), packed("b\n")].concat();
        assert_eq!(read(members).unwrap(), "a\nb\n");
    }

    #[test]
    fn gzip_that_ends_too_early_is_an_error() {
        let whole = packed(&"some line\n".repeat(1_000));
        assert!(read(whole[..whole.len() / 2].to_vec()).is_err());
    }

    #[test]
    fn a_name_must_be_one_of_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let refused = |path: &Path| format!("{:#}", Source::named(path).err().unwrap());
        assert!(refused(directory.path()).contains("is a directory"));
        assert!(refused(&directory.path().join("absent")).contains("cannot read"));
        let file = directory.path().join("events.ndjson");
        std::fs::write(&file, "ab").unwrap();
        assert_eq!(Source::named(&file).unwrap().size(), Some(2));
        assert!(matches!(Source::named(Path::new("-")).unwrap(), Source::StandardInput));
    }
}
