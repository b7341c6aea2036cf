//! The interval of a query: two moments, and the offset in which they were written.

use std::fmt;

use jiff::Timestamp;
use jiff::fmt::temporal::{Pieces, SpanParser};
use jiff::tz::{Offset, TimeZone};
use wayfare_model::problem::{Fault, ProblemKind};
use wayfare_model::time::{InvalidDate, Moment};

use super::faults::Faults;

const FIELD: &str = "interval";
const FORMS: &str = "start/end or start/period in ISO-8601, \
                     like 2020-11-01T00:00:00.000Z/2020-11-08T00:00:00.000Z or 2020-11-01/P7D";

/// From `start`, inclusive, to `end`, exclusive (U42).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) start: Moment,
    pub(super) end: Moment,
    pub(super) offset: Offset,
}

impl Interval {
    /// Reads `start/end` or `start/period`. A date-time without an offset is UTC, a date alone its
    /// first instant.
    pub(super) fn read(text: &str, faults: &mut Faults) -> Option<Self> {
        let Some((start, end)) = text.split_once('/').filter(|(_, end)| !end.contains('/')) else {
            faults.add(Fault::invalid_value(FIELD, text, FORMS));
            return None;
        };
        let offset = offset_of(start);
        let start = faults.keep(read_moment(start));
        let end = if end.trim_start_matches(['+', '-']).starts_with(['P', 'p']) {
            start.and_then(|start| faults.keep(read_period_end(start, offset, end, text)))
        } else {
            faults.keep(read_moment(end))
        };
        let (start, end) = (start?, end?);
        if start >= end {
            let rule = format!("must start before it ends, but is [{text}]");
            faults.add(Fault::constraint(FIELD, rule));
            return None;
        }
        Some(Self { start, end, offset })
    }
}

/// A part of an interval as the answer writes it: `start/end` with milliseconds, in the offset of
/// the query's interval.
///
/// The contract says that the interval's own offset keeps being used when `timeZone` is given, so
/// the zone decides where the buckets lie, not how they are written.
pub(super) struct Written {
    pub(super) start: Moment,
    pub(super) end: Moment,
    pub(super) offset: Offset,
}

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_moment(self.start, self.offset, formatter)?;
        formatter.write_str("/")?;
        write_moment(self.end, self.offset, formatter)
    }
}

/// The offset in which the start of an interval is written; UTC when it has none.
pub(super) fn offset_of(interval: &str) -> Offset {
    let start = interval.split('/').next().unwrap_or_default();
    Pieces::parse(start).ok().and_then(|pieces| pieces.to_numeric_offset()).unwrap_or(Offset::UTC)
}

fn read_moment(text: &str) -> Result<Moment, Fault> {
    // A zone in brackets is an extension that only one of the two date parsers would respect.
    let moment =
        if text.contains('[') { Err(InvalidDate(text.to_owned())) } else { Moment::parse(text) };
    moment.map_err(|error| {
        Fault::new(ProblemKind::InvalidDate, FIELD, format!("field [{FIELD}]: {error}"))
    })
}

/// The end of `start/period`, counted in the calendar of the interval's own offset.
fn read_period_end(
    start: Moment,
    offset: Offset,
    period: &str,
    text: &str,
) -> Result<Moment, Fault> {
    let end = || {
        let span = SpanParser::new().parse_span(period).ok()?;
        let start = Timestamp::from_millisecond(start.as_ms()).ok()?;
        let end = start.to_zoned(TimeZone::fixed(offset)).checked_add(span).ok()?;
        Some(Moment::from_ms(end.timestamp().as_millisecond()))
    };
    end().ok_or_else(|| Fault::invalid_value(FIELD, text, FORMS))
}

fn write_moment(moment: Moment, offset: Offset, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match Timestamp::from_millisecond(moment.as_ms()) {
        Ok(timestamp) if !offset.is_zero() => {
            write!(formatter, "{:.3}", timestamp.display_with_offset(offset))
        }
        _ => write!(formatter, "{moment}"),
    }
}
