//! One icon set as the catalog keeps it, and how it is read from a row.

use std::{hash::BuildHasher as _, marker::PhantomData, sync::Arc};

use foldhash::quality::FixedState;
use sea_orm::DbErr;

use super::icon::json_list;
use crate::database::{Columns, DatabaseError};

/// What is known of a set.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct IconSet {
    pub prefix: String,
    pub name: String,
    pub version: Option<String>,
    #[serde(with = "optional")]
    pub author: Option<Arc<Author>>,
    #[serde(with = "optional")]
    pub license: Option<Arc<License>>,
    pub category: Option<String>,
    /// Listed icons.
    pub total: i32,
    pub palette: bool,
    pub heights: ListColumn<u32>,
    pub tags: ListColumn<String>,
    /// Keys of icons that show the set's style.
    pub samples: ListColumn<String>,
    /// Titles with their numbers of listed icons, in the set's own order.
    pub category_counts: ListColumn<(String, i32)>,
    pub updated_at_ms: i64,
}

/// Who made a set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Author {
    pub name: String,
    pub url: Option<String>,
}

/// Under what terms a set may be used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct License {
    pub title: String,
    pub spdx: Option<String>,
    pub url: Option<String>,
}

/// What [`IconSet::read`] reads, in its order.
pub(super) const SET_COLUMNS: &str = "prefix, name, version, author_name, author_url, license_title, license_spdx, license_url, \
     category, total, palette, heights, tags, samples, category_counts, updated_at_ms";

/// A column that holds a JSON array, read when somebody wants it: a page of icons needs the set's name, not its lists.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(bound = "")]
pub struct ListColumn<T> {
    json: Box<str>,
    items: PhantomData<T>,
}

impl<T: serde::de::DeserializeOwned> ListColumn<T> {
    /// The items. Fails where something else than the import has written the column.
    pub fn items(&self) -> Result<Vec<T>, DatabaseError> {
        Ok(json_list(&self.json)?)
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            json: columns.next::<&str>()?.into(),
            items: PhantomData,
        })
    }
}

impl IconSet {
    /// Reads [`SET_COLUMNS`], which come next in `columns`.
    pub(super) fn read(columns: &mut Columns<'_>) -> Result<Self, DbErr> {
        let missing = || DbErr::Type("icon_set.prefix holds nothing".to_owned());
        Self::read_if_any(columns)?.ok_or_else(missing)
    }

    /// As [`Self::read`], of a row that may have no set.
    pub(super) fn read_if_any(columns: &mut Columns<'_>) -> Result<Option<Self>, DbErr> {
        let prefix: Option<String> = columns.next()?;
        prefix.map(|prefix| Self::read_rest(prefix, columns)).transpose()
    }

    /// A hash of what it tells of itself, besides what follows from its icons and so changes with them: `total`, `category_counts`,
    /// `updated_at_ms`, and `version`, which is another one whenever its author publishes icons.
    pub(super) fn facts_hash(&self) -> u64 {
        let Self {
            prefix,
            name,
            version: _,
            author,
            license,
            category,
            total: _,
            palette,
            heights,
            tags,
            samples,
            category_counts: _,
            updated_at_ms: _,
        } = self;
        let lists = (&heights.json, &tags.json, &samples.json);
        FixedState::default().hash_one((prefix, name, author, license, category, palette, lists))
    }

    /// Bytes of its longer texts.
    pub(super) fn text_bytes(&self) -> usize {
        let lists = [
            &self.heights.json,
            &self.tags.json,
            &self.samples.json,
            &self.category_counts.json,
        ];
        lists.map(|json| json.len()).iter().sum::<usize>() + self.prefix.len() + self.name.len()
    }

    fn read_rest(prefix: String, columns: &mut Columns<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            prefix,
            name: columns.next()?,
            version: columns.next()?,
            author: Author::read(columns)?,
            license: License::read(columns)?,
            category: columns.next()?,
            total: columns.next()?,
            palette: columns.next()?,
            heights: ListColumn::read(columns)?,
            tags: ListColumn::read(columns)?,
            samples: ListColumn::read(columns)?,
            category_counts: ListColumn::read(columns)?,
            updated_at_ms: columns.next()?,
        })
    }
}

impl Author {
    fn read(columns: &mut Columns<'_>) -> Result<Option<Arc<Self>>, DbErr> {
        let (name, url): (Option<String>, _) = (columns.next()?, columns.next()?);
        Ok(name.map(|name| Arc::new(Self { name, url })))
    }
}

impl License {
    fn read(columns: &mut Columns<'_>) -> Result<Option<Arc<Self>>, DbErr> {
        let (title, spdx, url): (Option<String>, _, _) = (columns.next()?, columns.next()?, columns.next()?);
        Ok(title.map(|title| Arc::new(Self { title, spdx, url })))
    }
}

/// What is shared in memory is written as itself.
mod optional {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde calls it with the field")]
    pub(super) fn serialize<T: Serialize, S: Serializer>(
        value: &Option<Arc<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_deref().serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Arc<T>>, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map(Arc::new))
    }
}
