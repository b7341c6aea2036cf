//! What counts as an assignment (U29).

use wayfare_model::assignment::AssignmentState;
use wayfare_model::fact::{Dimension, Metric};
use wayfare_model::query::{Filter, Plan};

use super::measure::source_metrics;

const STATE: Dimension = Dimension::JourneySegmentAssignmentState;

/// Leaves out the facts of unassignments, unless the query names the state of assignments itself.
///
/// An assignment gives one fact when it is made and another one when it ends, both of
/// `nJourneySegmentsAssigned`, told apart by `journeySegmentAssignmentState`. Whoever asks for that
/// metric means the first. Only who filters or groups by the state can mean both. Facts of other
/// metrics have no such state and stay.
///
/// The rule becomes a part of the plan's filter, so that no store has to know it.
pub(super) fn leave_out_unassignments(mut plan: Plan) -> Plan {
    if source_metrics(&plan).contains(&Metric::JourneySegmentsAssigned)
        && !plan.group_by.contains(&STATE)
        && !names_state(&plan.filter)
    {
        let assigned = AssignmentState::Assigned.as_str().to_owned();
        let rule = Filter::Or(vec![Filter::NotExists(STATE), Filter::Matches(STATE, assigned)]);
        plan.filter = match plan.filter {
            Filter::And(mut filters) => {
                filters.push(rule);
                Filter::And(filters)
            }
            filter => Filter::And(vec![filter, rule]),
        };
    }
    plan
}

fn names_state(filter: &Filter) -> bool {
    match filter {
        Filter::And(filters) | Filter::Or(filters) => filters.iter().any(names_state),
        Filter::Matches(dimension, _)
        | Filter::Exists(dimension)
        | Filter::NotExists(dimension) => *dimension == STATE,
        Filter::Value(_) => false,
    }
}
