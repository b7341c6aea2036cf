//! A receiver of messages: a small HTTP server of the test's own, which answers as the test says.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A message as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Its headers by name in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// Its body as it came.
    pub(crate) body: String,
}

impl Message {
    /// Its id.
    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// Its body.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a body of JSON")
    }

    /// The customer it is about.
    pub(crate) fn customer(&self) -> String {
        self.json()["data"]["customer"]["id"].as_str().unwrap_or_default().to_owned()
    }

    /// How many of its signatures are right, by the specification: HMAC-SHA256 of id, timestamp and
    /// body under the bytes that the secret encodes.
    pub(crate) fn signatures_by(&self, secret: &str) -> usize {
        let key =
            STANDARD.decode(secret.strip_prefix("whsec_").expect("a secret")).expect("base64");
        let signed = format!("{}.{}.{}", self.id(), self.headers["webhook-timestamp"], self.body);
        let expected = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, signed.as_bytes())));
        let signatures = self.headers["webhook-signature"].split(' ');
        signatures.filter(|signature| **signature == expected).count()
    }
}

/// HMAC (RFC 2104), written out, so that the test does not trust what it tests.
fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    assert!(key.len() <= 64, "a longer key is hashed first");
    let padded = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// What is answered.
pub(crate) enum Reply {
    /// A status.
    Status(u16),
    /// A status with a header.
    With(u16, &'static str, String),
    /// These bytes, and the end.
    Bytes(&'static [u8]),
    /// Nothing: the connection is closed.
    Nothing,
}

type Decide = dyn Fn(&Message) -> Reply + Send + Sync;

/// A receiver that runs until it is dropped.
pub(crate) struct Receiver {
    address: SocketAddr,
    state: Arc<State>,
    accepting: Option<JoinHandle<()>>,
}

struct State {
    messages: Mutex<Vec<Message>>,
    decide: Box<Decide>,
    connections: AtomicUsize,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    is_closing: AtomicBool,
}

impl Receiver {
    /// A receiver that answers each message as `decide` says.
    pub(crate) fn start(decide: impl Fn(&Message) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0".parse().expect("an address"), decide)
    }

    /// The same at an address.
    pub(crate) fn start_at(
        address: SocketAddr,
        decide: impl Fn(&Message) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).expect("a free address");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            messages: Mutex::default(),
            decide: Box::new(decide),
            connections: AtomicUsize::new(0),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            is_closing: AtomicBool::new(false),
        });
        let accepting = {
            let state = Arc::clone(&state);
            std::thread::spawn(move || state.accept(&listener))
        };
        Self { address, state, accepting: Some(accepting) }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where messages go.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// What has arrived, in order.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.state.messages.lock().expect("the messages").clone()
    }

    /// Connections that were made.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// The most messages that were answered at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.state.most_at_once.load(Ordering::SeqCst)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.state.is_closing.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            drop(accepting.join());
        }
    }
}

impl State {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.is_closing.load(Ordering::SeqCst) {
                return;
            }
            let Ok(stream) = stream else { continue };
            self.connections.fetch_add(1, Ordering::SeqCst);
            let state = Arc::clone(self);
            std::thread::spawn(move || state.serve(stream));
        }
    }

    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some(message) = read(&mut reader) {
            let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
            self.messages.lock().expect("the messages").push(message.clone());
            let reply = (self.decide)(&message);
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            let bytes = match reply {
                Reply::Status(status) => head(status, ""),
                Reply::With(status, name, value) => head(status, &format!("{name}: {value}\r\n")),
                Reply::Bytes(bytes) => {
                    drop(reader.get_mut().write_all(bytes));
                    return;
                }
                Reply::Nothing => return,
            };
            if reader.get_mut().write_all(bytes.as_bytes()).is_err() {
                return;
            }
        }
    }
}

fn head(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} Answered\r\n{headers}content-length: 0\r\n\r\n")
}

/// Reads a request; nothing at the end of a connection.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Message> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    assert!(line.starts_with("POST "), "{line}");
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok());
    let mut body = vec![0; length.expect("a length")];
    reader.read_exact(&mut body).ok()?;
    Some(Message { headers, body: String::from_utf8(body).expect("UTF-8") })
}
