//! How often an icon was asked for in an hour of the day, over all days.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "icon_popularity")]
pub struct Model {
    /// In UTC, 0 to 23.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hour: i32,
    /// The id that a name has, whether or not there is an icon; its complement where a code point may be meant as well.
    #[sea_orm(primary_key, auto_increment = false)]
    pub icon: i64,
    /// What it was asked for, each time for twice as much as a week before.
    pub score: f64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
