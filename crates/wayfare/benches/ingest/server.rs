//! Servers in processes of their own: the product, and one that only parses.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::Json;
use axum::routing::post;
use serde_json::Value;
use wayfare_model::wire::WebEventRequest;

pub(crate) const DEPLOYMENT: &str = "a5a5a5a5-0000-4000-8000-000000000002";
const CLIENT: &str = "a5a5a5a5-0000-4000-8000-000000000001";
const SECRET: &str = "a-secret-of-this-bench-alone";
/// The argument that makes this program the server that only parses.
pub(crate) const BARE: &str = "--bare";

/// Clock ticks in a second: Linux has 100 on every machine this runs on.
const TICKS: f64 = 100.0;

/// What of a server is in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Mebibytes that are its own.
    pub(crate) own_mib: u64,
    /// Mebibytes of mapped files, which the system takes back when it needs them.
    pub(crate) mapped_mib: u64,
}

/// A server that is killed when this is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Server {
    /// The product on a data directory, with more of its settings.
    pub(crate) fn product(data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wayfare"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--json", "--data"])
            .arg(data)
            .env("WAYFARE_CLIENT_ID", CLIENT)
            .env("WAYFARE_CLIENT_SECRET", SECRET)
            .env("WAYFARE_DEPLOYMENT_ID", DEPLOYMENT)
            .env("WAYFARE_LOG", "warn")
            .envs(settings.iter().copied());
        Self::start(command)
    }

    /// The server that only parses.
    pub(crate) fn bare() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(BARE);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let address = said["url"].as_str().unwrap().trim_start_matches("http://").parse().unwrap();
        Self { address, child }
    }

    /// Seconds of CPU that it has used.
    pub(crate) fn cpu_s(&self) -> f64 {
        cpu_s(&self.child.id().to_string())
    }

    /// Its memory at this moment.
    pub(crate) fn memory(&self) -> Memory {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0)
                / 1_024
        };
        Memory { own_mib: field("RssAnon:"), mapped_mib: field("RssFile:") }
    }

    /// A token of the first client.
    pub(crate) fn token(&self) -> String {
        let body =
            format!("grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}");
        let answer = self.ask(
            "POST",
            "/oauth/token",
            "content-type: application/x-www-form-urlencoded\r\n",
            body.as_bytes(),
        );
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// One request.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Value {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(300))).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        serde_json::from_str(body).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        let _ = self.child.wait();
    }
}

/// Seconds of CPU that a process has used.
pub(crate) fn cpu_s(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |place: usize| fields[place].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / TICKS
}

/// Takes web events, parses their bodies and does nothing more.
pub(crate) fn serve_bare() {
    let path = format!("/api/v2/journey/deployments/{DEPLOYMENT}/webevents");
    let parse = async |Json(request): Json<WebEventRequest>| {
        std::hint::black_box(request);
        "{}"
    };
    let router = axum::Router::new().route(&path, post(parse));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!(r#"{{"url":"http://{}"}}"#, listener.local_addr().unwrap());
        axum::serve(listener, router).await.unwrap();
    });
}
