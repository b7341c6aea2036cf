//! The event files.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use super::answer::text;
use super::bodies::{IMPORTS, page_view, visitor};
use super::client::{Request, TestClient};

/// A file of the repository's test data.
pub(crate) fn test_file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../testdata", name].iter().collect()
}

/// A file of data that may not be shipped, if somebody has put it there: into the folder that
/// `WAYFARE_SHARED_DATA` names, or beside the checkout. Says on the standard output when it is not.
pub(crate) fn shared_file(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("WAYFARE_SHARED_DATA").map_or_else(
        || [env!("CARGO_MANIFEST_DIR"), "../../../shared/data"].iter().collect(),
        PathBuf::from,
    );
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("not run: {name} is not in {} (WAYFARE_SHARED_DATA)", folder.display());
    None
}

/// A JSON file of the repository's test data.
pub(crate) fn testdata(name: &str) -> serde_json::Value {
    let file = File::open(test_file(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_reader(BufReader::new(file)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The lines of a text file, unpacked if its name ends in `.gz`.
pub(crate) fn lines_of(path: &Path) -> Vec<String> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reader: Box<dyn Read> = match path.extension() {
        Some(extension) if extension == "gz" => Box::new(GzDecoder::new(file)),
        _ => Box::new(file),
    };
    BufReader::new(reader).lines().map(|line| line.expect("text")).collect()
}

/// What became of the lines of an import.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Imported {
    /// Lines applied now.
    pub(crate) applied: u64,
    /// Lines that had been applied before.
    pub(crate) duplicates: u64,
    /// Lines that were not applied, as `number reason`; the number is that within all lines.
    pub(crate) rejected: Vec<String>,
}

impl TestClient<'_> {
    /// Imports lines, so many at a time.
    pub(crate) fn import(&self, lines: &[String], at_a_time: usize) -> Imported {
        let mut all = Imported::default();
        for (place, batch) in lines.chunks(at_a_time).enumerate() {
            let answer = self.send(import_request(batch)).with(200);
            all.applied += answer["applied"].as_u64().expect("applied");
            all.duplicates += answer["duplicates"].as_u64().expect("duplicates");
            for rejected in answer["rejected"].as_array().expect("rejected") {
                let number = rejected["line"].as_u64().expect("a line") as usize;
                let number = place * at_a_time + number;
                all.rejected.push(format!("{number} {}", text(&rejected["reason"])));
            }
        }
        all
    }
}

/// As many sessions of a visitor each, a day ago: so many facts are soon put into a file.
pub(crate) fn sessions_of_yesterday(number: u32) -> Vec<String> {
    let yesterday = super::wall_clock().plus_ms(-86_400_000);
    let line = |at: u32| {
        let created = yesterday.plus_ms(i64::from(at)).to_string();
        page_view(&visitor(1_000_000 + at), "https://shop.example/", &created).to_string()
    };
    (0..number).map(line).collect()
}

/// The fact files in a data directory or a backup.
pub(crate) fn fact_files(directory: &Path) -> Vec<PathBuf> {
    let read = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.expect("an entry").path()).collect::<Vec<_>>()
    };
    let mut files: Vec<_> =
        read(&directory.join("facts")).iter().flat_map(|folder| read(folder)).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "arrow"));
    files.sort();
    files
}

/// A request that imports lines.
pub(crate) fn import_request(lines: &[String]) -> Request {
    Request::new("POST", IMPORTS)
        .header("content-type", "application/x-ndjson")
        .body(lines.join("\n"))
}
