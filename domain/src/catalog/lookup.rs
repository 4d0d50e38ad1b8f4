//! Reads by key. Each takes every key of a request and runs one statement; keys that name nothing are missing from the answer.

use std::{sync::Arc, time::Instant};

use foldhash::{HashMap, HashMapExt as _};

use super::{Catalog, Icon, IconId, IconName, IconSet, InvalidIconName, icon::ICON_COLUMNS, icon_set::SET_COLUMNS};
use crate::database::{Columns, DatabaseError};

impl Catalog {
    /// Icons by name. A font's code point counts as a name of its icon where no icon is called so.
    pub async fn icons_by_name(&self, names: &[IconName]) -> Result<HashMap<IconName, Arc<Icon>>, DatabaseError> {
        let dialect = self.database.dialect();
        let ids = |names: &mut dyn Iterator<Item = &IconName>| {
            dialect.long_list(names.map(|name| IconId::of(name).0).collect::<Vec<_>>())
        };
        let mut sql = format!(
            "SELECT {ICON_COLUMNS}, NULL AS asked FROM icon WHERE {}",
            dialect.is_any("icon.id", 1)
        );
        let mut values = vec![ids(&mut names.iter())];
        let code_points: Vec<&IconName> = names.iter().filter(|name| could_be_code_point(name.key())).collect();
        if !code_points.is_empty() {
            sql.push_str(&format!(
                " UNION ALL SELECT {ICON_COLUMNS}, c.prefix || ':' || c.codepoint AS asked \
                 FROM icon_character c JOIN icon ON icon.id = c.icon_id WHERE {}",
                dialect.is_any("c.id", 2)
            ));
            values.push(ids(&mut code_points.into_iter()));
        }
        let mut found = HashMap::with_capacity(names.len());
        for row in self.database.query("icons_by_name", &sql, values).await? {
            let columns = &mut Columns::of(&row)?;
            let icon = Arc::new(Icon::read(columns)?);
            match columns.next::<Option<&str>>()?.map(str::parse) {
                None => drop(found.insert(icon.name.clone(), icon)),
                Some(Ok(code_point)) => drop(found.entry(code_point).or_insert(icon)),
                Some(Err(InvalidIconName)) => {}
            }
        }
        Ok(found)
    }

    /// Icons by the code point that stands for them in their set's font, asked for as `prefix:codepoint`.
    pub async fn icons_by_character(
        &self,
        characters: &[IconName],
    ) -> Result<HashMap<IconName, Arc<Icon>>, DatabaseError> {
        let dialect = self.database.dialect();
        let sql = format!(
            "SELECT {ICON_COLUMNS}, c.prefix || ':' || c.codepoint AS asked \
             FROM icon_character c JOIN icon ON icon.id = c.icon_id WHERE {}",
            dialect.is_any("c.id", 1)
        );
        let values = vec![dialect.long_list(characters.iter().map(|name| IconId::of(name).0))];
        let mut found = HashMap::with_capacity(characters.len());
        for row in self.database.query("icons_by_character", &sql, values).await? {
            let columns = &mut Columns::of(&row)?;
            let icon = Icon::read(columns)?;
            if let Ok(code_point) = columns.next::<&str>()?.parse() {
                found.insert(code_point, Arc::new(icon));
            }
        }
        Ok(found)
    }

    /// Icons by row.
    pub async fn icons_by_id(&self, ids: &[IconId]) -> Result<HashMap<IconId, Arc<Icon>>, DatabaseError> {
        let dialect = self.database.dialect();
        let sql = format!("SELECT {ICON_COLUMNS} FROM icon WHERE {}", dialect.is_any("icon.id", 1));
        let values = vec![dialect.long_list(ids.iter().map(|id| id.0))];
        let rows = self.database.query("icons_by_id", &sql, values).await?;
        rows.iter()
            .map(|row| {
                let icon = Arc::new(Icon::read(&mut Columns::of(row)?)?);
                self.icons.keep(&icon);
                Ok((icon.id, icon))
            })
            .collect()
    }

    /// An icon as a generation of the catalog has it, where it has been read by row within the last minute.
    pub fn remembered_icon(&self, id: IconId, generation: i64) -> Option<Arc<Icon>> {
        self.icons.get(id, generation)
    }

