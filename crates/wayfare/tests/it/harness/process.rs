//! The program itself: `wayfare serve`, started, asked, stopped and killed.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::answer::RawAnswer;
use super::client::{Request, TestClient, Transport};
use super::connection::Connection;
use super::wait_until;

/// The id of every test server's first client.
pub(crate) const CLIENT_ID: &str = "a5a5a5a5-0000-4000-8000-000000000001";
/// Its secret; colons and percent signs are allowed in it.
pub(crate) const CLIENT_SECRET: &str = "secret:with:colons/and%20signs+for-tests";
/// The id of every test server's first deployment.
pub(crate) const DEPLOYMENT_ID: &str = "a5a5a5a5-0000-4000-8000-000000000002";

/// A running server. It is killed when this is dropped.
pub(crate) struct Process {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where it tells what is measured, if it was started with such an address.
    pub(crate) metrics_address: Option<SocketAddr>,
    child: Mutex<Child>,
    idle: Mutex<Vec<Connection>>,
}

impl Process {
    /// Starts a server and waits until it listens.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// Starts a server with more arguments.
    pub(crate) fn start_with(data: &Path, arguments: &[&str]) -> Self {
        Self::start_in(data, arguments, &[])
    }

    /// Starts a server with more arguments, in an environment with more variables.
    pub(crate) fn start_in(data: &Path, arguments: &[&str], variables: &[(&str, &Path)]) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_wayfare"));
        program.envs(variables.iter().copied());
        Self::start_as(program, data, arguments)
    }

    /// Starts a server whose files cannot become larger than so many bytes: its disk is full then.
    pub(crate) fn start_with_file_limit(data: &Path, bytes: u64) -> Self {
        let mut shell = Command::new("sh");
        // A block is 512 bytes. The signal would end the process before it sees the error.
        shell.args(["-c", "trap '' XFSZ; ulimit -f $0; exec \"$@\""]);
        shell.arg((bytes / 512).to_string()).arg(env!("CARGO_BIN_EXE_wayfare"));
        Self::start_as(shell, data, &[])
    }

    fn start_as(mut program: Command, data: &Path, arguments: &[&str]) -> Self {
        let mut child = program
            .args(["serve", "--listen", "127.0.0.1:0", "--json", "--data"])
            .arg(data)
            .args(arguments)
            .env("WAYFARE_CLIENT_ID", CLIENT_ID)
            .env("WAYFARE_CLIENT_SECRET", CLIENT_SECRET)
            .env("WAYFARE_DEPLOYMENT_ID", DEPLOYMENT_ID)
            .env("WAYFARE_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let output = child.stdout.take().expect("its output");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("a line");
        let started: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("the server said {line:?}: {error}"));
        let address_in = |field: &str| {
            let url = started[field].as_str()?;
            let (_scheme, address) = url.split_once("://").expect("a scheme");
            Some(address.parse().expect("an address"))
        };
        let address = address_in("url").expect("its url");
        let metrics_address = address_in("metricsUrl");
        Self { address, metrics_address, child: Mutex::new(child), idle: Mutex::default() }
    }

    /// Where it listens, as a URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client with every permission.
    pub(crate) fn client(&self) -> TestClient<'_> {
        TestClient::log_in(self, CLIENT_ID, CLIENT_SECRET)
    }

    /// `kill -9`.
    pub(crate) fn kill(&self) {
        let mut child = self.child.lock().expect("the process");
        child.kill().expect("a kill");
        child.wait().expect("its end");
    }

    /// SIGTERM.
    pub(crate) fn tell_to_stop(&self) {
        let id = self.child.lock().expect("the process").id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().expect("a signal");
        assert!(told.success());
    }

    /// SIGTERM. Waits for the end.
    pub(crate) fn terminate(&self) -> ExitStatus {
        self.tell_to_stop();
        self.wait()
    }

    /// Waits for the end.
    pub(crate) fn wait(&self) -> ExitStatus {
        let mut child = self.child.lock().expect("the process");
        let mut ended = None;
        wait_until("the server's end", || {
            ended = child.try_wait().expect("its state");
            ended.is_some()
        });
        ended.expect("its end")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        // It may have ended already.
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Transport for Process {
    fn send(&self, request: &Request) -> std::io::Result<RawAnswer> {
        let idle = self.idle.lock().expect("the connections").pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(self.address)?,
        };
        let answer = connection.send(request)?;
        self.idle.lock().expect("the connections").push(connection);
        Ok(answer)
    }
}
