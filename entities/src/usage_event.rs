//! What was done with icons: one row for each event, for as long as `USAGE_RETENTION_DAYS` says. On PostgreSQL, in a table for each day.

use sea_orm::entity::prelude::*;

/// The table has no key; what stands for one here is wanted by the derivation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub occurred_ms: i64,
    /// The id that its name has.
    #[sea_orm(primary_key, auto_increment = false)]
    pub icon: i64,
    /// 1 render, 2 view, 3 copy, 4 download, 5 search pick.
    pub kind: i16,
    /// 1 desktop, 2 mobile, 3 tablet, 4 server, 5 other.
    pub device: Option<i16>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// A product, as `web/2.1`.
    pub client: Option<String>,
    /// The beginning of HMAC-SHA-256 of the user's id.
    pub user_hash: Option<i64>,
    /// The same of the session's.
    pub session_hash: Option<i64>,
    /// The id that the client gave the event: a UUID.
    pub id: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
