//! Icon sets: what their authors say of them, and what the import counted.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "icon_set")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub prefix: String,
    pub name: String,
    /// The name in lower case, for ordering alike on both engines.
    pub sort_name: String,
    pub version: Option<String>,
    pub author_name: Option<String>,
    pub author_url: Option<String>,
    pub license_title: Option<String>,
    pub license_spdx: Option<String>,
    pub license_url: Option<String>,
    pub category: Option<String>,
    /// Listed icons.
    pub total: i32,
    pub palette: bool,
    /// Left out of the list of sets; its icons can still be asked for.
    pub hidden: bool,
    /// JSON array of grid heights.
    pub heights: String,
    /// JSON array of text.
    pub tags: String,
    /// JSON array of icon keys.
    pub samples: String,
    /// JSON array of `[title, count]`.
    pub category_counts: String,
    /// JSON array of `[theme, title]`: what an icon's name may begin with.
    pub prefixes: String,
    /// JSON array of `[theme, title]`: what an icon's name may end with.
    pub suffixes: String,
    pub first_generation: i64,
    pub generation: i64,
    /// When the icon data last changed, as the set says; else when it was imported.
    pub updated_at_ms: i64,
    /// What the files that the set was read from are known by, together with the importer's version; empty once the set is not what
    /// they say any more.
    pub source_hash: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
