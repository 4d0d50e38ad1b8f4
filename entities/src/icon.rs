//! Every name an icon can be asked for by: icons, plain aliases and transformed aliases alike, each with its final body.

use sea_orm::entity::prelude::*;

/// One name. An alias repeats its parent's body, so that any lookup is one read by primary key.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "icon")]
pub struct Model {
    /// Derived from the name, so it is the same on every machine and after every import.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The icon this alias names, one step up; null for an icon of its own.
    pub parent_id: Option<i64>,
    /// Shared by the listed icons of one set that have the same base name; null where there is only one.
    pub variant_id: Option<i64>,
    /// The catalog generation that first had this name.
    pub first_generation: i64,
    /// The catalog generation that last changed it.
    pub generation: i64,
    pub updated_at_ms: i64,
    pub view_left: f64,
    pub view_top: f64,
    pub view_width: f64,
    pub view_height: f64,
    /// 0 icon, 1 plain alias, 2 transformed alias.
    pub kind: i16,
    /// 0 fill, 1 stroke; null where it is neither or both.
    pub style: Option<i16>,
    pub hidden: bool,
    /// Visible and counted: neither hidden nor a plain alias.
    pub listed: bool,
    /// The set keeps its own colours.
    pub palette: bool,
    /// SHA-256 of the view box and the body.
    pub content_hash: Vec<u8>,
    /// `prefix:name`.
    pub name: String,
    /// JSON array of titles; null where there is none.
    pub categories: Option<String>,
    pub body: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
