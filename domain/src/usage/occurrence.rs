//! What is kept of an event.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    country::Country,
    event::{Device, UsageKind},
    target::Target,
};
use crate::catalog::IconName;

/// An event that may be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Of events with one id, one is recorded.
    pub(super) id: Option<Uuid>,
    pub(super) name: IconName,
    pub(super) occurrence: Occurrence,
}

/// Which icon was used when and how. Nothing in it says by whom: users and sessions are keyed hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Occurrence {
    pub(crate) icon: Target,
    /// The icon's.
    pub(crate) set: Target,
    /// Milliseconds since 1970.
    pub(crate) occurred_ms: i64,
    pub(crate) kind: UsageKind,
    pub(crate) device: Option<Device>,
    pub(crate) country: Option<Country>,
    pub(crate) client: Option<Box<str>>,
    pub(crate) user: Option<i64>,
    pub(crate) session: Option<i64>,
}
