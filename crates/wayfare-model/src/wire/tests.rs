use serde_json::json;

use super::*;
use crate::operation::{self, Operation};
use crate::patch::Patch;

#[test]
fn absent_and_null_are_the_same_and_neither_is_written() {
    let body = json!({"displayName": "Buyers", "scope": null, "isActive": false, "version": 0});
    let segment: JourneySegmentRequest = serde_json::from_value(body).unwrap();
    assert_eq!(segment.display_name.as_deref(), Some("Buyers"));
    assert_eq!(segment.scope, None);
    assert_eq!(segment.color, None);
    let written = serde_json::to_value(&segment).unwrap();
    assert_eq!(written, json!({"displayName": "Buyers", "isActive": false, "version": 0}));
}

#[test]
fn null_clears_in_a_patch_and_absent_keeps() {
    let body = json!({"description": null, "assignmentExpirationDays": 3});
    let patch: PatchSegment = serde_json::from_value(body.clone()).unwrap();
    assert_eq!(patch.description, Patch::Null);
    assert_eq!(patch.assignment_expiration_days, Patch::Value(3));
    assert_eq!(patch.external_segment, Patch::Absent);
    assert_eq!(serde_json::to_value(&patch).unwrap(), body);
}

#[test]
fn read_only_and_unknown_fields_of_a_body_are_ignored() {
    let body = json!({"id": 7, "selfUri": [], "createdDate": "never", "novelty": {}});
    let patch: PatchSegment = serde_json::from_value(body).unwrap();
    assert_eq!(patch, PatchSegment::default());
}

#[test]
fn wire_names_that_rust_reserves_are_kept_on_the_wire() {
    let body = json!({"type": "and", "predicates": [{"dimension": "journeySegmentId"}]});
    let clause: JourneyAggregateQueryClause = serde_json::from_value(body.clone()).unwrap();
    assert_eq!(clause.type_.as_deref(), Some("and"));
    assert_eq!(serde_json::to_value(&clause).unwrap(), body);
}

#[test]
fn a_word_reads_and_writes_exactly_or_names_the_allowed_ones() {
    for word in CriteriaOperator::ALL {
        let operator: CriteriaOperator = word.parse().unwrap();
        assert_eq!(operator.as_str(), *word);
        assert_eq!(serde_json::to_value(operator).unwrap(), json!(word));
    }
    let refused = "session".parse::<SegmentScope>().unwrap_err().to_string();
    assert_eq!(refused, "unknown value `session`, allowed are Session, Customer");
}

#[test]
fn the_table_of_operations_agrees_with_the_types() {
    type Segment = operation::GetJourneySegment;
    let info = operation::ALL.iter().find(|info| info.name == Segment::NAME).unwrap();
    assert_eq!((info.method, info.path), (Segment::METHOD, Segment::PATH));
    assert_eq!(info.permissions_any_of, Segment::PERMISSIONS_ANY_OF);
    assert_eq!(info.generations, [108, 269]);
    assert!(operation::KNOWN_PERMISSIONS.is_sorted());
    for permission in operation::ALL.iter().flat_map(|info| info.permissions_any_of) {
        assert!(operation::KNOWN_PERMISSIONS.contains(permission), "{permission}");
    }
}
