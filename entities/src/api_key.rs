//! The keys that requests bring along. Revoked ones stay, for whoever asks what became of them.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// The revision that made it, so it is never used again.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// For people. Several keys may share one; it may be empty.
    pub name: String,
    /// SHA-256 of the secret, which itself is nowhere.
    pub secret_hash: Vec<u8>,
    /// JSON array of scopes as errors name them.
    pub scopes: String,
    /// Whether it may stand in a page, and is good only for the pages of `origins`.
    pub publishable: bool,
    /// JSON array of origins as browsers write them.
    pub origins: String,
    pub created_at_ms: i64,
    /// The first moment at which it is no longer good; none where it stays good.
    pub expires_at_ms: Option<i64>,
    pub revoked_at_ms: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
