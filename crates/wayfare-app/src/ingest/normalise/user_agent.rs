//! Browser, system and device from a user agent.

use std::io::Read;
use std::sync::{Arc, OnceLock};

use flate2::read::GzDecoder;
use quick_cache::sync::Cache;
use ua_parser::{Extractor, Regexes};
use wayfare_model::limits::{USER_AGENT_BYTES_READ_MAX, USER_AGENTS_KEPT_MAX};
use wayfare_model::visit::{Browser, Device, DeviceCategory};

use super::device_category::device_category;

/// The public patterns of uap-core, 30 kB packed.
static PATTERNS: &[u8] = include_bytes!("../../../data/user-agent-patterns.json.gz");

/// What the patterns say for "something else"; the contract's own example of a device type.
const OTHER: &str = "Other";

/// Makers that the patterns name although nobody made the device: crawlers, and phones of unknown
/// make.
const NO_MANUFACTURER: [&str; 3] = ["Spider", "Generic", "Generic_Android"];

/// What one user agent says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserAgent {
    /// Family and version; `lang` does not stand in a user agent.
    pub browser: Browser,
    /// Category, type, system and manufacturer; the screen does not stand in a user agent.
    pub device: Device,
}

/// The embedded patterns cannot be used. A build whose tests pass never gives this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("user agent patterns are unusable: {reason}")]
pub struct UserAgentPatternsError {
    /// What is wrong with them.
    pub reason: String,
}

/// Parses user agents and remembers the latest. Shared by reference between threads.
///
/// Making one takes next to nothing. The patterns are compiled on first use, which takes about 0.15 s and
/// 26 MB; [`UserAgentParser::prepare`] does it ahead, on a thread of the caller's.
pub struct UserAgentParser {
    patterns: OnceLock<Result<Extractor<'static>, UserAgentPatternsError>>,
    parsed: Cache<Box<str>, Arc<UserAgent>>,
}

impl Default for UserAgentParser {
    fn default() -> Self {
        Self::with_capacity(USER_AGENTS_KEPT_MAX)
    }
}

impl UserAgentParser {
    /// A parser that keeps `capacity` parsed user agents.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { patterns: OnceLock::new(), parsed: Cache::new(capacity) }
    }

    /// Compiles the patterns, unless that has been done.
    ///
    /// # Errors
    /// When the embedded patterns are damaged.
    pub fn prepare(&self) -> Result<(), UserAgentPatternsError> {
        self.patterns().map(|_| ()).map_err(Clone::clone)
    }

    /// What `text` says. Families that no pattern knows are `Other`; a blank text says nothing, and
    /// with damaged patterns ([`Self::prepare`]) only the category is known.
    pub fn parse(&self, text: &str) -> Arc<UserAgent> {
        let text = beginning(text.trim(), USER_AGENT_BYTES_READ_MAX);
        if let Some(known) = self.parsed.get(text) {
            return known;
        }
        let parsed = Arc::new(self.parse_afresh(text));
        self.parsed.insert(text.into(), Arc::clone(&parsed));
        parsed
    }

    fn patterns(&self) -> Result<&Extractor<'static>, &UserAgentPatternsError> {
        let compiled = self
            .patterns
            .get_or_init(|| compile(PATTERNS).map_err(|reason| UserAgentPatternsError { reason }));
        compiled.as_ref()
    }

    fn parse_afresh(&self, text: &str) -> UserAgent {
        if text.is_empty() {
            return UserAgent::default();
        }
        let mut parsed = UserAgent::default();
        if let Ok(patterns) = self.patterns() {
            apply(patterns, text, &mut parsed);
        }
        let category = device_category(text, parsed.device.os_family.as_deref());
        let is_mobile = matches!(category, DeviceCategory::Mobile | DeviceCategory::Tablet);
        parsed.browser.is_mobile = Some(is_mobile);
        parsed.device.is_mobile = Some(is_mobile);
        parsed.device.category = Some(category);
        parsed
    }
}

