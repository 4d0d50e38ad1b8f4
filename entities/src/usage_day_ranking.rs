//! What was used most in each day.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_day_ranking")]
pub struct Model {
    /// Days since 1970, UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bucket: i32,
    /// Icons and how often each was used, the most used first, packed as `domain` has it; null where that is yet to be made.
    pub icons: Option<Vec<u8>>,
    /// Sets likewise.
    pub sets: Option<Vec<u8>>,
    /// Events that came since they were made.
    pub late: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
