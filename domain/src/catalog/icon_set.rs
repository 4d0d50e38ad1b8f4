//! One icon set as the catalog keeps it, and how it is read from a row.

use std::{marker::PhantomData, sync::Arc};

use sea_orm::DbErr;

use super::icon::json_list;
use crate::database::{Columns, DatabaseError};

/// What is known of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct IconSet {
    pub prefix: String,
    pub name: String,
    pub version: Option<String>,
    pub author: Option<Arc<Author>>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub name: String,
    pub url: Option<String>,
}

/// Under what terms a set may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    pub title: String,
    pub spdx: Option<String>,
    pub url: Option<String>,
}

/// What [`IconSet::read`] reads, in its order.
pub(super) const SET_COLUMNS: &str = "prefix, name, version, author_name, author_url, license_title, license_spdx, license_url, \
     category, total, palette, heights, tags, samples, category_counts, updated_at_ms";

/// A column that holds a JSON array, read when somebody wants it: a page of icons needs the set's name, not its lists.
#[derive(Debug, Clone, PartialEq)]
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
        Ok(Self {
            prefix: columns.next()?,
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

#[cfg(test)]
impl IconSet {
    /// A set of which nothing but its name is known.
    pub(super) fn called(name: &str) -> Self {
        fn nothing<T>() -> ListColumn<T> {
            ListColumn {
                json: "[]".into(),
                items: PhantomData,
            }
        }
        Self {
            prefix: name.to_owned(),
            name: name.to_owned(),
            version: None,
            author: None,
            license: None,
            category: None,
            total: 0,
            palette: false,
            heights: nothing(),
            tags: nothing(),
            samples: nothing(),
            category_counts: nothing(),
            updated_at_ms: 0,
        }
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
