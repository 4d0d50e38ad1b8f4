//! The feed of catalog changes. Append-only.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "catalog_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i64,
    /// 0 added, 1 changed, 2 hidden, 3 removed.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: i16,
    pub prefix: String,
    /// How many names; 0 where only the set's own facts changed.
    pub count: i32,
    pub at_ms: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
