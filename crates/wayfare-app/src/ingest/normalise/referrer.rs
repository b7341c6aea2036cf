//! Where a visitor came from: the parts of the referrer's URL, its name, its medium, the search
//! terms.

use std::collections::HashMap;
use std::sync::LazyLock;

use url::form_urlencoded;
use wayfare_model::visit::{Campaign, Page, Referrer, ReferrerMedium};

use super::campaign::is_paid;
use super::page::UrlParts;

/// The public list, and our additions, which win because they are read last.
const TABLES: [&str; 2] = [
    include_str!("../../../data/referrers.tsv"),
    include_str!("../../../data/referrers-added.tsv"),
];

/// Read on first use, in about a millisecond.
static SOURCES: LazyLock<Sources> = LazyLock::new(|| Sources::read(&TABLES));

/// The referrer of an event, from the URL its page names as such. `None` when `url` is blank, or
/// `about:blank`, which a browser says of a page that came from nowhere.
///
/// The medium, by the first rule that holds:
/// 1. `internal`: the page and the referrer have the same registrable domain (host name where there
///    is none), whatever the campaign says;
/// 2. `paid`: the campaign says that the click was paid for ([`is_paid`]), or the referrer is an
///    advertising server by the list;
/// 3. `search`, `social`, `email` or `unknown` by the list, which also gives the name. A host
///    matches an entry for itself or for a host it is part of, entries with a path going first;
/// 4. `unknown`.
///
/// `keywords` are the search terms, taken from the query parameter that the list names for the
/// source. A text that is no URL gives a referrer of unknown medium with nothing but the text.
#[must_use]
pub fn referrer(url: &str, page: Option<&Page>, campaign: Option<&Campaign>) -> Option<Referrer> {
    if matches!(url.trim(), "" | "about:blank") {
        return None;
    }
    let paid = campaign.is_some_and(is_paid).then_some(ReferrerMedium::Paid);
    let Ok(parts) = UrlParts::of(url) else {
        let medium = paid.or(Some(ReferrerMedium::Unknown));
        return Some(Referrer { url: url.to_owned(), medium, ..Referrer::default() });
    };
    let internal = page.is_some_and(|page| page.domain == parts.domain);
    let source = if internal { None } else { SOURCES.find(&parts) };
    let medium = if internal {
        ReferrerMedium::Internal
    } else {
        paid.or(source.map(|source| source.medium)).unwrap_or(ReferrerMedium::Unknown)
    };
    Some(Referrer {
        url: url.to_owned(),
        keywords: source.and_then(|source| source.keywords(parts.query_string.as_deref()?)),
        name: source.map(|source| source.name.to_owned()),
        medium: Some(medium),
        domain: Some(parts.domain),
        hostname: Some(parts.hostname),
        pathname: Some(parts.pathname),
        query_string: parts.query_string,
        fragment: parts.fragment,
    })
}

/// One named source of visitors.
#[derive(Clone, Copy)]
struct Source {
    medium: ReferrerMedium,
    name: &'static str,
    /// The query parameters that hold search terms, blank between them.
    parameters: &'static str,
}

impl Source {
    /// The first search terms that are not blank, in the order in which the list names the
    /// parameters.
    fn keywords(&self, query: &str) -> Option<String> {
        self.parameters.split_whitespace().find_map(|parameter| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(name, value)| name == parameter && !value.trim().is_empty())
                .map(|(_, value)| value.into_owned())
        })
    }
}

