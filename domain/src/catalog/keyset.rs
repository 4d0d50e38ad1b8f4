//! Pages by key: the SQL of a page between two keys, and of what lies just outside it.

use sea_orm::Value;

use super::listing::{Page, PageBounds};

/// Rows of a page, or the one row that shows there is something on a side of it.
const IN_PAGE: i32 = 0;
const BEFORE: i32 = 1;
const AFTER: i32 = 2;

/// A list in a total order, from which pages are cut.
pub(super) struct Keyset<'a> {
    /// What a row gives, after the page's number and the row's part.
    pub(super) columns: &'a str,
    /// Table and condition, as `table WHERE condition`.
    pub(super) source: &'a str,
    /// Expressions that order the list, ascending; together unique.
    pub(super) order: &'a [&'a str],
}

impl Keyset<'_> {
    /// One page's part of a `UNION ALL`: the rows within the bounds and one more, and one row beyond each bound.
    ///
    /// With a row from each side, both `has_previous` and `has_next` are exact even where the keys in the bounds are gone.
    pub(super) fn select<K>(&self, page: usize, bounds: &PageBounds<K>, values: &mut Vec<Value>) -> String
    where
        K: Clone + Into<Vec<Value>>,
    {
        let after = bounds.after.as_ref().map(|key| self.tuple(key.clone().into(), values));
        let before = bounds.before.as_ref().map(|key| self.tuple(key.clone().into(), values));
        let left = self.row();
        let mut conditions = String::new();
        for (operator, bound) in [(">", &after), ("<", &before)] {
            if let Some(bound) = bound {
                conditions.push_str(&format!(" AND {left} {operator} {bound}"));
            }
        }
        let limit = bounds.limit + 1;
        let mut parts = vec![self.part((page, IN_PAGE), &conditions, bounds.backward, limit)];
        if let Some(bound) = &after {
            parts.push(self.part((page, BEFORE), &format!(" AND {left} <= {bound}"), true, 1));
        }
        if let Some(bound) = &before {
            parts.push(self.part((page, AFTER), &format!(" AND {left} >= {bound}"), false, 1));
        }
        parts.join(" UNION ALL ")
    }

    fn part(&self, (page, part): (usize, i32), conditions: &str, descending: bool, limit: u32) -> String {
        let direction = if descending { " DESC" } else { "" };
        let order: Vec<String> = self
            .order
            .iter()
            .map(|expression| format!("{expression}{direction}"))
            .collect();
        format!(
            "SELECT * FROM (SELECT {page} AS page, {part} AS part, {} FROM {}{conditions} ORDER BY {} LIMIT {limit}) AS rows_of_part",
            self.columns,
            self.source,
            order.join(", ")
        )
    }

    fn row(&self) -> String {
        match self.order {
            [only] => (*only).to_owned(),
            several => format!("({})", several.join(", ")),
        }
    }

    fn tuple(&self, key: Vec<Value>, values: &mut Vec<Value>) -> String {
        debug_assert_eq!(key.len(), self.order.len());
        let placeholders: Vec<String> = key
            .into_iter()
            .map(|value| {
                values.push(value);
                format!("${}", values.len())
            })
            .collect();
        match placeholders.as_slice() {
            [only] => only.clone(),
            several => format!("({})", several.join(", ")),
        }
    }
}

/// Collects the rows of one page as they come, in any order of parts.
pub(super) struct PageRows<T> {
    items: Vec<T>,
    before: bool,
    after: bool,
}

impl<T> Default for PageRows<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            before: false,
            after: false,
        }
    }
}

impl<T> PageRows<T> {
    /// Takes a row of part `part`; `read` is called only where the row belongs to the page.
    pub(super) fn push<E>(&mut self, part: i32, read: impl FnOnce() -> Result<T, E>) -> Result<(), E> {
        match part {
            BEFORE => self.before = true,
            AFTER => self.after = true,
            _ => self.items.push(read()?),
        }
        Ok(())
    }

    /// The page in ascending order, without the row that was read to see whether there is more.
    pub(super) fn finish<K>(mut self, bounds: &PageBounds<K>) -> Page<T> {
        let limit = usize::try_from(bounds.limit).unwrap_or(usize::MAX);
        let more = self.items.len() > limit;
        self.items.truncate(limit);
        if bounds.backward {
            self.items.reverse();
            Page {
                items: self.items,
                has_previous: more || self.before,
                has_next: self.after,
            }
        } else {
            Page {
                items: self.items,
                has_previous: self.before,
                has_next: more || self.after,
            }
        }
    }
}
