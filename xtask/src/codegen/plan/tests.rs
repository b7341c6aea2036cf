use super::*;
use crate::codegen::contract;

fn contracts() -> Vec<Contract> {
    contract::read_all(&crate::repository_root().unwrap().join("contract")).unwrap()
}

fn two_generations(old: &str, new: &str) -> Vec<Contract> {
    vec![contract::parse(102, old).unwrap(), contract::parse(108, new).unwrap()]
}

fn model<'plan>(plan: &'plan Plan, name: &str) -> &'plan Model {
    plan.files.iter().flat_map(|file| &file.models).find(|model| model.name == name).unwrap()
}

fn wire_names(model: &Model) -> Vec<&str> {
    model.fields.iter().map(|field| &*field.wire_name).collect()
}

#[test]
fn the_older_generations_are_served_whole() {
    let contracts = contracts();
    let older = contracts.iter().filter(|contract| contract.generation != 269);
    for operation in older.flat_map(|contract| &contract.operations) {
        assert!(is_served(&operation.name), "{} is not served", operation.name);
    }
}

#[test]
fn every_operation_of_every_generation_is_listed_once() {
    let contracts = contracts();
    let plan = make(&contracts).unwrap();
    for contract in &contracts {
        for source in &contract.operations {
            let found: Vec<&Operation> =
                plan.operations.iter().filter(|operation| operation.name == source.name).collect();
            assert_eq!(found.len(), 1, "{}", source.name);
            assert!(found[0].generations.contains(&contract.generation));
            for permission in &source.permissions_any_of {
                assert!(found[0].permissions_any_of.contains(permission), "{}", source.name);
            }
        }
    }
}

#[test]
fn a_model_has_the_fields_of_all_generations() {
    let plan = make(&contracts()).unwrap();
    let assignment = wire_names(model(&plan, "SegmentAssignment"));
    for name in ["id", "state", "dateUnassigned", "dateForUnassignment"] {
        assert!(assignment.contains(&name), "{name}");
    }
    let segment = wire_names(model(&plan, "JourneySegment"));
    for name in ["id", "scope", "externalSegment", "assignmentExpirationDays"] {
        assert!(segment.contains(&name), "{name}");
    }
}

#[test]
fn the_newest_body_reads_the_older_ones_without_their_read_only_fields() {
    let plan = make(&contracts()).unwrap();
    let request = wire_names(model(&plan, "JourneySegmentRequest"));
    assert!(request.contains(&"scope"));
    assert!(request.contains(&"assignmentExpirationDays"));
    for name in ["JourneySegmentRequest", "PatchSegment", "PatchActionTarget"] {
        for read_only in choices::READ_ONLY_FIELDS {
            assert!(!wire_names(model(&plan, name)).contains(read_only), "{name}.{read_only}");
        }
    }
}

#[test]
fn equal_sets_of_values_share_one_vocabulary() {
    let plan = make(&contracts()).unwrap();
    let operator = |name: &str| {
        let mut fields = model(&plan, name).fields.iter();
        fields.find(|field| field.wire_name == "operator").unwrap().vocabulary.clone()
    };
    assert_eq!(operator("Criteria").as_deref(), Some("CriteriaOperator"));
    assert_eq!(operator("PatchEntityTypeCriteria").as_deref(), Some("CriteriaOperator"));
    assert_eq!(
        operator("JourneyAggregateQueryPredicate").as_deref(),
        Some("AggregatePredicateOperator")
    );
}

#[test]
fn values_of_all_generations_are_united() {
    let contracts = two_generations(
        r#"{"operations": [], "models": {"A": {"kind": {"type": "str", "enum": ["x", "y"]}}}}"#,
        r#"{"operations": [], "models": {"A": {"kind": {"type": "str", "enum": ["y", "z"]}}}}"#,
    );
    let models = unite_models(&contracts).unwrap();
    assert_eq!(models["A"].fields[0].values, ["x", "y", "z"]);
}

#[test]
fn a_newer_type_must_hold_what_the_older_one_held() {
    let old = r#"{"operations": [], "models": {
        "A": {"part": {"type": "list[Old]"}}, "Old": {"x": {"type": "int"}}}}"#;
    let wider = r#"{"operations": [], "models": {
        "A": {"part": {"type": "list[New]"}},
        "New": {"x": {"type": "int"}, "y": {"type": "str"}}}}"#;
    let models = unite_models(&two_generations(old, wider)).unwrap();
    assert_eq!(models["A"].fields[0].value_type.model(), Some("New"));

    let narrower = r#"{"operations": [], "models": {
        "A": {"part": {"type": "list[New]"}}, "New": {"y": {"type": "str"}}}}"#;
    let complaint = unite_models(&two_generations(old, narrower)).err().unwrap().to_string();
    assert!(complaint.starts_with("A.part is"), "{complaint}");
}

#[test]
fn one_operation_cannot_have_two_names() {
    let operation = |name: &str| {
        format!(
            r#"{{"models": {{}}, "operations": [{{"operation": "{name}", "method": "GET",
            "path": "/x", "permissions_any_of": [], "parameters": [], "response": "empty"}}]}}"#
        )
    };
    let contracts = two_generations(&operation("get_x"), &operation("fetch_x"));
    assert!(unite_operations(&contracts).is_err());
}
