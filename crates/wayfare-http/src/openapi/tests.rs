use expect_test::expect_file;

use super::*;

/// `cargo xtask docs` writes the file; this test fails when it is stale.
#[test]
fn the_document_is_fresh() {
    let text = serde_json::to_string_pretty(&document().unwrap()).unwrap() + "\n";
    expect_file!["../../../../docs/openapi.json"].assert_eq(&text);
}

#[test]
fn every_operation_served_is_described() {
    for route in served() {
        assert!(is_described(&route).unwrap(), "describe {} in openapi/own.rs", route.name);
    }
}

#[test]
fn whatever_is_served_is_in_the_document_and_nothing_else() {
    let document = document().unwrap();
    let mut served: BTreeSet<(String, String)> = crate::router::plain()
        .into_iter()
        .flat_map(|(path, methods)| methods.iter().map(move |method| (path, *method)))
        .chain(served().iter().map(|route| (route.path, route.method)))
        .map(|(path, method)| (path.to_owned(), method.to_ascii_lowercase()))
        .collect();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let is_served = served.remove(&(path.clone(), method.clone()));
            assert!(is_served, "{method} {path} is described, but not served");
        }
    }
    assert!(served.is_empty(), "describe in openapi/own.rs: {served:?}");
}

#[test]
fn every_reference_leads_somewhere_and_every_rule_is_about_something() {
    let document = document().unwrap();
    let schemas = &document["components"]["schemas"];
    for name in reachable(&document, schemas) {
        assert!(schemas[&name]["type"].is_string(), "no schema {name}");
    }
    let contract: Value = serde_json::from_str(CONTRACT).unwrap();
    for (name, rule) in rules::schemas().as_object().unwrap() {
        let schema = &contract["schemas"][name];
        assert!(schema.is_object(), "a rule for {name}, which the contract does not have");
        for field in rule["properties"].as_object().into_iter().flat_map(Map::keys) {
            assert!(schema["properties"][field].is_object(), "a rule for {name}.{field}");
        }
        for field in rule["required"].as_array().into_iter().flatten() {
            let field = field.as_str().unwrap();
            assert!(schema["properties"][field].is_object(), "{name}.{field} is required");
        }
    }
    for name in rules::operations().as_object().unwrap().keys() {
        assert!(contract["operations"][name].is_object(), "a rule for {name}");
    }
}
