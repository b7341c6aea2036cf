//! Lines that were not applied: counted, the first one remembered, all kept in a file.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::api::RejectedLine;

/// What the name of a source is followed by.
const SUFFIX: &str = ".rejects.ndjson";
/// The name for lines of a source without one.
const NAME_DEFAULT: &str = "import";

/// The rejected lines of one source.
pub(crate) struct Rejects {
    /// Beside the source, or where the command was started.
    candidates: Vec<PathBuf>,
    file: Option<(PathBuf, BufWriter<File>)>,
    count: u64,
    first: Option<RejectedLine>,
}

impl Rejects {
    /// The rejected lines of a source: of a file, or of none. Nothing is written until there is one.
    pub(crate) fn of(source: Option<&Path>) -> Self {
        let mut name =
            source.and_then(Path::file_name).unwrap_or_else(|| NAME_DEFAULT.as_ref()).to_owned();
        name.push(SUFFIX);
        let here = PathBuf::from(name);
        let beside = source.and_then(Path::parent).map(|parent| parent.join(&here));
        let candidates = beside.into_iter().chain([here]).collect();
        Self { candidates, file: None, count: 0, first: None }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The first one, by its number in the source.
    pub(crate) fn first(&self) -> Option<&RejectedLine> {
        self.first.as_ref()
    }

    /// Where they are kept.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(|(path, _)| path.as_path())
    }

    /// Keeps a line as it is.
    ///
    /// # Errors
    /// When no file can be written.
    pub(crate) fn keep(&mut self, number: u64, reason: String, line: &[u8]) -> anyhow::Result<()> {
        self.keep_with(number, reason, |file| {
            file.write_all(line)?;
            file.write_all(b"\n")
        })
    }

    /// Keeps a line that somebody else writes.
    ///
    /// # Errors
    /// When no file can be written.
    pub(crate) fn keep_with(
        &mut self,
        number: u64,
        reason: String,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let (path, file) = match &mut self.file {
            Some(open) => open,
            closed => closed.insert(create(&self.candidates)?),
        };
        write(file).with_context(|| format!("cannot write {}", path.display()))?;
        self.count += 1;
        self.first.get_or_insert(RejectedLine { line: number, reason });
        Ok(())
    }

    /// Writes what is not written yet.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(&mut self) -> anyhow::Result<()> {
        let Some((path, file)) = &mut self.file else { return Ok(()) };
        file.flush().with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Makes the first of some files that can be made.
fn create(candidates: &[PathBuf]) -> anyhow::Result<(PathBuf, BufWriter<File>)> {
    let mut failed = None;
    for path in candidates {
        match File::create(path) {
            Ok(file) => return Ok((path.clone(), BufWriter::new(file))),
            Err(error) => failed = Some((path, error)),
        }
    }
    let (path, error) = failed.context("there is no place to keep rejected lines")?;
    Err(error).with_context(|| format!("cannot keep rejected lines in {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_beside_the_source_as_they_are() {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("events.ndjson.gz");
        let mut rejects = Rejects::of(Some(&source));
        assert_eq!(rejects.path(), None);
        rejects.keep(3, "why".to_owned(), b" {not json ").unwrap();
        rejects.keep(7, "why not".to_owned(), &[0xff, 0xfe]).unwrap();
        rejects.finish().unwrap();

        let expected = directory.path().join("events.ndjson.gz.rejects.ndjson");
        assert_eq!(rejects.path(), Some(expected.as_path()));
        assert_eq!(std::fs::read(expected).unwrap(), b" {not json \n\xff\xfe\n");
        assert_eq!(rejects.count(), 2);
        let first = RejectedLine { line: 3, reason: "why".to_owned() };
        assert_eq!(rejects.first(), Some(&first));
    }

    #[test]
    fn the_directory_of_the_command_is_the_second_choice() {
        let rejects = Rejects::of(Some(Path::new("/there/events.ndjson")));
        let expected = [
            PathBuf::from("/there/events.ndjson.rejects.ndjson"),
            "events.ndjson.rejects.ndjson".into(),
        ];
        assert_eq!(rejects.candidates, expected);
        assert_eq!(Rejects::of(None).candidates, [PathBuf::from("import.rejects.ndjson")]);
    }

    #[test]
    fn a_file_that_cannot_be_made_is_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        let absent = directory.path().join("absent").join("a");
        let present = directory.path().join("b");
        let (path, _) = create(&[absent.clone(), present.clone()]).unwrap();
        assert_eq!(path, present);
        assert!(create(&[absent]).unwrap_err().to_string().contains("cannot keep rejected lines"));
    }
}
