//! Reads by key. Each takes every key of a request, and what is not kept is read by one statement; keys that name nothing are
//! missing from the answer.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};

use super::{
    Catalog, Icon, IconId, IconName, IconSet, InvalidIconName,
    icon::ICON_COLUMNS,
    icon_set::SET_COLUMNS,
    kinds::{Aliases, Characters, IconKey, Icons, PointedIcons, Sets, Tags, Variants, facts_of, on_name, on_set},
};
use crate::{
    cache::{Dependency, Loaded, Reading, Resource, Shown},
    database::{Columns, Database, DatabaseError},
};

/// What lies under an id: the row that has it, and the icon that a code point with that id draws.
#[derive(Debug, Clone, Default)]
pub(super) struct IconAt {
    pub(super) own: Option<Arc<Icon>>,
    pub(super) pointed: Option<(IconName, Arc<Icon>)>,
}

impl Catalog {
    /// Icons by name. A font's code point counts as a name of its icon where no icon is called so.
    pub async fn icons_by_name(&self, names: &[IconName]) -> Result<HashMap<IconName, Arc<Icon>>, DatabaseError> {
        let keys: Vec<IconKey> = names.iter().map(IconKey::of).collect();
        let at = self.read::<Icons>(&keys).await?;
        let found = names.iter().zip(keys).filter_map(|(name, key)| {
            let icon = at.get(&key)?.called(name)?;
            Some((name.clone(), icon))
        });
        Ok(found.collect())
    }

    /// Icons by the code point that stands for them in their set's font, asked for as `prefix:codepoint`.
    pub async fn icons_by_character(
        &self,
        characters: &[IconName],
    ) -> Result<HashMap<IconName, Arc<Icon>>, DatabaseError> {
        let keys: Vec<IconId> = characters.iter().map(IconId::of).collect();
        let pointed = self.read::<PointedIcons>(&keys).await?;
        Ok(pointed.into_values().collect())
    }

    /// Icons by row.
    pub async fn icons_by_id(&self, ids: &[IconId]) -> Result<HashMap<IconId, Arc<Icon>>, DatabaseError> {
        let keys: Vec<IconKey> = ids.iter().map(|id| IconKey::of_row(*id)).collect();
        let at = self.read::<Icons>(&keys).await?;
        Ok(at.into_iter().filter_map(|(key, at)| Some((key.id, at.own?))).collect())
    }

    /// An icon by row, where it is in memory.
    pub fn remembered_icon(&self, id: IconId) -> Option<Arc<Icon>> {
        self.cache.peek::<Icons>(&self.reading, &IconKey::of_row(id))?.own
    }

    /// Sets by prefix, the hidden ones too.
    pub async fn sets_by_prefix(&self, prefixes: &[String]) -> Result<HashMap<String, Arc<IconSet>>, DatabaseError> {
        self.read::<Sets>(prefixes).await
    }

    /// The set of an icon, where it is in memory.
    pub fn remembered_set(&self, icon: &Icon) -> Option<Arc<IconSet>> {
        self.cache.peek::<Sets>(&self.reading, icon.name.prefix())
    }

    /// Every alias of each icon, those of its aliases included, by name ascending.
    pub async fn aliases(&self, ids: &[IconId]) -> Result<HashMap<IconId, Vec<IconName>>, DatabaseError> {
        self.read::<Aliases>(ids).await
    }

    /// The code points that stand for each icon in its font, ascending.
    pub async fn characters(&self, ids: &[IconId]) -> Result<HashMap<IconId, Vec<String>>, DatabaseError> {
        self.read::<Characters>(ids).await
    }

    /// The tags of each icon, ascending.
    pub async fn tags(&self, ids: &[IconId]) -> Result<HashMap<IconId, Vec<String>>, DatabaseError> {
        self.read::<Tags>(ids).await
    }

    /// The listed icons of each variant group, by name ascending.
    pub async fn variants(&self, groups: &[IconId]) -> Result<HashMap<IconId, Vec<Arc<Icon>>>, DatabaseError> {
        self.read::<Variants>(groups).await
    }

