//! The days of which pairs of icons were counted.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_pair_day")]
pub struct Model {
    /// Days since 1970, UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i32,
    /// Events with a session that the roll-up knew of then: `count` of target -2 in `usage_day`.
    pub events: i64,
    /// Sessions that were counted.
    pub sessions: i64,
    /// Whether the day is part of what `usage_related` sums up.
    pub in_window: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
