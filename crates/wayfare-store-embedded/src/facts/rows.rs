//! Rows of facts that are in no file yet: written with every commit.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::fact::Fact;
use wayfare_model::id::{FactId, OrganisationId};
use wayfare_model::limits::FACT_TAIL_ROWS_REFUSED;
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::live::Live;
use super::manifest;
use crate::row::{self, Stored, write_body};
use crate::sql;

/// What a commit did to facts, in its order.
#[derive(Debug)]
pub(crate) enum Effect {
    /// A fact was written, by the write of this number.
    Written(i64, Fact),
    /// A fact was removed.
    Removed(FactId),
    /// A fact that may be in a file was replaced or removed.
    Superseded(i64, FactId),
}

/// A fact and its row as a batch has written them; nothing when it has removed the fact.
pub(crate) type FactChange = Option<Arc<(Fact, FactRow)>>;

/// A row of a fact, without the number of its write.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FactRow {
    id: Uuid,
    metric: Cow<'static, str>,
    emitted: i64,
    happened: i64,
    value: Option<f64>,
    body: String,
}

impl FactRow {
    pub(crate) fn new(model: &Fact) -> Result<Self> {
        Ok(Self {
            id: model.id.as_uuid(),
            metric: Cow::Borrowed(model.metric.as_str()),
            emitted: model.emitted.as_ms(),
            happened: model.happened.as_ms(),
            value: model.value,
            body: write_body("fact", &row::fact::body(model.dimensions.clone()))?,
        })
    }
}

/// Rows that are in a file and only wait to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shipped {
    pub(crate) emitted_before: i64,
    pub(crate) sequence_max: i64,
}

/// Refuses more facts while too many wait for a file.
pub(crate) fn check_tail(live: &Live, organisation: OrganisationId) -> Result<()> {
    let rows = live.tail_rows(organisation);
    if rows <= FACT_TAIL_ROWS_REFUSED {
        return Ok(());
    }
    Err(Error::Unavailable {
        context: format!("{rows} facts wait for a file that cannot be made"),
        source: "too many facts in memory".into(),
    })
}

/// Writes facts within a transaction.
pub(crate) struct FactRows<'c> {
    connection: &'c Connection,
    organisation: OrganisationId,
    live: &'c Live,
    shipped: Option<Shipped>,
    effects: Vec<Effect>,
}

impl<'c> FactRows<'c> {
    pub(crate) fn new(
        connection: &'c Connection,
        organisation: OrganisationId,
        live: &'c Live,
    ) -> Result<Self> {
        let shipped = shipped(connection, organisation.as_uuid())?;
        Ok(Self { connection, organisation, live, shipped, effects: Vec::new() })
    }

    /// What was done.
    pub(crate) fn into_effects(self) -> Vec<Effect> {
        self.effects
    }

    /// Writes a fact; one of the same id is replaced, whatever its metric and time were.
    pub(crate) fn write(&mut self, row: &FactRow, fact: Fact) -> Result<()> {
        let sequence = self.insert(row)?;
        self.effects.push(Effect::Written(sequence, fact));
        Ok(())
    }

