//! What was measured, at one moment.

/// Names and values that tell series of a family apart. Values are ids and words of the product,
/// never what visitors sent.
pub type Labels = Vec<(&'static str, String)>;

/// What the values of a family are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Numbers that only grow while the process runs.
    Counter,
    /// Numbers that go up and down.
    Gauge,
    /// Distributions.
    Histogram,
    /// Texts that do not change, as labels; the value is 1.
    Info,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of a counter or gauge.
    Number(f64),
    /// Of a histogram.
    Histogram {
        /// All values together.
        sum: f64,
        /// By upper bound, the last of which is infinite: values that exceed the bound before it,
        /// but not this one.
        buckets: Vec<(f64, u64)>,
    },
}

/// One value of a family.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What tells it apart.
    pub labels: Labels,
    /// The value.
    pub value: Value,
}

/// All that is measured under one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// The name: lower case, with the unit at its end, a counter without `_total`, texts
    /// without `_info`.
    pub name: &'static str,
    /// What it is, in a few words without a full stop.
    pub help: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// The values.
    pub series: Vec<Series>,
}

impl Family {
    const fn new(name: &'static str, help: &'static str, kind: Kind) -> Self {
        Self { name, help, kind, series: Vec::new() }
    }

    /// A family of counters.
    #[must_use]
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, Kind::Counter)
    }

    /// A family of gauges.
    #[must_use]
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, Kind::Gauge)
    }

    /// A family of texts.
    #[must_use]
    pub const fn info(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, Kind::Info)
    }

    /// A family of histograms.
    #[must_use]
    pub const fn histogram(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, Kind::Histogram)
    }

    /// With a value that nothing tells apart.
    #[must_use]
    pub fn with(self, value: impl Into<Value>) -> Self {
        self.labelled([], value)
    }

    /// With one more series.
    #[must_use]
    pub fn labelled<const N: usize>(
        mut self,
        labels: [(&'static str, &str); N],
        value: impl Into<Value>,
    ) -> Self {
        let labels = labels.map(|(name, value)| (name, value.to_owned())).to_vec();
        self.series.push(Series { labels, value: value.into() });
        self
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Value {
    #[expect(clippy::cast_precision_loss, reason = "samples are floating-point numbers")]
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::from(number as u64)
    }
}

impl From<bool> for Value {
    fn from(is_so: bool) -> Self {
        Self::from(u64::from(is_so))
    }
}
