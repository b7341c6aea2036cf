//! Files go in and out; what is wrong with one is named, and nothing of it is there then.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::types::UInt16Type;
use arrow_array::{
    Array as _, ArrayRef, DictionaryArray, Float64Array, ListArray, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use arrow_ipc::writer::FileWriter;
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;
use wayfare_model::fact::{Dimension, Metric};
use wayfare_model::id::OrganisationId;
use wayfare_model::query::{Asker, Filter, Plan, TimeDimension};
use wayfare_model::time::Moment;

use super::*;
use crate::{EmbeddedStore, Options};

const ORGANISATION: OrganisationId = OrganisationId::from_uuid(uuid::Uuid::nil());

fn moments(ms: &[i64]) -> ArrayRef {
    Arc::new(TimestampMillisecondArray::from(ms.to_vec()).with_timezone("UTC"))
}

fn texts(texts: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

/// A batch that can be imported, with some columns exchanged or added.
fn batch(changed: &[(&'static str, ArrayRef)]) -> RecordBatch {
    let country: DictionaryArray<UInt16Type> =
        [Some("DE"), None, Some("FR"), Some("DE")].into_iter().collect();
    let segments = ListArray::from_iter_primitive::<arrow_array::types::Int32Type, _, _>([
        Some(vec![Some(0), Some(1)]),
        None,
        Some(vec![]),
        Some(vec![Some(1)]),
    ]);
    let names = StringArray::from_iter_values(
        segments.values().as_ref().to_data().buffers()[0]
            .typed_data::<i32>()
            .iter()
            .map(|it| format!("segment {it}")),
    );
    let field = Arc::new(arrow_schema::Field::new("item", arrow_schema::DataType::Utf8, true));
    let segments = ListArray::new(
        field,
        segments.offsets().clone(),
        Arc::new(names),
        segments.nulls().cloned(),
    );
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("emitted", moments(&[30, 10, 20, 40])),
        (
            "metric",
            texts(&[
                Some("nJourneySessions"),
                Some("oJourneyOutcomeValue"),
                Some("nJourneySessions"),
                Some("nJourneySessions"),
            ]),
        ),
        ("value", Arc::new(Float64Array::from(vec![None, Some(2.5), None, None]))),
        ("journeyIpGeolocationCountry", Arc::new(country)),
        ("journeySessionSegmentId", Arc::new(segments)),
    ];
    for (name, array) in changed {
        columns.retain(|(known, _)| known != name);
        columns.push((name, Arc::clone(array)));
    }
    RecordBatch::try_from_iter(columns).unwrap()
}

fn arrow(directory: &Path, name: &str, batches: &[RecordBatch]) -> PathBuf {
    let path = directory.join(name);
    let mut writer =
        FileWriter::try_new(File::create(&path).unwrap(), &batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
    path
}

fn parquet(directory: &Path, name: &str, batch: &RecordBatch) -> PathBuf {
    let path = directory.join(name);
    let mut writer =
        ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    path
}

/// A query for facts emitted between edges, in milliseconds since 1970.
fn plan(edges_ms: &[i64], metrics: Vec<Metric>, group_by: Vec<Dimension>) -> Plan {
    Plan {
        edges: edges_ms.iter().copied().map(Moment::from_ms).collect(),
        time: TimeDimension::Emitted,
        metrics,
        group_by,
        filter: Filter::And(Vec::new()),
        flatten: false,
        views: Vec::new(),
        cells_max: 100,
        distinct_values_max: 100,
        asker: Asker::Client,
    }
}

struct Opened {
    store: EmbeddedStore,
    directory: TempDir,
}

impl Opened {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store =
            EmbeddedStore::open(&directory.path().join("data"), Options::default()).unwrap();
        Self { store, directory }
    }

    async fn import(&self, import: impl Into<FactImport>) -> Result<Imported, ImportError> {
        let nobody: Arc<dyn Fn(u64) + Send + Sync> = Arc::new(|_| {});
        self.store.import_facts(ORGANISATION, import, Moment::from_ms(0), nobody).await
    }

    /// Group and count, of the facts of a metric.
    async fn counted(&self, metric: Metric, dimension: Dimension) -> Vec<(Option<String>, u64)> {
        let plan = plan(&[0, 1_000], vec![metric], vec![dimension]);
        let cells = self.store.stores().facts.run(ORGANISATION, &plan).await.unwrap();
        (cells.keys.iter().enumerate())
            .map(|(cell, key)| {
                let group = cells.group(key.group).next().flatten().map(str::to_owned);
                (group, cells.figures(0, cell).unwrap().count)
            })
            .collect()
    }

    fn files(&self) -> usize {
        let folder = self.directory.path().join("data/facts").join(ORGANISATION.to_string());
        std::fs::read_dir(folder).map_or(0, |files| files.count())
    }
}

/// Of a file that was not known.
fn imported(rows: u64) -> Imported {
    Imported { rows, ..Imported::default() }
}

fn group(text: &str, count: u64) -> (Option<String>, u64) {
    (Some(text.to_owned()), count)
}

async fn check(opened: &Opened, times: u64) {
    let countries =
        opened.counted(Metric::JourneySessions, Dimension::JourneyIpGeolocationCountry).await;
    assert_eq!(countries, [group("DE", 2 * times), group("FR", times)]);
    let segments =
        opened.counted(Metric::JourneySessions, Dimension::JourneySessionSegmentId).await;
    assert_eq!(segments, [(None, times), group("segment 0", times), group("segment 1", 2 * times)]);
    let values = opened.counted(Metric::JourneyOutcomeValue, Dimension::JourneySessionType).await;
    assert_eq!(values, [(None, times)]);
}

#[tokio::test]
async fn a_file_is_imported_once_whatever_its_name() {
    let opened = Opened::new();
    let directory = opened.directory.path();
    let path = arrow(directory, "a.arrow", &[batch(&[])]);
    assert_eq!(opened.import(path.clone()).await.unwrap(), imported(4));
    check(&opened, 1).await;
    let copy = directory.join("b.arrow");
    std::fs::copy(&path, &copy).unwrap();
    assert_eq!(
        opened.import(copy.clone()).await.unwrap(),
        Imported { was_there: true, ..imported(4) }
    );
    check(&opened, 1).await;
    let other = parquet(directory, "a.parquet", &batch(&[]));
    assert_eq!(opened.import(other.clone()).await.unwrap(), imported(4));
    check(&opened, 2).await;
    assert!(opened.store.verify_facts(ORGANISATION).await.unwrap().is_sound());
}

#[tokio::test]
async fn what_is_exported_can_be_imported() {
    let (here, there) = (Opened::new(), Opened::new());
    here.import(arrow(here.directory.path(), "a.arrow", &[batch(&[])])).await.unwrap();
    let path = here.directory.path().join("facts.parquet");
    let nobody: Arc<dyn Fn(u64) + Send + Sync> = Arc::new(|_| {});
    let all = Interval { from: Moment::from_ms(0), to: Moment::from_ms(1_000) };
    let file = File::create(&path).unwrap();
    assert_eq!(here.store.export_facts(ORGANISATION, all, file, nobody.clone()).await.unwrap(), 4);
    there.import(path.clone()).await.unwrap();
    check(&there, 1).await;
    let some = Interval { from: Moment::from_ms(10), to: Moment::from_ms(30) };
    let file = File::create(&path).unwrap();
    assert_eq!(here.store.export_facts(ORGANISATION, some, file, nobody).await.unwrap(), 2);
}

#[tokio::test]
async fn what_is_wrong_is_named_by_file_row_and_column() {
    let opened = Opened::new();
    let name = "nJourneySessions";
    let naive: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![1, 2, 3, 4]));
    let elsewhere: ArrayRef =
        Arc::new(TimestampMillisecondArray::from(vec![1, 2, 3, 4]).with_timezone("Europe/London"));
    let endless: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::INFINITY, 1.0, 1.0]));
    let metric = |third| texts(&[Some(name), Some(name), third, Some(name)]);
    for (column, array, problem) in [
        ("emitted", naive, ": column emitted must say that it is in UTC, but has no time zone"),
        (
            "emitted",
            elsewhere,
            ": column emitted must be in UTC, but is in the time zone Europe/London",
        ),
        ("emitted", texts(&[None; 4]), ": column emitted must be a timestamp in UTC, but is Utf8"),
        (
            "metric",
            metric(Some("nSteps")),
            ", row 7: column metric must be a metric that facts have, but is 'nSteps'",
        ),
        (
            "metric",
            metric(Some("nDistinctJourneySessions")),
            ", row 7: column metric must be a metric that facts have, but is 'nDistinctJourneySessions'",
        ),
        ("metric", metric(None), ", row 7: column metric must not be null"),
        ("value", endless, ", row 6: column value must be finite, but is inf"),
        ("value", texts(&[None; 4]), ": column value must be a number, but is Utf8"),
        (
            "weather",
            texts(&[None; 4]),
            ": column weather is no dimension, nor emitted, happened, metric or value",
        ),
        (
            "journeySessionType",
            texts(&[Some("web"), Some(""), None, None]),
            ", row 6: column journeySessionType must not be empty; a fact without a value has null",
        ),
        (
            "journeySessionType",
            moments(&[1, 2, 3, 4]),
            ": column journeySessionType must be texts or ids of 16 bytes, but is Timestamp(ms, \"UTC\")",
        ),
    ] {
        // The fault is in the second batch: nothing of the first is there either. A column that only
        // the second had would make another schema.
        let first = match column {
            "weather" | "journeySessionType" => batch(&[(column, array.clone())]),
            _ if batch(&[(column, array.clone())]).schema() == batch(&[]).schema() => batch(&[]),
            _ => batch(&[(column, array.clone())]),
        };
        let problem = if first == batch(&[]) {
            problem.to_owned()
        } else {
            problem.replace("row 7", "row 3").replace("row 6", "row 2")
        };
        let path =
            arrow(opened.directory.path(), "wrong.arrow", &[first, batch(&[(column, array)])]);
        let error = opened.import(path.clone()).await.unwrap_err().to_string();
        assert_eq!(error, format!("{}{problem}", path.display()));
        assert_eq!(opened.files(), 0);
    }
}

