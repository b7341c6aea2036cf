//! The oracle: which segments are assigned in which session, as plainly as it can be said. It knows
//! nothing of counts kept or of batches; it looks at the whole history again each time.

use std::collections::{BTreeMap, BTreeSet};

use wayfare_model::customer::CustomerKey;

use wayfare_model::event::Event;
use wayfare_model::id::{SegmentId, SessionId};
use wayfare_model::segment::{Criterion, JourneyPattern, Operator, Scope, Segment};
use wayfare_model::time::Moment;

/// Something that happened, in the order in which it came.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    Event(SessionId, Box<Event>),
    /// A segment got other conditions: those before judge nothing that comes afterwards. With the
    /// server's clock, and the ends that sessions had by then.
    Edit(Box<Segment>, Moment, BTreeMap<SessionId, Moment>),
}

/// What holds, as far as the events tell that came until now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Open,
    Since(Moment),
    From(Moment),
    AtEnd,
}

/// The segments assigned in each session and since when, given everything that came, and the ends
/// that sessions have at last. No segment expires and no client ends one, so a customer gets a
/// Customer segment once.
pub(crate) fn assigned(
    segments: &[Segment],
    history: &[Entry],
    ends: &BTreeMap<SessionId, Moment>,
) -> BTreeSet<(SessionId, SegmentId, Moment)> {
    let mut assigned = BTreeSet::new();
    for segment in segments.iter().filter(|segment| segment.is_active) {
        let mut of_segment = BTreeMap::new();
        let mut segment = segment.clone();
        let mut members = BTreeSet::new();
        let mut since_edit = 0;
        for (number, entry) in history.iter().enumerate() {
            let look = |until| View::new(&segment, history, since_edit, until);
            match entry {
                Entry::Event(session, event) => {
                    if !of_segment.contains_key(session)
                        && let Some(moment) = look(number)
                            .before(*session, event)
                            .or_else(|| look(number + 1).after(*session, event))
                        && (segment.scope == Scope::Session
                            || members.insert(event.customer.clone()))
                    {
                        of_segment.insert(*session, moment);
                    }
                }
                Entry::Edit(changed, now, ends) if changed.id == segment.id => {
                    for (session, moment) in look(number).by_time(ends) {
                        if moment <= *now {
                            of_segment.entry(session).or_insert(moment);
                        }
                    }
                    segment = (**changed).clone();
                    since_edit = number;
                }
                Entry::Edit(..) => {}
            }
        }
        for (session, moment) in
            View::new(&segment, history, since_edit, history.len()).by_time(ends)
        {
            of_segment.entry(session).or_insert(moment);
        }
        assigned.extend(of_segment.into_iter().map(|(of, moment)| (of, segment.id, moment)));
    }
    assigned
}

