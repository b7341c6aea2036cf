//! Conditions that all of the compared can say, equality and numbers of attributes, and events for
//! them: the same in every run.

use std::collections::BTreeMap;

use uuid::Uuid;
use wayfare_model::attribute::{Attribute, AttributeType};
use wayfare_model::event::Event;
use wayfare_model::event::Stream;
use wayfare_model::id::SegmentId;
use wayfare_model::segment::{Conditions, Criterion, JourneyPattern, Operator, Scope, Segment};
use wayfare_model::time::Moment;

use crate::shop::{self, Numbers, Share};

/// The attributes that are texts.
pub(crate) const TEXTS: [&str; 6] = ["department", "sku", "category", "brand", "country", "plan"];
/// The attributes that are whole numbers.
pub(crate) const NUMBERS: [&str; 2] = ["price", "quantity"];

/// What a segment asks of one event: all of these.
pub(crate) struct Asked {
    pub(crate) event_name: &'static str,
    pub(crate) criteria: Vec<(&'static str, Operator, Vec<String>)>,
}

/// What the segment with a number asks. Of every thousand, one is about the department `garden`, ten
/// about `kitchen`, a hundred about `fashion`; the others are about things that few events have.
pub(crate) fn asked(number: u64) -> Asked {
    use Operator as Op;
    let own = |what: &str| vec![format!("{what}-{number}")];
    let text = |value: &str| vec![value.to_owned()];
    let of_department = |department: &str| Asked {
        event_name: "page_viewed",
        criteria: vec![
            ("department", Op::Equal, text(department)),
            ("plan", Op::NotEqual, vec![format!("plan-{}", 10 + number % 7)]),
        ],
    };
    match number % 1_000 {
        500 => return of_department("garden"),
        501..=510 => return of_department("kitchen"),
        511..=610 => return of_department("fashion"),
        _ => {}
    }
    let (event_name, criteria) = match number % 10 {
        0..=2 => ("page_viewed", vec![("department", Op::Equal, own("shelf"))]),
        3 | 4 => (
            "product_added",
            vec![
                ("sku", Op::Equal, [own("SKU"), own("OLD")].concat()),
                ("price", Op::GreaterThan, text("20")),
            ],
        ),
        5 | 6 => (
            "page_viewed",
            vec![
                ("brand", Op::Equal, own("brand")),
                ("country", Op::Equal, ["GB", "IE", "FR"].map(str::to_owned).to_vec()),
                ("plan", Op::NotEqual, text("free")),
            ],
        ),
        7 | 8 => (
            "order_placed",
            vec![
                ("category", Op::Equal, own("category")),
                ("quantity", Op::GreaterThanOrEqual, vec![(1 + number % 5).to_string()]),
            ],
        ),
        _ => (
            "page_viewed",
            vec![
                ("category", Op::Equal, vec![format!("category-{}", number % 50)]),
                ("brand", Op::Equal, own("brand")),
                ("price", Op::LessThan, text("100")),
            ],
        ),
    };
    Asked { event_name, criteria }
}

impl Asked {
    /// As a segment.
    pub(crate) fn segment(&self, number: u64) -> Segment {
        let mut numbers = Numbers(number);
        let id = u128::from(numbers.next()) << 64 | u128::from(numbers.next());
        let criterion = |(key, operator, values): &(&str, Operator, Vec<String>)| Criterion {
            key: format!("attributes.{key}.value"),
            values: values.clone(),
            should_ignore_case: false,
            operator: *operator,
        };
        let pattern = JourneyPattern {
            criteria: self.criteria.iter().map(criterion).collect(),
            count: 1,
            stream: Stream::Web,
            session_type: "web".to_owned(),
            event_name: Some(self.event_name.to_owned()),
            within_seconds: None,
        };
        Segment {
            id: SegmentId::from_uuid(Uuid::from_u128(id)),
            display_name: String::new(),
            description: None,
            is_active: true,
            version: 1,
            conditions_version: 1,
            color: String::new(),
            scope: Scope::Session,
            should_display_to_agent: true,
            conditions: Conditions { journey: vec![pattern], ..Conditions::default() },
            external_segment: None,
            assignment_expiration_days: None,
            created: Moment::from_ms(0),
            modified: Moment::from_ms(0),
        }
    }

    /// As an expression.
    pub(crate) fn expression(&self) -> String {
        let mut all = vec![format!("event_name = \"{}\"", self.event_name)];
        for (key, operator, values) in &self.criteria {
            let list = values.iter().map(|value| format!("\"{value}\"")).collect::<Vec<_>>();
            all.push(match (operator, list.as_slice()) {
                (Operator::Equal, [only]) => format!("{key} = {only}"),
                (Operator::Equal, list) => format!("{key} in [{}]", list.join(", ")),
                (Operator::NotEqual, list) => format!("{key} <> {}", list[0]),
                (Operator::GreaterThan, _) => format!("{key} > {}", values[0]),
                (Operator::GreaterThanOrEqual, _) => format!("{key} >= {}", values[0]),
                (Operator::LessThan, _) => format!("{key} < {}", values[0]),
                (other, _) => unreachable!("{other:?} is not asked"),
            });
        }
        all.join(" and ")
    }
}

/// Events that have every attribute.
pub(crate) fn events(count: usize, share: Share) -> Vec<Event> {
    let mut numbers = Numbers(7);
    let mut events = shop::events(count, share);
    for event in &mut events {
        let product = numbers.below(1_000_000) + 10_000_000;
        let department = match share.department() {
            Some(department) => department.to_owned(),
            None => format!("shelf-{product}"),
        };
        let country = ["GB", "US", "DE", "FR"][numbers.below(4) as usize];
        let values: [(&str, String); 8] = [
            ("department", department),
            ("sku", format!("SKU-{product}")),
            ("category", format!("category-{}", 1_000_000 + product % 40)),
            ("brand", format!("brand-{product}")),
            ("country", country.to_owned()),
            ("plan", format!("plan-{}", numbers.below(5))),
            ("price", (product % 200).to_string()),
            ("quantity", (1 + product % 4).to_string()),
        ];
        let attribute = |value| Attribute { data_type: AttributeType::Text, value };
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), attribute(value)));
        event.attributes = values.collect::<BTreeMap<_, _>>();
    }
    events
}
