//! Characters of icon fonts: which icon a set draws for a code point.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "icon_character")]
pub struct Model {
    /// The id that an icon named by the code point would have, because a character can be asked for as a name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub icon_id: i64,
    pub prefix: String,
    /// Hex, lower case, sequences joined by a hyphen.
    pub codepoint: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
