//! One icon set as the catalog keeps it, and how it is read from a row.

use sea_orm::{DbErr, QueryResult};

use super::icon::json_list;

/// What is known of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct IconSet {
    pub prefix: String,
    pub name: String,
    pub version: Option<String>,
    pub author: Option<Author>,
    pub license: Option<License>,
    pub category: Option<String>,
    /// Listed icons.
    pub total: i32,
    pub palette: bool,
    pub heights: Vec<u32>,
    pub tags: Vec<String>,
    /// Keys of icons that show the set's style.
    pub samples: Vec<String>,
    /// Titles with their numbers of listed icons, in the set's own order.
    pub category_counts: Vec<(String, i32)>,
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

/// What [`IconSet::from_row`] reads, in its order.
pub(super) const SET_COLUMNS: &str = "prefix, name, version, author_name, author_url, license_title, license_spdx, license_url, \
     category, total, palette, heights, tags, samples, category_counts, updated_at_ms";

impl IconSet {
    /// Reads [`SET_COLUMNS`] from column `first` on.
    pub(super) fn from_row(row: &QueryResult, first: usize) -> Result<Self, DbErr> {
        let author_name: Option<String> = row.try_get_by_index(first + 3)?;
        let author_url = row.try_get_by_index(first + 4)?;
        let license_title: Option<String> = row.try_get_by_index(first + 5)?;
        let (license_spdx, license_url) = (row.try_get_by_index(first + 6)?, row.try_get_by_index(first + 7)?);
        let json = |column: usize| row.try_get_by_index::<String>(first + column);
        Ok(Self {
            prefix: row.try_get_by_index(first)?,
            name: row.try_get_by_index(first + 1)?,
            version: row.try_get_by_index(first + 2)?,
            author: author_name.map(|name| Author { name, url: author_url }),
            license: license_title.map(|title| License {
                title,
                spdx: license_spdx,
                url: license_url,
            }),
            category: row.try_get_by_index(first + 8)?,
            total: row.try_get_by_index(first + 9)?,
            palette: row.try_get_by_index(first + 10)?,
            heights: json_list(&json(11)?)?,
            tags: json_list(&json(12)?)?,
            samples: json_list(&json(13)?)?,
            category_counts: json_list(&json(14)?)?,
            updated_at_ms: row.try_get_by_index(first + 15)?,
        })
    }
}
