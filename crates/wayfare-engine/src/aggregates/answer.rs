//! Writing the answer as the contract has it.

use std::ops::Range;

use serde::Serialize;
use wayfare_model::cells::{Cells, Summary, Texts};
use wayfare_model::query::Plan;
use wayfare_model::wire::JourneyAggregationQuery;

use super::fold::measures;
use super::interval::{Written, offset_of};
use super::measure::{MetricKind, metric_kind};

/// Bytes of a count, and of an observation's figures, rather too many.
const COUNT_BYTES: usize = 24;
const VALUES_BYTES: usize = 96;

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
    /// For each bucket with cells how its entry begins: `{"interval":"start/end","metrics":[`.
    buckets: Vec<Option<String>>,
    /// For each dimension, in the order of their names, its index in the plan, its name as
    /// `"name":`, and its values as JSON.
    dimensions: Vec<(usize, String, Texts)>,
    /// For each metric and then for each view how its figures begin.
    measures: Vec<Measure>,
    metrics: usize,
}

#[derive(Debug)]
struct Measure {
    /// `{"metric":"name","stats":{` or `{"name":"name","stats":{`.
    start: String,
    has_values: bool,
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
        let measures = (names.zip(measures(plan)))
            .map(|((key, name), measured)| Measure {
                start: format!("{{\"{key}\":{},\"stats\":{{", json(name)),
                has_values: metric_kind(measured.target) == MetricKind::Observation,
            })
            .collect();
        let buckets = write_buckets(plan, query, &cells);
        Self { cells, buckets, dimensions, measures, metrics: plan.metrics.len() }
    }

    /// The answer as JSON, as the contract's `JourneyAggregateQueryResponse` would be written.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        self.part(0, 1)
    }

    /// One of so many parts of the answer as JSON, about as long as the others: together they are
    /// [`to_json`](Self::to_json).
    #[must_use]
    pub fn part(&self, part: usize, parts: usize) -> Vec<u8> {
        let keys = &self.cells.keys;
        let edge = |part: usize| {
            let cell = keys.len() * part / parts.max(1);
            let group = keys.get(cell.wrapping_sub(1)).map(|key| key.group);
            group.map_or(cell, |group| keys.partition_point(|key| key.group <= group))
        };
        let cells = edge(part)..edge(part + 1);
        let mut json = Vec::with_capacity(self.bytes_of(cells.len()));
        if part == 0 {
            json.extend_from_slice(b"{\"results\":[");
        }
        if cells.start > 0 && !cells.is_empty() {
            json.push(b',');
        }
        self.write_groups(cells, &mut json);
        if part + 1 == parts.max(1) {
            json.extend_from_slice(b"]}");
        }
        json
    }

    /// How many groups times buckets there are.
    #[must_use]
    pub const fn cells(&self) -> usize {
        self.cells.len()
    }

    /// The bytes of so many cells, rather too many.
    fn bytes_of(&self, cells: usize) -> usize {
        let measure = |measure: &Measure| {
            measure.start.len() + if measure.has_values { VALUES_BYTES } else { COUNT_BYTES }
        };
        let start = self.buckets.iter().flatten().map(String::len).max().unwrap_or_default();
        let cell = start + self.measures.iter().map(measure).sum::<usize>() + COUNT_BYTES;
        (cells + 1) * cell
    }

    /// The results as JSON arrays of at most `results_max` of them, but at least one.
    pub fn pages(&self, results_max: usize) -> impl Iterator<Item = String> {
        let keys = &self.cells.keys;
        let mut start = 0;
        std::iter::from_fn(move || {
            let first = keys.get(start)?.group as usize;
            let end = keys.partition_point(|key| (key.group as usize) < first + results_max.max(1));
            let mut json = Vec::with_capacity(self.bytes_of(end - start));
            json.push(b'[');
            self.write_groups(start..end, &mut json);
            json.push(b']');
            start = end;
            // All texts in it are.
            String::from_utf8(json).ok()
        })
    }

    /// Writes the results of the cells of some groups.
    fn write_groups(&self, cells: Range<usize>, json: &mut Vec<u8>) {
        let mut group = None;
        for (cell, key) in cells.clone().zip(self.cells.keys.get(cells).unwrap_or_default()) {
            if group == Some(key.group) {
                json.push(b',');
            } else {
                json.extend_from_slice(if group.is_some() { b"]},".as_slice() } else { b"" });
                self.write_group(key.group, json);
                group = Some(key.group);
            }
            self.write_cell(cell, key.bucket as usize, json);
        }
        json.extend_from_slice(if group.is_some() { b"]}".as_slice() } else { b"" });
    }

    /// Writes the beginning of a result, up to its first entry.
    fn write_group(&self, group: u32, json: &mut Vec<u8>) {
        json.extend_from_slice(b"{\"group\":{");
        let start = group as usize * self.cells.texts.len();
        let mut separator: &[u8] = b"";
        for (index, name, values) in &self.dimensions {
            let code = self.cells.groups.get(start + index).map(|code| *code as usize);
            let value = code.and_then(|code| values.get(code.checked_sub(1)?));
            if let Some(value) = value {
                json.extend_from_slice(separator);
                json.extend_from_slice(name.as_bytes());
                json.extend_from_slice(value.as_bytes());
                separator = b",";
            }
        }
        json.extend_from_slice(b"},\"data\":[");
    }

    /// Writes the entry of a bucket.
    fn write_cell(&self, cell: usize, bucket: usize, json: &mut Vec<u8>) {
        if let Some(Some(start)) = self.buckets.get(bucket) {
            json.extend_from_slice(start.as_bytes());
        }
        let mut separator: &[u8] = b"";
        let mut has_views = false;
        for (index, measure) in self.measures.iter().enumerate() {
            let Some(summary) = self.cells.figures(index, cell) else { continue };
            if index >= self.metrics && !has_views {
                separator = b"],\"views\":[";
                has_views = true;
            }
            json.extend_from_slice(separator);
            json.extend_from_slice(measure.start.as_bytes());
            write_figures(&summary, measure.has_values, json);
            separator = b",";
        }
        json.extend_from_slice(b"]}");
    }
}

