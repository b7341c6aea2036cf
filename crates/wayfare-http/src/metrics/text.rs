//! Samples as Prometheus and its relatives read them: the text format of OpenMetrics 1.0.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use wayfare_model::metrics::{Family, Kind, Value};

/// What the answer says that it is.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Of an exemplar, of which there are none.
type NoLabels = [(&'static str, &'static str); 0];

/// Writes samples down.
///
/// # Errors
/// Never: memory takes every text.
pub(crate) fn write(families: Vec<Family>) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Samples(families)));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

#[derive(Debug)]
struct Samples(Vec<Family>);

impl Collector for Samples {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for family in &self.0 {
            let kind = match family.kind {
                Kind::Counter => MetricType::Counter,
                Kind::Gauge => MetricType::Gauge,
                Kind::Histogram => MetricType::Histogram,
                Kind::Info => MetricType::Info,
            };
            let mut written = encoder.encode_descriptor(family.name, family.help, None, kind)?;
            for series in &family.series {
                if family.kind == Kind::Info {
                    written.encode_info(&series.labels)?;
                } else if series.labels.is_empty() {
                    encode_value(&mut written, family.kind, &series.value)?;
                } else {
                    let mut labelled = written.encode_family(&series.labels)?;
                    encode_value(&mut labelled, family.kind, &series.value)?;
                }
            }
        }
        Ok(())
    }
}

fn encode_value(encoder: &mut MetricEncoder<'_>, kind: Kind, value: &Value) -> fmt::Result {
    match (kind, value) {
        (_, Value::Histogram { sum, buckets }) => {
            let number = buckets.iter().map(|(_, number)| number).sum();
            encoder.encode_histogram::<NoLabels>(*sum, number, buckets, None)
        }
        (Kind::Counter, Value::Number(number)) => {
            encoder.encode_counter::<NoLabels, _, f64>(number, None)
        }
        (_, Value::Number(number)) => encoder.encode_gauge(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_written_as_openmetrics_has_them() {
        let histogram = Value::Histogram { sum: 3.5, buckets: vec![(1.0, 2), (f64::INFINITY, 1)] };
        let families = vec![
            Family::counter("wayfare_events", "Events").labelled([("door", "web")], 7_u64),
            Family::gauge("wayfare_queue_depth", "What waits").with(0.5),
            Family::info("wayfare_build", "Version").labelled([("version", "1.2.3")], 1.0),
            Family::gauge("wayfare_nothing", "Without a series"),
            Family::histogram("wayfare_query_seconds", "Times").with(histogram),
        ];
        expect_test::expect![[r##"
            # HELP wayfare_events Events
            # TYPE wayfare_events counter
            wayfare_events_total{door="web"} 7.0
            # HELP wayfare_queue_depth What waits
            # TYPE wayfare_queue_depth gauge
            wayfare_queue_depth 0.5
            # HELP wayfare_build Version
            # TYPE wayfare_build info
            wayfare_build_info{version="1.2.3"} 1
            # HELP wayfare_nothing Without a series
            # TYPE wayfare_nothing gauge
            # HELP wayfare_query_seconds Times
            # TYPE wayfare_query_seconds histogram
            wayfare_query_seconds_sum 3.5
            wayfare_query_seconds_count 3
            wayfare_query_seconds_bucket{le="1.0"} 2
            wayfare_query_seconds_bucket{le="+Inf"} 3
            # EOF
        "##]]
        .assert_eq(&write(families).unwrap());
    }
}
