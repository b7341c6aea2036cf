//! Writing the answer as the contract has it.

use std::ops::Range;

use wayfare_model::cells::{Cells, Figures, Summary, Texts};
use wayfare_model::query::Plan;
use wayfare_model::wire::JourneyAggregationQuery;

use super::fold::measures;
use super::interval::{Written, offset_of};
use super::measure::{MetricKind, metric_kind};
use super::written::{Digits, Page, Stamp};

/// The room that writing what stands between numbers and stamps needs in a cell, for each measure and
/// for each dimension of its group.
const BETWEEN_BYTES: usize = 64;
/// Numbers of a measure.
const NUMBERS_MAX: usize = 4;
/// Cells whose figures are gathered together.
const BATCH_CELLS: usize = 64;
/// Bytes of the pieces of an answer that is wanted whole.
const PIECE_BYTES: usize = 1 << 14;

/// The answer to a query (domain, 5.5).
///
/// One result per group, ordered by the group's values with an absent one first; in it one entry
/// per bucket, by time. Groups, buckets, metrics and views without facts are left out (U37).
/// `group` is `{}` without `groupBy` (U38), and lacks the dimensions that the facts lack (U39).
/// Intervals are written in the offset of the query's interval.
///
/// It is written as JSON without being built first: of a hundred thousand cells nearly all that is
/// written are the same few texts, which are made once here.
#[derive(Debug)]
pub struct Answer {
    cells: Cells,
    /// For each bucket with cells how its entry begins behind another one.
    buckets: Vec<Option<Entry>>,
    /// For each dimension, in the order of their names, its index in the plan, its name as
    /// `"name":`, and its values as JSON.
    dimensions: Vec<(usize, String, Texts)>,
    /// For each metric and then for each view how its figures begin.
    measures: Vec<Measure>,
    metrics: usize,
    /// The room that writing a cell needs, with the beginning of its group.
    cell_bytes: usize,
}

/// How the entry of a bucket begins: `,{"interval":"start/end","metrics":[`, and behind that, as in most
/// cells, how the figures of the first measure begin.
#[derive(Debug, Clone)]
struct Entry {
    text: Stamp,
    /// Bytes up to the first measure, and with it.
    lengths: [usize; 2],
}

impl Entry {
    /// Writes it, without the comma if it is the first of its group.
    #[inline]
    fn write(&self, is_next: bool, has_first: bool, page: &mut Page<'_>) {
        let length = self.lengths[usize::from(has_first)];
        if is_next {
            self.text.write_first(length, page);
        } else {
            self.text.write_between(1, length, page);
        }
    }
}

#[derive(Debug)]
struct Measure {
    /// `{"metric":"name","stats":{"count":` or, with values, `{"metric":"name","stats":{"max":`; of a
    /// view with `name` for `metric`.
    start: String,
    /// The same, to be written often.
    first: Stamp,
    /// The same behind a comma.
    next: Stamp,
    has_values: bool,
}

impl Measure {
    fn new(key: &str, name: &str, has_values: bool) -> Self {
        let stat = if has_values { "max" } else { "count" };
        let start = format!("{{\"{key}\":{},\"stats\":{{\"{stat}\":", json(name));
        let next = Stamp::new(&format!(",{start}"));
        Self { first: Stamp::new(&start), next, start, has_values }
    }
}

/// How far an answer is written.
#[derive(Debug, Default)]
struct Position {
    cell: usize,
    /// The group that is being written.
    group: Option<u32>,
}

impl Answer {
    /// The answer to a query from the cells that its plan gave.
    #[must_use]
    pub fn new(plan: &Plan, query: &JourneyAggregationQuery, cells: Cells) -> Self {
        let mut dimensions: Vec<_> = (plan.group_by.iter().zip(&cells.texts).enumerate())
            .map(|(index, (dimension, texts))| {
                (index, format!("\"{dimension}\":"), texts.iter().map(json).collect())
            })
            .collect();
        dimensions.sort_unstable_by(|one, other| one.1.cmp(&other.1));
        let names = (plan.metrics.iter().map(|metric| ("metric", metric.as_str())))
            .chain(plan.views.iter().map(|view| ("name", view.name.as_str())));
        let measures: Vec<_> = (names.zip(measures(plan)))
            .map(|((key, name), measured)| {
                Measure::new(key, name, metric_kind(measured.target) == MetricKind::Observation)
            })
            .collect();
        let buckets = write_buckets(
            plan,
            query,
            &cells,
            measures.first().filter(|_| !plan.metrics.is_empty()),
        );
        let cell_bytes = room_of_a_cell(&buckets, &dimensions, &measures);
        Self { cells, buckets, dimensions, measures, metrics: plan.metrics.len(), cell_bytes }
    }

