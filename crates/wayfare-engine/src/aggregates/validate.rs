//! Reading a query into a plan, or telling everything that is wrong with it.

use jiff::tz::TimeZone;
use wayfare_model::fact::{Dimension, Metric};
use wayfare_model::limits::{
    AGGREGATE_CELLS_MAX, AGGREGATE_DISTINCT_VALUES_MAX, AGGREGATE_GROUP_BY_MAX,
    AGGREGATE_INTERVAL_DAYS_MAX, AGGREGATE_JOB_CELLS_MAX, AGGREGATE_JOB_INTERVAL_DAYS_MAX,
    AGGREGATE_VIEWS_MAX,
};
use wayfare_model::problem::{Fault, Problem};
use wayfare_model::query::{Asker, Filter, Plan, TimeDimension, ValueRange, View};
use wayfare_model::time::Moment;
use wayfare_model::wire::{
    AggregateViewFunction, AlternateTimeDimension, JourneyAggregationQuery, JourneyAggregationView,
};

use super::assigned::leave_out_unassignments;
use super::buckets::{check_length, edges, read_granularity, read_time_zone};
use super::faults::Faults;
use super::interval::Interval;
use super::predicates::{read_filter, read_range};

/// How much a query may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Groups times buckets of the answer.
    pub cells_max: usize,
    /// Calendar days of the interval.
    pub interval_days_max: i64,
    /// Who waits for the answer.
    pub asker: Asker,
}

impl Limits {
    /// Those of a query that is answered at once (U34).
    pub const DIRECT: Self = Self {
        cells_max: AGGREGATE_CELLS_MAX,
        interval_days_max: AGGREGATE_INTERVAL_DAYS_MAX,
        asker: Asker::Client,
    };
    /// Those of a job.
    pub const JOB: Self = Self {
        cells_max: AGGREGATE_JOB_CELLS_MAX,
        interval_days_max: AGGREGATE_JOB_INTERVAL_DAYS_MAX,
        asker: Asker::Job,
    };
}

/// Reads a query into the plan that answers it at once (domain, 5.3 and 5.4).
///
/// # Errors
/// As [`validate_within`], with [`Limits::DIRECT`].
pub fn validate(query: &JourneyAggregationQuery) -> Result<Plan, Problem> {
    validate_within(query, Limits::DIRECT)
}

/// Reads a query into the plan that answers it (domain, 5.3 and 5.4).
///
/// # Errors
/// A problem with all faults of the query, up to a hundred: each with the path of its field, the
/// value and what is allowed.
pub fn validate_within(query: &JourneyAggregationQuery, limits: Limits) -> Result<Plan, Problem> {
    let mut faults = Faults::default();
    let edges = read_edges(query, limits, &mut faults);
    let metrics = read_metrics(query.metrics.as_deref(), &mut faults);
    let group_by = read_group_by(query.group_by.as_deref().unwrap_or_default(), &mut faults);
    let filter = match &query.filter {
        Some(filter) => read_filter(filter, &mut faults),
        None => Some(Filter::And(Vec::new())),
    };
    let views = read_views(query.views.as_deref().unwrap_or_default(), &mut faults);
    let time = read_time_dimension(query.alternate_time_dimension.as_deref(), &mut faults);
    let plan = || {
        Some(leave_out_unassignments(Plan {
            edges: edges?,
            time: time?,
            metrics: metrics?,
            group_by,
            filter: filter?,
            flatten: query.flatten_multivalued_dimensions.unwrap_or(false),
            views,
            cells_max: limits.cells_max,
            distinct_values_max: AGGREGATE_DISTINCT_VALUES_MAX,
            asker: limits.asker,
        }))
    };
    let plan = plan();
    faults.resolve(plan)
}

/// The edges of the buckets.
///
/// Without `timeZone` they follow the calendar of the interval's own offset, which for `Z` is UTC,
/// the contract's default: months of an interval that is written in `+02:00` begin when they begin
/// there.
fn read_edges(
    query: &JourneyAggregationQuery,
    limits: Limits,
    faults: &mut Faults,
) -> Option<Vec<Moment>> {
    let interval = faults
        .required(query.interval.as_deref(), "interval")
        .and_then(|text| Interval::read(text, faults));
    let granularity = match query.granularity.as_deref() {
        Some(text) => faults.keep(read_granularity(text)).map(Some),
        None => Some(None),
    };
    let zone = match query.time_zone.as_deref() {
        Some(name) => faults.keep(read_time_zone(name)),
        None => interval.map(|interval| TimeZone::fixed(interval.offset)),
    };
    let (interval, zone) = (interval?, zone?);
    faults.keep(check_length(interval, &zone, limits.interval_days_max))?;
    faults.keep(edges(interval, &zone, granularity?, limits.cells_max))
}