    /// Writes the row of a fact; gives the number of the write.
    pub(crate) fn insert(&mut self, row: &FactRow) -> Result<i64> {
        const STORED: &str = "SELECT sequence, emitted FROM fact WHERE organisation = ? AND id = ?";
        const SQL: &str = "INSERT INTO fact
            (organisation, id, sequence, metric, emitted, happened, value, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (organisation, id) DO UPDATE SET sequence = excluded.sequence,
            metric = excluded.metric, emitted = excluded.emitted, happened = excluded.happened,
            value = excluded.value, body = excluded.body";
        let organisation = self.organisation.as_uuid();
        let key = params![organisation, row.id];
        let stored = sql::first(self.connection, STORED, key, read_place)?;
        self.supersede(FactId::from_uuid(row.id), stored)?;
        let sequence = self.live.next_sequence();
        let FactRow { id, metric, emitted, happened, value, body } = row;
        let params = params![organisation, id, sequence, metric, emitted, happened, value, body];
        sql::execute(self.connection, SQL, params)?;
        Ok(sequence)
    }

    /// A fact that has a row.
    pub(crate) fn stored(&self, id: FactId) -> Result<Option<Fact>> {
        const SQL: &str = "SELECT id, emitted, happened, value, body, metric FROM fact
            WHERE organisation = ? AND id = ?";
        let key = params![self.organisation.as_uuid(), id.as_uuid()];
        sql::first(self.connection, SQL, key, row::fact::read)
    }

    /// Removes a fact, if there is one.
    pub(crate) fn remove(&mut self, id: FactId) -> Result<()> {
        const SQL: &str = "DELETE FROM fact WHERE organisation = ? AND id = ?
            RETURNING sequence, emitted";
        let params = params![self.organisation.as_uuid(), id.as_uuid()];
        let stored = sql::first(self.connection, SQL, params, read_place)?;
        self.supersede(id, stored)?;
        self.effects.push(Effect::Removed(id));
        Ok(())
    }

    /// Notes that whatever files have of a fact is not true any more. While a fact has a row that is
    /// in no file, all that files have of it was noted when the row was first written.
    fn supersede(&mut self, id: FactId, stored: Option<(i64, i64)>) -> Result<()> {
        self.live.touch(self.organisation, id);
        let is_in_file = |(sequence, emitted)| {
            self.shipped.is_some_and(|shipped| {
                sequence <= shipped.sequence_max && emitted < shipped.emitted_before
            })
        };
        if stored.is_some_and(|stored| !is_in_file(stored)) {
            return Ok(());
        }
        for file in self.live.files_that_may_have(self.organisation, id) {
            manifest::supersede(self.connection, file, id.as_uuid())?;
            self.effects.push(Effect::Superseded(file, id));
        }
        Ok(())
    }
}

fn read_place(row: &rusqlite::Row<'_>) -> Result<(i64, i64)> {
    let stored = Stored::new("fact", 0, row);
    Ok((stored.get(0)?, stored.get(1)?))
}

/// The rows that are in a file and wait to be deleted.
pub(crate) fn shipped(connection: &Connection, organisation: Uuid) -> Result<Option<Shipped>> {
    const SQL: &str = "SELECT emitted_before, sequence_max FROM fact_shipped
        WHERE organisation = ?";
    sql::first(connection, SQL, [organisation], |row| {
        let stored = Stored::new("fact_shipped", 0, row);
        Ok(Shipped { emitted_before: stored.get(0)?, sequence_max: stored.get(1)? })
    })
}

/// Notes that rows are in a file now.
pub(crate) fn note_shipped(
    connection: &Connection,
    organisation: Uuid,
    shipped: Shipped,
) -> Result<()> {
    const SQL: &str = "INSERT INTO fact_shipped (organisation, emitted_before, sequence_max)
        VALUES (?, ?, ?)";
    let params = params![organisation, shipped.emitted_before, shipped.sequence_max];
    sql::execute(connection, SQL, params).map(|_| ())
}

/// The number of the last write of a fact, if it has a row.
pub(crate) fn sequence_of(
    connection: &Connection,
    organisation: Uuid,
    id: Uuid,
) -> Result<Option<i64>> {
    const SQL: &str = "SELECT sequence FROM fact WHERE organisation = ? AND id = ?";
    sql::first(connection, SQL, params![organisation, id], |row| Stored::new("fact", 0, row).get(0))
}

/// Deletes the row of a fact as the write of this number left it, unless it was written again.
pub(crate) fn delete_written(
    connection: &Connection,
    organisation: Uuid,
    id: Uuid,
    sequence: i64,
) -> Result<()> {
    const SQL: &str = "DELETE FROM fact WHERE organisation = ? AND id = ? AND sequence = ?";
    sql::execute(connection, SQL, params![organisation, id, sequence]).map(|_| ())
}

/// Notes that no rows wait to be deleted any more.
pub(crate) fn end_shipped(connection: &Connection, organisation: Uuid) -> Result<()> {
    const SQL: &str = "DELETE FROM fact_shipped WHERE organisation = ?";
    sql::execute(connection, SQL, [organisation]).map(|_| ())
}

/// Deletes all rows of an organisation.
pub(crate) fn delete_all_of(connection: &Connection, organisation: Uuid) -> Result<()> {
    sql::execute(connection, "DELETE FROM fact WHERE organisation = ?", [organisation])?;
    end_shipped(connection, organisation)
}

/// How many rows each organisation has.
pub(crate) fn counts(connection: &Connection) -> Result<Vec<(OrganisationId, usize)>> {
    const SQL: &str = "SELECT organisation, count(*) FROM fact GROUP BY organisation";
    sql::all(connection, SQL, (), |row| {
        let stored = Stored::new("fact", 1, row);
        Ok((OrganisationId::from_uuid(stored.id(0)?), stored.count(1)?))
    })
}

/// Calls `visit` with the fact of every row of an organisation, in the order they were emitted.
pub(crate) fn each_of(
    connection: &Connection,
    organisation: Uuid,
    mut visit: impl FnMut(Fact) -> Result<()>,
) -> Result<()> {
    const SQL: &str = "SELECT id, emitted, happened, value, body, metric
        FROM fact WHERE organisation = ? ORDER BY emitted";
    sql::each(connection, SQL, [organisation], |row| visit(row::fact::read(row)?))
}

/// Deletes all rows that are in a file, of all organisations: what a process that ended left.
pub(crate) fn delete_all_shipped(connection: &Connection) -> Result<()> {
    const ROWS: &str = "DELETE FROM fact WHERE EXISTS (SELECT 1 FROM fact_shipped
        WHERE fact_shipped.organisation = fact.organisation
        AND fact.sequence <= sequence_max AND fact.emitted < emitted_before)";
    sql::execute(connection, ROWS, ())?;
    sql::execute(connection, "DELETE FROM fact_shipped", ()).map(|_| ())
}

/// Calls `visit` with the organisation, the number of the write and the fact of every row, in the
/// order they were written.
pub(crate) fn each(
    connection: &Connection,
    mut visit: impl FnMut(OrganisationId, i64, Fact),
) -> Result<()> {
    const SQL: &str = "SELECT id, emitted, happened, value, body, metric, organisation, sequence
        FROM fact ORDER BY sequence";
    sql::each(connection, SQL, (), |row| {
        let stored = Stored::new("fact", 1, row);
        let organisation = OrganisationId::from_uuid(stored.id(6)?);
        visit(organisation, stored.get(7)?, row::fact::read(row)?);
        Ok(())
    })
}
