//! The packages that tags came from, and under which licence they were published.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "keyword_source")]
pub struct Model {
    /// The npm package, such as `lucide-static`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub version: String,
    /// As its `package.json` says it: an SPDX expression.
    pub license: String,
    /// When this version of it first came in.
    pub imported_at_ms: i64,
    /// What the file that its keywords were read from is known by.
    pub source_hash: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
