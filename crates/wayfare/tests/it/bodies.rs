//! How long bodies may be: what is kept free for a body while it is under way is what is read of it.

use std::collections::BTreeSet;

use wayfare_http::body_bytes_max;
use wayfare_http::router::{Route, served};
use wayfare_model::limits::{BODY_BYTES_MAX, FORM_BYTES_MAX, IMPORT_BODY_BYTES_MAX};

use crate::harness::{DEPLOYMENT_ID, Request, TestServer};

/// A path that the route matches.
fn path(route: &Route) -> String {
    let parts = route.path.split('/');
    let filled = parts.map(|part| if part.starts_with('{') { DEPLOYMENT_ID } else { part });
    filled.collect::<Vec<_>>().join("/")
}

#[test]
fn no_more_of_a_body_is_read_than_is_kept_free_for_it() {
    let server = TestServer::start();
    let admin = server.client();
    let mut limits = BTreeSet::new();
    let check = |method: &str, path: &str, content_type: &str| {
        let bytes_max = body_bytes_max(path);
        let request = Request::new(method, path).header("content-type", content_type);
        let answer = admin.send(request.body(vec![b' '; bytes_max + 1]));
        let has_body = answer.status == 413;
        if has_body {
            let message = answer.error(413, "request.entity.too.large");
            assert!(message.contains(&format!("more than {bytes_max} bytes")), "{path}: {message}");
        }
        has_body.then_some(bytes_max)
    };
    let mut without = Vec::new();
    for route in served().iter().filter(|route| matches!(route.method, "POST" | "PATCH" | "PUT")) {
        match check(route.method, &path(route), "application/json") {
            Some(bytes_max) => limits.extend([bytes_max]),
            None => without.push(route.name),
        }
    }
    for path in ["/oauth/token", "/oauth/authorize"] {
        limits.extend(check("POST", path, "application/x-www-form-urlencoded"));
    }
    let expected = BTreeSet::from([FORM_BYTES_MAX, BODY_BYTES_MAX, IMPORT_BODY_BYTES_MAX]);
    assert_eq!(limits, expected);
    assert_eq!(without, ["unmerge_contact", "exchange_webhook_secret", "test_webhook"]);
}

#[test]
fn a_form_has_few_fields() {
    let server = TestServer::start();
    let form = |fields: usize| {
        let body = "a&".repeat(fields);
        let request = Request::new("POST", "/oauth/token");
        let kind = "application/x-www-form-urlencoded";
        server.anonymous().send(request.header("content-type", kind).body(body))
    };
    assert_eq!(form(64).faults(), "constraint.validation grant_type\n");
    let message = form(65).error(400, "bad.request");
    assert_eq!(message, "the form has more than 64 fields");
}
