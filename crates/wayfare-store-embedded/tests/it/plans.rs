//! What tests ask of facts.

use std::collections::BTreeMap;

use wayfare_model::fact::{Dimension, Metric};
use wayfare_model::query::Plan;
use wayfare_model::time::Moment;
use wayfare_store::Stores;
use wayfare_store::conformance::facts::plan;
use wayfare_store::conformance::samples::{HERE, at};

/// Counts facts of a metric by session, in one bucket.
pub(crate) fn by_session(metric: Metric, from: Moment, to: Moment) -> Plan {
    let group_by = vec![Dimension::JourneySessionId];
    Plan { edges: vec![from, to], group_by, ..plan(metric) }
}

/// How many facts of sessions there are by session, in the first second.
pub(crate) async fn counted(stores: &Stores) -> BTreeMap<String, u64> {
    let plan = by_session(Metric::JourneySessions, at(0), at(1_000));
    let cells = stores.facts.run(HERE, &plan).await.expect("an answer");
    (cells.keys.iter().enumerate())
        .map(|(cell, key)| {
            let session = cells.group(key.group).next().flatten().expect("a session");
            (session.to_owned(), cells.figures(0, cell).expect("a count").count)
        })
        .collect()
}