/// What is known at a point of the history.
struct View<'a> {
    segment: &'a Segment,
    /// Everything that came.
    all: Vec<(SessionId, &'a Event)>,
    /// What came since the conditions are as they are.
    judged: Vec<(SessionId, &'a Event)>,
}

impl<'a> View<'a> {
    fn new(segment: &'a Segment, history: &'a [Entry], since: usize, until: usize) -> Self {
        let events = |entries: &'a [Entry]| {
            let event = |entry: &'a Entry| match entry {
                Entry::Event(session, event) => Some((*session, &**event)),
                Entry::Edit(..) => None,
            };
            entries.iter().filter_map(event).collect()
        };
        Self { segment, all: events(&history[..until]), judged: events(&history[since..until]) }
    }

    /// What an event finds decided by time, because it happened later.
    fn before(&self, session: SessionId, event: &Event) -> Option<Moment> {
        match self.verdict(session, &event.customer) {
            Verdict::From(moment) if moment < event.created && self.context(session) => {
                Some(moment)
            }
            _ => None,
        }
    }

    /// What an event that is there decides.
    fn after(&self, session: SessionId, event: &Event) -> Option<Moment> {
        let verdict = self.verdict(session, &event.customer);
        match verdict {
            _ if !self.context(session) => None,
            Verdict::Since(_) if !self.segment.conditions.are_timed() => Some(event.created),
            Verdict::Since(moment) => Some(moment.max(event.created)),
            Verdict::From(moment) if moment < event.created => Some(event.created),
            _ => None,
        }
    }

    /// What time decides if nothing comes any more.
    fn by_time(&self, ends: &BTreeMap<SessionId, Moment>) -> Vec<(SessionId, Moment)> {
        let decide = |(session, ends): (&SessionId, &Moment)| {
            let (_, first) = self.judged.iter().find(|(of, _)| of == session)?;
            let moment = match self.verdict(*session, &first.customer) {
                Verdict::From(moment) => moment.min(*ends),
                Verdict::AtEnd => *ends,
                _ => return None,
            };
            self.context(*session).then_some((*session, moment))
        };
        ends.iter().filter_map(decide).collect()
    }

    fn context(&self, session: SessionId) -> bool {
        let visit: Vec<&Event> =
            self.all.iter().filter(|(of, _)| *of == session).map(|(_, event)| *event).collect();
        let mut criteria =
            self.segment.conditions.context.iter().flat_map(|pattern| &pattern.criteria);
        criteria.all(|criterion| holds(criterion, of_visit(&visit, &criterion.key)))
    }

    fn verdict(&self, session: SessionId, customer: &CustomerKey) -> Verdict {
        let conditions = &self.segment.conditions;
        let has_criteria = conditions.context.iter().any(|pattern| !pattern.criteria.is_empty());
        let started =
            self.all.iter().filter(|(of, _)| *of == session).map(|(_, event)| event.created);
        let Some(start) = started.min().filter(|_| has_criteria || !conditions.journey.is_empty())
        else {
            return Verdict::Open;
        };
        let mut events: Vec<&Event> = self
            .judged
            .iter()
            .filter(|(of, event)| match self.segment.scope {
                Scope::Session => *of == session,
                Scope::Customer => event.customer == *customer,
            })
            .map(|(_, event)| *event)
            .collect();
        events.sort_by_key(|event| (event.created, event.id));
        if conditions.journey.iter().all(|pattern| pattern.count == 0)
            && !conditions.journey.is_empty()
        {
            let of_session = self.judged.iter().find(|(of, _)| *of == session);
            let looks_at = |event: &Event| {
                let mut patterns = conditions.journey.iter();
                patterns.any(|pattern| pattern.session_type == event.session_type)
            };
            if !of_session.is_some_and(|(_, event)| looks_at(event)) {
                return Verdict::Open;
            }
        }
        match conditions.ordered {
            true => ordered(&conditions.journey, &events, start),
            false => unordered(&conditions.journey, &events, start),
        }
    }
}

fn window_end(since: Moment, pattern: &JourneyPattern) -> Option<Moment> {
    pattern.within_seconds.map(|seconds| since.plus_ms(i64::from(seconds) * 1_000))
}

fn is_within(event: &Event, since: Moment, pattern: &JourneyPattern) -> bool {
    window_end(since, pattern).is_none_or(|end| event.created <= end)
}

fn unordered(patterns: &[JourneyPattern], events: &[&Event], start: Moment) -> Verdict {
    let mut since = start;
    let mut never = Vec::new();
    for pattern in patterns {
        let mut found =
            events.iter().filter(|event| is_within(event, start, pattern) && fits(event, pattern));
        if pattern.count == 0 {
            if found.next().is_some() {
                return Verdict::Open;
            }
            never.push(window_end(start, pattern));
        } else {
            match found.nth(pattern.count as usize - 1) {
                None => return Verdict::Open,
                Some(event) => since = since.max(event.created),
            }
        }
    }
    decided(since, never)
}

fn decided(since: Moment, never: Vec<Option<Moment>>) -> Verdict {
    if never.is_empty() {
        return Verdict::Since(since);
    }
    match never.into_iter().collect::<Option<Vec<Moment>>>() {
        None => Verdict::AtEnd,
        Some(ends) => Verdict::From(ends.into_iter().fold(since, Moment::max)),
    }
}

