//! Usage summed up by the day.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_day")]
pub struct Model {
    /// Days since 1970, UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bucket: i32,
    /// An icon or a set, by what `usage_name` has; -1 is everything, -2 its sessions, -3 its pairs of session and icon.
    #[sea_orm(primary_key, auto_increment = false)]
    pub target: i64,
    pub count: i64,
    /// By whom and on what, packed as `domain` has it.
    pub cell: Vec<u8>,
    /// How much of it falls on each hour, packed likewise; empty where the cell lists all that it has.
    pub steps: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
