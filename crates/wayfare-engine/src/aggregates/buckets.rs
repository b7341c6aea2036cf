//! Cutting an interval into buckets.

use jiff::fmt::temporal::SpanParser;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use wayfare_model::limits::AGGREGATE_GRANULARITY_MS_MIN;
use wayfare_model::problem::Fault;
use wayfare_model::time::Moment;

use super::interval::Interval;

/// Reads an ISO-8601 period of at least a minute.
pub(super) fn read_granularity(text: &str) -> Result<Span, Fault> {
    const FIELD: &str = "granularity";
    let span = SpanParser::new().parse_span(text).map_err(|_| {
        let allowed = "ISO-8601 periods like PT30M, PT1H, P1D, P1DT12H, P1W and P1M";
        Fault::invalid_value(FIELD, text, allowed)
    })?;
    let long_enough = span.is_positive()
        && Timestamp::UNIX_EPOCH
            .to_zoned(TimeZone::UTC)
            .checked_add(span)
            // Counted from 1970. A period that leaves the calendar is surely longer than a minute.
            .map_or(true, |end| end.timestamp().as_millisecond() >= AGGREGATE_GRANULARITY_MS_MIN);
    if long_enough {
        Ok(span)
    } else {
        Err(Fault::constraint(FIELD, format!("must be at least PT1M, but is [{text}]")))
    }
}

/// Reads the name of a time zone.
pub(super) fn read_time_zone(name: &str) -> Result<TimeZone, Fault> {
    TimeZone::get(name).ok().filter(|zone| !zone.is_unknown()).ok_or_else(|| {
        let allowed = "names of the IANA time zone database like UTC and Europe/London";
        Fault::invalid_value("timeZone", name, allowed)
    })
}

/// Checks that an interval is not longer than a query may ask for (U34), counted in calendar days of
/// the zone.
pub(super) fn check_length(
    interval: Interval,
    zone: &TimeZone,
    days_max: i64,
) -> Result<(), Fault> {
    let latest = zoned(interval.start, zone)
        .and_then(|start| start.checked_add(Span::new().days(days_max)).ok());
    // Behind the end of the calendar nothing is too late.
    if latest.is_none_or(|latest| interval.end <= moment(&latest)) {
        return Ok(());
    }
    let rule = format!(
        "must be at most {days_max} days long, but is from {} to {}",
        interval.start, interval.end
    );
    Err(Fault::constraint("interval", rule))
}

/// The edges of the buckets (U36): the interval's start plus 0, 1, 2, ... periods by the calendar of
/// the zone, and the interval's end.
///
/// A multiple of the period is added to the start, never a period to the edge before, so months do
/// not drift: from January 31st they begin on the 29th of February and on the 31st of March. A day
/// across a change of the clocks has 23 or 25 hours. A bucket that would be empty because the
/// calendar left out its day is left out too.
///
/// # Errors
/// A fault when there would be more than `buckets_max` buckets.
pub(super) fn edges(
    interval: Interval,
    zone: &TimeZone,
    granularity: Option<Span>,
    buckets_max: usize,
) -> Result<Vec<Moment>, Fault> {
    let mut edges = vec![interval.start];
    let steps = granularity.zip(zoned(interval.start, zone)).map(|(span, start)| {
        (1_i64..).map_while(move |count| {
            let edge = start.checked_add(span.checked_mul(count).ok()?).ok()?;
            Some(moment(&edge))
        })
    });
    let mut latest = interval.start;
    for edge in steps.into_iter().flatten().take_while(|edge| *edge < interval.end) {
        if edge <= latest {
            continue;
        }
        if edges.len() == buckets_max {
            let given = granularity.map(|span| span.to_string()).unwrap_or_default();
            let rule = format!(
                "must be longer than [{given}]: it would cut the interval into more than \
                 {buckets_max} buckets"
            );
            return Err(Fault::constraint("granularity", rule));
        }
        edges.push(edge);
        latest = edge;
    }
    edges.push(interval.end);
    Ok(edges)
}

fn zoned(moment: Moment, zone: &TimeZone) -> Option<Zoned> {
    Some(Timestamp::from_millisecond(moment.as_ms()).ok()?.to_zoned(zone.clone()))
}

fn moment(zoned: &Zoned) -> Moment {
    Moment::from_ms(zoned.timestamp().as_millisecond())
}
