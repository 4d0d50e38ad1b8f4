//! Events that were recorded and are yet to be rolled up: what one transaction recorded is one row, and goes when it is.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_pending")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// How many.
    pub events: i64,
    /// They, packed as `domain` has them.
    pub occurrences: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
