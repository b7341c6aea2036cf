//! What the demo replays, carried by the binary: two public data sets, and segments that fit them.

use std::collections::BTreeMap;
use std::io::BufRead as _;

use anyhow::Context as _;
use serde::Deserialize;
use wayfare_model::wire::JourneySegmentRequest;

use crate::commands::import::source::Source;
use crate::progress::Progress;

/// A set of events.
pub(super) struct DataSet {
    /// What it is.
    pub(super) name: &'static str,
    /// Whose it is, and what its licence asks to be said.
    pub(super) credit: &'static str,
    /// NDJSON, packed.
    bytes: &'static [u8],
}

/// A blog's access log: real visits.
const BLOG: DataSet = DataSet {
    name: "visits of a public blog in May 2015, real",
    credit: "elastic/examples, access log of www.semicomplete.com (Apache-2.0). \
             This product includes GeoLite data created by MaxMind, available from \
             http://maxmind.com/",
    bytes: include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/semicomplete/semicomplete-web.ndjson.gz"
    )),
};

/// A web shop's funnel, made by its authors.
const SHOP: DataSet = DataSet {
    name: "the funnel of a web shop, January to June 2024, generated",
    credit: "retentioneering 5.2.4, ecom (Apache-2.0)",
    bytes: include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/ecom/ecom-web.ndjson.gz"
    )),
};

/// All of them, in the order in which they are replayed.
pub(super) const DATA_SETS: [&DataSet; 2] = [&BLOG, &SHOP];

/// The time of the shop's events.
pub(super) const SHOP_INTERVAL: &str = "2024-01-01T00:00:00.000Z/2024-07-01T00:00:00.000Z";

/// The segments, as the API takes them.
const SEGMENTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/demo/segments.json"));

impl DataSet {
    /// Its events, to be imported.
    pub(super) fn source(&self) -> Source {
        Source::Bytes(self.name, self.bytes)
    }
}

/// The segments that fit the data.
///
/// # Errors
/// When what the binary carries is damaged.
pub(super) fn segments() -> anyhow::Result<Vec<JourneySegmentRequest>> {
    serde_json::from_str(SEGMENTS).context("the segments of the demo are damaged")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Visitor {
    customer_cookie_id: String,
}

/// The shop's customers with the most events, the busiest first.
///
/// # Errors
/// When what the binary carries is damaged.
pub(super) fn busiest_customers(count: usize) -> anyhow::Result<Vec<String>> {
    let mut events: BTreeMap<String, usize> = BTreeMap::new();
    let text = SHOP.source().open(&Progress::new(None, false))?;
    for line in text.lines() {
        let visitor: Visitor =
            serde_json::from_str(&line?).context("the events of the demo are damaged")?;
        *events.entry(visitor.customer_cookie_id).or_default() += 1;
    }
    let mut customers: Vec<(String, usize)> = events.into_iter().collect();
    customers.sort_by_key(|(_, events)| std::cmp::Reverse(*events));
    Ok(customers.into_iter().take(count).map(|(customer, _)| customer).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;
    use wayfare_model::time::Moment;

    use super::*;

    const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata");

    fn read(name: &str) -> Value {
        let text = std::fs::read_to_string(format!("{DIRECTORY}/{name}")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_blogs_segments_are_those_of_the_test_data() {
        let expected = read("segments.expected.json");
        let of_blog: BTreeSet<&str> = expected["segments"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|segment| segment["dataSet"] == "semicomplete-web")
            .map(|segment| segment["displayName"].as_str().unwrap())
            .collect();
        let tests = read("segments.json");
        let demo = segments().unwrap();
        let mut found = 0;
        for test in tests.as_array().unwrap() {
            let name = test["displayName"].as_str().unwrap();
            if !of_blog.contains(name) {
                continue;
            }
            let is_named =
                |segment: &&JourneySegmentRequest| segment.display_name.as_deref() == Some(name);
            let segment = serde_json::to_value(demo.iter().find(is_named).unwrap()).unwrap();
            assert_eq!(segment["context"], test["context"], "{name}");
            // Two say nothing of behaviour; in the demo they are kept to the blog's visitors.
            if test.get("journey").is_some() {
                assert_eq!(segment["journey"], test["journey"], "{name}");
            }
            found += 1;
        }
        assert_eq!(found, 15);
        assert!(demo.len() > found);
    }

    #[test]
    fn the_shops_events_lie_in_its_interval() {
        let (start, end) = SHOP_INTERVAL.split_once('/').unwrap();
        let (start, end) = (Moment::parse(start).unwrap(), Moment::parse(end).unwrap());
        let text = SHOP.source().open(&Progress::new(None, false)).unwrap();
        for line in text.lines() {
            let record: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let created = Moment::parse(record["createdDate"].as_str().unwrap()).unwrap();
            assert!(start <= created && created < end, "{created}");
        }
    }

    #[test]
    fn the_busiest_customers_are_different_ones() {
        let customers = busiest_customers(5).unwrap();
        let distinct: BTreeSet<&String> = customers.iter().collect();
        assert_eq!((customers.len(), distinct.len()), (5, 5));
    }
}