    /// The answer as JSON, as the contract's `JourneyAggregateQueryResponse` would be written.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = b"{\"results\":[".to_vec();
        self.write_results(&mut Position::default(), self.cells(), &mut json);
        json.extend_from_slice(b"]}");
        json
    }

    /// The answer as JSON in pieces of about so many bytes, each written when it is asked for: together
    /// they are [`to_json`](Self::to_json).
    #[must_use]
    pub fn into_pieces(self, bytes: usize) -> Pieces {
        Pieces { answer: self, bytes: bytes.max(1), at: Some(Position::default()) }
    }

    /// How many groups times buckets there are.
    #[must_use]
    pub const fn cells(&self) -> usize {
        self.cells.len()
    }

    /// The results as JSON arrays of at most `results_max` of them, but at least one.
    pub fn pages(&self, results_max: usize) -> impl Iterator<Item = String> {
        let keys = &self.cells.keys;
        let mut at = Position::default();
        std::iter::from_fn(move || {
            let first = keys.get(at.cell)?.group as usize;
            let end = keys.partition_point(|key| (key.group as usize) < first + results_max.max(1));
            let mut json = vec![b'['];
            self.write_results(&mut at, end, &mut json);
            json.push(b']');
            at.group = None;
            // All texts in it are.
            String::from_utf8(json).ok()
        })
    }

    /// Writes results whole, up to a cell.
    fn write_results(&self, at: &mut Position, end: usize, json: &mut Vec<u8>) {
        let mut room = vec![0; PIECE_BYTES + self.cell_bytes];
        while at.cell < end {
            let len = self.write_cells(at, end, Page::new(&mut room));
            json.extend_from_slice(room.get(..len).unwrap_or_default());
        }
        json.extend_from_slice(if at.group.is_some() { b"]}".as_slice() } else { b"" });
    }

    /// Goes on writing cells until there is no more of them, or no room for another one. The last group
    /// is not closed. Gives the bytes that are written then.
    ///
    /// The page is a value of its own, here and for groups, so that where it ends is kept in a register.
    fn write_cells(&self, at: &mut Position, end: usize, mut page: Page<'_>) -> usize {
        let (mut group, mut cell) = (at.group, at.cell);
        let mut batch = Batch::default();
        for key in self.cells.keys.get(cell..end).unwrap_or_default() {
            if page.left() < self.cell_bytes {
                break;
            }
            if cell >= batch.cells.end {
                batch.gather(&self.cells, cell..end.min(cell + BATCH_CELLS));
            }
            let is_next = group == Some(key.group);
            if !is_next {
                page.text(if group.is_some() { b"]},".as_slice() } else { b"" });
                page = self.write_group(key.group, page);
                group = Some(key.group);
            }
            let has_first = batch.of(cell).next().is_some_and(|first| first.count > 0);
            if let Some(Some(entry)) = self.buckets.get(key.bucket as usize) {
                entry.write(is_next, has_first, &mut page);
            }
            self.write_cell(batch.of(cell), &mut page);
            cell += 1;
        }
        (at.group, at.cell) = (group, cell);
        page.len()
    }

    /// Writes the beginning of a result, up to its first entry.
    fn write_group<'p>(&self, group: u32, mut page: Page<'p>) -> Page<'p> {
        page.text(b"{\"group\":{");
        let start = group as usize * self.cells.texts.len();
        let mut separator: &[u8] = b"";
        for (index, name, values) in &self.dimensions {
            let code = self.cells.groups.get(start + index).map(|code| *code as usize);
            let value = code.and_then(|code| values.get(code.checked_sub(1)?));
            if let Some(value) = value {
                page.text(separator);
                page.text(name.as_bytes());
                page.text(value.as_bytes());
                separator = b",";
            }
        }
        page.text(b"},\"data\":[");
        page
    }

    /// Writes the entry of a bucket, from its first measure on: how that begins is written already.
    #[inline]
    fn write_cell<'s>(&self, figures: impl Iterator<Item = &'s Summary>, page: &mut Page<'_>) {
        let (mut is_first, mut has_views) = (true, false);
        for (index, (measure, figures)) in self.measures.iter().zip(figures).enumerate() {
            if figures.count == 0 {
                continue;
            }
            if index >= self.metrics && !has_views {
                page.text(b"],\"views\":[");
                (is_first, has_views) = (true, true);
            }
            if index > 0 || self.metrics == 0 {
                let start = if is_first { &measure.first } else { &measure.next };
                start.write(page);
            }
            if measure.has_values {
                write_values(figures, page);
            } else {
                Digits::of_count(figures.count).write(page);
            }
            page.block(b"}}", 2);
            is_first = false;
        }
        page.block(b"]}", 2);
    }
}