/// What the patterns say of `text`.
fn apply(patterns: &Extractor<'static>, text: &str, parsed: &mut UserAgent) {
    let (browser, system, device) = patterns.extract(text);
    let browser = browser.unwrap_or_default();
    parsed.browser.family = family(&browser.family);
    parsed.browser.version =
        version([browser.major, browser.minor, browser.patch, browser.patch_minor]);
    let system = system.unwrap_or_default();
    parsed.device.os_family = family(&system.os);
    parsed.device.os_version = version([
        system.major.as_deref(),
        system.minor.as_deref(),
        system.patch.as_deref(),
        system.patch_minor.as_deref(),
    ]);
    let device = device.unwrap_or_default();
    parsed.device.device_type = family(&device.device);
    parsed.device.manufacturer = device
        .brand
        .filter(|brand| !brand.is_empty() && !NO_MANUFACTURER.contains(&brand.as_ref()))
        .map(|brand| brand.into_owned());
}

fn compile(packed: &[u8]) -> Result<Extractor<'static>, String> {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).map_err(|error| error.to_string())?;
    let patterns: Regexes<'static> =
        serde_json::from_str(&text).map_err(|error| error.to_string())?;
    Extractor::try_from(patterns).map_err(|error| error.to_string())
}

fn family(name: &str) -> Option<String> {
    Some(if name.is_empty() { OTHER } else { name }.to_owned())
}

/// The parts up to the first that is missing, with dots between.
fn version(parts: [Option<&str>; 4]) -> Option<String> {
    let known: Vec<&str> =
        parts.into_iter().map_while(|part| part.filter(|part| !part.is_empty())).collect();
    (!known.is_empty()).then(|| known.join("."))
}

