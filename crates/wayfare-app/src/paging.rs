//! Pages: of lists by number, and of whole kinds of documents.

pub mod cursor;

use wayfare_model::id::OrganisationId;
use wayfare_model::limits::{PAGE_NUMBER_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX};
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_store::documents::{Document, Documents, Kind};

/// Documents read at once.
const DOCUMENTS_PAGE: usize = 1_000;

/// Which page of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// From 1 to [`PAGE_NUMBER_MAX`].
    pub number: usize,
    /// Entities on a page, 1 to [`PAGE_SIZE_MAX`].
    pub size: usize,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { number: 1, size: PAGE_SIZE_DEFAULT }
    }
}

impl PageRequest {
    /// Reads `pageNumber` and `pageSize`; an empty value is one not given.
    ///
    /// # Errors
    /// [`ProblemKind::InvalidQueryParamValue`] naming every bad parameter and its value.
    pub fn parse(number: Option<&str>, size: Option<&str>) -> Result<Self, Problem> {
        let mut faults = Vec::new();
        let number = bounded("pageNumber", number, 1, PAGE_NUMBER_MAX, 1, &mut faults);
        let size = bounded("pageSize", size, 1, PAGE_SIZE_MAX, PAGE_SIZE_DEFAULT, &mut faults);
        if faults.is_empty() {
            Ok(Self { number, size })
        } else {
            Err(Problem::from_faults(faults))
        }
    }

    /// Entities on the pages before.
    pub(crate) const fn skipped(self) -> usize {
        (self.number - 1).saturating_mul(self.size)
    }
}

/// Reads the `pageSize` of a list with a cursor.
///
/// # Errors
/// [`ProblemKind::InvalidQueryParamValue`] naming the value.
pub fn cursor_page_size(size: Option<&str>) -> Result<usize, Problem> {
    let mut faults = Vec::new();
    let size = bounded("pageSize", size, 1, PAGE_SIZE_MAX, PAGE_SIZE_DEFAULT, &mut faults);
    if faults.is_empty() { Ok(size) } else { Err(Problem::from_faults(faults)) }
}

/// Reads a parameter that is a whole number within bounds; an empty value is one not given.
///
/// # Errors
/// [`ProblemKind::InvalidQueryParamValue`] naming the value.
pub fn bounded_parameter(
    name: &str,
    text: Option<&str>,
    (least, most): (usize, usize),
    default: usize,
) -> Result<usize, Problem> {
    let mut faults = Vec::new();
    let value = bounded(name, text, least, most, default, &mut faults);
    if faults.is_empty() { Ok(value) } else { Err(Problem::from_faults(faults)) }
}

/// Reads a parameter that is true or false, in any case of letters; an empty value is one not given.
///
/// # Errors
/// [`ProblemKind::InvalidQueryParamValue`] naming the value.
pub fn bool_parameter(name: &str, text: Option<&str>) -> Result<Option<bool>, Problem> {
    match text {
        None | Some("") => Ok(None),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(text) => Err(Problem::from_faults(vec![bad_parameter(name, text, "true, false")])),
    }
}

fn bounded(
    name: &str,
    text: Option<&str>,
    least: usize,
    most: usize,
    default: usize,
    faults: &mut Vec<Fault>,
) -> usize {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return default };
    match text.parse::<usize>() {
        Ok(value) if (least..=most).contains(&value) => value,
        _ => {
            let allowed = format!("whole numbers from {least} to {most}");
            faults.push(bad_parameter(name, text, &allowed));
            default
        }
    }
}

/// A query parameter whose value is bad.
#[must_use]
pub fn bad_parameter(name: &str, value: &str, allowed: &str) -> Fault {
    Fault::new(
        ProblemKind::InvalidQueryParamValue,
        name,
        format!("value [{value}] is not valid for query parameter [{name}]; allowed: {allowed}"),
    )
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// What is on it.
    pub entities: Vec<T>,
    /// Which one it is.
    pub request: PageRequest,
    /// Entities on all pages.
    pub total: usize,
    /// Whether more comes after it.
    pub has_more: bool,
    /// The cursor of its last entity, when more comes after it and the list has cursors. Who goes on
    /// from there misses nothing and sees nothing twice, whatever is made or deleted meanwhile; a
    /// number of pages cannot promise that when something before them is deleted.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts a page out of all entities: behind the first `skipped`, or that of the number.
    pub(crate) fn cut_after(
        all: Vec<T>,
        request: PageRequest,
        skipped: Option<usize>,
        cursor: impl FnOnce(&T) -> String,
    ) -> Self {
        let total = all.len();
        let skipped = skipped.unwrap_or_else(|| request.skipped());
        let entities: Vec<T> = all.into_iter().skip(skipped).take(request.size).collect();
        let has_more = skipped.saturating_add(entities.len()) < total;
        let next = entities.last().filter(|_| has_more).map(cursor);
        Self { entities, request, total, has_more, next }
    }

    /// A page of a list without cursors.
    pub(crate) fn numbered(entities: Vec<T>, request: PageRequest, total: usize) -> Self {
        let has_more = request.skipped().saturating_add(entities.len()) < total;
        Self { entities, request, total, has_more, next: None }
    }

    /// All entities on one page of their number.
    pub(crate) fn whole(entities: Vec<T>) -> Self {
        let total = entities.len();
        let request = PageRequest { number: 1, size: total.max(1) };
        Self { entities, request, total, has_more: false, next: None }
    }

    /// How many pages there are.
    #[must_use]
    pub fn page_count(&self) -> usize {
        self.total.div_ceil(self.request.size)
    }
}

/// A page of a list with a cursor.
#[derive(Debug, Clone, PartialEq)]
pub struct CursorPage<T> {
    /// What is on it.
    pub entities: Vec<T>,
    /// Where the next one begins; absent on the last.
    pub next: Option<String>,
}

impl<T> CursorPage<T> {
    /// Cuts a page of `size` out of entities of which one more than that was asked for.
    pub(crate) fn cut(
        mut entities: Vec<T>,
        size: usize,
        cursor: impl FnOnce(&T) -> String,
    ) -> Self {
        let has_more = entities.len() > size;
        entities.truncate(size);
        let next = entities.last().filter(|_| has_more).map(cursor);
        Self { entities, next }
    }
}

/// The parameters of a list with a cursor, as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CursorRequest {
    /// `pageSize`.
    pub page_size: Option<String>,
    /// `after`.
    pub after: Option<String>,
}

/// All documents of a kind.
pub(crate) async fn read_all(
    documents: &dyn Documents,
    organisation: OrganisationId,
    kind: Kind,
) -> wayfare_store::Result<Vec<Document>> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map(|document: &Document| document.id);
        let page = documents.list(organisation, kind, after, DOCUMENTS_PAGE).await?;
        let is_last = page.len() < DOCUMENTS_PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}