/// All places at which the patterns up to one can have come to hold, and so on from pattern to
/// pattern.
fn ordered(patterns: &[JourneyPattern], events: &[&Event], start: Moment) -> Verdict {
    // The number of events until then, and the moment.
    let mut places = vec![(0, start)];
    let mut never: Vec<&JourneyPattern> = Vec::new();
    for pattern in patterns {
        if pattern.count == 0 {
            never.push(pattern);
            continue;
        }
        let mut next = BTreeSet::new();
        for (from, since) in &places {
            let mut counted = 0;
            for (place, event) in events.iter().enumerate().skip(*from) {
                if !is_within(event, *since, pattern) {
                    break;
                }
                if fits(event, pattern) {
                    counted += 1;
                    if counted >= pattern.count {
                        next.insert((place + 1, event.created));
                    }
                }
                if never.iter().any(|never| fits(event, never)) {
                    break;
                }
            }
        }
        never.clear();
        places = next.into_iter().collect();
    }
    let verdicts = places.into_iter().filter_map(|(from, since)| {
        let breaks = |event: &&Event| {
            never.iter().any(|never| is_within(event, since, never) && fits(event, never))
        };
        let is_broken = events[from..].iter().any(breaks);
        let ends = never.iter().map(|never| window_end(since, never)).collect();
        (!is_broken).then(|| decided(since, ends))
    });
    // The one that is decided first.
    let moment = |verdict: &Verdict| match verdict {
        Verdict::Since(moment) | Verdict::From(moment) => Some(*moment),
        _ => None,
    };
    verdicts.min_by_key(moment).unwrap_or(Verdict::Open)
}

fn fits(event: &Event, pattern: &JourneyPattern) -> bool {
    event.stream == pattern.stream
        && event.session_type == pattern.session_type
        && pattern.event_name.as_ref().is_none_or(|name| *name == event.name)
        && pattern
            .criteria
            .iter()
            .all(|criterion| holds(criterion, of_event(event, &criterion.key)))
}

fn of_event<'event>(event: &'event Event, key: &str) -> Option<&'event str> {
    match key {
        "eventName" => Some(&event.name),
        "searchQuery" => event.search_query.as_deref(),
        "page.pathname" => event.page.as_ref().map(|page| page.pathname.as_str()),
        _ => {
            let name = key.strip_prefix("attributes.")?.strip_suffix(".value")?;
            event.attributes.get(name).map(|attribute| attribute.value.as_str())
        }
    }
}

fn of_visit<'event>(events: &[&'event Event], key: &str) -> Option<&'event str> {
    match key {
        "device.category" => {
            Some(events.iter().find_map(|e| e.device.as_ref())?.category?.as_str())
        }
        "browser.version" => events.iter().find_map(|e| e.browser.as_ref())?.version.as_deref(),
        "browser.lang" => events.iter().find_map(|e| e.browser.as_ref())?.lang.as_deref(),
        "mktCampaign.source" => events.iter().find_map(|e| e.campaign.as_ref())?.source.as_deref(),
        "authenticated" if events.iter().any(|e| e.authenticated == Some(true)) => Some("true"),
        "authenticated" if events.iter().any(|e| e.authenticated.is_some()) => Some("false"),
        _ => None,
    }
}

fn holds(criterion: &Criterion, field: Option<&str>) -> bool {
    use Operator as Op;
    let fold = |text: &str| match criterion.should_ignore_case {
        true => text.to_lowercase(),
        false => text.to_owned(),
    };
    let values: Vec<String> = criterion.values.iter().map(|value| fold(value)).collect();
    let field = field.map(fold);
    let any = |test: fn(&str, &str) -> bool| {
        field.as_ref().is_some_and(|field| values.iter().any(|value| test(field, value)))
    };
    let contains_all =
        field.as_ref().is_some_and(|field| values.iter().all(|value| field.contains(value)));
    let number = field.as_ref().and_then(|field| leading_number(field));
    let any_number = |test: fn(&f64, &f64) -> bool| {
        number.is_some_and(|n| values.iter().any(|value| test(&n, &value.parse().unwrap())))
    };
    match criterion.operator {
        Op::Equal => any(|field, value| field == value),
        Op::NotEqual => !any(|field, value| field == value),
        Op::StartsWith => any(|field, value| field.starts_with(value)),
        Op::EndsWith => any(|field, value| field.ends_with(value)),
        Op::ContainsAny => any(|field, value| field.contains(value)),
        Op::NotContainsAny => !any(|field, value| field.contains(value)),
        Op::ContainsAll => contains_all,
        Op::NotContainsAll => !contains_all,
        Op::GreaterThan => any_number(|n, value| n > value),
        Op::GreaterThanOrEqual => any_number(|n, value| n >= value),
        Op::LessThan => any_number(|n, value| n < value),
        Op::LessThanOrEqual => any_number(|n, value| n <= value),
    }
}

/// The longest beginning that is a number without an exponent.
fn leading_number(text: &str) -> Option<f64> {
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_digit() || "+-.".contains(c));
    (1..=text.len())
        .rev()
        .filter_map(|end| text.get(..end))
        .filter(|text| is_plain(text))
        .find_map(|text| text.parse().ok())
}
