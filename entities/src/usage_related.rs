//! In how many sessions two icons were used, summed up over the days of the window.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_related")]
pub struct Model {
    /// By what `usage_name` has. Each pair is there both ways.
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
