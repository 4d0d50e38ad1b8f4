//! Long work, done by one instance at a time.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    /// A random UUID: whoever knows it may look at the job.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub kind: String,
    /// JSON, as its kind has it.
    pub input: String,
    /// The greater goes first.
    pub priority: i16,
    /// 0 queued, 1 running, 2 succeeded, 3 failed, 4 cancelled.
    pub state: i16,
    /// How often it was taken: whoever took it earlier has lost it.
    pub attempts: i32,
    /// Somebody wants it to end.
    pub is_cancelled: bool,
    pub done: i64,
    pub total: Option<i64>,
    /// JSON array of pairs: an item, and what became of it.
    pub failures: String,
    /// From when on it may be taken: of a queued one its turn, of a running one the end of its lease; none once it has ended.
    pub due_at_ms: Option<i64>,
    pub created_at_ms: i64,
    pub started_at_ms: Option<i64>,
    pub ended_at_ms: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