#[tokio::test]
async fn what_is_no_table_is_refused() {
    let opened = Opened::new();
    let path = opened.directory.path().join("text");
    for content in ["", "a text of some length", "PAR1 and then nothing", "ARROW1 and then nothing"]
    {
        std::fs::write(&path, content).unwrap();
        let error = opened.import(path.clone()).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot read {}: ", path.display())), "{error}");
    }
    let error = opened.import(PathBuf::from("/nowhere/at/all")).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot read /nowhere/at/all: "), "{error}");
}

/// So many that what stretches of rows add up to is known: whatever cuts them, the answer is that of
/// every fact looked at.
#[tokio::test]
async fn totals_are_those_of_every_fact() {
    const FACTS: i64 = 40_000;
    let opened = Opened::new();
    let emitted: Vec<i64> = (0..FACTS).collect();
    let names =
        [Some("nJourneySessions"), Some("oJourneyOutcomeValue"), Some("nWebActionsOffered")];
    let metric: Vec<_> = emitted.iter().map(|ms| names[(ms % 3) as usize]).collect();
    let value: Vec<_> = emitted.iter().map(|ms| (ms % 6 == 1).then_some(*ms as f64)).collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("emitted", moments(&emitted)),
        ("metric", texts(&metric)),
        ("value", Arc::new(Float64Array::from(value))),
    ];
    let facts = RecordBatch::try_from_iter(columns).unwrap();
    opened.import(arrow(opened.directory.path(), "a.arrow", &[facts])).await.unwrap();
    for edges in
        [[0, FACTS, FACTS], [0, 16_384, FACTS], [1, 8_200, 39_999], [17_000, 17_010, 35_000]]
    {
        let metrics = vec![Metric::JourneySessions, Metric::JourneyOutcomeValue];
        let plan = plan(&edges, metrics, Vec::new());
        let cells = opened.store.stores().facts.run(ORGANISATION, &plan).await.unwrap();
        for (cell, key) in cells.keys.iter().enumerate() {
            let bucket = key.bucket as usize;
            let within = edges[bucket]..edges[bucket + 1];
            let sessions = within.clone().filter(|ms| ms % 3 == 0).count() as u64;
            let values: Vec<_> = within.filter(|ms| ms % 6 == 1).map(|ms| ms as f64).collect();
            let figures = cells.figures(1, cell).unwrap();
            assert_eq!(cells.figures(0, cell).unwrap().count, sessions, "{edges:?}");
            assert_eq!(figures.count, values.len() as u64, "{edges:?}");
            assert_eq!(figures.sum, values.iter().sum::<f64>(), "{edges:?}");
            assert_eq!(Some(&figures.min), values.first(), "{edges:?}");
            assert_eq!(Some(&figures.max), values.last(), "{edges:?}");
        }
        let buckets = edges.windows(2).filter(|edge| edge[0] < edge[1]).count();
        assert_eq!(cells.len(), buckets, "{edges:?}");
    }
}
