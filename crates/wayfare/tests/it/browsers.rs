//! Pages of other origins (CORS) and limits of requests.

use serde_json::json;

use crate::harness::{DEPLOYMENT_ID, Process, Request, SEGMENTS, TestServer};

const ORIGIN: (&str, &str) = ("origin", "https://app.test");

#[test]
fn a_page_of_any_origin_may_ask_and_read_every_answer() {
    let server = TestServer::start();
    let client = server.client();
    let check = |request: Request, status| {
        let answer = client.send(request.header(ORIGIN.0, ORIGIN.1));
        assert_eq!(answer.status, status, "{}", answer.json);
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        let exposed = &answer.headers["access-control-expose-headers"];
        for name in ["inin-correlation-id", "inin-ratelimit-count", "retry-after"] {
            assert!(exposed.contains(name), "{exposed}");
        }
    };
    check(Request::new("GET", SEGMENTS), 200);
    check(Request::new("GET", "/nothing"), 404);
    check(Request::new("PUT", SEGMENTS), 405);
    check(Request::new("POST", SEGMENTS).body("{"), 400);
    check(Request::new("POST", "/oauth/token"), 400);
    check(Request::new("OPTIONS", SEGMENTS), 405);
}

#[test]
fn a_browser_that_asks_whether_it_may_is_told_so_without_a_token() {
    let server = TestServer::start();
    for (method, path) in [
        ("PATCH", format!("{SEGMENTS}/x")),
        ("POST", "/oauth/token".to_owned()),
        ("DELETE", "/api/v2/tokens/me".to_owned()),
        ("POST", format!("/api/v2/journey/deployments/{DEPLOYMENT_ID}/webevents")),
        ("GET", "/nothing".to_owned()),
    ] {
        let request = Request::new("OPTIONS", &path)
            .header(ORIGIN.0, ORIGIN.1)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "authorization,content-type,x-custom");
        let answer = server.anonymous().send(request);
        assert_eq!(answer.status, 204, "{path}");
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        assert!(answer.headers["access-control-allow-methods"].contains(method));
        let headers = &answer.headers["access-control-allow-headers"];
        assert_eq!(headers, "authorization,content-type,x-custom");
    }
}

#[test]
fn without_a_limit_no_header_speaks_of_one() {
    let server = TestServer::start();
    let answer = server.client().get(SEGMENTS);
    assert!(!answer.headers.keys().any(|name| name.starts_with("inin-ratelimit")));
}

#[test]
fn a_limit_is_counted_told_and_kept_per_token() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Process::start_with(data.path(), &["--rate-limit", "3"]);
    let client = server.client();
    let number = |answer: &crate::harness::Answer, name: &str| {
        answer.headers[name].parse::<u32>().expect("a number")
    };
    let mut codes = Vec::new();
    for (count, path) in
        [SEGMENTS, "/api/v2/tokens/me", "/api/v2/users/me", SEGMENTS].iter().enumerate()
    {
        let answer = client.get(path);
        assert_eq!(number(&answer, "inin-ratelimit-count"), u32::try_from(count).unwrap() + 1);
        assert_eq!(number(&answer, "inin-ratelimit-allowed"), 3);
        assert!((1..=60).contains(&number(&answer, "inin-ratelimit-reset")));
        codes.push(answer.status);
        if answer.status == 429 {
            assert_eq!(answer.headers["retry-after"], answer.headers["inin-ratelimit-reset"]);
            assert_eq!((&answer.json["details"], &answer.json["errors"]), (&json!([]), &json!([])));
            answer.error(429, "too.many.requests.retry.after");
        }
    }
    assert_eq!(codes, [200, 200, 400, 429]);
    let other = server.client().get(SEGMENTS);
    assert_eq!((other.status, number(&other, "inin-ratelimit-count")), (200, 1));
    let refused = server.client().with_token("unknown").get(SEGMENTS);
    assert!(!refused.headers.contains_key("inin-ratelimit-count"));
}

#[test]
fn the_originals_limit_is_three_hundred() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Process::start_with(data.path(), &["--rate-limit", "genesys"]);
    assert_eq!(server.client().get(SEGMENTS).headers["inin-ratelimit-allowed"], "300");
}
