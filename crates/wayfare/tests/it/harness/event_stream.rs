//! Server-sent events over a socket, read as the specification says (HTML, 9.2.6).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::DEADLINE;

/// An event of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StreamEvent {
    /// Its type.
    pub(crate) name: String,
    /// Its data.
    pub(crate) data: Value,
    /// The id of the last event, this one included.
    pub(crate) id: String,
}

/// A stream that is open.
pub(crate) struct EventStream {
    reader: BufReader<TcpStream>,
    /// What is left of the chunk that is being read.
    chunk: Vec<u8>,
    /// The status of the answer.
    pub(crate) status: u16,
    /// Its headers by name in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// The id of the last event.
    pub(crate) last_id: String,
    /// Signs of life that have come.
    pub(crate) comments: usize,
}

impl EventStream {
    /// Asks for a stream; reads the answer's head.
    pub(crate) fn open(
        host: SocketAddr,
        token: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Self {
        let mut stream = TcpStream::connect(host).expect("a connection");
        stream.set_read_timeout(Some(DEADLINE)).expect("a time limit");
        let mut request = format!(
            "GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: text/event-stream\r\n\
             authorization: Bearer {token}\r\n"
        );
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{request}\r\n").as_bytes()).expect("a request that goes out");
        let mut opened = Self {
            reader: BufReader::new(stream),
            chunk: Vec::new(),
            status: 0,
            headers: BTreeMap::new(),
            last_id: String::new(),
            comments: 0,
        };
        let line = opened.raw_line().expect("a status line");
        opened.status =
            line.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("a status");
        while let Some((name, value)) = opened
            .raw_line()
            .expect("a header")
            .split_once(':')
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
        {
            opened.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        opened
    }

    /// The next event; nothing when the stream has ended.
    pub(crate) fn next(&mut self) -> Option<StreamEvent> {
        let (mut name, mut data) = ("message".to_owned(), None::<String>);
        loop {
            let line = self.line()?;
            if line.is_empty() {
                if let Some(data) = data.take() {
                    let data = serde_json::from_str(&data).expect("data of JSON");
                    return Some(StreamEvent { name, data, id: self.last_id.clone() });
                }
                continue;
            }
            let (field, value) = line.split_once(':').expect("a field");
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" => self.comments += 1,
                "id" => self.last_id = value.to_owned(),
                "event" => value.clone_into(&mut name),
                "data" => data = Some(value.to_owned()),
                "retry" => assert!(value.parse::<u32>().is_ok(), "{line}"),
                other => panic!("an unknown field {other}: {line}"),
            }
        }
    }

    /// So many events.
    pub(crate) fn take(&mut self, number: usize) -> Vec<StreamEvent> {
        (0..number).map(|_| self.next().expect("an event, not the end")).collect()
    }

    /// Reads on until a sign of life has come, and no event before it.
    pub(crate) fn wait_for_comment(&mut self) {
        let before = self.comments;
        while self.comments == before {
            let line = self.line().expect("a line, not the end");
            match line.split_once(':') {
                Some(("", _)) => self.comments += 1,
                Some(("id", id)) => id.trim().clone_into(&mut self.last_id),
                Some(("retry", _)) | None => {}
                Some(_) => panic!("an event: {line}"),
            }
        }
    }

    /// A line of the body; nothing at its end.
    fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.chunk.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.chunk.drain(..=end).collect();
                return Some(String::from_utf8(line).expect("UTF-8").trim_end().to_owned());
            }
            let size = self.raw_line()?;
            let size = usize::from_str_radix(&size, 16).expect("the size of a chunk");
            if size == 0 {
                return None;
            }
            let start = self.chunk.len();
            self.chunk.resize(start + size, 0);
            self.reader.read_exact(&mut self.chunk[start..]).ok()?;
            self.raw_line()?;
        }
    }

    fn raw_line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
            Err(error)
                if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) =>
            {
                None
            }
            Err(error) => panic!("the stream cannot be read: {error}"),
        }
    }
}