    /// Sets by prefix, the hidden ones too.
    pub async fn sets_by_prefix(&self, prefixes: &[String]) -> Result<HashMap<String, Arc<IconSet>>, DatabaseError> {
        let dialect = self.database.dialect();
        let sql = format!(
            "SELECT {SET_COLUMNS}, (SELECT generation FROM catalog_state) FROM icon_set WHERE {}",
            dialect.is_any("prefix", 1)
        );
        let values = vec![dialect.name_list(prefixes.iter().map(String::as_str))];
        let rows = self.database.query("sets_by_prefix", &sql, values).await?;
        let now = Instant::now();
        rows.iter()
            .map(|row| {
                let columns = &mut Columns::of(row)?;
                let set = Arc::new(IconSet::read(columns)?);
                self.sets.keep(&set, columns.next()?, now);
                Ok((set.prefix.clone(), set))
            })
            .collect()
    }

    /// The set of an icon, where it has been read since the catalog last changed, and within the last minute.
    pub fn remembered_set(&self, icon: &Icon) -> Option<Arc<IconSet>> {
        self.sets
            .get(icon.name.prefix(), icon.catalog_generation, Instant::now())
    }

    /// Every alias of each icon, those of its aliases included, by name ascending.
    pub async fn aliases(&self, ids: &[IconId]) -> Result<HashMap<IconId, Vec<IconName>>, DatabaseError> {
        let dialect = self.database.dialect();
        let sql = format!(
            "WITH RECURSIVE alias (ancestor, id, name) AS (\
             SELECT parent_id, id, name FROM icon WHERE parent_id IS NOT NULL AND {} \
             UNION SELECT alias.ancestor, child.id, child.name FROM alias {}) \
             SELECT ancestor, name FROM alias ORDER BY name",
            dialect.is_any("parent_id", 1),
            dialect.join_by_index("icon child", "child.parent_id = alias.id")
        );
        let rows = self
            .database
            .query("aliases", &sql, vec![dialect.long_list(ids.iter().map(|id| id.0))])
            .await?;
        let mut found: HashMap<IconId, Vec<IconName>> = HashMap::new();
        for row in rows {
            let columns = &mut Columns::of(&row)?;
            let ancestor = IconId(columns.next()?);
            if let Ok(name) = columns.next::<&str>()?.parse() {
                found.entry(ancestor).or_default().push(name);
            }
        }
        Ok(found)
    }

    /// The code points that stand for each icon in its font, ascending.
    pub async fn characters(&self, ids: &[IconId]) -> Result<HashMap<IconId, Vec<String>>, DatabaseError> {
        let condition = self.database.dialect().is_any("icon_id", 1);
        let sql = format!("SELECT icon_id, codepoint FROM icon_character WHERE {condition} ORDER BY codepoint");
        self.texts("characters", &sql, ids).await
    }

    /// The tags of each icon, ascending.
    pub async fn tags(&self, ids: &[IconId]) -> Result<HashMap<IconId, Vec<String>>, DatabaseError> {
        let condition = self.database.dialect().is_any("icon_id", 1);
        let sql = format!("SELECT icon_id, tag FROM icon_tag WHERE {condition} ORDER BY tag");
        self.texts("tags", &sql, ids).await
    }

    /// The listed icons of each variant group, by name ascending.
    pub async fn variants(&self, groups: &[IconId]) -> Result<HashMap<IconId, Vec<Arc<Icon>>>, DatabaseError> {
        let dialect = self.database.dialect();
        let sql = format!(
            "SELECT {ICON_COLUMNS} FROM icon WHERE variant_id IS NOT NULL AND listed AND {} ORDER BY name",
            dialect.is_any("variant_id", 1)
        );
        let rows = self
            .database
            .query("variants", &sql, vec![dialect.long_list(groups.iter().map(|id| id.0))])
            .await?;
        let mut found: HashMap<IconId, Vec<Arc<Icon>>> = HashMap::new();
        for row in rows {
            let icon = Icon::read(&mut Columns::of(&row)?)?;
            if let Some(group) = icon.variant_id {
                found.entry(group).or_default().push(Arc::new(icon));
            }
        }
        Ok(found)
    }

    async fn texts(
        &self,
        query_type: &'static str,
        sql: &str,
        ids: &[IconId],
    ) -> Result<HashMap<IconId, Vec<String>>, DatabaseError> {
        let values = vec![self.database.dialect().long_list(ids.iter().map(|id| id.0))];
        let mut found: HashMap<IconId, Vec<String>> = HashMap::new();
        for row in self.database.query(query_type, sql, values).await? {
            let columns = &mut Columns::of(&row)?;
            found.entry(IconId(columns.next()?)).or_default().push(columns.next()?);
        }
        Ok(found)
    }
}

/// Whether a key reads like `f000` or `1f600-200d`. Some words do too (`add`, `face`), which costs a look into one more index.
fn could_be_code_point(key: &str) -> bool {
    key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}
