//! Rows of one kind as they are now, and as they were when they were loaded.

use std::collections::BTreeMap;

/// Rows by key.
#[derive(Debug)]
pub(super) struct Rows<K, T> {
    rows: BTreeMap<K, Row<T>>,
    /// Rows that were stored and are no more, as they were.
    removed: BTreeMap<K, T>,
}

#[derive(Debug)]
struct Row<T> {
    now: T,
    before: Before<T>,
}

#[derive(Debug)]
enum Before<T> {
    /// It was not there.
    Nothing,
    /// It was as it is now.
    Same,
    /// It was this.
    Was(Box<T>),
}

impl<K, T> Default for Rows<K, T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), removed: BTreeMap::new() }
    }
}

impl<K: Ord, T: Clone + PartialEq> Rows<K, T> {
    /// Rows that are stored.
    pub(super) fn loaded(stored: Vec<T>, key: impl Fn(&T) -> K) -> Self {
        let row = |now| (key(&now), Row { now, before: Before::Same });
        Self { rows: stored.into_iter().map(row).collect(), removed: BTreeMap::new() }
    }

    pub(super) fn get(&self, key: &K) -> Option<&T> {
        self.rows.get(key).map(|row| &row.now)
    }

    /// Gives a row to be changed.
    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut T> {
        self.rows.get_mut(key).map(|row| {
            if matches!(row.before, Before::Same) {
                row.before = Before::Was(Box::new(row.now.clone()));
            }
            &mut row.now
        })
    }

    /// Puts in a new row. A row that is there already stays what it was before and becomes this.
    pub(super) fn insert(&mut self, key: K, now: T) {
        if let Some(row) = self.get_mut(&key) {
            *row = now;
            return;
        }
        let before = match self.removed.remove(&key) {
            Some(before) => Before::Was(Box::new(before)),
            None => Before::Nothing,
        };
        self.rows.insert(key, Row { now, before });
    }

    /// Takes a row out.
    pub(super) fn remove(&mut self, key: &K) {
        let Some((key, row)) = self.rows.remove_entry(key) else { return };
        match row.before {
            Before::Nothing => {}
            Before::Same => drop(self.removed.insert(key, row.now)),
            Before::Was(before) => drop(self.removed.insert(key, *before)),
        }
    }

    /// Rows that were stored and are no more, as they were.
    pub(super) fn removed(&self) -> impl Iterator<Item = &T> {
        self.removed.values()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.rows.values().map(|row| &row.now)
    }

    /// Changes rows in a way that the store does by itself, so that they do not count as changed by
    /// it.
    pub(super) fn rewrite(&mut self, change: impl Fn(&mut T)) {
        self.removed.values_mut().for_each(&change);
        for row in self.rows.values_mut() {
            change(&mut row.now);
            if let Before::Was(before) = &mut row.before {
                change(before);
            }
        }
    }

    /// Whether a row is not, now, what it was.
    pub(super) fn is_changed(&self, key: &K) -> bool {
        self.rows.get(key).is_some_and(Row::is_changed)
    }

    /// A row as it was when it was loaded.
    pub(super) fn before(&self, key: &K) -> Option<&T> {
        self.rows.get(key).and_then(|row| match &row.before {
            Before::Nothing => None,
            Before::Same => Some(&row.now),
            Before::Was(before) => Some(before),
        })
    }

    /// The rows that are new or not what they were, in the order of their keys.
    pub(super) fn into_changed(self) -> Vec<T> {
        self.rows.into_values().filter(Row::is_changed).map(|row| row.now).collect()
    }
}

impl<T: PartialEq> Row<T> {
    fn is_changed(&self) -> bool {
        match &self.before {
            Before::Nothing => true,
            Before::Same => false,
            Before::Was(before) => **before != self.now,
        }
    }
}