fn read_metrics(metrics: Option<&[String]>, faults: &mut Faults) -> Option<Vec<Metric>> {
    let mut read = Vec::new();
    let names = faults.required(metrics.filter(|metrics| !metrics.is_empty()), "metrics")?;
    for (index, name) in names.iter().enumerate() {
        let metric = faults.word(name, Metric::ALL, format!("metrics[{index}]"));
        read.extend(metric.filter(|metric| !read.contains(metric)));
    }
    Some(read)
}

fn read_group_by(names: &[String], faults: &mut Faults) -> Vec<Dimension> {
    if names.len() > AGGREGATE_GROUP_BY_MAX {
        let rule = format!(
            "must have at most {AGGREGATE_GROUP_BY_MAX} dimensions, but has {}",
            names.len()
        );
        faults.add(Fault::constraint("groupBy", rule));
    }
    let mut read = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let field = format!("groupBy[{index}]");
        let Some(dimension) = faults.word(name, Dimension::ALL, field.as_str()) else { continue };
        if read.contains(&dimension) {
            let rule = format!("must differ from the others, but [{dimension}] is there twice");
            faults.add(Fault::constraint(field, rule));
        } else {
            read.push(dimension);
        }
    }
    read
}

fn read_time_dimension(text: Option<&str>, faults: &mut Faults) -> Option<TimeDimension> {
    let Some(text) = text else { return Some(TimeDimension::Emitted) };
    let field = "alternateTimeDimension";
    match faults.word(text, &[AlternateTimeDimension::EventTime], field)? {
        AlternateTimeDimension::EventTime => Some(TimeDimension::Happened),
    }
}

fn read_views(views: &[JourneyAggregationView], faults: &mut Faults) -> Vec<View> {
    if views.len() > AGGREGATE_VIEWS_MAX {
        let rule =
            format!("must have at most {AGGREGATE_VIEWS_MAX} views, but has {}", views.len());
        faults.add(Fault::constraint("views", rule));
    }
    let mut read: Vec<View> = Vec::new();
    for (index, view) in views.iter().take(AGGREGATE_VIEWS_MAX).enumerate() {
        let path = format!("views[{index}]");
        // A name is taken even by a view with another fault, so that all faults come at once.
        let taken = |name: &str| views.iter().take(index).any(|v| v.name.as_deref() == Some(name));
        read.extend(read_view(view, &path, taken, faults));
    }
    read
}

fn read_view(
    view: &JourneyAggregationView,
    path: &str,
    taken: impl Fn(&str) -> bool,
    faults: &mut Faults,
) -> Option<View> {
    let name = read_view_name(view.name.as_deref(), format!("{path}.name"), taken, faults);
    let field = format!("{path}.target");
    let target = faults
        .required(view.target.as_deref(), field.as_str())
        .and_then(|text| faults.word(text, Metric::ALL, field));
    let field = format!("{path}.function");
    let function = faults
        .required(view.function.as_deref(), field.as_str())
        .and_then(|text| faults.word(text, &[AggregateViewFunction::RangeBound], field));
    let field = format!("{path}.range");
    let range = faults
        .required(view.range.as_ref(), field.as_str())
        .and_then(|range| read_range(ValueRange { gte: range.gte, lt: range.lt }, field, faults));
    match function? {
        AggregateViewFunction::RangeBound => {
            Some(View { name: name?, target: target?, range: range? })
        }
    }
}

fn read_view_name(
    name: Option<&str>,
    field: String,
    taken: impl Fn(&str) -> bool,
    faults: &mut Faults,
) -> Option<String> {
    let name = faults.required(name.filter(|name| !name.is_empty()), field.as_str())?;
    let rule = if name.parse::<Metric>().is_ok() {
        format!("must not be the name of a metric, but is [{name}]")
    } else if taken(name) {
        format!("must differ from the others, but [{name}] is there twice")
    } else {
        return Some(name.to_owned());
    };
    faults.add(Fault::constraint(field, rule));
    None
}
