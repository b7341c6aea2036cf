//! `/api/v2/journey/segments`: making, reading, listing, changing, deleting.

use expect_test::{expect, expect_file};
use serde_json::{Value, json};
use wayfare_model::segment::Operator;

use crate::harness::{
    Request, SEGMENTS, TestClient, TestServer, page_segment, page_view, redacted, text, visitor,
};

const UNKNOWN: &str = "a5a5a5a5-0000-4000-8000-00000000abcd";

fn path(segment: &Value) -> String {
    format!("{SEGMENTS}/{}", text(&segment["id"]))
}

/// A segment with everything that one can have.
fn full_segment() -> Value {
    json!({
        "displayName": "Everything, ünïcode and \"quotes\"",
        "description": "All fields",
        "isActive": false,
        "color": "#0a1B2c",
        "scope": "Customer",
        "shouldDisplayToAgent": false,
        "context": { "patterns": [
            { "criteria": [{
                "key": "geolocation.country", "values": ["GB", "IE"],
                "shouldIgnoreCase": true, "operator": "equal", "entityType": "visit",
            }] },
        ] },
        "journey": { "patterns": [
            {
                "criteria": [{
                    "key": "attributes.price.value", "values": ["9.5"],
                    "shouldIgnoreCase": false, "operator": "greaterThan",
                }],
                "count": 2, "streamType": "Web", "sessionType": "web",
                "eventName": "product_added",
            },
            {
                "criteria": [{
                    "key": "eventName", "values": ["a", "b"],
                    "shouldIgnoreCase": true, "operator": "containsAny",
                }],
                "count": 1, "streamType": "App", "sessionType": "app",
            },
        ] },
        "externalSegment": { "id": "42", "name": "theirs", "source": "Custom" },
        "assignmentExpirationDays": 30,
    })
}

