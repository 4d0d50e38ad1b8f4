//! Pages of a set's icons, by name.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use sea_orm::Value;

use super::{
    Catalog, Icon, IconName,
    icon::ICON_COLUMNS,
    keyset::{Keyset, PageRows},
};
use crate::database::{Columns, DatabaseError};

/// Which page: at most `limit` items strictly between two keys, from the front or from the back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageBounds<K> {
    pub limit: u32,
    /// The last items before `before`, instead of the first after `after`.
    pub backward: bool,
    pub after: Option<K>,
    pub before: Option<K>,
}

/// Items in list order, and whether the list goes on at either side.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub has_previous: bool,
    pub has_next: bool,
}

/// A page of one set's listed icons.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IconPageKey {
    pub prefix: String,
    /// Names of the same set.
    pub bounds: PageBounds<IconName>,
}

impl From<IconName> for Vec<Value> {
    fn from(name: IconName) -> Self {
        vec![Value::from(name.as_str())]
    }
}

/// Pages one statement can hold: each takes up to three of the 500 parts SQLite allows.
const PAGES_PER_STATEMENT: usize = 160;

impl Catalog {
    /// Pages of several sets in one statement (one for each 160 pages). A set that is not there has an empty page.
    pub async fn icon_pages(
        &self,
        keys: &[IconPageKey],
    ) -> Result<HashMap<IconPageKey, Page<Arc<Icon>>>, DatabaseError> {
        let mut pages = HashMap::with_capacity(keys.len());
        for keys in keys.chunks(PAGES_PER_STATEMENT) {
            let mut values = Vec::new();
            let selects: Vec<String> = keys
                .iter()
                .enumerate()
                .map(|(page, key)| select(page, key, &mut values))
                .collect();
            let rows = self
                .database
                .query("icon_pages", &selects.join(" UNION ALL "), values)
                .await?;
            let mut collected: Vec<PageRows<Arc<Icon>>> = keys.iter().map(|_| PageRows::default()).collect();
            for row in rows {
                let columns = &mut Columns::of(&row)?;
                let page: i32 = columns.next()?;
                if let Some(rows) = usize::try_from(page).ok().and_then(|page| collected.get_mut(page)) {
                    rows.push(columns.next()?, || Icon::read(columns).map(Arc::new))?;
                }
            }
            pages.extend(
                keys.iter()
                    .zip(collected)
                    .map(|(key, rows)| (key.clone(), rows.finish(&key.bounds))),
            );
        }
        Ok(pages)
    }
}

fn select(page: usize, key: &IconPageKey, values: &mut Vec<Value>) -> String {
    // `;` follows `:` in ASCII, so between the two lie the names of this set and no others.
    values.extend([
        Value::from(format!("{}:", key.prefix)),
        Value::from(format!("{};", key.prefix)),
    ]);
    let source = format!(
        "icon WHERE listed AND name > ${} AND name < ${}",
        values.len() - 1,
        values.len()
    );
    Keyset {
        columns: ICON_COLUMNS,
        source: &source,
        order: &["name"],
    }
    .select(page, &key.bounds, values)
}
