//! The names of a catalog change, in chunks: a first import adds thousands, and a row for each would outweigh the icons' index.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "catalog_change_names")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: i16,
    /// The last of this chunk's names, which orders the chunks.
    #[sea_orm(primary_key, auto_increment = false)]
    pub last_name: String,
    /// Ascending, one a line.
    pub names: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