#[test]
fn only_a_name_is_required() {
    let server = TestServer::start();
    let client = server.client();
    let made = client.post(SEGMENTS, &json!({ "displayName": "Plain" })).with(201);
    expect![[r##"
        {
          "id": "#1",
          "isActive": true,
          "displayName": "Plain",
          "version": 1,
          "color": "#444A52",
          "scope": "Session",
          "shouldDisplayToAgent": true,
          "context": {
            "patterns": []
          },
          "journey": {
            "patterns": []
          },
          "selfUri": "/api/v2/journey/segments/#1",
          "createdDate": "2026-11-22T09:00:00.000Z",
          "modifiedDate": "2026-11-22T09:00:00.000Z"
        }
    "##]]
    .assert_eq(&redacted(&made));
    assert_eq!(client.get(&path(&made)).with(200), made);
}

#[test]
fn every_field_comes_back_as_it_was_sent() {
    let server = TestServer::start();
    let client = server.client();
    let sent = full_segment();
    let made = client.post(SEGMENTS, &sent).with(201);
    for (field, value) in sent.as_object().expect("an object") {
        assert_eq!(&made[field], value, "{field}");
    }
    assert_eq!(client.get(&path(&made)).with(200), made);
    let listed = client.get(SEGMENTS).with(200);
    assert_eq!(listed["entities"], json!([made]));
}

#[test]
fn empty_pattern_lists_are_taken_and_an_unknown_field_is_ignored() {
    let server = TestServer::start();
    let body = json!({
        "displayName": "As the Terraform provider sends it", "description": null, "version": 0,
        "context": { "patterns": [] }, "journey": { "patterns": [] }, "unheardOf": 1,
    });
    let made = server.client().post(SEGMENTS, &body).with(201);
    assert_eq!(made["version"], 1);
    assert_eq!(made["journey"], json!({ "patterns": [] }));
}

#[test]
fn each_operator_is_kept_and_matches_as_it_reads() {
    let server = TestServer::start();
    let client = server.client();
    let numeric = ["greaterThan", "greaterThanOrEqual", "lessThan", "lessThanOrEqual"];
    // Whether the path "/shop/Cart" and the price 10 satisfy it.
    let table = [
        ("containsAll", json!(["shop", "Cart"]), true),
        ("containsAll", json!(["shop", "cart"]), false),
        ("containsAny", json!(["blog", "shop"]), true),
        ("containsAny", json!(["blog"]), false),
        ("notContainsAll", json!(["shop", "cart"]), true),
        ("notContainsAll", json!(["shop", "Cart"]), false),
        ("notContainsAny", json!(["blog", "cart"]), true),
        ("notContainsAny", json!(["blog", "Cart"]), false),
        ("equal", json!(["/blog", "/shop/Cart"]), true),
        ("equal", json!(["/shop"]), false),
        ("notEqual", json!(["/shop", "/blog"]), true),
        ("notEqual", json!(["/blog", "/shop/Cart"]), false),
        ("startsWith", json!(["/shop"]), true),
        ("startsWith", json!(["shop"]), false),
        ("endsWith", json!(["t", "x"]), true),
        ("endsWith", json!(["/"]), false),
        ("greaterThan", json!(["9.99"]), true),
        ("greaterThan", json!(["10"]), false),
        ("greaterThanOrEqual", json!(["10"]), true),
        ("greaterThanOrEqual", json!(["10.01"]), false),
        ("lessThan", json!(["1e1"]), false),
        ("lessThan", json!(["11"]), true),
        ("lessThanOrEqual", json!(["10.0"]), true),
        ("lessThanOrEqual", json!(["-10"]), false),
    ];
    let mut expected = Vec::new();
    for (place, (operator, values, matches)) in table.iter().enumerate() {
        let key = match numeric.contains(operator) {
            true => "attributes.price.value",
            false => "page.pathname",
        };
        let name = format!("{place:02} {operator} {values}");
        let mut segment = page_segment(&name, "", 1);
        let criterion = json!({ "key": key, "values": values, "operator": operator });
        segment["journey"]["patterns"][0]["criteria"] = json!([criterion]);
        let made = client.post(SEGMENTS, &segment).with(201);
        let kept = &made["journey"]["patterns"][0]["criteria"][0];
        assert_eq!((&kept["operator"], &kept["values"]), (&json!(operator), values));
        expected.extend(matches.then_some(name));
    }
    let tried: std::collections::BTreeSet<&str> = table.iter().map(|(name, ..)| *name).collect();
    assert_eq!(tried.len(), Operator::ALL.len());

    let mut event = page_view(&visitor(1), "https://x.example/shop/Cart", &server.clock.text(0));
    event["attributes"] = json!({ "price": { "dataType": "number", "value": "10" } });
    let session = client.record(&event);
    assert_eq!(names_of(&client, &session), expected);
}

/// The names of the segments assigned in a session, sorted.
fn names_of(client: &TestClient<'_>, session: &str) -> Vec<String> {
    let listed = client.walk(&format!("/api/v2/journey/sessions/{session}/segments?pageSize=3"));
    let name = |entity: &Value| {
        let segment = client.get(text(&entity["segment"]["selfUri"])).with(200);
        text(&segment["displayName"]).to_owned()
    };
    let mut names: Vec<String> = listed.iter().map(name).collect();
    names.sort();
    names
}

#[test]
fn all_faults_of_a_body_are_told_at_once_each_with_its_place() {
    let server = TestServer::start();
    let client = server.client();
    let criterion = |key: &str, values: Value, operator: &str| json!({ "key": key, "values": values, "operator": operator, "entityType": "visit" });
    let mut stranger = criterion("browser.family", json!(["x"]), "equal");
    stranger["entityType"] = json!("visitor");
    let body = json!({
        "displayName": " ",
        "description": "d".repeat(1_001),
        "color": "red",
        "scope": "Organisation",
        "context": { "patterns": [
            { "criteria": [] },
            { "criteria": [
                criterion("browser.colour", json!(["x"]), "equal"),
                criterion("browser.family", json!([]), "equal"),
                criterion("browser.version", json!(["1", "2"]), "lessThan"),
                criterion("browser.version", json!(["one"]), "lessThan"),
                criterion("browser.family", json!(["x"]), "like"),
                stranger,
                { "values": ["v".repeat(2_001)] },
            ] },
        ] },
        "journey": { "patterns": [
            {},
            {
                "criteria": [criterion("page.titleChanged", json!(["x"]), "equal")],
                "streamType": "Conversation", "sessionType": "web", "count": -1,
                "eventName": "page_viewed",
            },
            {
                "criteria": [criterion("page.url", json!(["x"]), "equal")],
                "streamType": "App", "sessionType": "web", "count": 100_001,
            },
        ] },
        "externalSegment": { "source": "Elsewhere" },
        "assignmentExpirationDays": -1,
    });
    let answer = client.post(SEGMENTS, &body);
    assert_eq!(answer.status, 400);
    expect_file!["snapshots/segment_faults.txt"].assert_eq(&answer.faults());
    let message = text(&answer.json["message"]).to_owned();
    expect!["field [displayName] must have 1 to 128 characters (and 27 more, see details)"]
        .assert_eq(&message);
    let without_name = client.post(SEGMENTS, &json!({})).error(400, "constraint.validation");
    assert!(without_name.contains("displayName"), "{without_name}");
    let listed = client.get(SEGMENTS).with(200);
    assert_eq!(listed["total"], 0, "nothing was made");
}

#[test]
fn texts_and_lists_have_limits() {
    let server = TestServer::start();
    let client = server.client();
    let check = |segment: Value, expected: &str| {
        let answer = client.post(SEGMENTS, &segment);
        let faults = if answer.status == 201 { String::new() } else { answer.faults() };
        assert_eq!(faults.trim(), expected);
    };
    let criteria = |count: usize| {
        let mut segment = page_segment("Many", "x", 1);
        let one = segment["journey"]["patterns"][0]["criteria"][0].clone();
        segment["journey"]["patterns"][0]["criteria"] = json!(vec![one; count]);
        segment
    };
    let values = |count: usize| {
        let mut segment = page_segment("Many", "x", 1);
        segment["journey"]["patterns"][0]["criteria"][0]["values"] = json!(vec!["v"; count]);
        segment
    };
    check(json!({ "displayName": "ü".repeat(128) }), "");
    check(json!({ "displayName": "ü".repeat(129) }), "constraint.validation displayName");
    check(criteria(100), "");
    check(criteria(101), "constraint.validation journey.patterns[0].criteria");
    check(values(100), "");
    check(values(101), "constraint.validation journey.patterns[0].criteria[0].values");
}

#[test]
fn a_change_needs_the_current_version_and_raises_it_by_one() {
    let server = TestServer::start();
    let client = server.client();
    let made = client.post(SEGMENTS, &full_segment()).with(201);
    let path = path(&made);
    server.clock.advance_minutes(1);
    let change = |body: Value| client.patch(&path, &body);

    let changed = change(json!({ "version": 1, "displayName": "Other" })).with(200);
    assert_eq!((&changed["version"], &changed["displayName"]), (&json!(2), &json!("Other")));
    assert_eq!(changed["createdDate"], made["createdDate"]);
    assert_eq!(changed["modifiedDate"], server.clock.text(0));

    let stale = change(json!({ "version": 1, "displayName": "Late" }));
    assert_eq!(stale.json["entityId"], made["id"]);
    let message = stale.error(409, "request.conflict");
    assert!(message.contains("does not match the current version"), "{message}");

    server.clock.advance_minutes(1);
    assert_eq!(change(json!({ "version": 2, "displayName": "Other" })).with(200), changed);
    assert_eq!(change(json!({})).with(200), changed);
    let without_version = change(json!({ "isActive": true })).with(200);
    assert_eq!(without_version["version"], 3);
    assert_eq!(client.get(&path).with(200), without_version);
}

#[test]
fn null_clears_what_may_be_empty_and_absent_keeps() {
    let server = TestServer::start();
    let client = server.client();
    let made = client.post(SEGMENTS, &full_segment()).with(201);
    let renamed = client.patch(&path(&made), &json!({ "displayName": "New" })).with(200);
    let clearable = ["description", "assignmentExpirationDays", "externalSegment"];
    for field in clearable {
        assert_eq!(renamed[field], made[field], "{field} is kept");
    }
    let nulls =
        json!({ "description": null, "assignmentExpirationDays": null, "externalSegment": null });
    let cleared = client.patch(&path(&made), &nulls).with(200);
    for (field, value) in renamed.as_object().expect("an object") {
        match field.as_str() {
            "version" => assert_eq!(cleared[field], 3),
            field if clearable.contains(&field) => assert!(cleared.get(field).is_none(), "{field}"),
            field => assert_eq!(&cleared[field], value, "{field}"),
        }
    }
    let nulls = json!({
        "displayName": null, "color": null, "isActive": null, "shouldDisplayToAgent": null,
        "context": null, "journey": null, "version": null, "description": "kept out",
    });
    let refused = client.patch(&path(&made), &nulls);
    let mut faults: Vec<String> = refused.faults().lines().map(str::to_owned).collect();
    faults.sort();
    let expected = [
        "color",
        "context",
        "displayName",
        "isActive",
        "journey",
        "shouldDisplayToAgent",
        "version",
    ];
    assert_eq!(faults, expected.map(|field| format!("constraint.validation {field}")));
    assert_eq!(client.get(&path(&made)).with(200), cleared);
}

#[test]
fn a_patch_replaces_conditions_and_is_checked_like_a_new_segment() {
    let server = TestServer::start();
    let client = server.client();
    let made = client.post(SEGMENTS, &full_segment()).with(201);
    let other = page_segment("", "/other", 4)["journey"].clone();
    let changed = client.patch(&path(&made), &json!({ "journey": other })).with(200);
    assert_eq!(changed["journey"]["patterns"].as_array().map(Vec::len), Some(1));
    assert_eq!(changed["journey"]["patterns"][0]["count"], 4);
    assert_eq!(changed["context"], made["context"]);

    let bad = client.patch(
        &path(&made),
        &json!({
            "displayName": "", "color": "#12345", "description": "d".repeat(1_001),
            "journey": { "patterns": [{ "streamType": "Web" }] }, "assignmentExpirationDays": 9_999,
        }),
    );
    assert_eq!(bad.status, 400);
    expect![[r#"
        constraint.validation displayName
        constraint.validation description
        invalid.value color
        invalid.value assignmentExpirationDays
        constraint.validation journey.patterns[0].sessionType
        constraint.validation journey.patterns[0].criteria
        constraint.validation journey.patterns[0].count
    "#]]
    .assert_eq(&bad.faults());
    assert_eq!(client.get(&path(&made)).with(200), changed);
    let renamed = client.patch(&path(&made), &json!({ "externalSegment": { "name": "ours" } }));
    let external = &renamed.with(200)["externalSegment"];
    assert_eq!(external, &json!({ "id": "42", "name": "ours", "source": "Custom" }));
}

#[test]
fn a_deleted_segment_is_gone() {
    let server = TestServer::start();
    let client = server.client();
    let made = client.post(SEGMENTS, &full_segment()).with(201);
    client.delete(&path(&made)).with(204);
    client.get(&path(&made)).error(404, "not.found");
    client.patch(&path(&made), &json!({})).error(404, "not.found");
    client.delete(&path(&made)).error(404, "not.found");
    assert_eq!(client.get(SEGMENTS).with(200)["total"], 0);
}

#[test]
fn what_is_not_there_is_not_found() {
    let server = TestServer::start();
    let client = server.client();
    for id in [UNKNOWN, "not-a-uuid", "%00", "%F0%9F%90%9F", "a%2Fb", "..%2F..%2Fsegments"] {
        let path = format!("{SEGMENTS}/{id}");
        for method in ["GET", "PATCH", "DELETE"] {
            client.send_text(method, &path, "{}").error(404, "not.found");
        }
    }
    let message = client.get(&format!("{SEGMENTS}/{UNKNOWN}")).error(404, "not.found");
    assert!(message.contains(UNKNOWN), "{message}");
    // A path that is no UTF-8 is no path.
    client.get(&format!("{SEGMENTS}/%FF")).error(400, "bad.request");
}

/// Seven segments in a known order, one minute apart.
fn seven(server: &TestServer) {
    let client = server.client();
    for (name, is_active) in [
        ("delta", true),
        ("alpha", false),
        ("golf", true),
        ("bravo", true),
        ("alpha", true),
        ("echo", false),
        ("charlie", true),
    ] {
        let body =
            json!({ "displayName": name, "isActive": is_active, "description": "Some TEXT" });
        client.post(SEGMENTS, &body).with(201);
        server.clock.advance_minutes(1);
    }
}

#[test]
fn pages_are_exact() {
    let server = TestServer::start();
    seven(&server);
    let client = server.client();
    let mut table = String::new();
    for query in [
        "",
        "?pageSize=3",
        "?pageSize=3&pageNumber=2",
        "?pageSize=3&pageNumber=3",
        "?pageSize=3&pageNumber=4",
        "?pageSize=7&sortBy=-displayName&isActive=True",
    ] {
        let page = client.get(&format!("{SEGMENTS}{query}")).with(200);
        table += &format!("{query}\n    [{}]\n", names(&page));
        for field in ["pageSize", "pageNumber", "total", "pageCount"] {
            table += &format!("    {field} {}", page[field]);
        }
        table += "\n";
        for field in ["firstUri", "selfUri", "nextUri", "previousUri", "lastUri"] {
            let uri = page[field].as_str().unwrap_or("-");
            // A cursor is opaque.
            let uri = uri
                .split_once("&after=")
                .map_or(uri.to_owned(), |(uri, _)| format!("{uri}&after=…"));
            table += &format!("    {field} {}\n", uri.trim_start_matches(SEGMENTS));
        }
    }
    expect_file!["snapshots/segment_pages.txt"].assert_eq(&table);
}

/// The names on a page, in order.
fn names(page: &Value) -> String {
    let entities = page["entities"].as_array().expect("entities");
    let names: Vec<&str> = entities.iter().map(|entity| text(&entity["displayName"])).collect();
    names.join(" ")
}

#[test]
fn the_uris_of_pages_lead_through_the_whole_list() {
    let server = TestServer::start();
    seven(&server);
    let client = server.client();
    let first = format!("{SEGMENTS}?pageSize=2&sortBy=displayName,-createdDate&isActive=true");
    let mut seen = Vec::new();
    let mut next = Some(first);
    while let Some(path) = next {
        let page = client.get(&path).with(200);
        seen.push(names(&page));
        next = page["nextUri"].as_str().map(str::to_owned);
        assert_eq!(client.get(text(&page["selfUri"])).with(200)["entities"], page["entities"]);
        assert!(seen.len() < 10, "the list has no end");
    }
    assert_eq!(seen, ["alpha bravo", "charlie delta", "golf"]);
}

#[test]
fn lists_are_sorted_and_filtered_as_asked() {
    let server = TestServer::start();
    seven(&server);
    let client = server.client();
    let check = |query: &str, expected: &str| {
        let page = client.get(&format!("{SEGMENTS}?{query}")).with(200);
        assert_eq!(names(&page), expected, "{query}");
    };
    let by_age = "delta alpha golf bravo alpha echo charlie";
    check("", by_age);
    check("sortBy=", by_age);
    check("sortBy=None", by_age);
    check("sortBy=displayName", "alpha alpha bravo charlie delta echo golf");
    check("sortBy=displayName%2C-createdDate", "alpha alpha bravo charlie delta echo golf");
    check("sortBy=-displayName", "golf echo delta charlie bravo alpha alpha");
    check("sortBy=isActive,-displayName", "echo alpha golf delta charlie bravo alpha");
    check("sortBy=-isActive,displayName", "alpha bravo charlie delta golf alpha echo");
    check("sortBy=-createdDate", "charlie echo alpha bravo golf alpha delta");
    let active = "delta golf bravo alpha charlie";
    for spelling in ["true", "True", "TRUE"] {
        check(&format!("isActive={spelling}"), active);
    }
    for spelling in ["false", "False"] {
        check(&format!("isActive={spelling}"), "alpha echo");
    }
    for not_given in ["isActive=", "isActive=None", "pageSize=None", "pageSize=", "unknown=1"] {
        check(not_given, by_age);
    }
    check("queryFields=displayName&queryValue=LPH", "alpha alpha");
    check("queryFields=description,displayName&queryValue=text&isActive=false", "alpha echo");
    check("queryFields=displayName&queryValue=%C3%BC", "");
}

#[test]
fn of_equal_names_the_newest_comes_first_when_asked_so() {
    let server = TestServer::start();
    seven(&server);
    let client = server.client();
    let page = client.get(&format!("{SEGMENTS}?sortBy=displayName,-createdDate")).with(200);
    let active = [&page["entities"][0]["isActive"], &page["entities"][1]["isActive"]];
    assert_eq!(active, [&json!(true), &json!(false)]);
}

#[test]
fn segments_are_listed_by_their_ids() {
    let server = TestServer::start();
    let client = server.client();
    let make = |name: &str| client.create_segment(&json!({ "displayName": name }));
    let (one, two, three) = (make("one"), make("two"), make("three"));
    let check = |query: String, expected: &str| {
        let page = client.get(&format!("{SEGMENTS}?{query}")).with(200);
        assert_eq!(names(&page), expected, "{query}");
    };
    check(format!("segmentIds={three},{one}"), "three one");
    check(format!("segmentIds={three}%2C{one}"), "three one");
    check(format!("segmentIds={two}&segmentIds={one}&segmentIds={UNKNOWN}"), "two one");
    check("segmentIds=nonsense".to_owned(), "");
    let both = client.get(&format!("{SEGMENTS}?segmentIds={one}&pageSize=2&sortBy=id"));
    assert_eq!(both.faults(), "bad.request pageSize\nbad.request sortBy\n");
    both.error(400, "bad.request");
}

#[test]
fn bad_parameters_are_named() {
    let server = TestServer::start();
    let client = server.client();
    let check = |query: &str, expected: &str| {
        let answer = client.get(&format!("{SEGMENTS}?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.faults().replace('\n', ";"), expected, "{query}");
    };
    let code = "invalid.query.param.value";
    check("pageSize=0", &format!("{code} pageSize;"));
    check("pageSize=201", &format!("{code} pageSize;"));
    check("pageSize=two&pageNumber=-1", &format!("{code} pageNumber;{code} pageSize;"));
    check("pageNumber=0", &format!("{code} pageNumber;"));
    for number in ["2147483648", "9223372036854775808", "99999999999999999999"] {
        check(&format!("pageNumber={number}"), &format!("{code} pageNumber;"));
    }
    check("isActive=yes", &format!("{code} isActive;"));
    check("sortBy=displayName,-colour,x", &format!("{code} sortBy;{code} sortBy;"));
    check("queryValue=x", "bad.request queryFields;");
    check("queryFields=displayName", "bad.request queryValue;");
    check("queryFields=color&queryValue=x", &format!("{code} queryFields;"));
}

#[test]
fn a_page_far_behind_the_last_says_its_own_number() {
    let server = TestServer::start();
    let page = server.client().get(&format!("{SEGMENTS}?pageNumber=2147483647")).with(200);
    assert_eq!(page["pageNumber"], 2_147_483_647);
    assert_eq!(page["selfUri"], format!("{SEGMENTS}?pageSize=25&pageNumber=2147483647"));
    assert_eq!((&page["entities"], page.get("nextUri")), (&json!([]), None));
    assert_eq!(page["previousUri"], page["lastUri"]);
}

#[test]
fn a_body_that_is_no_segment_is_refused() {
    let server = TestServer::start();
    let client = server.client();
    let made = client.post(SEGMENTS, &full_segment()).with(201);
    let path = path(&made);
    let mut table = String::new();
    for body in [
        "",
        " \n",
        "null",
        "NaN",
        "[]",
        "[{}]",
        "\"text\"",
        "12",
        "{",
        "{}{}",
        "{\"displayName\": 1}",
        "{\"displayName\": \"x\", \"journey\": []}",
        "{\"isActive\": \"yes\"}",
        "{\"version\": NaN}",
        "{\"version\": 1.5}",
        "{\"context\": {\"patterns\": {}}}",
        "\u{feff}{}",
        "{\"displayName\": \"a\", \"displayName\": \"b\"}",
    ] {
        for (method, path) in [("POST", SEGMENTS), ("PATCH", path.as_str())] {
            let answer = client.send_text(method, path, body);
            assert_eq!(answer.status, 400, "{method} {body:?}: {}", answer.json);
            table += &format!("{method} {body:?} {}\n", text(&answer.json["message"]));
        }
    }
    expect_file!["snapshots/segment_bodies.txt"].assert_eq(&table);
    assert_eq!(client.get(&path).with(200), made);
}

#[test]
fn a_body_has_a_type_and_a_size() {
    let server = TestServer::start();
    let client = server.client();
    let body = json!({ "displayName": "x" }).to_string();
    let check = |content_type: Option<&str>, expected: u16| {
        let request = Request::new("POST", SEGMENTS).body(body.clone());
        let request = match content_type {
            Some(content_type) => request.header("content-type", content_type),
            None => request,
        };
        assert_eq!(client.send(request).status, expected, "{content_type:?}");
    };
    check(Some("application/json"), 201);
    check(Some("Application/JSON; charset=UTF-8"), 201);
    check(Some("application/merge-patch+json"), 201);
    check(None, 201);
    check(Some("text/plain"), 415);
    check(Some("application/x-www-form-urlencoded"), 415);
    check(Some(""), 415);

    let padded = |bytes: usize| format!("{body}{}", " ".repeat(bytes - body.len()));
    client.send_text("POST", SEGMENTS, &padded(1024 * 1024)).with(201);
    let message = client
        .send_text("POST", SEGMENTS, &padded(1024 * 1024 + 1))
        .error(413, "request.entity.too.large");
    assert!(message.contains("1048576"), "{message}");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(client.send_text("POST", SEGMENTS, &deep).status, 400);
    let deep = format!("{{\"context\":{}", "{\"patterns\":[".repeat(50_000));
    assert_eq!(client.send_text("POST", SEGMENTS, &deep).status, 400);
}

#[test]
fn scope_is_fixed_at_creation() {
    let server = TestServer::start();
    let client = server.client();
    let check = |scope: Value, expected: &str| {
        let made = client.post(SEGMENTS, &json!({ "displayName": "x", "scope": scope })).with(201);
        assert_eq!(made["scope"], expected);
        let changed = client.patch(&path(&made), &json!({ "scope": "Session" })).with(200);
        assert_eq!((&changed["scope"], &changed["version"]), (&json!(expected), &json!(1)));
    };
    check(Value::Null, "Session");
    check(json!("Session"), "Session");
    check(json!("Customer"), "Customer");
}
