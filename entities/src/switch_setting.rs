//! How a switch was last turned. Instances that started later go by their configuration.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "switch_setting")]
pub struct Model {
    /// As the API names it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub is_on: bool,
    /// The revision that turned it.
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