    /// The answer to the request that asks this one shows what a set has from its icons, as its `total`.
    pub fn has_shown_set(&self, prefix: &str) {
        let set = Dependency::Set(IconId::set_called(prefix));
        self.reading.shows(set);
    }

    /// Whether nothing in an icon's set has changed since it was read, as far as is known; which is shown by what is made of it.
    pub fn is_set_as_in(&self, icon: &Icon) -> bool {
        self.reading.shows(on_set(icon.id));
        self.cache.is_fresh(icon.catalog_generation, on_set(icon.id))
    }

    /// Whether what was made of an icon when `shown` was shown can be shown: of the icon itself and its set's facts, or else of all
    /// of its set. Not where the icon, or anything else that was read here, is newer than what is known.
    pub fn can_show_of_icon(&self, icon: &Icon, is_its_own: bool, shown: Shown) -> bool {
        self.reading.saw(icon.catalog_generation);
        let is_fresh = |dependency| self.cache.is_fresh_to(&self.reading, shown, dependency);
        if !is_its_own {
            self.reading.shows(on_set(icon.id));
            return is_fresh(on_set(icon.id));
        }
        let facts = facts_of(icon.name.prefix());
        self.reading.shows(facts);
        // The icon was read, and the rest is most often as it was.
        is_fresh(on_set(icon.id)) || is_fresh(on_name(icon.id)) && is_fresh(facts)
    }

    /// Whether what was made of an icon when `shown` was shown is still right, whoever asks; what is its own and its set's facts, or
    /// else all of its set.
    pub fn is_icon_unchanged(&self, id: IconId, is_its_own: bool, shown: Shown) -> bool {
        let is_fresh = |dependency| self.cache.is_fresh_to(&Reading::default(), shown, dependency);
        // Of the facts nothing is known here: whoever asks for it finds out.
        is_fresh(if is_its_own { on_name(id) } else { on_set(id) })
    }

    /// The variant groups of icons that have one, read anew.
    pub async fn variant_groups(&self, ids: &[IconId]) -> Result<HashMap<IconId, IconId>, DatabaseError> {
        let dialect = self.database.dialect();
        let sql = format!(
            "SELECT id, variant_id FROM icon WHERE variant_id IS NOT NULL AND {}",
            dialect.is_any("id", 1)
        );
        let values = vec![dialect.long_list(ids.iter().map(|id| id.0))];
        let rows = self.database.query("variant_groups", &sql, values).await?;
        let group = |row| {
            let columns = &mut Columns::of(row)?;
            Ok((IconId(columns.next()?), IconId(columns.next()?)))
        };
        rows.iter().map(group).collect()
    }

    pub(super) async fn read<R: Resource<Source = Database, Error = DatabaseError>>(
        &self,
        keys: &[R::Key],
    ) -> Result<HashMap<R::Key, R::Value>, DatabaseError> {
        self.cache.read::<R>(&self.database, &self.reading, keys).await
    }
}

impl IconKey {
    fn of(name: &IconName) -> Self {
        Self {
            id: IconId::of(name),
            may_be_code_point: could_be_code_point(name.key()),
        }
    }

    fn of_row(id: IconId) -> Self {
        Self {
            id,
            may_be_code_point: false,
        }
    }
}

impl IconAt {
    /// The icon that a name of this id stands for.
    fn called(&self, name: &IconName) -> Option<Arc<Icon>> {
        if let Some(icon) = self.own.as_ref().filter(|icon| icon.name == *name) {
            return Some(Arc::clone(icon));
        }
        let (_, icon) = self.pointed.as_ref().filter(|(code_point, _)| code_point == name)?;
        Some(Arc::clone(icon))
    }
}

