//! Rows of facts. The body is the values by dimension.

use std::collections::BTreeMap;

use rusqlite::Row;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::FactId;
use wayfare_store::error::Result;

use super::Stored;

/// The body of a fact: values by the dimension's name.
pub(crate) type Body = BTreeMap<String, Vec<String>>;

/// The body of a fact with these values.
pub(crate) fn body(dimensions: BTreeMap<Dimension, Vec<String>>) -> Body {
    dimensions
        .into_iter()
        .map(|(dimension, values)| (dimension.as_str().to_owned(), values))
        .collect()
}

/// Reads the columns `id, emitted, happened, value, body, metric` of a fact.
pub(crate) fn read(row: &Row<'_>) -> Result<Fact> {
    let stored = Stored::new("fact", 1, row);
    let name: String = stored.get(5)?;
    let metric = name
        .parse::<Metric>()
        .map_err(|()| stored.damaged(format_args!("unknown metric '{name}'")))?;
    let body: BTreeMap<String, Vec<String>> = stored.body(4)?;
    let dimensions = body
        .into_iter()
        .map(|(name, values)| {
            let dimension = name
                .parse::<Dimension>()
                .map_err(|()| stored.damaged(format_args!("unknown dimension '{name}'")))?;
            Ok((dimension, values))
        })
        .collect::<Result<_>>()?;
    Ok(Fact {
        id: FactId::from_uuid(stored.id(0)?),
        metric,
        emitted: stored.moment(1)?,
        happened: stored.moment(2)?,
        value: stored.get(3)?,
        dimensions,
    })
}
