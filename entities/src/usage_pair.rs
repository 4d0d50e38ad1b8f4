//! In how many sessions of a day two icons were used.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_pair")]
pub struct Model {
    /// Days since 1970, UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i32,
    /// By what `usage_name` has; the smaller of both.
    #[sea_orm(primary_key, auto_increment = false)]
    pub icon: i64,
    /// The same as `icon`: sessions with that one, whatever else they used.
    #[sea_orm(primary_key, auto_increment = false)]
    pub other: i64,
    pub sessions: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