/// Writes the figures of an observation, behind the name of the first.
#[inline]
fn write_values(summary: &Summary, page: &mut Page<'_>) {
    let max = Digits::of_value(summary.max);
    // Of a fact alone, and of facts that say the same, the figures are often one number.
    let is_one = |value: f64| value.to_bits() == summary.max.to_bits();
    let digits = |value| if is_one(value) { max } else { Digits::of_value(value) };
    max.write(page);
    page.block(b",\"min\":\0", 7);
    digits(summary.min).write(page);
    page.block(b",\"count\":\0\0\0\0\0\0\0", 9);
    Digits::of_count(summary.count).write(page);
    page.block(b",\"sum\":\0", 7);
    digits(summary.sum).write(page);
}

/// The figures of some cells, side by side: they lie far from each other, and are fetched faster
/// together than each when it is written.
#[derive(Debug, Default)]
struct Batch {
    cells: Range<usize>,
    /// Those of all cells for the first measure, then for the next.
    figures: Vec<Summary>,
}

impl Batch {
    fn gather(&mut self, from: &Cells, cells: Range<usize>) {
        self.figures.clear();
        let places = from.places.get(cells.clone()).unwrap_or_default();
        for figures in &from.figures {
            match figures {
                Figures::Counts(counts) => self.figures.extend(places.iter().map(|place| {
                    let count = counts.get(*place as usize).copied().unwrap_or_default();
                    Summary { count, ..Summary::EMPTY }
                })),
                Figures::Summaries(summaries) => {
                    let summary = |place: &u32| summaries.get(*place as usize).copied();
                    self.figures.extend(places.iter().map(|it| summary(it).unwrap_or_default()));
                }
            }
        }
        self.cells = cells;
    }

    /// The figures of a cell, by measure.
    #[inline]
    fn of(&self, cell: usize) -> impl Iterator<Item = &Summary> {
        let first = self.figures.get(cell - self.cells.start..).unwrap_or_default();
        first.iter().step_by(self.cells.len().max(1))
    }
}

/// An answer as JSON, piece by piece.
#[derive(Debug)]
pub struct Pieces {
    answer: Answer,
    bytes: usize,
    /// None when all is written.
    at: Option<Position>,
}

impl Pieces {
    /// Whether all was given.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.at.is_none()
    }

    /// The next piece, in the memory of one that is not needed any more. None when all was given.
    #[must_use]
    pub fn next_in(&mut self, mut json: Vec<u8>) -> Option<Vec<u8>> {
        let mut at = self.at.take()?;
        let answer = &self.answer;
        json.resize(self.bytes + answer.cell_bytes + 2 * BETWEEN_BYTES, 0);
        let mut page = Page::new(&mut json);
        if at.cell == 0 {
            page.text(b"{\"results\":[");
        }
        let len = answer.write_cells(&mut at, answer.cells(), page);
        json.truncate(len);
        if at.cell < answer.cells() {
            self.at = Some(at);
        } else {
            json.extend_from_slice(if at.group.is_some() { b"]}]}" } else { b"]}" });
        }
        Some(json)
    }
}

/// The room that writing a cell needs, rather too much.
fn room_of_a_cell(
    buckets: &[Option<Entry>],
    dimensions: &[(usize, String, Texts)],
    measures: &[Measure],
) -> usize {
    let bucket = buckets.iter().flatten().map(|entry| entry.text.bytes()).max().unwrap_or_default();
    let dimension = |(_, name, texts): &(usize, String, Texts)| {
        name.len() + texts.iter().map(str::len).max().unwrap_or_default() + BETWEEN_BYTES
    };
    let measure =
        |measure: &Measure| measure.next.bytes() + NUMBERS_MAX * Digits::BYTES + BETWEEN_BYTES;
    let dimensions = dimensions.iter().map(dimension).sum::<usize>();
    bucket + dimensions + measures.iter().map(measure).sum::<usize>() + 2 * BETWEEN_BYTES
}

/// A text as JSON.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// How the entry of each bucket begins.
fn write_buckets(
    plan: &Plan,
    query: &JourneyAggregationQuery,
    cells: &Cells,
    first: Option<&Measure>,
) -> Vec<Option<Entry>> {
    let offset = offset_of(query.interval.as_deref().unwrap_or_default());
    let mut written = vec![None; plan.edges.len()];
    for key in &cells.keys {
        let bucket = key.bucket as usize;
        let edges = plan.edges.get(bucket).zip(plan.edges.get(bucket + 1));
        if let (Some(entry @ None), Some((start, end))) = (written.get_mut(bucket), edges) {
            let interval = Written { start: *start, end: *end, offset };
            let text = format!(",{{\"interval\":\"{interval}\",\"metrics\":[");
            let whole = format!("{text}{}", first.map_or("", |first| &first.start));
            *entry = Some(Entry { lengths: [text.len(), whole.len()], text: Stamp::new(&whole) });
        }
    }
    written
}
