//! Which rows of a set have the tags of a package. It knows names and tags, and no database.

use std::{
    collections::{BTreeSet, HashMap},
    iter,
};

use crate::catalog::{
    icon::IconKind,
    import::row::kind_column,
    keywords::{IconKeywords, KeywordFault, MAX_TAGS, SkippedKeyword, says_only},
};

/// A name of the set.
#[derive(Debug)]
pub(in crate::catalog::import) struct NamedRow {
    pub(in crate::catalog::import) id: i64,
    pub(in crate::catalog::import) key: String,
    pub(in crate::catalog::import) kind: i16,
    pub(in crate::catalog::import) parent_id: Option<i64>,
}

/// All names of a set.
#[derive(Debug, Default)]
pub(in crate::catalog::import) struct SetRows {
    rows: HashMap<i64, NamedRow>,
    ids: HashMap<String, i64>,
}

/// What the package's keywords come to in this set.
pub(super) struct Attached<'k> {
    /// By row; none is empty.
    pub(super) tags: HashMap<i64, BTreeSet<&'k str>>,
    /// Icons of the package that the set has under no name.
    pub(super) not_found: usize,
    /// Rows that several icons of the package gave more tags than one may have.
    pub(super) skipped: Vec<SkippedKeyword>,
}

impl SetRows {
    pub(in crate::catalog::import) fn add(&mut self, row: NamedRow) {
        self.ids.insert(row.key.clone(), row.id);
        self.rows.insert(row.id, row);
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &NamedRow> {
        self.rows.values()
    }

    /// The row that tags of `key` belong to: its own, or, where it is but another name of an icon, the icon's.
    fn icon_called(&self, key: &str) -> Option<&NamedRow> {
        let is_plain_alias = |row: &&NamedRow| row.kind == kind_column(IconKind::PlainAlias);
        let row = self.rows.get(self.ids.get(key)?);
        // No chain of aliases is longer than there are names.
        iter::successors(row, |row| self.rows.get(&row.parent_id?))
            .take(self.rows.len())
            .find(|row| !is_plain_alias(row))
    }
}

/// Gives each row the tags of every icon of the package that it is called by, but its own name.
pub(super) fn attach<'k>(rows: &SetRows, icons: &'k [IconKeywords]) -> Attached<'k> {
    let mut tags: HashMap<i64, BTreeSet<&str>> = HashMap::new();
    let mut full: BTreeSet<&str> = BTreeSet::new();
    let mut not_found = 0;
    for icon in icons {
        let keys = iter::once(&icon.key).chain(&icon.other_keys);
        let found: HashMap<i64, &NamedRow> = keys
            .filter_map(|key| rows.icon_called(key))
            .map(|row| (row.id, row))
            .collect();
        not_found += usize::from(found.is_empty());
        for row in found.into_values() {
            let of_row = tags.entry(row.id).or_default();
            for tag in icon.tags.iter().filter(|tag| !says_only(tag, &row.key)) {
                if of_row.len() < MAX_TAGS {
                    of_row.insert(tag);
                } else if !of_row.contains(tag) {
                    full.insert(&row.key);
                }
            }
        }
    }
    tags.retain(|_, of_row| !of_row.is_empty());
    let skipped = full.into_iter().map(|key| SkippedKeyword {
        icon: key.to_owned(),
        fault: KeywordFault::TooMany,
    });
    Attached {
        tags,
        not_found,
        skipped: skipped.collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Attached, MAX_TAGS, NamedRow, SetRows, attach};
    use crate::catalog::keywords::{IconKeywords, Tags};

    const ICON: i16 = 0;
    const PLAIN_ALIAS: i16 = 1;
    const TRANSFORMED_ALIAS: i16 = 2;

    /// `trash`, `trash-2` and `bin` are one icon; `trash-left` is drawn otherwise; the last two name each other.
    fn rows() -> SetRows {
        let mut rows = SetRows::default();
        for (id, key, kind, parent_id) in [
            (1, "trash", ICON, None),
            (2, "trash-2", PLAIN_ALIAS, Some(1)),
            (3, "bin", PLAIN_ALIAS, Some(2)),
            (4, "trash-left", TRANSFORMED_ALIAS, Some(1)),
            (5, "sun", ICON, None),
            (6, "round", PLAIN_ALIAS, Some(7)),
            (7, "about", PLAIN_ALIAS, Some(6)),
            (8, "orphan", PLAIN_ALIAS, Some(99)),
        ] {
            rows.add(NamedRow {
                id,
                key: key.to_owned(),
                kind,
                parent_id,
            });
        }
        rows
    }

    fn icon(keys: &[&str], tags: &[&str]) -> IconKeywords {
        let mut keys = keys.iter().map(|key| (*key).to_owned());
        IconKeywords {
            key: keys.next().expect("an icon has a key"),
            other_keys: keys.collect(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect::<Tags>(),
        }
    }

    fn check(icons: &[IconKeywords], tags: &Value, not_found: usize) {
        let rows = rows();
        let attached = attach(&rows, icons);
        let by_key: serde_json::Map<String, Value> = rows
            .all()
            .filter_map(|row| Some((row.key.clone(), json!(attached.tags.get(&row.id)?))))
            .collect();
        assert_eq!(Value::from(by_key), *tags);
        assert_eq!((attached.not_found, attached.skipped), (not_found, vec![]));
    }

    #[test]
    fn tags_go_to_what_is_drawn() {
        check(
            &[icon(&["trash-2"], &["bin", "trash", "waste"])],
            &json!({ "trash": ["bin", "waste"] }),
            0,
        );
        check(
            &[icon(&["bin"], &["a"]), icon(&["trash"], &["b"])],
            &json!({ "trash": ["a", "b"] }),
            0,
        );
        check(
            &[icon(&["trash-left"], &["trash left", "west"])],
            &json!({ "trash-left": ["west"] }),
            0,
        );
        check(&[icon(&["sun"], &["sun"]), icon(&["trash"], &[])], &json!({}), 0);
    }

    #[test]
    fn an_icon_of_several_names_is_found_by_any() {
        let tags = ["old-sun", "star", "sun"];
        check(
            &[icon(&["old-sun", "sun"], &tags)],
            &json!({ "sun": ["old-sun", "star"] }),
            0,
        );
        check(
            &[icon(&["trash-left", "sun", "nowhere"], &["x"])],
            &json!({ "sun": ["x"], "trash-left": ["x"] }),
            0,
        );
        check(
            &[
                icon(&["moon"], &["x"]),
                icon(&["about"], &["x"]),
                icon(&["orphan"], &["x"]),
            ],
            &json!({}),
            3,
        );
    }

    #[test]
    fn a_row_of_several_icons_ends_at_the_limit() {
        let tags: Vec<String> = (0..=MAX_TAGS).map(|number| format!("{number:03}")).collect();
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        let last_of_two = [icon(&["trash"], &tags[..MAX_TAGS]), icon(&["bin"], &tags[1..])];
        let rows = rows();
        let Attached { tags, skipped, .. } = attach(&rows, &last_of_two);
        assert_eq!(tags[&1].len(), MAX_TAGS);
        let told: Vec<String> = skipped
            .iter()
            .map(|skipped| format!("{}: {}", skipped.icon, skipped.fault))
            .collect();
        assert_eq!(told, ["trash: it has more than 100 tags: the rest is left out"]);
        let within = [icon(&["trash"], &["a"]), icon(&["bin"], &["a"])];
        assert_eq!(attach(&rows, &within).skipped, []);
    }
}
