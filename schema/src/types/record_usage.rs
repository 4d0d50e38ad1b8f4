use async_graphql::{Context, Enum, Error, InputObject, SimpleObject};
use domain::{
    access::Scope,
    usage::{self, Agent, Recorded, SentEvent, Usage},
};

use crate::{
    authority,
    errors::{Failure, LimitExceeded, bad_user_input},
    limits::Limits,
    loaders::loaders,
    scalars::{SentDateTime, UuidScalar},
};

/// What was done with an icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "usage::UsageKind")]
pub(crate) enum UsageKind {
    /// It was shown as part of a page.
    Render,
    /// Somebody looked at it.
    View,
    /// Somebody copied it, or its code.
    Copy,
    /// Somebody downloaded it.
    Download,
    /// Somebody took it out of what a search had found.
    SearchPick,
}

/// On what an icon was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "usage::Device")]
pub(crate) enum Device {
    Desktop,
    Mobile,
    Tablet,
    /// A program that nobody looks at.
    Server,
    Other,
}

#[derive(InputObject)]
pub(crate) struct RecordUsageInput {
    /// 1 to `service.limits.maxBatch`.
    pub(crate) events: Vec<UsageEventInput>,
}

/// Something that was done with an icon.
#[derive(InputObject)]
pub(crate) struct UsageEventInput {
    /// Idempotency key; the same id counts once, whichever instance or retry brought it, for 31 days.
    id: Option<UuidScalar>,
    /// A malformed or unknown name rejects this event only.
    icon: String,
    #[graphql(default_with = "UsageKind::Render")]
    kind: UsageKind,
    /// At most 30 days back, 5 minutes ahead; now when left out.
    occurred_at: Option<SentDateTime>,
    /// Opaque, at most 256 bytes; stored only as a keyed hash.
    user_id: Option<String>,
    /// Opaque, at most 256 bytes; stored only as a keyed hash.
    session_id: Option<String>,
    /// By `User-Agent` when left out.
    device: Option<Device>,
    /// Product token such as `web/2.1`; 64 characters at most. By `User-Agent` when left out.
    client: Option<String>,
    /// ISO 3166-1 alpha-2; anything else rejects this event only. By a trusted proxy's header when left out.
    country: Option<String>,
}

/// What became of the events.
#[derive(SimpleObject)]
pub(crate) struct RecordUsagePayload {
    /// Events that are recorded, for good.
    #[graphql(complexity = 0)]
    accepted: i32,
    /// Events whose id was recorded before.
    #[graphql(complexity = 0)]
    duplicates: i32,
    /// Events that are not recorded, in their order.
    #[graphql(complexity = 0)]
    rejected: Vec<UsageRejection>,
}

/// An event that is not recorded, and why.
#[derive(SimpleObject)]
pub(crate) struct UsageRejection {
    /// Position in `events`.
    #[graphql(complexity = 0)]
    index: i32,
    #[graphql(complexity = 0)]
    code: UsageRejectionCode,
    #[graphql(complexity = 0)]
    message: String,
}

/// Why an event is not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "usage::RejectionCode")]
pub(crate) enum UsageRejectionCode {
    /// No icon has that name.
    UnknownIcon,
    /// It happened too long ago, or is yet to happen.
    OutOfRange,
    /// Something in it cannot be read.
    Invalid,
}

pub(crate) async fn record(context: &Context<'_>, input: RecordUsageInput) -> Result<RecordUsagePayload, Error> {
    authority::require(context, Scope::UsageWrite)?;
    let (count, max) = (input.events.len(), context.data_unchecked::<Limits>().max_batch);
    if count == 0 {
        return Err(bad_user_input(format!("`events` has 1 to {max} events")));
    }
    if count > max {
        return Err(LimitExceeded {
            limit: "maxBatch",
            max,
            actual: Some(count),
        }
        .into());
    }
    let events = input.events.into_iter().map(SentEvent::from).collect();
    let agent = context.data_unchecked::<Agent>();
    let usage = context.data_unchecked::<Usage>();
    let recorded = usage.record(loaders(context).catalog(), events, agent).await;
    Ok(recorded.map_err(|error| Failure::log_recording(&error))?.into())
}

impl From<UsageEventInput> for SentEvent {
    fn from(input: UsageEventInput) -> Self {
        Self {
            id: input.id.map(|id| id.0),
            icon: input.icon,
            kind: Some(usage::UsageKind::from(input.kind).as_str().into()),
            occurred_at: input.occurred_at.map(|instant| instant.0),
            user_id: input.user_id,
            session_id: input.session_id,
            device: input.device.map(|device| usage::Device::from(device).as_str().into()),
            client: input.client,
            country: input.country,
        }
    }
}

impl From<Recorded> for RecordUsagePayload {
    fn from(recorded: Recorded) -> Self {
        let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let rejected = recorded.rejected.into_iter().map(|rejection| UsageRejection {
            index: count(rejection.index),
            code: rejection.code.into(),
            message: rejection.message,
        });
        Self {
            accepted: count(recorded.accepted),
            duplicates: count(recorded.duplicates),
            rejected: rejected.collect(),
        }
    }
}
