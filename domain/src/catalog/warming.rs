//! Reading icons that nobody has asked for, so that they are kept when somebody does.

use std::collections::HashMap;

use super::{Catalog, IconName, kinds};
use crate::database::{Columns, DatabaseError};

/// Icons that were read.
pub(crate) struct WarmedIcons {
    pub(crate) count: u32,
    /// What they take in memory, about.
    pub(crate) bytes: u64,
    /// The name of the last one.
    pub(crate) last: Option<String>,
}

impl Catalog {
    /// How many icons the sets have that are not hidden, the largest first; of those with these `prefixes`, in their order, where
    /// there are any.
    pub(crate) async fn listed_icons(&self, prefixes: &[String]) -> Result<Vec<(String, i32)>, DatabaseError> {
        if prefixes.is_empty() {
            let sql = "SELECT prefix, total FROM icon_set WHERE NOT hidden ORDER BY total DESC, prefix";
            let rows = self.database.query("sets_by_size", sql, vec![]).await?;
            return rows
                .iter()
                .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
                .collect();
        }
        let sets = self.sets_by_prefix(prefixes).await?;
        let totals: HashMap<&str, i32> = sets.values().map(|set| (set.prefix.as_str(), set.total)).collect();
        let known = prefixes
            .iter()
            .filter_map(|prefix| Some((prefix.clone(), *totals.get(prefix.as_str())?)));
        Ok(known.collect())
    }

    /// Reads `limit` icons of a set, by name after `after`, and the set with them.
    pub(crate) async fn warm(&self, prefix: &str, after: &str, limit: u32) -> Result<WarmedIcons, DatabaseError> {
        let sql = "SELECT name FROM icon WHERE listed AND name > $1 AND name < $2 ORDER BY name LIMIT $3";
        // A semicolon comes after the colon.
        let after = after.max(&format!("{prefix}:")).to_owned();
        let values = vec![after.into(), format!("{prefix};").into(), i64::from(limit).into()];
        let mut names: Vec<IconName> = Vec::new();
        for row in self.database.query("names_to_warm", sql, values).await? {
            let name = Columns::of(&row)?.next::<&str>()?.parse();
            names.push(name.map_err(|_| DatabaseError::Other("the catalog has a name that is none".to_owned()))?);
        }
        self.sets_by_prefix(&[prefix.to_owned()]).await?;
        let icons = self.icons_by_name(&names).await?;
        Ok(WarmedIcons {
            count: u32::try_from(names.len()).unwrap_or(u32::MAX),
            bytes: icons.values().map(kinds::kept_bytes).sum(),
            last: names.last().map(|name| name.as_str().to_owned()),
        })
    }
}
