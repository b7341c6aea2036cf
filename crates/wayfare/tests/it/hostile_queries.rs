//! A query that would take all memory ends early, and others are answered meanwhile.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow_ipc::writer::FileWriter;
use serde_json::json;

use crate::harness::{AGGREGATES, Process, aggregates, wait_until};

/// Facts of the file; each is in a group of its own.
const FACTS: i64 = 150_000;
/// 2026-11-01.
const START_MS: i64 = 1_793_491_200_000;
const NOVEMBER: &str = "2026-11-01T00:00:00Z/2026-12-01T00:00:00Z";
const DIMENSIONS: [&str; 5] = [
    "journeySessionId",
    "journeyCustomerId",
    "journeyActionId",
    "journeySegmentId",
    "journeyOutcomeId",
];

/// Facts with five dimensions of many values each.
fn write(path: &Path) {
    let emitted = (0..FACTS).map(|fact| START_MS + fact * 10_000);
    let emitted = TimestampMillisecondArray::from_iter_values(emitted).with_timezone("UTC");
    let metric = StringArray::from_iter_values((0..FACTS).map(|_| "nJourneySessions"));
    let mut columns: Vec<(&str, ArrayRef)> =
        vec![("emitted", Arc::new(emitted)), ("metric", Arc::new(metric))];
    for (name, factor) in DIMENSIONS.into_iter().zip([1, 7, 11, 13, 17]) {
        let value = |fact: i64| format!("value-{}", fact * factor % (FACTS - 1));
        columns.push((name, Arc::new(StringArray::from_iter_values((0..FACTS).map(value)))));
    }
    let batch = RecordBatch::try_from_iter(columns).expect("columns");
    let file = File::create_new(path).expect("a file");
    let mut writer = FileWriter::try_new(file, &batch.schema()).expect("a writer");
    writer.write(&batch).expect("a batch");
    writer.finish().expect("an end");
}

#[test]
fn a_group_by_of_many_values_is_refused_and_others_are_answered_meanwhile() {
    let directory = tempfile::tempdir().expect("a directory");
    let (data, file) = (directory.path().join("data"), directory.path().join("facts.arrow"));
    write(&file);
    let imported = std::process::Command::new(env!("CARGO_BIN_EXE_wayfare"))
        .args(["facts", "import", "--json"])
        .arg(&file)
        .arg("--data")
        .arg(&data)
        .output()
        .expect("an end");
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    let process = Process::start(&data);
    let hostile = {
        let mut query = aggregates(NOVEMBER, "nJourneySessions", &DIMENSIONS);
        query["granularity"] = json!("PT10M");
        query["metrics"] = json!(["nJourneySessions", "nDistinctJourneySessions"]);
        query
    };
    let small = aggregates(NOVEMBER, "nJourneySessions", &[]);
    let (refused, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let client = process.client();
                while !is_over.load(Ordering::Relaxed) {
                    let answer = client.post(AGGREGATES, &hostile);
                    let message = answer.error(400, "response.entity.too.large");
                    assert!(message.contains("10000"), "{message}");
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let client = process.client();
        wait_until("the first refusal", || refused.load(Ordering::Relaxed) > 0);
        for _ in 0..10 {
            let before = refused.load(Ordering::Relaxed);
            assert_eq!(client.count_by(&small), [(String::new(), FACTS as u64)]);
            wait_until("a refusal", || refused.load(Ordering::Relaxed) > before);
        }
        is_over.store(true, Ordering::Relaxed);
    });
}
