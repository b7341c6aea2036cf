//! `POST /oauth/token` and what becomes of tokens and secrets.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wayfare_model::limits::{FORM_BYTES_MAX, FREE_FAILURES};

use crate::harness::{
    Answer, CLIENT_ID, CLIENT_SECRET, Request, SEGMENTS, TestClient, TestServer, text,
};

const CLIENTS: &str = "/api/wayfare/v1/clients";
const FORM: &str = "application/x-www-form-urlencoded";

fn token_request(body: &str) -> Request {
    Request::new("POST", "/oauth/token").header("content-type", FORM).body(body)
}

fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

#[test]
fn a_token_is_given_for_basic_credentials() {
    let server = TestServer::start();
    let answer = server.anonymous().token_by_basic(CLIENT_ID, CLIENT_SECRET).with(200);
    assert_eq!(answer["expires_in"], 86_400);
    assert_eq!(answer["token_type"], "bearer");
    let token = text(&answer["access_token"]);
    assert!(token.len() >= 43, "256 bits need 43 characters, not {token}");
    server.anonymous().with_token(token).get(SEGMENTS).with(200);
    let another = server.anonymous().token_by_basic(CLIENT_ID, CLIENT_SECRET).with(200);
    assert_ne!(another["access_token"], answer["access_token"]);
    server.anonymous().with_token(token).get(SEGMENTS).with(200);
}

#[test]
fn a_token_is_given_for_form_fields() {
    let server = TestServer::start();
    let secret = CLIENT_SECRET.replace('%', "%25").replace('+', "%2B");
    let form =
        format!("client_secret={secret}&client_id={CLIENT_ID}&grant_type=client_credentials");
    let answer = server.anonymous().send(token_request(&form)).with(200);
    let token = text(&answer["access_token"]);
    server.anonymous().with_token(token).get(SEGMENTS).with(200);
}

#[test]
fn a_secret_may_be_sent_encoded() {
    let server = TestServer::start();
    let encoded: String = url::form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect();
    assert_ne!(encoded, CLIENT_SECRET);
    server.anonymous().token_by_basic(CLIENT_ID, &encoded).with(200);
    let twice: String = url::form_urlencoded::byte_serialize(encoded.as_bytes()).collect();
    server.anonymous().token_by_basic(CLIENT_ID, &twice).error(401, "bad.credentials");
}

#[test]
fn a_form_is_short_for_nobody_is_known_yet() {
    let server = TestServer::start();
    let secret: String = url::form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect();
    let grant = "grant_type=client_credentials";
    let form = format!("client_secret={secret}&client_id={CLIENT_ID}&{grant}&more=");
    let filled = |bytes: usize| format!("{form}{}", "a".repeat(bytes - form.len()));
    server.anonymous().send(token_request(&filled(FORM_BYTES_MAX))).with(200);
    let refused = server.anonymous().send(token_request(&filled(FORM_BYTES_MAX + 1)));
    refused.error(413, "request.entity.too.large");
    let path = "/oauth/authorize";
    let form = Request::new("POST", path).header("content-type", FORM);
    let refused = server.anonymous().send(form.body("a&".repeat(FORM_BYTES_MAX)));
    refused.error(413, "request.entity.too.large");
}

#[test]
fn whoever_guesses_secrets_keeps_nobody_else_from_tokens() {
    let mut server = TestServer::start();
    for _ in 0..FREE_FAILURES {
        let refused = server.anonymous().token_by_basic(CLIENT_ID, "guessed");
        refused.error(401, "bad.credentials");
    }
    let refused = server.anonymous().token_by_basic(CLIENT_ID, CLIENT_SECRET);
    refused.error(429, "too.many.requests.retry.after");
    server.ask_from([192, 0, 2, 7]);
    server.anonymous().token_by_basic(CLIENT_ID, CLIENT_SECRET).with(200);
}

#[test]
fn the_words_basic_and_bearer_are_read_in_any_case() {
    let server = TestServer::start();
    let credentials = basic(&format!("{CLIENT_ID}:{CLIENT_SECRET}")).replace("Basic", "bAsIc");
    let request = token_request("grant_type=client_credentials");
    let request = request.header("authorization", &credentials);
    let token = text(&server.anonymous().send(request).with(200)["access_token"]).to_owned();
    let request = Request::new("GET", SEGMENTS).header("authorization", &format!("bearer {token}"));
    server.anonymous().send(request).with(200);
}

