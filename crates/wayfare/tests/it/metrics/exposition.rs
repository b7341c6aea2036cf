//! A strict reader of the text format of OpenMetrics 1.0, as far as the server uses it: whatever
//! the format forbids is a failure.

use std::collections::{BTreeMap, BTreeSet};

/// Labels of a series.
type Labels = BTreeMap<String, String>;

/// All that was told, by name of the family.
#[derive(Debug)]
pub(crate) struct Exposition(BTreeMap<String, Family>);

#[derive(Debug)]
struct Family {
    kind: String,
    samples: Vec<Sample>,
}

#[derive(Debug, Clone)]
struct Sample {
    suffix: String,
    labels: Labels,
    value: f64,
}

impl Exposition {
    /// Reads a text.
    pub(crate) fn parse(text: &str) -> Self {
        let body = text.strip_suffix("# EOF\n").expect("an end");
        assert!(body.ends_with('\n') && !body.contains("# EOF"), "one end");
        let mut families = BTreeMap::<String, Family>::new();
        let mut help: Option<&str> = None;
        let mut current: Option<String> = None;
        for line in body.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, text) = rest.split_once(' ').expect("a help text");
                assert!(help.is_none() && is_name(name) && !text.is_empty(), "{line}");
                assert!(!text.contains(['\\', '"']), "nothing to be escaped: {line}");
                help = Some(name);
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a type");
                assert_eq!(help.take(), Some(name), "help comes right before: {line}");
                assert!(["counter", "gauge", "histogram", "info"].contains(&kind), "{line}");
                let family = Family { kind: kind.to_owned(), samples: Vec::new() };
                assert!(families.insert(name.to_owned(), family).is_none(), "twice: {line}");
                current = Some(name.to_owned());
            } else {
                assert!(help.is_none(), "a sample between help and type: {line}");
                let name = current.as_ref().unwrap_or_else(|| panic!("no family yet: {line}"));
                let family = families.get_mut(name).expect("the family");
                family.samples.push(sample(line, name));
            }
        }
        for (name, family) in &families {
            family.check(name);
        }
        Self(families)
    }

    /// The names of the series that a query would use.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let suffixes = |kind: &str| match kind {
            "counter" => &["_total"][..],
            "info" => &["_info"],
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        let names = |(name, family): (&String, &Family)| {
            suffixes(&family.kind)
                .iter()
                .map(|suffix| format!("{name}{suffix}"))
                .collect::<Vec<_>>()
        };
        self.0.iter().flat_map(names).collect()
    }

    /// The texts of all labels.
    pub(crate) fn label_values(&self) -> BTreeSet<&str> {
        let samples = self.0.values().flat_map(|family| &family.samples);
        samples.flat_map(|sample| sample.labels.values()).map(String::as_str).collect()
    }

    /// The value of a series, all of these labels given; nothing when there is none.
    pub(crate) fn find(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let wanted: Labels =
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let split = |suffix: &str| {
            let family = name.strip_suffix(suffix)?;
            Some((self.0.get(family)?, suffix.to_owned()))
        };
        let (family, suffix) =
            ["", "_total", "_info", "_bucket", "_sum", "_count"].into_iter().find_map(split)?;
        let found = family.samples.iter();
        let mut found = found.filter(|it| it.suffix == suffix && it.labels == wanted);
        found.next().map(|sample| sample.value)
    }

    /// All series of a name together.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.0.get(name).map_or(0.0, |family| family.samples.iter().map(|it| it.value).sum())
    }

    /// The value of a series that is there.
    #[track_caller]
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.find(name, labels).unwrap_or_else(|| panic!("no series {name} {labels:?}"))
    }

    /// How much higher a counter is than it was; one that was not there was 0.
    #[track_caller]
    pub(crate) fn rise(&self, before: &Self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.find(name, labels).unwrap_or(0.0) - before.find(name, labels).unwrap_or(0.0)
    }
}

impl Family {
    fn check(&self, name: &str) {
        let mut seen = BTreeSet::new();
        for sample in &self.samples {
            let key = (sample.suffix.clone(), sample.labels.clone());
            assert!(seen.insert(key), "{name}: a series is there twice: {sample:?}");
            let allowed: &[&str] = match self.kind.as_str() {
                "counter" => &["_total"],
                "info" => &["_info"],
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(allowed.contains(&sample.suffix.as_str()), "{name}: {sample:?}");
            assert!(sample.value.is_finite(), "{name}: {sample:?}");
            if self.kind != "gauge" {
                assert!(sample.value >= 0.0, "{name}: {sample:?}");
            }
        }
        if self.kind == "histogram" {
            self.check_histogram(name);
        }
    }

    fn check_histogram(&self, name: &str) {
        let without_bound = |labels: &Labels| {
            let mut labels = labels.clone();
            labels.remove("le");
            labels
        };
        let mut buckets = BTreeMap::<Labels, Vec<(f64, f64)>>::new();
        for sample in self.samples.iter().filter(|sample| sample.suffix == "_bucket") {
            let bound = match sample.labels["le"].as_str() {
                "+Inf" => f64::INFINITY,
                bound => bound.parse().expect("a bound"),
            };
            let of_labels = buckets.entry(without_bound(&sample.labels)).or_default();
            of_labels.push((bound, sample.value));
        }
        for (labels, buckets) in buckets {
            assert!(buckets.is_sorted_by(|one, next| one.0 < next.0), "{name} {labels:?}");
            assert!(buckets.is_sorted_by(|one, next| one.1 <= next.1), "{name} {labels:?}");
            let (last, all) = buckets.last().expect("a bucket");
            assert!(last.is_infinite(), "{name} {labels:?}");
            let of = |suffix: &str| {
                self.samples.iter().find(|it| it.suffix == suffix && it.labels == labels)
            };
            let count = of("_count").expect("a count").value;
            assert_eq!(count.to_bits(), all.to_bits(), "{name} {labels:?}");
            assert!(of("_sum").is_some(), "{name} {labels:?}");
        }
    }
}

/// A line like `name{label="value"} 1.5`, without a time.
fn sample(line: &str, family: &str) -> Sample {
    let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("no value: {line}"));
    let (name, rest) = line.split_at(end);
    assert!(is_name(name), "{line}");
    let suffix = name.strip_prefix(family).unwrap_or_else(|| panic!("not of {family}: {line}"));
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest, line),
        None => (Labels::new(), rest),
    };
    let value = value.strip_prefix(' ').unwrap_or_else(|| panic!("no blank: {line}"));
    let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
    Sample { suffix: suffix.to_owned(), labels, value }
}

/// The labels up to the brace that closes them, and what follows.
fn labels<'line>(mut rest: &'line str, line: &str) -> (Labels, &'line str) {
    let mut labels = Labels::new();
    loop {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
        assert!(is_label(name), "{line}");
        let end = after.find('"').unwrap_or_else(|| panic!("no end of a label: {line}"));
        let (value, after) = after.split_at(end);
        assert!(!value.contains('\\'), "nothing to be escaped: {line}");
        assert!(labels.insert(name.to_owned(), value.to_owned()).is_none(), "twice: {line}");
        match after.strip_prefix("\",") {
            Some(more) => rest = more,
            None => {
                let after = after.strip_prefix("\"}");
                return (labels, after.unwrap_or_else(|| panic!("no closing brace: {line}")));
            }
        }
    }
}

fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && !name.as_bytes()[0].is_ascii_digit() && name.bytes().all(is_allowed)
}

fn is_label(name: &str) -> bool {
    is_name(name) && !name.starts_with("__")
}
