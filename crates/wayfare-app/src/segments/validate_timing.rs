//! Which orders, windows and `never` a segment may have (docs/segments.md, "Order and time").

use wayfare_model::limits::{WITHIN_COUNT_MAX, WITHIN_SECONDS_MAX};
use wayfare_model::problem::Fault;
use wayfare_model::segment::{Conditions, Scope};

pub(super) fn within_seconds(path: &str, seconds: i64, faults: &mut Vec<Fault>) -> u32 {
    match u32::try_from(seconds) {
        Ok(seconds) if (1..=WITHIN_SECONDS_MAX).contains(&seconds) => seconds,
        _ => {
            let allowed = format!("whole numbers from 1 to {WITHIN_SECONDS_MAX}");
            faults.push(Fault::invalid_value(format!("{path}.withinSeconds"), seconds, allowed));
            WITHIN_SECONDS_MAX
        }
    }
}

/// Checks what the patterns of a segment may be together.
pub(super) fn check(conditions: &Conditions, scope: Scope, faults: &mut Vec<Fault>) {
    let patterns = &conditions.journey;
    let last_counted = patterns.iter().rposition(|pattern| pattern.count > 0);
    let first_counted = patterns.iter().position(|pattern| pattern.count > 0);
    for (place, pattern) in patterns.iter().enumerate() {
        let mut fault = |field: &str, rule: &str| {
            let path = format!("journey.patterns[{place}].{field}");
            faults.push(Fault::constraint(path, rule));
        };
        let has_window = pattern.within_seconds.is_some();
        let is_between = conditions.ordered && last_counted.is_some_and(|last| place < last);
        let is_since_start =
            !conditions.ordered || first_counted.is_none_or(|first| place <= first);
        if pattern.count == 0 && scope == Scope::Customer {
            fault("count", "may be 0 in scope Session only: a customer has no last event");
        } else if pattern.count == 0 && is_between && has_window {
            let rule = "is not possible for a count of 0 before another pattern: it lasts until \
                        that holds";
            fault("withinSeconds", rule);
        } else if has_window && is_since_start && scope == Scope::Customer {
            let rule = "is measured from the beginning of the session here, which segments of \
                        scope Customer do not have";
            fault("withinSeconds", rule);
        }
        if has_window && pattern.count > WITHIN_COUNT_MAX {
            fault("count", &format!("may be {WITHIN_COUNT_MAX} at most with withinSeconds"));
        }
    }
}
