//! Lines of a text in batches that one request may carry, never the whole text in memory.

use std::io::{self, BufRead, Write};

use wayfare_model::limits::{IMPORT_BODY_BYTES_MAX, IMPORT_LINE_BYTES_MAX};

/// Lines of a batch: enough that a durable transaction is paid for by many events, few enough that
/// somebody who waits sees it move. At most
/// [`IMPORT_LINES_MAX`](wayfare_model::limits::IMPORT_LINES_MAX).
const BATCH_LINES: usize = 2_500;

/// How much a batch may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Lines.
    pub(crate) lines: usize,
    /// Bytes, line breaks included.
    pub(crate) bytes: usize,
    /// Bytes of one line.
    pub(crate) line_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { lines: BATCH_LINES, bytes: IMPORT_BODY_BYTES_MAX, line_bytes: IMPORT_LINE_BYTES_MAX }
    }
}

/// Some lines that follow each other.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The number of the first one in the text, from 1.
    pub(crate) first_line: u64,
    /// All of them, each with a line break.
    pub(crate) body: Vec<u8>,
    /// Where each ends in the body, without its line break.
    ends: Vec<usize>,
}

impl Batch {
    /// How many lines there are.
    pub(crate) fn len(&self) -> u64 {
        self.ends.len() as u64
    }

    /// A line by its number within the batch, from 1; nothing when there is none.
    pub(crate) fn line(&self, number: u64) -> &[u8] {
        let place = usize::try_from(number).unwrap_or(0);
        let before = place.checked_sub(2).and_then(|before| self.ends.get(before));
        let start = before.map_or(0, |end| end + 1);
        let end = place.checked_sub(1).and_then(|place| self.ends.get(place));
        end.and_then(|end| self.body.get(start..*end)).unwrap_or_default()
    }

    fn add(&mut self, line: &[u8]) {
        self.body.extend_from_slice(line);
        self.ends.push(self.body.len());
        self.body.push(b'\n');
    }
}

/// What comes next of a text.
#[derive(Debug)]
pub(crate) enum Step {
    /// Some lines.
    Batch(Batch),
    /// A line that is longer than any event, by its number; [`Batches::copy_long_line`] comes next.
    LongLine(u64),
    /// Nothing more.
    End,
}

/// A line that was read.
enum Line {
    /// It is in the buffer.
    Whole,
    /// Its start is in the buffer; whether the buffer holds its end too.
    Long { is_whole: bool },
    /// There is none.
    End,
}

/// The batches of a text.
pub(crate) struct Batches<R> {
    text: R,
    limits: Limits,
    next_line: u64,
    buffer: Vec<u8>,
    /// What was read, but did not fit into the batch before.
    held: Option<io::Result<Line>>,
}

impl<R: BufRead> Batches<R> {
    /// The batches of a text.
    pub(crate) fn new(text: R, limits: Limits) -> Self {
        Self { text, limits, next_line: 1, buffer: Vec::new(), held: None }
    }

    /// Reads what comes next.
    ///
    /// # Errors
    /// When the text cannot be read on; all lines before that place were given already.
    pub(crate) fn step(&mut self) -> io::Result<Step> {
        let mut batch = Batch { first_line: self.next_line, ..Batch::default() };
        while batch.ends.len() < self.limits.lines {
            let line = self.held.take().unwrap_or_else(|| self.read_line());
            let fits = match &line {
                Ok(Line::Whole) => batch.body.len() + self.buffer.len() < self.limits.bytes,
                Ok(Line::Long { .. } | Line::End) | Err(_) => false,
            };
            if fits || (batch.ends.is_empty() && matches!(line, Ok(Line::Whole))) {
                batch.add(&self.buffer);
                continue;
            }
            if !batch.ends.is_empty() {
                self.held = Some(line);
                break;
            }
            return match line? {
                Line::Long { is_whole } => {
                    self.held = Some(Ok(Line::Long { is_whole }));
                    Ok(Step::LongLine(self.next_line))
                }
                Line::Whole | Line::End => Ok(Step::End),
            };
        }
        self.next_line += batch.len();
        Ok(Step::Batch(batch))
    }

