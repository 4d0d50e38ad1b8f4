//! The names of icons that were used and of their sets, which stay when these go.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_name")]
pub struct Model {
    /// Derived from the name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// `prefix:name`, or a set's prefix.
    pub name: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
