//! How a server did in a minute, an hour or a day. All parts are packed as `domain` has it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operations_figures")]
pub struct Model {
    /// 0 of minutes, 1 of hours, 2 of days.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tier: i32,
    /// Of these since 1970, UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bucket: i32,
    /// The server: its host and port; empty of a row that has those of all.
    #[sea_orm(primary_key, auto_increment = false)]
    pub instance: String,
    /// What all operations come to.
    pub totals: Vec<u8>,
    /// What was looked for in the layers of the cache.
    pub layers: Vec<u8>,
    /// Statements that were slow.
    pub statements: Vec<u8>,
    /// Errors by code and operation.
    pub errors: Vec<u8>,
    /// Operations by name.
    pub operations: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
