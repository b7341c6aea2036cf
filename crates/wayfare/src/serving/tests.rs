//! Slow, silent and too many connections, over sockets.

use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::*;

const SHORT: Limits = Limits { connections: 2, head_time: Duration::from_millis(200) };
const LONG: Duration = Duration::from_secs(30);

struct Server {
    address: SocketAddr,
    stopping: CancellationToken,
    serving: JoinHandle<()>,
    release: Arc<Notify>,
    open: Arc<Waiting>,
}

async fn start(limits: Limits) -> Server {
    let release = Arc::new(Notify::new());
    let released = release.clone();
    let wait = move || async move {
        released.notified().await;
        "released"
    };
    let router = Router::new()
        .route("/", get(async || "here"))
        .route("/echo", post(async |body: String| body))
        .route("/wait", get(wait));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stopping = CancellationToken::new();
    let open = Arc::<Waiting>::default();
    let serving = serve(listener, router, limits, Arc::clone(&open), stopping.clone());
    let serving = TaskTracker::new().spawn(serving);
    Server { address, stopping, serving, release, open }
}

impl Server {
    async fn connect(&self, bytes: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }
}

/// Everything that comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(LONG, stream.read_to_end(&mut text)).await;
    // A connection that was reset is closed too.
    let _ = read.expect("the server closes the connection");
    String::from_utf8(text).unwrap()
}

/// What comes up to the end of an answer with a body that ends so.
async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let byte = tokio::time::timeout(LONG, stream.read_u8()).await.unwrap().unwrap();
        text.push(char::from(byte));
    }
    text
}

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn a_head_that_does_not_come_whole_ends_the_connection() {
    let server = start(SHORT).await;
    for begun in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: x\r\nslow: lor"] {
        let begin = Instant::now();
        let answer = rest(&mut server.connect(begun).await).await;
        assert!(begin.elapsed() >= SHORT.head_time, "{begun:?}: {answer}");
    }
}

#[tokio::test]
async fn a_connection_that_stays_silent_after_an_answer_is_closed() {
    let server = start(SHORT).await;
    let mut stream = server.connect(GET).await;
    assert!(until(&mut stream, "here").await.starts_with("HTTP/1.1 200"));
    stream.write_all(GET.as_bytes()).await.unwrap();
    assert!(until(&mut stream, "here").await.starts_with("HTTP/1.1 200"));
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn further_connections_wait_until_there_is_a_place() {
    let limits = Limits { head_time: LONG, ..SHORT };
    let server = start(limits).await;
    let first = server.connect("").await;
    let second = server.connect("").await;
    let mut third = server.connect(GET).await;
    let mut byte = [0];
    let waited = tokio::time::timeout(Duration::from_millis(100), third.read(&mut byte)).await;
    assert!(waited.is_err(), "a third connection is answered beside two others");
    assert_eq!(server.open.depth(), 2);
    drop(first);
    assert!(until(&mut third, "here").await.starts_with("HTTP/1.1 200"));
    drop(second);
}

#[tokio::test]
async fn what_is_under_way_is_finished_and_nothing_new_is_taken() {
    let limits = Limits { head_time: LONG, connections: 10 };
    let server = start(limits).await;
    let mut silent = server.connect("").await;
    let mut waiting = server.connect("GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await;
    // Both are accepted once a later one is answered.
    assert!(until(&mut server.connect(GET).await, "here").await.starts_with("HTTP/1.1 200"));
    server.stopping.cancel();
    assert_eq!(rest(&mut silent).await, "");
    server.release.notify_one();
    let answer = rest(&mut waiting).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("released"), "{answer}");
    tokio::time::timeout(LONG, server.serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}