/// The figures of a measure: of a counter the count only, of an observation also sum, smallest and
/// largest value.
fn write_figures(summary: &Summary, has_values: bool, json: &mut Vec<u8>) {
    if !has_values {
        json.extend_from_slice(b"\"count\":");
        write_number(summary.count, json);
        json.extend_from_slice(b"}}");
        return;
    }
    json.extend_from_slice(b"\"max\":");
    let start = json.len();
    write_number(summary.max, json);
    let max = start..json.len();
    // Of a fact alone, and of facts that say the same, the figures are often one number.
    let write = |value: f64, json: &mut Vec<u8>| {
        if value.to_bits() == summary.max.to_bits() {
            json.extend_from_within(max.clone());
        } else {
            write_number(value, json);
        }
    };
    json.extend_from_slice(b",\"min\":");
    write(summary.min, json);
    json.extend_from_slice(b",\"count\":");
    write_number(summary.count, json);
    json.extend_from_slice(b",\"sum\":");
    write(summary.sum, json);
    json.extend_from_slice(b"}}");
}

fn write_number(number: impl Serialize, json: &mut Vec<u8>) {
    // Writing a number into memory does not fail.
    drop(serde_json::to_writer(json, &number));
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
) -> Vec<Option<String>> {
    let offset = offset_of(query.interval.as_deref().unwrap_or_default());
    let mut written = vec![None; plan.edges.len()];
    for key in &cells.keys {
        let bucket = key.bucket as usize;
        let edges = plan.edges.get(bucket).zip(plan.edges.get(bucket + 1));
        if let (Some(text @ None), Some((start, end))) = (written.get_mut(bucket), edges) {
            let interval = Written { start: *start, end: *end, offset };
            *text = Some(format!("{{\"interval\":\"{interval}\",\"metrics\":["));
        }
    }
    written
}
