//! A set before and after some of its names are put or deleted: groups of variants, and what is counted. It knows no database.

use std::collections::HashMap;

use sea_orm::DbErr;

use super::Edit;
use crate::{
    catalog::{
        icon::IconKind,
        import::{
            difference::{Difference, Existing, ExistingRow},
            row::{Facts, IconRow, kind_column},
            variants::{Member, Variants},
        },
        json_list,
    },
    iconify::base_name::base_names,
};

/// What of a set's row names and icons have a part in.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::catalog::import) struct EditedSet {
    /// Whether all of its icons keep their own colours.
    pub(in crate::catalog::import) palette: bool,
    pub(in crate::catalog::import) total: i32,
    pub(in crate::catalog::import) category_counts: Vec<(String, u32)>,
    pub(in crate::catalog::import) prefixes: Vec<(String, String)>,
    pub(in crate::catalog::import) suffixes: Vec<(String, String)>,
}

impl EditedSet {
    /// Has `wanted` in the set called `prefix`, in the place of the rows with those ids, and has `deleted` no more. All other rows
    /// stay, in groups of variants as an import of the same names would put them.
    pub(super) fn edit(
        mut self,
        prefix: &str,
        mut existing: Existing,
        mut wanted: Vec<IconRow>,
        deleted: &[i64],
    ) -> Result<Edit, DbErr> {
        let touched = wanted.iter().map(|row| row.id).chain(deleted.iter().copied());
        let touched: HashMap<i64, ExistingRow> = touched
            .filter_map(|id| Some((id, existing.rows.remove(&id)?)))
            .collect();
        let groups = self.groups(prefix, &wanted, &existing.rows);
        for row in &mut wanted {
            row.facts.variant_id = groups.get(&row.id).copied().flatten();
        }
        let other_group = |(id, row): (&i64, &ExistingRow)| {
            let group = groups.get(id).copied().flatten();
            (group != row.facts.variant_id).then_some((*id, group))
        };
        let regrouped = existing.rows.iter().filter_map(other_group).collect();
        for row in touched.values() {
            self.count(&row.facts, -1)?;
        }
        for row in &wanted {
            self.count(&row.facts, 1)?;
        }
        self.category_counts.retain(|(_, count)| *count > 0);
        wanted.sort_unstable_by_key(|row| row.id);
        let touched = Existing {
            rows: touched,
            ..Existing::default()
        };
        Ok(Edit {
            set: self,
            difference: Difference::between(touched, wanted),
            regrouped,
        })
    }

    /// The group of variants of each row.
    fn groups(&self, prefix: &str, wanted: &[IconRow], rest: &HashMap<i64, ExistingRow>) -> HashMap<i64, Option<i64>> {
        let wanted = wanted.iter().map(|row| (row.id, row.key.as_str(), &row.facts));
        let rest = rest.iter().map(|(id, row)| (*id, row.key.as_str(), &row.facts));
        let rows: Vec<(i64, &str, &Facts)> = wanted.chain(rest).collect();
        let key_of: HashMap<i64, &str> = rows.iter().map(|(id, key, _)| (*id, *key)).collect();
        let keys: Vec<&str> = rows.iter().map(|(_, key, _)| *key).collect();
        let base_names = base_names(self.prefixes.clone(), self.suffixes.clone(), &keys);
        let members = rows.iter().zip(base_names).map(|(&(_, key, facts), base_name)| Member {
            key,
            names: (facts.parent_id)
                .filter(|_| facts.kind == kind_column(IconKind::PlainAlias))
                .and_then(|parent_id| key_of.get(&parent_id).copied()),
            listed: facts.listed,
            base_name,
        });
        let variants = Variants::of(prefix, members);
        rows.iter().map(|(id, key, _)| (*id, variants.group_of(key))).collect()
    }

    /// Counts a row in, or out.
    fn count(&mut self, facts: &Facts, by: i32) -> Result<(), DbErr> {
        if !facts.listed {
            return Ok(());
        }
        self.total = self.total.saturating_add(by);
        let titles: Vec<String> = facts.categories.as_deref().map_or_else(|| Ok(Vec::new()), json_list)?;
        for title in titles {
            let known = self.category_counts.iter_mut().find(|(known, _)| *known == title);
            match known {
                Some((_, count)) => *count = count.saturating_add_signed(by),
                None => self.category_counts.push((title, u32::try_from(by).unwrap_or(0))),
            }
        }
        Ok(())
    }
}
