//! Running the targets.

use crate::corpus::{Numbers, run};
use crate::{aggregates, targets};

#[test]
fn segment_definitions() {
    run("segment_definitions", targets::segment_definitions);
}

#[test]
fn event_attributes() {
    run("event_attributes", targets::event_attributes);
}

#[test]
fn aggregate_queries() {
    run("aggregate_queries", aggregates::aggregate_queries);
}

#[test]
fn inputs_reach_what_matters() {
    let mut numbers = Numbers(7);
    let mut all = targets::Found::default();
    for _ in 0..200 {
        let found = targets::found_by_definitions(&numbers.bytes(400));
        all.satisfied += found.satisfied;
        all.holding += found.holding;
        all.assigned += found.assigned;
        all.timed += found.timed;
    }
    let targets::Found { satisfied, holding, assigned, timed } = all;
    assert!(satisfied > 200 && holding > 100 && assigned > 100 && timed > 50, "{all:?}");
    let answers = (0..2_000).filter_map(|_| aggregates::answered(&numbers.bytes(200)));
    let with_cells = answers.filter(|cells| *cells > 0).count();
    assert!(with_cells > 50, "{with_cells}");
}