#[test]
fn an_unknown_client_and_a_wrong_secret_look_the_same() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    let body = |answer: Answer| {
        let mut json = answer.json.clone();
        json["contextId"] = Value::Null;
        assert_eq!(answer.headers["www-authenticate"], "Basic realm=\"wayfare\"");
        answer.error(401, "bad.credentials");
        json
    };
    let wrong_secret = body(anonymous.token_by_basic(CLIENT_ID, "wrong"));
    for (id, secret) in [
        ("a5a5a5a5-0000-4000-8000-00000000abcd", CLIENT_SECRET),
        ("no-uuid", CLIENT_SECRET),
        ("", ""),
        (CLIENT_ID, ""),
        (CLIENT_ID, "secret"),
    ] {
        assert_eq!(body(anonymous.token_by_basic(id, secret)), wrong_secret, "{id}:{secret}");
    }
}

#[test]
fn a_request_that_asks_for_nothing_known_is_refused() {
    let server = TestServer::start();
    let anonymous = server.anonymous();
    let check = |request: Request, status, code: &str, part: &str| {
        let message = anonymous.send(request).error(status, code);
        assert!(message.contains(part), "{message}");
    };
    let right = basic(&format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    let with = |body: &str| token_request(body).header("authorization", &right);
    check(with(""), 400, "constraint.validation", "grant_type");
    check(with("grant_type=password"), 400, "invalid.value", "[password]");
    check(with("grant_type="), 400, "invalid.value", "client_credentials");
    check(with("\u{1}&&==%zz"), 400, "constraint.validation", "grant_type");
    let asked = token_request("grant_type=client_credentials");
    check(asked.clone(), 401, "authentication.required", "client_id");
    for garbled in ["Basic", "Basic ", "Basic ***", &basic("no colon"), "Bearer abc"] {
        let request = asked.clone().header("authorization", garbled);
        check(request, 401, "authentication.required", "client_secret");
    }
    let half = token_request(&format!("grant_type=client_credentials&client_id={CLIENT_ID}"));
    check(half, 401, "authentication.required", "client_secret");
}

#[test]
fn a_token_lives_for_a_day() {
    let server = TestServer::start();
    let client = server.client();
    server.clock.advance_ms(86_400_000 - 1);
    client.get(SEGMENTS).with(200);
    server.clock.advance_ms(1);
    client.get(SEGMENTS).error(401, "bad.credentials");
    server.client().get(SEGMENTS).with(200);
}

#[test]
fn a_token_is_known_again_after_a_restart_and_not_longer_than_before() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = TestServer::open(directory.path());
    let token = server.client().token().to_owned();
    server.close();
    let server = TestServer::open(directory.path());
    let client = server.anonymous().with_token(&token);
    client.get(SEGMENTS).with(200);
    server.clock.advance_days(1);
    client.get(SEGMENTS).error(401, "bad.credentials");
}

#[test]
fn a_revoked_clients_tokens_are_refused_at_once() {
    let server = TestServer::start();
    let admin = server.client();
    let body = json!({ "name": "short-lived", "permissions": ["journey:segment:view"] });
    let made = admin.post(CLIENTS, &body).with(201);
    let (id, secret) = (text(&made["id"]), text(&made["secret"]));
    let used = TestClient::log_in(&server, id, secret);
    let unused = TestClient::log_in(&server, id, secret);
    used.get(SEGMENTS).with(200);
    admin.delete(&format!("{CLIENTS}/{id}")).with(204);
    used.get(SEGMENTS).error(401, "bad.credentials");
    unused.get(SEGMENTS).error(401, "bad.credentials");
    server.anonymous().token_by_basic(id, secret).error(401, "bad.credentials");
    admin.get(SEGMENTS).with(200);
}

#[test]
fn no_secret_and_no_token_is_stored() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = TestServer::open(directory.path());
    let body = json!({ "name": "findable-name", "permissions": ["*"] });
    let made = server.client().post(CLIENTS, &body).with(201);
    let secret = text(&made["secret"]).to_owned();
    let client = TestClient::log_in(&server, text(&made["id"]), &secret);
    let tokens = [server.client().token().to_owned(), client.token().to_owned()];
    client.get(SEGMENTS).with(200);
    let absent = [CLIENT_SECRET, &secret, &tokens[0], &tokens[1]];
    // While it runs, the write-ahead log is there too.
    assert!(holds(server.directory(), "findable-name"));
    assert_eq!(absent.map(|text| holds(directory.path(), text)), [false; 4]);
    server.close();
    assert!(holds(directory.path(), "findable-name"));
    assert_eq!(absent.map(|text| holds(directory.path(), text)), [false; 4]);
}

/// Whether a file of a directory has a text in it.
fn holds(directory: &Path, text: &str) -> bool {
    let files = std::fs::read_dir(directory).expect("a directory");
    files
        .map(|file| std::fs::read(file.expect("a file").path()).expect("bytes"))
        .any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}
