//! Facts: written with every commit, folded when they are asked for.

use async_trait::async_trait;
use rusqlite::{Connection, params};
use uuid::Uuid;
use wayfare_engine::aggregates::{Fold, Stop, source_metrics};
use wayfare_model::cells::Cells;
use wayfare_model::fact::Fact;
use wayfare_model::id::{FactId, OrganisationId};
use wayfare_model::query::{Plan, TimeDimension};
use wayfare_store::Error;
use wayfare_store::error::Result;
use wayfare_store::facts::Facts;

use crate::database::Database;
use crate::row::{self, write_body};
use crate::sql;

#[async_trait]
impl Facts for Database {
    async fn run(&self, organisation: OrganisationId, plan: &Plan) -> Result<Cells> {
        let plan = plan.clone();
        self.read(move |connection| run(connection, organisation.as_uuid(), &plan)).await
    }
}

/// Folds the stored facts of the plan's interval.
fn run(connection: &Connection, organisation: Uuid, plan: &Plan) -> Result<Cells> {
    const EMITTED: &str = "SELECT id, emitted, happened, value, body FROM fact
        WHERE organisation = ? AND metric = ? AND emitted >= ? AND emitted < ? ORDER BY emitted";
    const HAPPENED: &str = "SELECT id, emitted, happened, value, body FROM fact
        WHERE organisation = ? AND metric = ? AND happened >= ? AND happened < ?
        ORDER BY happened";
    let statement = match plan.time {
        TimeDimension::Emitted => EMITTED,
        TimeDimension::Happened => HAPPENED,
    };
    let mut fold = Fold::new(plan);
    let (Some(first), Some(last)) = (plan.edges.first(), plan.edges.last()) else {
        return fold.finish().map_err(stopped);
    };
    for metric in source_metrics(plan) {
        let params = params![organisation, metric.as_str(), first.as_ms(), last.as_ms()];
        sql::each(connection, statement, params, |row| {
            let fact = row::fact::read(metric, row)?;
            fold.add(&fact).map_err(stopped)
        })?;
    }
    fold.finish().map_err(stopped)
}

fn stopped(stop: Stop) -> Error {
    match stop {
        Stop::TooManyCells { limit } => Error::TooManyCells { limit },
        Stop::TooManyDistinctValues { limit } => Error::TooManyDistinctValues { limit },
        Stop::Cancelled => Error::Unavailable {
            context: "a query took too long or was given up".to_owned(),
            source: Box::new(stop),
        },
    }
}

/// Writes a fact; one of the same id is replaced, whatever its metric and time were.
pub(crate) fn write(connection: &Connection, organisation: Uuid, fact: Fact) -> Result<()> {
    // Most facts that are written again have the metric and the times they had: then only the row
    // changes, and neither its place nor an index.
    const SAME_PLACE: &str = "UPDATE fact SET value = ?6, body = ?7
        WHERE organisation = ?1 AND metric = ?2 AND emitted = ?3 AND id = ?4 AND happened = ?5";
    const SQL: &str = "INSERT INTO fact
        (organisation, metric, emitted, id, happened, value, body) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (organisation, id) DO UPDATE SET metric = excluded.metric,
        emitted = excluded.emitted, happened = excluded.happened, value = excluded.value,
        body = excluded.body";
    let params = params![
        organisation,
        fact.metric.as_str(),
        fact.emitted.as_ms(),
        fact.id.as_uuid(),
        fact.happened.as_ms(),
        fact.value,
        write_body("fact", &row::fact::body(fact.dimensions))?,
    ];
    if sql::execute(connection, SAME_PLACE, params)? == 0 {
        sql::execute(connection, SQL, params)?;
    }
    Ok(())
}

/// Removes a fact, if there is one.
pub(crate) fn remove(connection: &Connection, organisation: Uuid, id: FactId) -> Result<()> {
    const SQL: &str = "DELETE FROM fact WHERE organisation = ? AND id = ?";
    sql::execute(connection, SQL, params![organisation, id.as_uuid()]).map(|_| ())
}
