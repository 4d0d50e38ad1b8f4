//! Words that administrators say mean the same.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "synonym_group")]
pub struct Model {
    /// A hash of what the words are looked up by: a group of the same words is the same row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// JSON array of words and short phrases, folded.
    pub words: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
