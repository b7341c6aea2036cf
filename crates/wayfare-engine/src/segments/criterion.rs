//! One comparison, ready to run (domain, 1.6 and U3 to U7).

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use wayfare_model::segment::{Criterion, Operator};

use super::rules::CompileFault;

/// A comparison with its values folded or read as numbers once, not at every event.
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    pub(super) test: Test,
    /// Whether the outcome is turned round. A field that is not there satisfies exactly the
    /// comparisons that are turned round, because each is the negation of its twin.
    pub(super) negated: bool,
}

/// What a field that is there must be. Equal tests are one and the same, whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Test {
    pub(super) kind: TestKind,
    pub(super) ignore_case: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum TestKind {
    ContainsAll(Texts),
    ContainsAny(Texts),
    Equal(Texts),
    StartsWith(Texts),
    EndsWith(Texts),
    GreaterThan(Numbers),
    GreaterThanOrEqual(Numbers),
    LessThan(Numbers),
    LessThanOrEqual(Numbers),
}

/// Values as they are compared, sorted, each once.
pub(super) type Texts = Box<[Box<str>]>;
pub(super) type Numbers = Box<[Number]>;

/// A number that is finite; equal when it is the same bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(pub(super) f64);

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl Comparison {
    pub(super) fn compile(criterion: &Criterion) -> Result<Self, CompileFault> {
        if criterion.values.is_empty() {
            return Err(CompileFault::NoValues);
        }
        let ignore_case = criterion.should_ignore_case;
        let texts = || {
            let fold = |value: &String| Box::from(fold(value, ignore_case));
            let mut texts: Vec<Box<str>> = criterion.values.iter().map(fold).collect();
            texts.sort_unstable();
            texts.dedup();
            texts.into_boxed_slice()
        };
        let numbers = || {
            let number = |value: &String| number(value).map(Number);
            criterion.values.iter().map(number).collect::<Result<Numbers, _>>()
        };
        let (kind, negated) = match criterion.operator {
            Operator::ContainsAll => (TestKind::ContainsAll(texts()), false),
            Operator::ContainsAny => (TestKind::ContainsAny(texts()), false),
            Operator::NotContainsAll => (TestKind::ContainsAll(texts()), true),
            Operator::NotContainsAny => (TestKind::ContainsAny(texts()), true),
            Operator::Equal => (TestKind::Equal(texts()), false),
            Operator::NotEqual => (TestKind::Equal(texts()), true),
            Operator::StartsWith => (TestKind::StartsWith(texts()), false),
            Operator::EndsWith => (TestKind::EndsWith(texts()), false),
            Operator::GreaterThan => (TestKind::GreaterThan(numbers()?), false),
            Operator::GreaterThanOrEqual => (TestKind::GreaterThanOrEqual(numbers()?), false),
            Operator::LessThan => (TestKind::LessThan(numbers()?), false),
            Operator::LessThanOrEqual => (TestKind::LessThanOrEqual(numbers()?), false),
        };
        Ok(Self { test: Test { kind, ignore_case }, negated })
    }

    /// Whether a field is exactly a text, as an event's name must be.
    pub(super) fn is(text: &str) -> Self {
        let kind = TestKind::Equal(Box::new([Box::from(text)]));
        Self { test: Test { kind, ignore_case: false }, negated: false }
    }

    /// Whether a field satisfies it; `None` is a field that is not there.
    pub(crate) fn holds(&self, field: Option<&str>) -> bool {
        field.is_some_and(|field| self.test.holds(field)) != self.negated
    }
}

impl Test {
    /// Whether a field that is there satisfies it.
    pub(super) fn holds(&self, field: &str) -> bool {
        self.kind.holds(&fold(field, self.ignore_case))
    }
}

impl TestKind {
    /// Whether a field satisfies it that has been folded, if case does not count.
    pub(super) fn holds(&self, field: &str) -> bool {
        let compare = |values: &[Number], holds: fn(&f64, &f64) -> bool| {
            leading_number(field)
                .is_some_and(|number| values.iter().any(|value| holds(&number, &value.0)))
        };
        match self {
            Self::ContainsAll(values) => values.iter().all(|value| field.contains(&**value)),
            Self::ContainsAny(values) => values.iter().any(|value| field.contains(&**value)),
            Self::Equal(values) => values.iter().any(|value| field == &**value),
            Self::StartsWith(values) => values.iter().any(|value| field.starts_with(&**value)),
            Self::EndsWith(values) => values.iter().any(|value| field.ends_with(&**value)),
            Self::GreaterThan(values) => compare(values, f64::gt),
            Self::GreaterThanOrEqual(values) => compare(values, f64::ge),
            Self::LessThan(values) => compare(values, f64::lt),
            Self::LessThanOrEqual(values) => compare(values, f64::le),
        }
    }
}

