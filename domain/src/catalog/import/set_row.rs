//! The row of a set: what its authors say of it, and what the import counted.

use sea_orm::{DbErr, QueryResult, Value};

use super::row::json;
use crate::{
    catalog::{is_safe_url, set_listing::sort_name},
    iconify::resolve::ResolvedSet,
};

/// The columns that [`SetFacts::values`] fills, in its order.
pub(super) const COLUMNS: [&str; 23] = [
    "prefix",
    "first_generation",
    "generation",
    "source_hash",
    "updated_at_ms",
    "name",
    "sort_name",
    "version",
    "author_name",
    "author_url",
    "license_title",
    "license_spdx",
    "license_url",
    "category",
    "total",
    "palette",
    "hidden",
    "heights",
    "tags",
    "samples",
    "category_counts",
    "prefixes",
    "suffixes",
];

/// What [`OldSet::from_row`] reads, in its order.
pub(super) const READ_COLUMNS: &str = "first_generation, updated_at_ms, name, version, author_name, author_url, license_title, \
     license_spdx, license_url, category, heights, tags, samples, category_counts, prefixes, suffixes, total, palette, hidden";

/// Everything about a set but when it came.
pub(super) struct SetFacts {
    /// What the set says of the time its icons last changed; the import's time where it says nothing.
    updated_at_ms: i64,
    says_when: bool,
    /// The text columns, in the order of [`READ_COLUMNS`] from `name` to `suffixes`.
    texts: [Option<String>; 14],
    total: i32,
    palette: bool,
    hidden: bool,
}

/// Of the texts, `author_url` and `license_url`.
const LINKS: [usize; 2] = [3, 6];

/// The row before this import.
pub(super) struct OldSet {
    pub(super) first_generation: i64,
    pub(super) facts: SetFacts,
}

/// Reads the facts of a resolved set.
pub(super) fn facts(set: &ResolvedSet, now_ms: i64) -> SetFacts {
    let info = set.info.clone().unwrap_or_default();
    let safe = |url: Option<String>| url.filter(|url| is_safe_url(url));
    let (author_name, author_url) = info
        .author
        .map_or((None, None), |author| (Some(author.name), safe(author.url)));
    let (title, spdx, url) = info.license.map_or((None, None, None), |license| {
        (Some(license.title), license.spdx, safe(license.url))
    });
    let stated_ms = set.last_modified_seconds.map(|seconds| seconds.saturating_mul(1000));
    SetFacts {
        updated_at_ms: stated_ms.unwrap_or(now_ms),
        says_when: stated_ms.is_some(),
        texts: [
            Some(if info.name.is_empty() {
                set.prefix.clone()
            } else {
                info.name
            }),
            info.version,
            author_name,
            author_url,
            title,
            spdx,
            url,
            info.category,
            Some(json(&info.heights)),
            Some(json(&info.tags)),
            Some(json(&info.samples)),
            Some(json(&set.category_counts)),
            Some(json(&set.prefixes)),
            Some(json(&set.suffixes)),
        ],
        total: i32::try_from(set.total).unwrap_or(i32::MAX),
        palette: info.palette.unwrap_or(false),
        hidden: info.hidden,
    }
}

impl SetFacts {
    /// Without links that may not be shown, which an import does not take.
    pub(super) fn with_safe_links(mut self) -> Self {
        for place in LINKS {
            self.texts[place] = self.texts[place].take().filter(|url| is_safe_url(url));
        }
        self
    }

    pub(super) fn values(
        &self,
        prefix: &str,
        first_generation: i64,
        generation: i64,
        source_hash: &[u8],
    ) -> Vec<Value> {
        let mut values: Vec<Value> = vec![
            prefix.into(),
            first_generation.into(),
            generation.into(),
            source_hash.to_vec().into(),
            self.updated_at_ms.into(),
        ];
        let mut texts = self.texts.iter().cloned();
        let name = texts.next().flatten().unwrap_or_default();
        values.extend([Value::from(name.clone()), sort_name(&name).into()]);
        values.extend(texts.by_ref().take(7).map(Value::from));
        values.extend([self.total.into(), self.palette.into(), self.hidden.into()]);
        values.extend(texts.map(Value::from));
        values
    }
}

impl OldSet {
    pub(super) fn from_row(row: &QueryResult) -> Result<Self, DbErr> {
        let mut texts: [Option<String>; 14] = Default::default();
        for (index, text) in texts.iter_mut().enumerate() {
            *text = row.try_get_by_index(index + 2)?;
        }
        let facts = SetFacts {
            updated_at_ms: row.try_get_by_index(1)?,
            says_when: true,
            texts,
            total: row.try_get_by_index(16)?,
            palette: row.try_get_by_index(17)?,
            hidden: row.try_get_by_index(18)?,
        };
        Ok(Self {
            first_generation: row.try_get_by_index(0)?,
            facts,
        })
    }

    /// Whether nobody could tell the sets apart. The time counts only where the set itself states it.
    pub(super) fn says_the_same_as(&self, new: &SetFacts) -> bool {
        let old = &self.facts;
        old.texts == new.texts
            && (old.total, old.palette, old.hidden) == (new.total, new.palette, new.hidden)
            && (!new.says_when || old.updated_at_ms == new.updated_at_ms)
    }
}