/// The sources of one host: at some of its paths, and at all others.
#[derive(Default)]
struct Host {
    at_path: Vec<(&'static str, Source)>,
    elsewhere: Option<Source>,
}

/// The sources by host.
struct Sources {
    hosts: HashMap<&'static str, Host>,
}

impl Sources {
    fn read(tables: &[&'static str]) -> Self {
        let mut hosts: HashMap<&'static str, Host> = HashMap::new();
        for line in tables.iter().flat_map(|table| table.lines()) {
            let Some((source, places)) = read_line(line) else { continue };
            for place in places.split_whitespace() {
                match place.find('/').map(|at| place.split_at(at)) {
                    None => hosts.entry(place).or_default().elsewhere = Some(source),
                    Some((host, path)) => {
                        let at_path = &mut hosts.entry(host).or_default().at_path;
                        at_path.retain(|(known, _)| *known != path);
                        at_path.push((path, source));
                    }
                }
            }
        }
        Self { hosts }
    }

    /// As snowplow's parsers look: from the whole host name to its last label, first for entries
    /// with the whole path or its first segment, then for entries without a path.
    fn find(&self, parts: &UrlParts) -> Option<&Source> {
        if parts.scheme == "android-app" {
            return self
                .hosts
                .get(format!("android-app:{}", parts.hostname).as_str())?
                .elsewhere
                .as_ref();
        }
        let path = parts.pathname.as_str();
        let first_segment = match path.get(1..).and_then(|rest| rest.find('/')) {
            Some(end) => &path[..=end],
            None => path,
        };
        let known = || enclosing_hosts(&parts.hostname).filter_map(|host| self.hosts.get(host));
        let at =
            |host: &'_ Host, path: &str| host.at_path.iter().position(|(known, _)| *known == path);
        known()
            .find_map(|host| {
                let index = at(host, path).or_else(|| at(host, first_segment))?;
                host.at_path.get(index).map(|(_, source)| source)
            })
            .or_else(|| known().find_map(|host| host.elsewhere.as_ref()))
    }
}

/// A line's source and its places; `None` for a comment.
fn read_line(line: &'static str) -> Option<(Source, &'static str)> {
    let mut fields = line.split('\t');
    let medium = fields.next()?.parse().ok()?;
    let name = fields.next()?;
    let parameters = fields.next()?;
    Some((Source { medium, name, parameters }, fields.next()?))
}

/// `a.b.c`, `b.c`, `c`.
fn enclosing_hosts(hostname: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(hostname), |host| host.split_once('.').map(|(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::super::{campaign, page_parts};
    use super::*;

    /// `medium name keywords`, a dash for what is unset; the event's page is `page`.
    fn check(url: &str, page: &str, expected: &str) {
        let page = page_parts(page).unwrap();
        let campaign = campaign(page.query_string.as_deref());
        let seen = match referrer(url, Some(&page), campaign.as_ref()) {
            None => "none".to_owned(),
            Some(found) => {
                assert_eq!(found.url, url, "the URL stays as it was sent");
                let text = |field: Option<String>| field.unwrap_or_else(|| "-".to_owned());
                let medium = found.medium.map(|medium| medium.to_string());
                format!("{} {} {}", text(medium), text(found.name), text(found.keywords))
            }
        };
        assert_eq!(seen, expected, "{url}");
    }

    #[test]
    fn media() {
        for (url, expected) in [
            ("", "none"),
            ("  ", "none"),
            ("-", "unknown - -"),
            ("DIRECT", "unknown - -"),
            ("about:blank", "none"),
            ("https://www.google.com/", "search Google -"),
            ("https://www.google.co.uk/url?sa=t&q=hello+you", "search Google hello you"),
            ("https://www.google.com/search?q=%20&query=b%C3%BCcher", "search Google bücher"),
            ("http://www.google.com/imgres?q=cats", "search Google Images cats"),
            ("http://www.bing.com/images/search?q=cats", "search Bing Images cats"),
            ("http://www.bing.com/images?q=cats", "search Bing cats"),
            ("http://support.google.com/a?q=b", "unknown Google -"),
            ("https://duckduckgo.com/?q=", "search DuckDuckGo -"),
            ("https://M.FACEBOOK.com/l.php?u=x&q=no", "social Facebook -"),
            ("https://notfacebook.com/", "unknown - -"),
            ("https://facebook.com.evil.example/", "unknown - -"),
            ("https://t.co/abc", "social Twitter -"),
            ("https://mail.google.com/mail/u/0/", "email Gmail -"),
            ("http://orange.fr/webmail/inbox", "email Orange Webmail -"),
            ("http://orange.fr/other", "unknown - -"),
            ("android-app://com.google.android.gm/", "email Gmail -"),
            ("android-app://com.example.shop/", "unknown - -"),
            ("https://googleads.g.doubleclick.net/pagead/x", "paid DoubleClick -"),
            ("https://blog.example.org/post", "unknown - -"),
            ("http://192.0.2.7/", "unknown - -"),
        ] {
            check(url, "https://www.example.com/", expected);
        }
    }

    #[test]
    fn internal() {
        for (url, page, expected) in [
            ("https://www.example.com/a", "https://www.example.com/b", "internal - -"),
            ("https://example.com/a", "https://www.example.com/b", "internal - -"),
            ("https://shop.example.com/a", "https://blog.example.com/b", "internal - -"),
            ("https://example.org/a", "https://example.com/b", "unknown - -"),
            ("https://alice.github.io/", "https://bob.github.io/", "unknown - -"),
            ("http://localhost:8080/a", "http://localhost:3000/b", "internal - -"),
            ("http://10.0.0.1/a", "http://10.0.0.2/b", "unknown - -"),
            ("http://10.0.0.1/a", "http://10.0.0.1/b", "internal - -"),
            ("https://www.google.com/a?q=b", "https://news.google.com/c", "internal - -"),
            ("https://example.com/a", "https://www.example.com/b?gclid=1", "internal - -"),
        ] {
            check(url, page, expected);
        }
    }

    #[test]
    fn paid() {
        for (url, page, expected) in [
            ("https://www.google.com/?q=a", "https://example.com/?gclid=1", "paid Google a"),
            ("https://www.google.com/", "https://example.com/?utm_medium=cpc", "paid Google -"),
            ("https://m.facebook.com/", "https://example.com/?fbclid=1", "social Facebook -"),
            (
                "https://m.facebook.com/",
                "https://example.com/?utm_medium=paid-social",
                "paid Facebook -",
            ),
            ("https://news.example.org/", "https://example.com/?msclkid=1", "paid - -"),
            ("DIRECT", "https://example.com/?msclkid=1", "paid - -"),
            ("https://www.google.com/", "https://example.com/?utm_medium=email", "search Google -"),
        ] {
            check(url, page, expected);
        }
    }

    #[test]
    fn parts() {
        let found = referrer("https://a.b.example.co.uk:8/p/q?r=s#t", None, None).unwrap();
        let expected = Referrer {
            url: "https://a.b.example.co.uk:8/p/q?r=s#t".to_owned(),
            domain: Some("example.co.uk".to_owned()),
            hostname: Some("a.b.example.co.uk".to_owned()),
            keywords: None,
            pathname: Some("/p/q".to_owned()),
            query_string: Some("r=s".to_owned()),
            fragment: Some("t".to_owned()),
            name: None,
            medium: Some(ReferrerMedium::Unknown),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn every_line_of_the_tables_is_read() {
        let mut owners = HashMap::new();
        for line in TABLES.iter().flat_map(|table| table.lines()) {
            let Some((source, places)) = read_line(line) else {
                assert!(line.starts_with("# "), "{line}");
                continue;
            };
            assert_eq!(line.split('\t').count(), 4, "{line}");
            let searched = source.medium == ReferrerMedium::Search;
            assert_eq!(searched, !source.parameters.is_empty(), "{line}");
            for place in places.split_whitespace() {
                owners.insert(place, (source.medium, source.name));
            }
        }
        for (place, owner) in owners {
            let url = match place.strip_prefix("android-app:") {
                Some(package) => format!("android-app://{package}"),
                None => format!("http://{place}"),
            };
            let found = referrer(&url, None, None).unwrap();
            assert_eq!((found.medium.unwrap(), found.name.unwrap().as_str()), owner, "{place}");
        }
    }
}
