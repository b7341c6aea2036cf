//! Segment assignments, sessions and external contacts.

use serde_json::{Value, json};

use super::About::{Length, Missing, Parameter, Type, Unknown, Value as Allowed};
use super::{Expected, Row, UNKNOWN, bad, found, made, parameter, unknown, without_body};

const OLD_ADD: &[&str] = &["journey:segmentassignment:add"];
const OLD_DELETE: &[&str] = &["journey:segmentassignment:delete"];
const NEW_ADD: &[&str] = &["externalContacts:segmentAssignment:add"];
const NEW_DELETE: &[&str] = &["externalContacts:segmentAssignment:delete"];

pub(super) fn rows(name: &str, _: &str) -> Option<Vec<Row>> {
    Some(match name {
        "get_journey_session_segments" => list("sessionId"),
        "get_journey_customer_customer_id_segments" => list("customerId"),
        "get_journey_externalcontact_segments" => list("externalContactId"),
        "post_journey_externalcontact_segments" => update_of_2020(),
        "get_externalcontacts_contact_journey_segments" => {
            let faults = vec![
                parameter("limit=0", "invalid.query.param.value limit"),
                parameter("limit=501", "invalid.query.param.value limit"),
                parameter("includeMerged=perhaps", "invalid.query.param.value includeMerged"),
            ];
            [vec![found(200)], faults, unknown("contactId", None)].concat()
        }
        "post_externalcontacts_contact_journey_segments" => update_of_today(),
        "get_externalcontacts_contact_journey_sessions" => {
            let faults = vec![
                parameter("pageSize=0", "invalid.query.param.value pageSize"),
                parameter("after=made-up", "bad.request after"),
            ];
            [vec![found(200)], faults, unknown("contactId", None)].concat()
        }
        "get_journey_session" => [vec![found(200)], unknown("sessionId", None)].concat(),
        "get_journey_session_events" => {
            let faults = vec![
                parameter("pageSize=201", "invalid.query.param.value pageSize"),
                parameter("eventType=WebEvent", "invalid.query.param.value eventType"),
                parameter("after=made-up", "bad.request after"),
            ];
            [vec![found(200)], faults, unknown("sessionId", None)].concat()
        }
        "explain_session_segment" => explain("sessionId"),
        "explain_customer_segment" => explain("customerId"),
        "get_contact" => [vec![found(200)], unknown("contactId", None)].concat(),
        "delete_customer" => {
            // Nothing is known of such a customer, and nothing is left of it.
            let nobody = |place, value| Row {
                place: Some((place, value)),
                ..Row::new(Unknown, None, Expected::Status(200))
            };
            vec![found(200), nobody("customerId", UNKNOWN), nobody("customerIdType", "no-type")]
        }
        "get_customer_deletion" => [vec![found(200)], unknown("deletionId", None)].concat(),
        "unmerge_contact" => [vec![found(200)], unknown("contactId", None)].concat(),
        _ => return None,
    })
}

/// Why somebody is in a segment.
fn explain(place: &'static str) -> Vec<Row> {
    let mut rows = vec![found(200), parameter("at=then", "invalid.query.param.value at")];
    rows.extend(unknown(place, None));
    rows.extend(unknown("segmentId", None));
    rows
}

/// The three lists of 2020.
fn list(place: &'static str) -> Vec<Row> {
    let mut rows = vec![
        found(200),
        parameter("pageSize=0", "invalid.query.param.value pageSize"),
        parameter("pageSize=many", "invalid.query.param.value pageSize"),
        parameter("segmentScope=Visit", "invalid.query.param.value segmentScope"),
        parameter("assignmentState=Held", "invalid.query.param.value assignmentState"),
        parameter("after=made-up", "bad.request after"),
    ];
    rows.extend(unknown(place, None));
    rows
}

fn update_of_2020() -> Vec<Row> {
    let item = |state: Value| json!([{ "segmentId": "SEGMENT", "state": state }]);
    let unknown_segment = json!([{ "segmentId": UNKNOWN, "state": "Assigned" }]);
    let no_uuid = unknown("externalContactId", Some(&item(json!("Assigned")))).remove(1);
    vec![
        made(204, &item(json!("Assigned"))).with_permissions(OLD_ADD),
        made(204, &item(json!("Unassigned"))).with_permissions(OLD_DELETE),
        without_body(),
        bad(Missing, &json!([{ "state": "Assigned" }]), "constraint.validation [0].segmentId"),
        bad(Missing, &json!([{ "segmentId": "SEGMENT" }]), "constraint.validation [0].state"),
        bad(Type, &json!({}), "invalid.value ."),
        bad(Type, &item(json!(1)), "invalid.value [0].state"),
        bad(Allowed, &item(json!("Held")), "invalid.value [0].state"),
        bad(
            Length,
            &json!(vec![json!({ "segmentId": "SEGMENT", "state": "Assigned" }); 101]),
            "constraint.validation body",
        ),
        Row::new(Allowed, Some(unknown_segment.to_string()), Expected::Error(404, "not.found")),
        no_uuid,
    ]
}

fn update_of_today() -> Vec<Row> {
    let assign = |segments: Value| json!({ "assign": { "segments": segments } });
    let unassign = json!({ "unassign": { "segments": [{ "id": "SEGMENT" }] } });
    let known = json!([{ "id": "SEGMENT" }]);
    let no_uuid = unknown("contactId", Some(&assign(known.clone()))).remove(1);
    let both = json!({ "assign": { "segments": known }, "unassign": { "segments": known } });
    vec![
        made(200, &assign(known.clone())).with_permissions(NEW_ADD),
        made(200, &unassign).with_permissions(NEW_DELETE),
        without_body(),
        bad(Missing, &assign(json!([{}])), "constraint.validation assign.segments[0].id"),
        bad(Type, &assign(json!({})), "invalid.value assign.segments"),
        bad(Type, &json!({ "assign": [] }), "invalid.value assign"),
        bad(Type, &assign(json!([{ "id": 1 }])), "invalid.value assign.segments[0].id"),
        bad(Allowed, &both, "constraint.validation unassign.segments[0].id"),
        bad(
            Length,
            &assign(json!(vec![json!({ "id": "SEGMENT" }); 11])),
            "constraint.validation assign.segments",
        ),
        // What is unknown comes back, and is no fault.
        Row::new(
            Parameter,
            Some(assign(json!([{ "id": UNKNOWN }])).to_string()),
            Expected::Status(200),
        ),
        no_uuid,
    ]
}