    /// Writes the whole line that [`Step::LongLine`] told of, without holding it in memory.
    ///
    /// # Errors
    /// When the text cannot be read on, or the line not be written.
    pub(crate) fn copy_long_line(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some(Ok(Line::Long { is_whole })) = self.held.take() else { return Ok(()) };
        self.next_line += 1;
        out.write_all(&self.buffer)?;
        let mut is_whole = is_whole;
        while !is_whole {
            let available = self.text.fill_buf()?;
            if available.is_empty() {
                break;
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            is_whole = end.is_some();
            let length = end.unwrap_or(available.len());
            out.write_all(available.get(..length).unwrap_or_default())?;
            self.text.consume(length + usize::from(is_whole));
        }
        out.write_all(b"\n")
    }

    /// Reads a line into the buffer, and stops when it is too long.
    fn read_line(&mut self) -> io::Result<Line> {
        self.buffer.clear();
        loop {
            let available = self.text.fill_buf()?;
            if available.is_empty() {
                let is_end = self.buffer.is_empty();
                return Ok(if is_end { Line::End } else { Line::Whole });
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let length = end.unwrap_or(available.len());
            self.buffer.extend_from_slice(available.get(..length).unwrap_or_default());
            self.text.consume(length + usize::from(end.is_some()));
            if self.buffer.len() > self.limits.line_bytes {
                return Ok(Line::Long { is_whole: end.is_some() });
            }
            if end.is_some() {
                return Ok(Line::Whole);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;

    const WIDE: Limits = Limits { lines: 100, bytes: 1_000, line_bytes: 100 };

    /// What the batches of a text are, a line each: its first number and its body.
    fn batches(text: impl Read, limits: Limits) -> Vec<(u64, String)> {
        // A small buffer, so that lines are put together from several reads.
        let mut batches = Batches::new(BufReader::with_capacity(3, text), limits);
        let mut found = Vec::new();
        loop {
            match batches.step() {
                Ok(Step::Batch(batch)) => {
                    found.push((batch.first_line, String::from_utf8(batch.body).unwrap()));
                }
                Ok(Step::LongLine(number)) => {
                    let mut line = Vec::new();
                    batches.copy_long_line(&mut line).unwrap();
                    found.push((number, format!("long: {}", String::from_utf8(line).unwrap())));
                }
                Ok(Step::End) => return found,
                Err(error) => {
                    found.push((0, error.to_string()));
                    return found;
                }
            }
        }
    }

    fn expect(text: &str, limits: Limits, expected: &[(u64, &str)]) {
        let found = batches(text.as_bytes(), limits);
        let found: Vec<(u64, &str)> =
            found.iter().map(|(number, body)| (*number, body.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn a_batch_ends_at_its_lines() {
        let limits = Limits { lines: 2, ..WIDE };
        expect("", limits, &[]);
        expect("a\nb", limits, &[(1, "a\nb\n")]);
        expect("a\nb\n", limits, &[(1, "a\nb\n")]);
        expect("a\nb\nc\n\nd\n", limits, &[(1, "a\nb\n"), (3, "c\n\n"), (5, "d\n")]);
    }

    #[test]
    fn a_batch_ends_at_its_bytes() {
        let limits = Limits { bytes: 6, ..WIDE };
        expect("aa\nbb\ncc\n", limits, &[(1, "aa\nbb\n"), (3, "cc\n")]);
        expect("aa\nbbb\ncc\n", limits, &[(1, "aa\n"), (2, "bbb\n"), (3, "cc\n")]);
    }

    #[test]
    fn a_line_that_is_too_long_stands_alone() {
        let limits = Limits { line_bytes: 3, ..WIDE };
        expect(
            "aaa\nbbbbbbbb\ncc\n",
            limits,
            &[(1, "aaa\n"), (2, "long: bbbbbbbb\n"), (3, "cc\n")],
        );
        expect("bbbb\nbbbbb", limits, &[(1, "long: bbbb\n"), (2, "long: bbbbb\n")]);
    }

    #[test]
    fn what_comes_before_a_fault_is_given_first() {
        struct Fault;
        impl Read for Fault {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("damaged"))
            }
        }
        let found = batches("a\nb".as_bytes().chain(Fault), WIDE);
        assert_eq!(found, [(1, "a\n".to_owned()), (0, "damaged".to_owned())]);
    }

    #[test]
    fn a_line_is_found_by_its_number() {
        let mut batches = Batches::new("a\n\nccc\n".as_bytes(), WIDE);
        let Step::Batch(batch) = batches.step().unwrap() else { panic!("no batch") };
        assert_eq!(batch.len(), 3);
        let lines: Vec<&[u8]> = (0..5).map(|number| batch.line(number)).collect();
        assert_eq!(lines, [b"".as_slice(), b"a", b"", b"ccc", b""]);
    }
}
