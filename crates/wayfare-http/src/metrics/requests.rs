//! Requests by operation and status.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::http::{Method, StatusCode};
use wayfare_model::metrics::{Family, Histogram};

/// Where there is no operation.
const UNKNOWN: &str = "unknown";
/// The status of a request whose client left before it was answered.
const GONE: &str = "gone";

/// What is counted of requests.
#[derive(Debug)]
pub(crate) struct RequestMetrics {
    /// By path as it is matched, then by method: the operation's place.
    places: HashMap<String, Vec<(&'static str, usize)>>,
    operations: Vec<Operation>,
    under_way: AtomicU64,
}

#[derive(Debug)]
struct Operation {
    name: &'static str,
    /// Answers by status; none for those whose client left.
    answers: Mutex<BTreeMap<Option<u16>, u64>>,
    took: Histogram,
}

impl Operation {
    fn new(name: &'static str) -> Self {
        Self { name, answers: Mutex::default(), took: Histogram::of_seconds() }
    }
}

/// A request that is under way.
pub(crate) struct Asked<'metrics> {
    metrics: &'metrics RequestMetrics,
    operation: Option<&'metrics Operation>,
    status: Option<StatusCode>,
    since: Instant,
}

impl RequestMetrics {
    /// Counts for these operations: method, path as it is matched, name.
    pub(crate) fn new(measured: &[(&'static str, String, &'static str)]) -> Self {
        let mut places: HashMap<String, Vec<(&'static str, usize)>> = HashMap::new();
        let mut operations = vec![Operation::new(UNKNOWN)];
        for (method, path, name) in measured {
            let known = operations.iter().position(|operation| operation.name == *name);
            let place = known.unwrap_or_else(|| {
                operations.push(Operation::new(name));
                operations.len() - 1
            });
            places.entry(path.clone()).or_default().push((method, place));
        }
        Self { places, operations, under_way: AtomicU64::new(0) }
    }

    /// A request comes in.
    pub(crate) fn begin(&self, method: &Method, path: Option<&str>, now: Instant) -> Asked<'_> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        let by_method = path.and_then(|path| self.places.get(path));
        let place = by_method
            .and_then(|known| known.iter().find(|(known, _)| *known == method.as_str()))
            .map_or(0, |(_, place)| *place);
        self.under_way.fetch_add(1, Ordering::Relaxed);
        Asked { metrics: self, operation: self.operations.get(place), status: None, since: now }
    }

    /// What was counted.
    pub(crate) fn families(&self) -> Vec<Family> {
        let mut requests = Family::counter(
            "wayfare_http_requests",
            "Requests by operation and status; gone are those whose client left before the answer",
        );
        let mut took = Family::histogram(
            "wayfare_http_request_seconds",
            "From a request's head to the head of its answer, by operation",
        );
        for operation in &self.operations {
            let answers = operation.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if answers.is_empty() {
                continue;
            }
            for (status, number) in answers {
                let status = status.map_or_else(|| GONE.to_owned(), |status| status.to_string());
                let labels = [("operation", operation.name), ("status", status.as_str())];
                requests = requests.labelled(labels, number);
            }
            took = took.labelled([("operation", operation.name)], operation.took.value());
        }
        let under_way = Family::gauge("wayfare_http_requests_under_way", "Requests under way")
            .with(self.under_way.load(Ordering::Relaxed));
        vec![requests, took, under_way]
    }
}

impl Asked<'_> {
    /// The request is answered.
    pub(crate) fn answered(mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.metrics.under_way.fetch_sub(1, Ordering::Relaxed);
        let Some(operation) = self.operation else { return };
        let status = self.status.map(|status| status.as_u16());
        let mut answers = operation.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.entry(status).or_default() += 1;
        drop(answers);
        operation.took.time(self.since.elapsed());
    }
}