/// At most `limit` bytes of `text`, whole characters.
fn beginning(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    static PARSER: LazyLock<UserAgentParser> = LazyLock::new(UserAgentParser::default);

    /// `family version on system version: category type of manufacturer`, a dash for what is unset.
    fn check(text: &str, expected: &str) {
        let UserAgent { browser, device } = &*PARSER.parse(text);
        assert_eq!(browser.is_mobile, device.is_mobile);
        let mobile =
            matches!(device.category, Some(DeviceCategory::Mobile | DeviceCategory::Tablet));
        assert_eq!(device.is_mobile, (!text.trim().is_empty()).then_some(mobile), "{text}");
        let shown = |field: &Option<String>| field.clone().unwrap_or_else(|| "-".to_owned());
        let seen = format!(
            "{} {} on {} {}: {} {} of {}",
            shown(&browser.family),
            shown(&browser.version),
            shown(&device.os_family),
            shown(&device.os_version),
            shown(&device.category.map(|category| category.to_string())),
            shown(&device.device_type),
            shown(&device.manufacturer),
        );
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn computers() {
        for (text, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
                "Chrome 148.0.0.0 on Windows 10: desktop Other of -",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36 Edg/148.0.3000.12",
                "Edge 148.0.3000.12 on Windows 10: desktop Other of -",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
                "Safari 26.1 on Mac OS X 10.15.7: desktop Mac of Apple",
            ),
            (
                "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox 140.0 on Ubuntu -: desktop Other of -",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
                "Chrome 148.0.0.0 on Chrome OS 14541.0.0: desktop Other of -",
            ),
            (
                "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)",
                "IE 8.0 on Windows 7: desktop Other of -",
            ),
            (
                "Links (2.7; CYGWIN_NT-5.1 1.7.15(0.260/5/3) i686; GNU C 4.5.3; text)",
                "Links 2.7 on Other -: desktop Other of -",
            ),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn telephones_and_tablets() {
        for (text, expected) in [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.6.1 Mobile/15E148 Safari/604.1",
                "Mobile Safari 26.6.1 on iOS 18.7: mobile iPhone of Apple",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 7_0_4 like Mac OS X) AppleWebKit/537.51.1 (KHTML, like Gecko) Version/7.0 Mobile/11B554a Safari/9537.53",
                "Mobile Safari 7.0 on iOS 7.0.4: tablet iPad of Apple",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Mobile Safari/537.36",
                "Chrome Mobile 148.0.0.0 on Android 14: mobile Pixel 8 of Google",
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; SM-X706B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
                "Chrome 148.0.0.0 on Android 13: tablet Samsung SM-X706B of Samsung",
            ),
            (
                "Mozilla/5.0 (Android 15; Tablet; rv:140.0) Gecko/140.0 Firefox/140.0",
                "Firefox Mobile 140.0 on Android 15: tablet Generic Tablet of -",
            ),
            (
                "Dalvik/2.1.0 (Linux; U; Android 14; SM-S918B Build/UP1A.231005.007)",
                "Android 14 on Android 14: mobile Samsung SM-S918B of Samsung",
            ),
            (
                "Opera/9.80 (Android; Opera Mini/7.5.35613/35.5706; U; en) Presto/2.8.119 Version/11.10",
                "Opera Mini 7.5.35613 on Android -: mobile Generic Smartphone of -",
            ),
            (
                "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15063",
                "Edge Mobile 15.15063 on Windows Phone 10.0: mobile Lumia 950 of Nokia",
            ),
            (
                "Reeder/2.1.1 CFNetwork/672.0.8 Darwin/14.0.0",
                "Reeder 2.1.1 on iOS 7.0: mobile iOS-Device of Apple",
            ),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn other_devices_and_programs() {
        for (text, expected) in [
            ("", "- - on - -: - - of -"),
            ("   ", "- - on - -: - - of -"),
            ("x", "Other - on Other -: other Other of -"),
            ("curl/8.5.0", "curl 8.5.0 on Other -: other Other of -"),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Googlebot 2.1 on Other -: other Spider of -",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 6_0 like Mac OS X) AppleWebKit/536.26 (KHTML, like Gecko) Version/6.0 Mobile/10A5376e Safari/8536.25 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Googlebot 2.1 on iOS 6.0: mobile Spider of -",
            ),
            (
                "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2.2 Chrome/63.0.3239.84 TV Safari/537.36",
                "Samsung Internet 2.2 on Tizen 6.0: other Samsung SMART-TV of Samsung",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/58.0.3029.110 Safari/537.36 Edge/16.16299",
                "Edge 16.16299 on Windows 10: other Other of -",
            ),
            (
                "Mozilla/5.0 (PlayStation 5 8.00) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.4 Safari/605.1.15",
                "Safari 15.4 on Other -: other PlayStation 5 of Sony",
            ),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let parser = UserAgentParser::with_capacity(8);
        for number in 0..1_000 {
            let parsed = parser.parse(&format!("Firefox/{number}.0"));
            assert_eq!(parsed.browser.version, Some(format!("{number}.0")));
        }
        assert!(parser.parsed.len() <= 8, "{}", parser.parsed.len());
        let once = parser.parse("Firefox/7.0");
        assert!(Arc::ptr_eq(&once, &parser.parse(" Firefox/7.0 ")));
    }

    #[test]
    fn only_the_beginning_is_read() {
        let padded = |padding: usize| {
            let text = format!("{} Firefox/7.0", "é".repeat(padding));
            PARSER.parse(&text).browser.family.clone()
        };
        assert_eq!(padded(1_000), Some("Firefox".to_owned()));
        assert_eq!(padded(USER_AGENT_BYTES_READ_MAX), Some("Other".to_owned()));
        assert_eq!(beginning("aé", 2), "a");
        assert_eq!(beginning("aé", 3), "aé");
        assert_eq!(beginning("aé", 9), "aé");
    }

    #[test]
    fn the_patterns_are_whole() {
        assert_eq!(PARSER.prepare(), Ok(()));
        let error = compile(&PATTERNS[..PATTERNS.len() / 2]).err().unwrap();
        assert_eq!(error, "incomplete deflate stream");
    }
}
