//! How many requests a token may make.

use std::str::FromStr;

use clap::Args;
use wayfare_model::limits::REQUESTS_PER_MINUTE_GENESYS;

/// How many requests a token may make.
#[derive(Debug, Clone, Args)]
pub(crate) struct RateLimitArguments {
    /// Requests a minute and token: off, genesys (300, as Genesys Cloud allows) or a number; the
    /// headers inin-ratelimit-* tell where a token stands
    #[arg(long, value_name = "LIMIT", env = "WAYFARE_RATE_LIMIT", default_value = "off")]
    rate_limit: RateLimit,
}

impl RateLimitArguments {
    /// Requests a minute and token; no limit when absent.
    pub(crate) fn requests_per_minute(&self) -> Option<u32> {
        self.rate_limit.0
    }
}

/// Requests a minute and token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RateLimit(Option<u32>);

impl FromStr for RateLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(None)),
            "genesys" => Ok(Self(Some(REQUESTS_PER_MINUTE_GENESYS))),
            number => match number.parse::<u32>() {
                Ok(number) if number > 0 => Ok(Self(Some(number))),
                _ => Err("use off, genesys or a number from 1".to_owned()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_off_the_originals_or_a_number() {
        let check = |text: &str, expected| {
            assert_eq!(text.parse::<RateLimit>().ok().map(|limit| limit.0), expected, "{text}");
        };
        check("off", Some(None));
        check("genesys", Some(Some(300)));
        check("1", Some(Some(1)));
        check("0", None);
        check("-1", None);
        check("many", None);
        check("", None);
    }
}