/// The text as it is compared: in lower case, where case does not count.
pub(super) fn fold(text: &str, ignore_case: bool) -> Cow<'_, str> {
    match !ignore_case || is_folded(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.to_lowercase()),
    }
}

/// Whether a text is in lower case, as far as that is seen at once.
pub(super) fn is_folded(text: &str) -> bool {
    // Without a way out in between, many bytes are looked at together.
    !text.bytes().fold(false, |found, byte| found | !byte.is_ascii() | byte.is_ascii_uppercase())
}

/// Puts a text in lower case in the place of another one.
pub(super) fn fold_into(text: &str, folded: &mut String) {
    if text.is_ascii() {
        folded.clear();
        folded.push_str(text);
        folded.make_ascii_lowercase();
    } else {
        *folded = text.to_lowercase();
    }
}

/// A criterion's value as a number: a number in any usual form, or the number a text begins with.
fn number(value: &str) -> Result<f64, CompileFault> {
    let whole = value.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    whole.or_else(|| leading_number(value)).ok_or_else(|| CompileFault::NoNumber(value.to_owned()))
}

/// The number a text begins with: sign, digits, decimals. White space before it does not count.
pub(super) fn leading_number(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let digits_from = |start: usize| {
        text[start..]
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(text.len() - start)
    };
    let sign = usize::from(text.starts_with(['+', '-']));
    let mut end = sign + digits_from(sign);
    if text[end..].starts_with('.') {
        let decimals = digits_from(end + 1);
        if decimals > 0 {
            end += 1 + decimals;
        }
    }
    // Without a single digit this is no number and does not parse.
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use wayfare_model::segment::{Criterion, Operator};

    use super::{Comparison, leading_number};

    /// The fields that satisfy an operator with one value, two values, and without regard to case;
    /// `-` is the field that is not there.
    fn satisfying(operator: Operator, values: &[&str]) -> String {
        let fields = ["", "Paris", "paris", "Paris, Rome", "in Rome", "ÉTÉ", "12", "12.5", "9 m"];
        let fields = fields.map(Some).into_iter().chain([None]);
        let criterion = |should_ignore_case| Criterion {
            key: String::new(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            should_ignore_case,
            operator,
        };
        let mut text = String::new();
        for should_ignore_case in [false, true] {
            let comparison = Comparison::compile(&criterion(should_ignore_case)).unwrap();
            let holds = fields.clone().filter(|field| comparison.holds(*field));
            let names: Vec<_> = holds.map(|field| format!("[{}]", field.unwrap_or("-"))).collect();
            let case = if should_ignore_case { " ~" } else { "" };
            let line = format!("{operator} {}{case}: {}", values.join("|"), names.join(" "));
            text += line.trim_end();
            text.push('\n');
        }
        text
    }

    #[test]
    fn all_twelve_operators() {
        let mut text = String::new();
        for operator in Operator::ALL {
            if operator.is_numeric() {
                text += &satisfying(operator, &["12"]);
            } else {
                text += &satisfying(operator, &["Paris"]);
                text += &satisfying(operator, &["Paris", "Rome"]);
                text += &satisfying(operator, &["été"]);
            }
        }
        expect![[r#"
            containsAll Paris: [Paris] [Paris, Rome]
            containsAll Paris ~: [Paris] [paris] [Paris, Rome]
            containsAll Paris|Rome: [Paris, Rome]
            containsAll Paris|Rome ~: [Paris, Rome]
            containsAll été:
            containsAll été ~: [ÉTÉ]
            containsAny Paris: [Paris] [Paris, Rome]
            containsAny Paris ~: [Paris] [paris] [Paris, Rome]
            containsAny Paris|Rome: [Paris] [Paris, Rome] [in Rome]
            containsAny Paris|Rome ~: [Paris] [paris] [Paris, Rome] [in Rome]
            containsAny été:
            containsAny été ~: [ÉTÉ]
            notContainsAll Paris: [] [paris] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notContainsAll Paris ~: [] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notContainsAll Paris|Rome: [] [Paris] [paris] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notContainsAll Paris|Rome ~: [] [Paris] [paris] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notContainsAll été: [] [Paris] [paris] [Paris, Rome] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notContainsAll été ~: [] [Paris] [paris] [Paris, Rome] [in Rome] [12] [12.5] [9 m] [-]
            notContainsAny Paris: [] [paris] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notContainsAny Paris ~: [] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notContainsAny Paris|Rome: [] [paris] [ÉTÉ] [12] [12.5] [9 m] [-]
            notContainsAny Paris|Rome ~: [] [ÉTÉ] [12] [12.5] [9 m] [-]
            notContainsAny été: [] [Paris] [paris] [Paris, Rome] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notContainsAny été ~: [] [Paris] [paris] [Paris, Rome] [in Rome] [12] [12.5] [9 m] [-]
            equal Paris: [Paris]
            equal Paris ~: [Paris] [paris]
            equal Paris|Rome: [Paris]
            equal Paris|Rome ~: [Paris] [paris]
            equal été:
            equal été ~: [ÉTÉ]
            notEqual Paris: [] [paris] [Paris, Rome] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notEqual Paris ~: [] [Paris, Rome] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notEqual Paris|Rome: [] [paris] [Paris, Rome] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notEqual Paris|Rome ~: [] [Paris, Rome] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notEqual été: [] [Paris] [paris] [Paris, Rome] [in Rome] [ÉTÉ] [12] [12.5] [9 m] [-]
            notEqual été ~: [] [Paris] [paris] [Paris, Rome] [in Rome] [12] [12.5] [9 m] [-]
            greaterThan 12: [12.5]
            greaterThan 12 ~: [12.5]
            greaterThanOrEqual 12: [12] [12.5]
            greaterThanOrEqual 12 ~: [12] [12.5]
            lessThan 12: [9 m]
            lessThan 12 ~: [9 m]
            lessThanOrEqual 12: [12] [9 m]
            lessThanOrEqual 12 ~: [12] [9 m]
            startsWith Paris: [Paris] [Paris, Rome]
            startsWith Paris ~: [Paris] [paris] [Paris, Rome]
            startsWith Paris|Rome: [Paris] [Paris, Rome]
            startsWith Paris|Rome ~: [Paris] [paris] [Paris, Rome]
            startsWith été:
            startsWith été ~: [ÉTÉ]
            endsWith Paris: [Paris]
            endsWith Paris ~: [Paris] [paris]
            endsWith Paris|Rome: [Paris] [Paris, Rome] [in Rome]
            endsWith Paris|Rome ~: [Paris] [paris] [Paris, Rome] [in Rome]
            endsWith été:
            endsWith été ~: [ÉTÉ]
        "#]].assert_eq(&text);
    }

    #[test]
    fn an_empty_value_is_in_every_field_that_is_there() {
        let text = [Operator::Equal, Operator::StartsWith, Operator::NotContainsAny]
            .map(|operator| satisfying(operator, &[""]))
            .concat();
        expect![[r#"
            equal : []
            equal  ~: []
            startsWith : [] [Paris] [paris] [Paris, Rome] [in Rome] [ÉTÉ] [12] [12.5] [9 m]
            startsWith  ~: [] [Paris] [paris] [Paris, Rome] [in Rome] [ÉTÉ] [12] [12.5] [9 m]
            notContainsAny : [-]
            notContainsAny  ~: [-]
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn a_value_may_be_written_as_any_number() {
        let text = ["1.2e1", " 12 ", "12.0.1", "+12"]
            .map(|value| satisfying(Operator::GreaterThanOrEqual, &[value]))
            .concat();
        expect![[r#"
            greaterThanOrEqual 1.2e1: [12] [12.5]
            greaterThanOrEqual 1.2e1 ~: [12] [12.5]
            greaterThanOrEqual  12 : [12] [12.5]
            greaterThanOrEqual  12  ~: [12] [12.5]
            greaterThanOrEqual 12.0.1: [12] [12.5]
            greaterThanOrEqual 12.0.1 ~: [12] [12.5]
            greaterThanOrEqual +12: [12] [12.5]
            greaterThanOrEqual +12 ~: [12] [12.5]
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn a_number_is_read_from_the_beginning_of_a_text() {
        let check = |text: &str, expected: Option<f64>| {
            assert_eq!(leading_number(text), expected, "{text:?}");
        };
        check("55", Some(55.0));
        check("55.0.2883.87", Some(55.0));
        check("10.15.7", Some(10.15));
        check("-3.5 degrees", Some(-3.5));
        check("+7", Some(7.0));
        check(" 12px", Some(12.0));
        check("7.", Some(7.0));
        check("7..5", Some(7.0));
        check(".5", Some(0.5));
        check("1e9", Some(1.0));
        for text in ["", "v55", "-", "+.", ".", "-x1", "infinity", "NaN", "٣"] {
            check(text, None);
        }
    }
}
