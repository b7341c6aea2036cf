//! A lean load generator: one thread, keep-alive connections, one request on each at a time.
//!
//! It shares the machine with the server it measures, so it does as little as it can: it reads the
//! status and the length of an answer and nothing else, and it is the same for every server.

use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

/// The longest silence of a server.
const SILENCE_MAX: Duration = Duration::from_secs(120);

/// The longest wait for a socket; when requests are paced, one may be due after it.
const WAIT: Duration = Duration::from_millis(1);

/// What a run came to.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// Answers with 2xx in the measured time.
    pub(crate) answered: u64,
    /// Answers with another status in the measured time.
    pub(crate) refused: u64,
    /// The first body that went with another status.
    pub(crate) first_refusal: String,
    /// The measured time.
    pub(crate) took: Duration,
    /// Microseconds of each answer with 2xx, in ascending order.
    latencies_us: Vec<u32>,
}

impl Figures {
    /// Answers with 2xx in a second.
    pub(crate) fn rate(&self) -> f64 {
        self.answered as f64 / self.took.as_secs_f64()
    }

    /// Milliseconds within which this share of the answers came.
    pub(crate) fn within_ms(&self, share: f64) -> f64 {
        let place = (self.latencies_us.len() as f64 * share) as usize;
        let last = self.latencies_us.len().saturating_sub(1);
        self.latencies_us.get(place.min(last)).map_or(0.0, |us| f64::from(*us) / 1_000.0)
    }

    /// # Panics
    /// When anything was refused: the figures are about answers that are durable.
    pub(crate) fn expect_no_refusal(&self) {
        assert_eq!(self.refused, 0, "{} were refused: {}", self.refused, self.first_refusal);
    }
}

/// How long a run goes on, and how fast.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// Not measured.
    pub(crate) warm_up: Duration,
    /// Measured.
    pub(crate) measured: Duration,
    /// Requests a second; without it, each answer is followed by the next request.
    pub(crate) pace: Option<f64>,
}

impl Span {
    /// Whether one more request than those that were begun is due.
    fn is_due(&self, begin: Instant, begun: u64) -> bool {
        self.pace.is_none_or(|pace| begun as f64 <= begin.elapsed().as_secs_f64() * pace)
    }
}

/// Sends requests until the time is over or `next`, which writes one whole request into an empty
/// buffer, says that there is none.
pub(crate) fn run(
    address: SocketAddr,
    connections: usize,
    span: Span,
    mut next: impl FnMut(&mut Vec<u8>) -> bool,
) -> Result<Figures> {
    let mut poll = Poll::new()?;
    let mut open = Vec::new();
    for place in 0..connections {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(place), interest)?;
        open.push(Connection::new(stream));
    }
    let begin = Instant::now();
    let mut counted = Counted { from: begin + span.warm_up, figures: Figures::default() };
    let until = counted.from + span.measured;
    let mut idle: Vec<usize> = (0..connections).rev().collect();
    let mut begun = 0_u64;
    let mut is_over = false;
    let mut events = Events::with_capacity(connections.max(1));
    let mut last_answer = Instant::now();
    loop {
        while !is_over && span.is_due(begin, begun) {
            let Some(place) = idle.pop() else { break };
            is_over = Instant::now() >= until || !open[place].begin(&mut next)?;
            begun += 1;
            if is_over {
                idle.push(place);
            }
        }
        if is_over && idle.len() == connections {
            break;
        }
        poll.poll(&mut events, Some(WAIT))?;
        for event in &events {
            let place = event.token().0;
            let connection = &mut open[place];
            if connection.is_busy && connection.work()? {
                last_answer = Instant::now();
                counted.note(connection, last_answer);
                connection.is_busy = false;
                idle.push(place);
            }
        }
        if last_answer.elapsed() > SILENCE_MAX {
            return Err(Error::new(ErrorKind::TimedOut, "the server is silent"));
        }
    }
    let mut figures = counted.figures;
    figures.took = Instant::now().saturating_duration_since(counted.from);
    figures.latencies_us.sort_unstable();
    Ok(figures)
}

struct Counted {
    from: Instant,
    figures: Figures,
}

impl Counted {
    fn note(&mut self, connection: &Connection, now: Instant) {
        if now < self.from {
            return;
        }
        // That somebody is not known yet is an answer.
        if (200..300).contains(&connection.status) || connection.status == 404 {
            let took = now.saturating_duration_since(connection.sent);
            self.figures.answered += 1;
            self.figures.latencies_us.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        } else {
            if self.figures.refused == 0 {
                self.figures.first_refusal =
                    String::from_utf8_lossy(&connection.answer).into_owned();
            }
            self.figures.refused += 1;
        }
    }
}

struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    written: usize,
    answer: Vec<u8>,
    sent: Instant,
    status: u16,
    is_busy: bool,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        let (request, answer) = (Vec::new(), Vec::new());
        let sent = Instant::now();
        Self { stream, request, written: 0, answer, sent, status: 0, is_busy: false }
    }

    /// Begins with the next request, if there is one.
    fn begin(&mut self, next: &mut impl FnMut(&mut Vec<u8>) -> bool) -> Result<bool> {
        self.request.clear();
        self.answer.clear();
        self.written = 0;
        if !next(&mut self.request) {
            return Ok(false);
        }
        self.is_busy = true;
        self.sent = Instant::now();
        self.write()?;
        Ok(true)
    }

    /// Does what the socket lets it do. Whether the answer is there.
    fn work(&mut self) -> Result<bool> {
        self.write()?;
        let mut chunk = [0; 16 * 1024];
        loop {
            if self.is_answered() {
                return Ok(true);
            }
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(length) => self.answer.extend_from_slice(&chunk[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    fn write(&mut self) -> Result<()> {
        while self.written < self.request.len() {
            match self.stream.write(&self.request[self.written..]) {
                Ok(length) => self.written += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn is_answered(&mut self) -> bool {
        let Some(head) = self.answer.windows(4).position(|part| part == b"\r\n\r\n") else {
            return false;
        };
        let text = String::from_utf8_lossy(&self.answer[..head]);
        let status = text.get(9..12).and_then(|status| status.parse().ok());
        self.status = status.unwrap_or(0);
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        self.answer.len() >= head + 4 + length.unwrap_or(0)
    }
}
