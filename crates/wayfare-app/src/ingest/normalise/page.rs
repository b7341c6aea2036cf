//! The parts of a page's URL.

use url::{Host, Url};
use wayfare_model::visit::Page;

/// How much of a refused value an error repeats, in characters: enough to find it, short enough for
/// a log line.
const SHOWN_CHARACTERS: usize = 200;

/// A page URL that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("page.url {value:?} is not an absolute URL with a host: {reason}")]
pub struct PageUrlError {
    /// The refused text, its first 200 characters.
    pub value: String,
    /// What is wrong with it.
    pub reason: String,
}

/// The parts of `url`, and `url` itself as it was sent. `title`, `lang` and `keywords` stay unset:
/// they come with the event.
///
/// Any scheme is taken, since a page in an app or a test may not be on the web, but there must be a
/// host, without which `hostname` and `domain` would have nothing to say. The host name is in lower
/// case and in ASCII (`xn--`), path, query and fragment are percent-encoded, as the URL standard
/// writes them. `domain` is the registrable domain by the public suffix list, its private part
/// included (`alice.github.io` is one owner's); an address, a single label and a public suffix have
/// none, and there `domain` is the host name.
///
/// # Errors
/// When `url` is not an absolute URL, or has no host.
pub fn page_parts(url: &str) -> Result<Page, PageUrlError> {
    let parts = UrlParts::of(url).map_err(|reason| PageUrlError {
        value: url.chars().take(SHOWN_CHARACTERS).collect(),
        reason,
    })?;
    Ok(Page {
        url: url.to_owned(),
        domain: parts.domain,
        hostname: parts.hostname,
        pathname: parts.pathname,
        query_string: parts.query_string,
        fragment: parts.fragment,
        ..Page::default()
    })
}

/// What a page's URL and a referrer's URL have in common.
pub(super) struct UrlParts {
    pub(super) scheme: String,
    pub(super) domain: String,
    pub(super) hostname: String,
    pub(super) pathname: String,
    pub(super) query_string: Option<String>,
    pub(super) fragment: Option<String>,
}

impl UrlParts {
    /// The parts of an absolute URL with a host, or why it is none.
    pub(super) fn of(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        let hostname = match url.host_str() {
            Some(hostname) if !hostname.is_empty() => hostname.to_owned(),
            _ => return Err("empty host".to_owned()),
        };
        Ok(Self {
            scheme: url.scheme().to_owned(),
            domain: registrable_domain(&url).unwrap_or(&hostname).to_owned(),
            pathname: url.path().to_owned(),
            query_string: url.query().map(str::to_owned),
            fragment: url.fragment().map(str::to_owned),
            hostname,
        })
    }
}

/// The registrable domain of a URL on the web. Hosts of other schemes are not DNS names
/// (`android-app://com.example.app`), so the list does not speak of them.
fn registrable_domain(url: &Url) -> Option<&str> {
    match url.host() {
        Some(Host::Domain(name)) if matches!(url.scheme(), "http" | "https") => {
            psl::domain_str(name)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `domain hostname pathname ?query #fragment`, or the error.
    fn check(url: &str, expected: &str) {
        let seen = match page_parts(url) {
            Err(error) => error.to_string(),
            Ok(page) => {
                assert_eq!(page.url, url, "the URL stays as it was sent");
                let mut seen = format!("{} {} {}", page.domain, page.hostname, page.pathname);
                if let Some(query) = page.query_string {
                    seen = format!("{seen} ?{query}");
                }
                if let Some(fragment) = page.fragment {
                    seen = format!("{seen} #{fragment}");
                }
                seen
            }
        };
        assert_eq!(seen, expected, "{url}");
    }

    #[test]
    fn parts() {
        for (url, expected) in [
            ("https://www.example.com/a/b?c=d#e", "example.com www.example.com /a/b ?c=d #e"),
            ("https://example.com", "example.com example.com /"),
            ("https://example.com/?", "example.com example.com / ?"),
            ("https://example.com/#", "example.com example.com / #"),
            ("HTTP://WWW.Example.CO.UK:8080/X?Y#Z", "example.co.uk www.example.co.uk /X ?Y #Z"),
            ("https://user:secret@shop.example.com/", "example.com shop.example.com /"),
            ("https://alice.github.io/x", "alice.github.io alice.github.io /x"),
            ("https://github.io/x", "github.io github.io /x"),
            ("http://localhost:3000/x", "localhost localhost /x"),
            ("http://192.0.2.7/x", "192.0.2.7 192.0.2.7 /x"),
            ("http://[2001:db8::1]/x", "[2001:db8::1] [2001:db8::1] /x"),
            (
                "http://www.bücher.example/ä b?ö",
                "xn--bcher-kva.example www.xn--bcher-kva.example /%C3%A4%20b ?%C3%B6",
            ),
            ("http://example.com/a/../b/./c", "example.com example.com /b/c"),
            ("  https://example.com/x  ", "example.com example.com /x"),
            ("shop-app://catalogue/item/7?size=L", "catalogue catalogue /item/7 ?size=L"),
        ] {
            check(url, expected);
        }
    }

    #[test]
    fn refused() {
        let refused = |value: &str, reason: &str| {
            check(
                value,
                &format!("page.url {value:?} is not an absolute URL with a host: {reason}"),
            );
        };
        refused("", "relative URL without a base");
        refused("/cart", "relative URL without a base");
        refused("www.example.com/cart", "relative URL without a base");
        refused("https://", "empty host");
        refused("https://exa mple.com/", "invalid international domain name");
        refused("https://example.com:99999/", "invalid port number");
        refused("file:///home/me/index.html", "empty host");
        refused("mailto:me@example.com", "empty host");
        refused("about:blank", "empty host");
        refused("javascript:void(0)", "empty host");
    }

    #[test]
    fn a_long_value_is_cut_in_the_error() {
        let error = page_parts(&"ä".repeat(1_000)).unwrap_err();
        assert_eq!(error.value, "ä".repeat(SHOWN_CHARACTERS));
    }
}
