//! The live feed of a server, as server-sent events.

use std::io::{BufRead, BufReader, Read};

use tokio::sync::mpsc;

use super::ApiError;

/// Events that were read and that nobody has taken yet.
const EVENTS_MAX: usize = 16;

/// What comes from a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// The place after it; empty when the server told none.
    pub(crate) id: String,
    /// What it is; absent for a sign of life, which only moves the place on.
    pub(crate) name: Option<String>,
    /// JSON, if it is not a sign of life.
    pub(crate) data: String,
}

/// A feed that is open.
pub(crate) struct Events(mpsc::Receiver<Event>);

impl Events {
    /// Reads an answer's body on a thread of its own, until it ends or nobody takes what comes.
    pub(super) fn read(body: impl Read + Send + 'static) -> Result<Self, ApiError> {
        let (sender, receiver) = mpsc::channel(EVENTS_MAX);
        let read = move || {
            let mut reader = BufReader::new(body);
            while let Some(event) = next(&mut reader) {
                if sender.blocking_send(event).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("wayfare-events".to_owned());
        thread.spawn(read).map_err(|error| ApiError::Broken(error.to_string()))?;
        Ok(Self(receiver))
    }

    /// What comes next; nothing when the connection is gone.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        self.0.recv().await
    }
}

/// Reads up to the blank line that ends an event; nothing when there is no whole one.
fn next(reader: &mut impl BufRead) -> Option<Event> {
    let mut event = Event { id: String::new(), name: None, data: String::new() };
    let mut is_begun = false;
    let mut line = String::new();
    loop {
        line.clear();
        if !matches!(reader.read_line(&mut line), Ok(1..)) || !line.ends_with('\n') {
            return None;
        }
        let text = line.trim_end_matches(['\n', '\r']);
        if text.is_empty() {
            if is_begun {
                return Some(event);
            }
            continue;
        }
        is_begun = true;
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => value.clone_into(&mut event.id),
            "event" => event.name = Some(value.to_owned()),
            "data" => {
                if !event.data.is_empty() {
                    event.data.push('\n');
                }
                event.data.push_str(value);
            }
            // A comment, the time after which to come back, or what a newer server knows.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, name: Option<&str>, data: &str) -> Event {
        Event { id: id.to_owned(), name: name.map(str::to_owned), data: data.to_owned() }
    }

    #[test]
    fn events_and_signs_of_life_are_read_and_a_torn_one_is_not() {
        let text = "retry: 2000\nid: a\n\n:\nid: b\n\nid: c\r\nevent: segment.assigned\r\n\
                    data: {\"x\":\ndata:1}\nnew: thing\n\n\n\nid: d\nevent: segment.assigned\ndata: {}\n";
        let mut reader = text.as_bytes();
        let read: Vec<Event> = std::iter::from_fn(|| next(&mut reader)).collect();
        let expected = [
            event("a", None, ""),
            event("b", None, ""),
            event("c", Some("segment.assigned"), "{\"x\":\n1}"),
        ];
        assert_eq!(read, expected);
    }
}
