//! What is served of the contract, and who may use it.

use std::collections::BTreeSet;

use wayfare_app::access::clients::OWN_PERMISSIONS;
use wayfare_http::router::{Route, served};
use wayfare_model::operation::{ALL, OperationInfo};

use crate::harness::{Request, TestServer};

/// The operations of the contract that are not served yet. It may only become shorter.
const UNCOVERED: &str = include_str!("../uncovered-operations.txt");

#[test]
fn every_operation_is_served_or_listed_as_uncovered() {
    let served: BTreeSet<&str> = served().iter().map(|route| route.name).collect();
    let missing: BTreeSet<&str> =
        ALL.iter().map(|operation| operation.name).filter(|name| !served.contains(name)).collect();
    let listed: Vec<&str> = UNCOVERED.lines().collect();
    assert!(listed.is_sorted(), "uncovered-operations.txt is sorted, one name a line");
    let listed: BTreeSet<&str> = listed.into_iter().collect();
    let neither: Vec<_> = missing.difference(&listed).collect();
    let both: Vec<_> = listed.difference(&missing).collect();
    assert!(neither.is_empty(), "neither served nor listed as uncovered: {neither:?}");
    assert!(both.is_empty(), "listed as uncovered, but served or not in the contract: {both:?}");
}

#[test]
fn every_route_below_api_v2_is_one_of_the_contract() {
    for route in served() {
        match in_contract(&route) {
            Some(operation) => {
                assert_eq!((operation.method, operation.path), (route.method, route.path));
            }
            None => assert!(route.path.starts_with("/api/wayfare/v1/"), "{route:?}"),
        }
    }
}

fn in_contract(route: &Route) -> Option<&'static OperationInfo> {
    ALL.iter().find(|operation| operation.name == route.name)
}

/// The permissions that would do; none for a public route.
fn permissions(route: &Route) -> &'static [&'static str] {
    // A segment's versions are its own in the words of the contract, and so are assignments explained.
    let own = match route.name {
        "explain_session_segment" | "explain_customer_segment" => {
            &["journey:segmentassignment:view"]
        }
        "list_segment_versions" => &["journey:segment:view"],
        _ => OWN_PERMISSIONS,
    };
    in_contract(route).map_or(own, |operation| operation.permissions_any_of)
}

/// A path of the route with a value in each place.
fn path(route: &Route) -> String {
    let value = |part: &str| match part {
        "{customerIdType}" => "cookie".to_owned(),
        part if part.starts_with('{') => "a5a5a5a5-0000-4000-8000-00000000abcd".to_owned(),
        part => part.to_owned(),
    };
    route.path.split('/').map(value).collect::<Vec<_>>().join("/")
}

/// A request with a body that no route can read.
fn garbage(route: &Route) -> Request {
    Request::new(route.method, &path(route)).header("content-type", "text/plain").body("\u{0}{")
}

#[test]
fn no_route_but_those_for_events_answers_without_a_token() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    let mut public = Vec::new();
    for route in served() {
        if permissions(&route).is_empty() {
            public.push(route.name);
            continue;
        }
        anonymous.send(garbage(&route)).error(401, "authentication.required");
        for authorization in ["Bearer ", "Bearer", "Basic abc", "nonsense"] {
            let request = garbage(&route).header("authorization", authorization);
            anonymous.send_as_it_is(&request).error(401, "authentication.required");
        }
        let unknown = garbage(&route).header("authorization", "Bearer unknown");
        let answer = anonymous.send_as_it_is(&unknown);
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        answer.error(401, "bad.credentials");
    }
    let events = ["post_journey_deployment_webevents", "post_journey_deployment_appevents"];
    assert_eq!(public, events);
}

#[test]
fn a_token_without_the_permission_is_told_which_would_do() {
    let server = TestServer::start();
    let with_another =
        [server.client_with(&["journey:views:view"]), server.client_with(&["analytics:*:*"])];
    for route in served() {
        let wanted = permissions(&route);
        if wanted.is_empty() {
            continue;
        }
        let client = match wanted.contains(&"analytics:journeyAggregate:view") {
            true => &with_another[0],
            false => &with_another[1],
        };
        let message = client.send(garbage(&route)).error(403, "missing.any.permissions");
        let named: Vec<_> = wanted.iter().filter(|name| message.contains(*name)).collect();
        let is_own = in_contract(&route).is_none();
        let expected = if is_own { 1 } else { wanted.len() };
        assert_eq!(named.len(), expected, "{}: {message}", route.name);
    }
}

#[test]
fn each_permission_opens_its_route() {
    let server = TestServer::start();
    for route in served() {
        for permission in permissions(&route) {
            if in_contract(&route).is_none() {
                continue;
            }
            let answer = server.client_with(&[permission]).send(garbage(&route));
            assert_ne!(answer.status, 401, "{} with {permission}", route.name);
            assert_ne!(answer.status, 403, "{} with {permission}", route.name);
            assert!(answer.status < 500, "{} with {permission}: {}", route.name, answer.json);
        }
    }
}

#[test]
fn unknown_paths_and_methods_have_the_error_body_too() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    let check = |method: &str, path: &str, status, code: &str| {
        let message = anonymous.send(Request::new(method, path)).error(status, code);
        assert!(message.contains(path.split('?').next().unwrap_or(path)), "{message}");
    };
    check("GET", "/", 404, "not.found");
    check("GET", "/api/v2/journey/nothing?x=1", 404, "not.found");
    check("POST", "/api/v2/journey/segments/", 404, "not.found");
    check("PUT", "/api/v2/journey/segments", 405, "method.not.allowed");
    check("PATCH", "/oauth/token", 405, "method.not.allowed");
    check("DELETE", "/health", 405, "method.not.allowed");
}

#[test]
fn health_says_that_it_can_serve() {
    let server = TestServer::start();
    let answer = server.anonymous().send(Request::new("GET", "/health"));
    assert_eq!(answer.with(200)["status"], "ok");
}
