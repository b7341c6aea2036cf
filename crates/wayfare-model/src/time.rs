//! One type for instants: milliseconds since 1970 in UTC, as the wire writes them.

use std::fmt;

use jiff::Timestamp;

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
///
/// Range: the years -9999 to 9999, as far as [`Moment::parse`] gives one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(i64);

/// A text that is no date was given where one is needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an ISO-8601 date like 2026-01-31T09:30:00.000Z")]
pub struct InvalidDate(pub String);

impl Moment {
    /// From milliseconds since 1970.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// Reads an ISO-8601 date-time with a zone offset or `Z`; a date-time without one is UTC, and a
    /// date alone is its first instant in UTC. Digits behind the millisecond are cut.
    ///
    /// # Errors
    /// [`InvalidDate`] with the text.
    pub fn parse(text: &str) -> Result<Self, InvalidDate> {
        let invalid = || InvalidDate(text.to_owned());
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            return Ok(Self(timestamp.as_millisecond()));
        }
        let civil: jiff::civil::DateTime = text.parse().map_err(|_| invalid())?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| invalid())?;
        Ok(Self(zoned.timestamp().as_millisecond()))
    }

    /// This instant, `ms` milliseconds later (earlier when negative). Stops at the ends of the range.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant; negative when `earlier` is later.
    #[must_use]
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Moment {
    /// `2026-01-31T09:30:00.000Z`: always three digits of fraction and `Z`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(formatter, "{timestamp:.3}"),
            Err(_) => write!(formatter, "{}ms", self.0),
        }
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn reads_what_the_official_sdks_write_and_writes_what_they_read() {
        let check = |text: &str, expected: &str| {
            assert_eq!(Moment::parse(text).map(|m| m.to_string()), Ok(expected.to_owned()));
        };
        check("2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000Z");
        check("2020-01-01T00:00:00.123456Z", "2020-01-01T00:00:00.123Z");
        check("2020-01-01T00:00:00+00:00", "2020-01-01T00:00:00.000Z");
        check("2020-01-01T01:30:00.5+01:30", "2020-01-01T00:00:00.500Z");
        check("2020-01-01T00:00:00", "2020-01-01T00:00:00.000Z");
        check("2020-01-01", "2020-01-01T00:00:00.000Z");
        check("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn refuses_what_is_no_date_and_says_which_text_it_was() {
        for text in ["", "yesterday", "2020-13-01T00:00:00Z", "2020-01-32", "12", "None"] {
            let error = Moment::parse(text).expect_err(text);
            assert_eq!(error.0, text);
        }
    }
}
