//! The URIs of lists: relative, with the parameters of the request.

use form_urlencoded::Serializer;
use wayfare_app::paging::Page;

/// The places of a paged list (domain, 6.5).
pub(crate) struct PageUris {
    pub(crate) first: Option<String>,
    pub(crate) itself: Option<String>,
    pub(crate) next: Option<String>,
    pub(crate) previous: Option<String>,
    pub(crate) last: Option<String>,
}

impl PageUris {
    /// The places around `page` of the list at `path`, which was asked for after `after`; `kept` are
    /// the parameters besides the page.
    pub(crate) fn of<T>(
        path: &str,
        kept: &[(&str, String)],
        after: Option<&str>,
        page: &Page<T>,
    ) -> Self {
        let uri_after = |number: usize, after: Option<&str>| {
            let mut query = Serializer::new(String::new());
            for (name, value) in kept {
                query.append_pair(name, value);
            }
            query.append_pair("pageSize", &page.request.size.to_string());
            query.append_pair("pageNumber", &number.to_string());
            if let Some(after) = after {
                query.append_pair("after", after);
            }
            Some(format!("{path}?{}", query.finish()))
        };
        let uri = |number: usize| uri_after(number, None);
        let number = page.request.number;
        let last = page.page_count().max(1);
        Self {
            first: uri(1),
            itself: uri_after(number, after),
            next: if page.has_more { uri_after(number + 1, page.next.as_deref()) } else { None },
            previous: if number > 1 { uri((number - 1).min(last)) } else { None },
            last: uri(last),
        }
    }
}

/// The places of a list with a cursor. There is no place before: a cursor leads forwards only, and
/// what comes before the place of a page may have changed since.
pub(crate) struct CursorUris {
    pub(crate) itself: Option<String>,
    pub(crate) next: Option<String>,
}

impl CursorUris {
    /// The places around the page at `path` after `after`; `kept` are the other parameters.
    pub(crate) fn of(
        path: &str,
        kept: &[(&str, Option<&str>)],
        after: Option<&str>,
        next: Option<&str>,
    ) -> Self {
        Self {
            itself: Some(cursor_uri(path, kept, after)),
            next: next.map(|next| cursor_uri(path, kept, Some(next))),
        }
    }
}

fn cursor_uri(path: &str, kept: &[(&str, Option<&str>)], after: Option<&str>) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in kept {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            query.append_pair(name, value);
        }
    }
    if let Some(after) = after {
        query.append_pair("after", after);
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