/// Whether a key reads like `f000` or `1f600-200d`. Some words do too (`add`, `face`), which costs a look into one more index.
fn could_be_code_point(key: &str) -> bool {
    key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

/// What every statement below begins with, so that it tells the generation also where it finds nothing.
const FROM_STATE: &str = "FROM catalog_state LEFT JOIN";

pub(super) async fn load_icons(database: &Database, keys: &[IconKey]) -> Result<Loaded<Icons>, DatabaseError> {
    let dialect = database.dialect();
    let ids =
        |keys: &mut dyn Iterator<Item = &IconKey>| dialect.long_list(keys.map(|key| key.id.0).collect::<Vec<_>>());
    let mut sql = format!(
        "SELECT {ICON_COLUMNS}, NULL AS asked {FROM_STATE} icon ON {}",
        dialect.is_any("icon.id", 1)
    );
    let mut values = vec![ids(&mut keys.iter())];
    if keys.iter().any(|key| key.may_be_code_point) {
        sql.push_str(&format!(
            " UNION ALL SELECT {ICON_COLUMNS}, c.prefix || ':' || c.codepoint AS asked \
             FROM icon_character c JOIN icon ON icon.id = c.icon_id WHERE {}",
            dialect.is_any("c.id", 2)
        ));
        values.push(ids(&mut keys.iter().filter(|key| key.may_be_code_point)));
    }
    let mut stamp = 0;
    let mut by_id: HashMap<IconId, IconAt> = HashMap::with_capacity(keys.len());
    for row in database.query("icons_by_name", &sql, values).await? {
        let columns = &mut Columns::of(&row)?;
        let (generation, icon) = Icon::read_if_any(columns)?;
        stamp = generation;
        let Some(icon) = icon.map(Arc::new) else { continue };
        match columns.next::<Option<&str>>()?.map(str::parse::<IconName>) {
            None => {
                let id = icon.id;
                by_id.entry(id).or_default().own = Some(icon);
            }
            Some(Ok(code_point)) => {
                let id = IconId::of(&code_point);
                by_id.entry(id).or_default().pointed = Some((code_point, icon));
            }
            Some(Err(InvalidIconName)) => {}
        }
    }
    let at = |key: &IconKey| {
        let mut at = by_id.get(&key.id)?.clone();
        if !key.may_be_code_point {
            at.pointed = None;
            at.own.as_ref()?;
        }
        Some((*key, at))
    };
    Ok(Loaded {
        stamp,
        found: keys.iter().filter_map(at).collect(),
    })
}

pub(super) async fn load_pointed_icons(
    database: &Database,
    ids: &[IconId],
) -> Result<Loaded<PointedIcons>, DatabaseError> {
    let dialect = database.dialect();
    let sql = format!(
        "SELECT {ICON_COLUMNS}, c.prefix || ':' || c.codepoint AS asked \
         {FROM_STATE} icon_character c ON {} LEFT JOIN icon ON icon.id = c.icon_id",
        dialect.is_any("c.id", 1)
    );
    let values = vec![dialect.long_list(ids.iter().map(|id| id.0))];
    let (mut stamp, mut found) = (0, HashMap::with_capacity(ids.len()));
    for row in database.query("icons_by_character", &sql, values).await? {
        let columns = &mut Columns::of(&row)?;
        let (generation, icon) = Icon::read_if_any(columns)?;
        stamp = generation;
        let Some(icon) = icon else { continue };
        if let Ok(code_point) = columns.next::<&str>()?.parse() {
            found.insert(IconId::of(&code_point), (code_point, Arc::new(icon)));
        }
    }
    Ok(Loaded { stamp, found })
}

pub(super) async fn load_sets(database: &Database, prefixes: &[String]) -> Result<Loaded<Sets>, DatabaseError> {
    let dialect = database.dialect();
    let sql = format!(
        "SELECT catalog_state.generation, {SET_COLUMNS} {FROM_STATE} icon_set ON {}",
        dialect.is_any("prefix", 1)
    );
    let values = vec![dialect.name_list(prefixes.iter().map(String::as_str))];
    let (mut stamp, mut found) = (0, HashMap::with_capacity(prefixes.len()));
    for row in database.query("sets_by_prefix", &sql, values).await? {
        let columns = &mut Columns::of(&row)?;
        stamp = columns.next()?;
        if let Some(set) = IconSet::read_if_any(columns)? {
            found.insert(set.prefix.clone(), Arc::new(set));
        }
    }
    Ok(Loaded { stamp, found })
}

pub(super) async fn load_aliases(database: &Database, ids: &[IconId]) -> Result<Loaded<Aliases>, DatabaseError> {
    let dialect = database.dialect();
    let sql = format!(
        "WITH RECURSIVE alias (ancestor, id, name) AS (\
         SELECT parent_id, id, name FROM icon WHERE parent_id IS NOT NULL AND {} \
         UNION SELECT alias.ancestor, child.id, child.name FROM alias {}) \
         SELECT catalog_state.generation, ancestor, name {FROM_STATE} alias ON TRUE ORDER BY name",
        dialect.is_any("parent_id", 1),
        dialect.join_by_index("icon child", "child.parent_id = alias.id")
    );
    let (stamp, names) = lists(database, "aliases", &sql, ids).await?;
    let parsed = |names: Vec<String>| names.iter().filter_map(|name| name.parse().ok()).collect();
    Ok(Loaded {
        stamp,
        found: names.into_iter().map(|(id, names)| (id, parsed(names))).collect(),
    })
}

pub(super) async fn load_characters(database: &Database, ids: &[IconId]) -> Result<Loaded<Characters>, DatabaseError> {
    let condition = database.dialect().is_any("icon_id", 1);
    let sql = format!(
        "SELECT catalog_state.generation, icon_id, codepoint {FROM_STATE} icon_character ON {condition} ORDER BY codepoint"
    );
    let (stamp, found) = lists(database, "characters", &sql, ids).await?;
    Ok(Loaded { stamp, found })
}

pub(super) async fn load_tags(database: &Database, ids: &[IconId]) -> Result<Loaded<Tags>, DatabaseError> {
    let condition = database.dialect().is_any("icon_id", 1);
    let sql =
        format!("SELECT catalog_state.generation, icon_id, tag {FROM_STATE} icon_tag ON {condition} ORDER BY tag");
    let (stamp, found) = lists(database, "tags", &sql, ids).await?;
    Ok(Loaded { stamp, found })
}

pub(super) async fn load_variants(database: &Database, groups: &[IconId]) -> Result<Loaded<Variants>, DatabaseError> {
    let dialect = database.dialect();
    let sql = format!(
        "SELECT {ICON_COLUMNS} {FROM_STATE} icon ON variant_id IS NOT NULL AND listed AND {} ORDER BY name",
        dialect.is_any("variant_id", 1)
    );
    let values = vec![dialect.long_list(groups.iter().map(|id| id.0))];
    let mut stamp = 0;
    let mut found: HashMap<IconId, Vec<Arc<Icon>>> = HashMap::new();
    for row in database.query("variants", &sql, values).await? {
        let (generation, icon) = Icon::read_if_any(&mut Columns::of(&row)?)?;
        stamp = generation;
        if let Some(icon) = icon
            && let Some(group) = icon.variant_id
        {
            found.entry(group).or_default().push(Arc::new(icon));
        }
    }
    Ok(Loaded { stamp, found })
}

/// Rows of a generation, an icon and a text, as lists by icon.
async fn lists(
    database: &Database,
    query_type: &'static str,
    sql: &str,
    ids: &[IconId],
) -> Result<(i64, HashMap<IconId, Vec<String>>), DatabaseError> {
    let values = vec![database.dialect().long_list(ids.iter().map(|id| id.0))];
    let mut stamp = 0;
    let mut found: HashMap<IconId, Vec<String>> = HashMap::new();
    for row in database.query(query_type, sql, values).await? {
        let columns = &mut Columns::of(&row)?;
        stamp = columns.next()?;
        if let Some(id) = columns.next::<Option<i64>>()? {
            found.entry(IconId(id)).or_default().push(columns.next()?);
        }
    }
    Ok((stamp, found))
}
