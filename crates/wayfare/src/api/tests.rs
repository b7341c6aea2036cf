//! The API over HTTP, against a server that answers by script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode, header};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::{Api, ApiError, Credentials, ImportAnswer, Remote};

/// What a server answers, in order, and what it was asked.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Response<Body>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

pub(crate) fn answer(status: u16, body: &str) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap();
    Response::builder().status(status).body(Body::from(body.to_owned())).unwrap()
}

pub(crate) fn token(text: &str) -> Response<Body> {
    answer(200, &format!(r#"{{"access_token":"{text}"}}"#))
}

/// Writes down the request and its body, and answers.
async fn play(State(script): State<Script>, request: Request) -> Response<Body> {
    let authorization = request.headers().get(header::AUTHORIZATION).cloned().unwrap();
    let line =
        format!("{} {} {}", request.method(), request.uri(), authorization.to_str().unwrap());
    let answer = script.answers.lock().unwrap().pop_front().unwrap();
    // Who refuses does not read on.
    let body = if answer.status() == StatusCode::FORBIDDEN {
        Bytes::new()
    } else {
        axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap()
    };
    let text = String::from_utf8_lossy(&body[..body.len().min(30)]).into_owned();
    script.asked.lock().unwrap().push(format!("{line} {text}").trim_end().to_owned());
    answer
}

/// A server with a script, the API that asks it, and what was asked until the script's end.
pub(crate) async fn asked<T>(
    answers: Vec<Response<Body>>,
    ask: impl AsyncFnOnce(&Api) -> T,
) -> (T, Vec<String>) {
    let script = Script { answers: Arc::new(Mutex::new(answers.into())), ..Script::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(play).with_state(script.clone());
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await });
    let credentials = Credentials { id: "id".to_owned(), secret: "secret:1".to_owned() };
    let api = Api::from(Remote::new(&url, credentials).unwrap());
    let result = ask(&api).await;
    serving.shutdown().await;
    assert!(script.answers.lock().unwrap().is_empty(), "not everything was asked for");
    let asked = script.asked.lock().unwrap().clone();
    (result, asked)
}

const BASIC: &str = "POST /oauth/token Basic aWQ6c2VjcmV0OjE= grant_type=client_credentials";

#[tokio::test]
async fn a_token_is_asked_for_once_and_anew_when_it_is_not_accepted_any_more() {
    let refusal = answer(401, r#"{"message":"expired"}"#);
    let answers = vec![
        token("one"),
        answer(200, "1"),
        answer(200, "2"),
        refusal,
        token("two"),
        answer(200, "3"),
    ];
    let (values, asked) = asked(answers, async |api| {
        let mut values = Vec::new();
        for _ in 0..3 {
            values.push(api.get::<Value>("/path").await.unwrap());
        }
        values
    })
    .await;
    assert_eq!(values, [1, 2, 3]);
    let expected = [
        BASIC,
        "GET /path Bearer one",
        "GET /path Bearer one",
        "GET /path Bearer one",
        BASIC,
        "GET /path Bearer two",
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn lines_are_sent_as_they_are() {
    let answers = vec![
        token("one"),
        answer(200, r#"{"applied":1,"duplicates":2,"rejected":[{"line":3,"reason":"why"}]}"#),
    ];
    let lines = Bytes::from_static(b"{\"a\":1}\n\n");
    let (imported, asked) = asked(answers, async |api| api.import(lines).await.unwrap()).await;
    assert_eq!(asked[1], "POST /api/wayfare/v1/imports Bearer one {\"a\":1}");
    let ImportAnswer { applied, duplicates, rejected } = imported;
    assert_eq!((applied, duplicates), (1, 2));
    assert_eq!((rejected[0].line, rejected[0].reason.as_str()), (3, "why"));
}

#[tokio::test]
async fn a_refusal_of_a_large_body_is_told() {
    let answers = vec![token("one"), answer(403, r#"{"message":"not you"}"#)];
    let lines = Bytes::from(vec![b'x'; 8 * 1024 * 1024]);
    let (refused, _) = asked(answers, async |api| api.import(lines).await.unwrap_err()).await;
    assert!(matches!(refused, ApiError::Refused { status: 403, .. }), "{refused}");
}

#[tokio::test]
async fn a_busy_server_says_when_to_come_again() {
    let mut busy = answer(503, r#"{"message":"busy"}"#);
    busy.headers_mut().insert(header::RETRY_AFTER, "7".parse().unwrap());
    let (error, _) = asked(vec![token("one"), busy], async |api| {
        api.import(Bytes::from_static(b"{}\n")).await.unwrap_err()
    })
    .await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_token_goes_nowhere_else() {
    let mut moved = answer(307, "");
    moved.headers_mut().insert(header::LOCATION, "/elsewhere".parse().unwrap());
    let (error, asked) =
        asked(vec![token("one"), moved], async |api| api.get::<Value>("/path").await.unwrap_err())
            .await;
    assert_eq!(asked.len(), 2);
    assert!(error.to_string().contains("status 307"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_of() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let credentials = Credentials { id: String::new(), secret: "hidden".to_owned() };
    let api = Api::from(Remote::new(&url, credentials).unwrap());
    let error = api.sign_in().await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot reach {url}: ")), "{error}");
    assert!(error.ends_with("start it with: wayfare serve"), "{error}");
    assert!(!error.contains("hidden"), "{error}");
}
