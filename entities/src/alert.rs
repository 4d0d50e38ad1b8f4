//! What was wrong with the service, since when and until when.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "alert")]
pub struct Model {
    /// A random UUID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// What it is about.
    pub rule: String,
    /// The instance that it is about; empty where it is about all of them.
    pub instance: String,
    /// 0 info, 1 warning, 2 critical.
    pub severity: i16,
    /// 0 firing, 1 resolved.
    pub state: i16,
    /// What was measured when it fired, or was resolved.
    pub value: f64,
    /// What that is compared with.
    pub threshold: f64,
    pub message: String,
    pub since_ms: i64,
    /// When somebody last saw its cause, by the database's clock.
    pub seen_ms: i64,
    pub resolved_ms: Option<i64>,
    pub acknowledged_ms: Option<i64>,
    /// Who acknowledged it, as limits are counted for them.
    pub acknowledged_by: Option<String>,
    /// What of it the webhook was told: 0 nothing, 1 that it fired, 2 all.
    pub told: i16,
    /// From when on somebody else may tell it, by the database's clock.
    pub tell_after_ms: i64,
    /// Of the last change that everybody is to see.
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
