use std::sync::Arc;

use async_graphql::{Context, Enum, Error, ID, InputObject, Object, SimpleObject};
use domain::{
    access::{Client, Scope},
    alerts::{self, Acknowledgement, AlertFollower},
};
use futures_util::{Stream, stream};

use super::user_error::{UserError, UserErrorCode};
use crate::{
    administration::administration,
    authority::{self, Caller},
    errors::Failure,
    global_id::GlobalId,
    scalars::DateTime,
};

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "alerts::Severity")]
pub(crate) enum Severity {
    /// Good to know.
    Info,
    /// It should be looked into today.
    Warning,
    /// It should be looked into now.
    Critical,
}

/// Whether it still is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "alerts::AlertState")]
pub(crate) enum AlertState {
    Firing,
    Resolved,
}

/// Something that was wrong with the service, and may still be. It can be looked at for thirty days after it was resolved.
pub(crate) struct Alert(pub(crate) Arc<alerts::Alert>);

#[Object(cache_control(no_cache, private))]
impl Alert {
    #[graphql(complexity = 0)]
    pub(crate) async fn id(&self) -> ID {
        GlobalId::of_alert(self.0.id)
    }

    /// What it is about, as `latency_p95` or `pool_exhausted`.
    #[graphql(complexity = 0)]
    async fn rule(&self) -> &str {
        &self.0.rule
    }

    #[graphql(complexity = 0)]
    async fn severity(&self) -> Severity {
        self.0.severity.into()
    }

    #[graphql(complexity = 0)]
    async fn state(&self) -> AlertState {
        self.0.state.into()
    }

    /// What was measured when it fired; once it is resolved, what was measured then.
    #[graphql(complexity = 0)]
    async fn value(&self) -> f64 {
        self.0.value
    }

    /// What that is compared with.
    #[graphql(complexity = 0)]
    async fn threshold(&self) -> f64 {
        self.0.threshold
    }

    /// What was wrong when it fired, for people. It begins with the instance that it is about.
    #[graphql(complexity = 0)]
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// When it fired.
    #[graphql(complexity = 0)]
    async fn since(&self) -> DateTime {
        DateTime::from_unix_ms(self.0.since_ms)
    }

    /// Whether somebody has seen it, and said so by `acknowledgeAlert`.
    #[graphql(complexity = 0)]
    async fn acknowledged(&self) -> bool {
        self.0.acknowledged.is_some()
    }

    /// The instance that it is about: its host and port. Null where it is about all of them.
    #[graphql(complexity = 0)]
    async fn instance(&self) -> Option<&str> {
        self.0.instance.as_deref()
    }

    /// Null while it fires.
    #[graphql(complexity = 0)]
    async fn resolved_at(&self) -> Option<DateTime> {
        self.0.resolved_ms.map(DateTime::from_unix_ms)
    }

    #[graphql(complexity = 0)]
    async fn acknowledged_at(&self) -> Option<DateTime> {
        let acknowledged = self.0.acknowledged.as_ref();
        acknowledged.map(|acknowledged| DateTime::from_unix_ms(acknowledged.at_ms))
    }

    /// Who acknowledged it first: the key's number as `iconql keys list` shows it, as `key/3`, or the address of somebody without one.
    #[graphql(complexity = 0)]
    async fn acknowledged_by(&self) -> Option<&str> {
        self.0
            .acknowledged
            .as_ref()
            .map(|acknowledged| acknowledged.by.as_str())
    }
}

#[derive(InputObject)]
pub(crate) struct AcknowledgeAlertInput {
    id: ID,
}

#[derive(SimpleObject)]
pub(crate) struct AcknowledgeAlertPayload {
    /// As it is now. Who acknowledged it before stays who did.
    alert: Option<Alert>,
    user_errors: Vec<UserError>,
}

pub(crate) async fn acknowledge(
    context: &Context<'_>,
    input: &AcknowledgeAlertInput,
) -> Result<AcknowledgeAlertPayload, Error> {
    authority::require(context, Scope::Admin)?;
    let refused = |code, message: &str| {
        let field = Some(vec!["id".to_owned()]);
        let message = message.to_owned();
        Ok(AcknowledgeAlertPayload {
            alert: None,
            user_errors: vec![UserError { field, code, message }],
        })
    };
    let Ok(GlobalId::Alert(id)) = GlobalId::parse(&input.id) else {
        return refused(UserErrorCode::Invalid, "this is no id of an alert");
    };
    let caller = context
        .data_opt::<Caller>()
        .map_or_else(Client::default, |caller| caller.client);
    let acknowledged = administration(context)
        .alerts
        .acknowledge(id, &caller.to_string())
        .await;
    match acknowledged.map_err(|error| Failure::log(&error))? {
        Acknowledgement::Done(alert) | Acknowledgement::Before(alert) => Ok(AcknowledgeAlertPayload {
            alert: Some(Alert(alert)),
            user_errors: Vec::new(),
        }),
        Acknowledgement::NoSuchAlert => refused(UserErrorCode::NotFound, "there is no such alert, or no longer"),
    }
}

/// Those that fire, the most severe first.
pub(crate) fn active(context: &Context<'_>) -> Vec<Alert> {
    administration(context).alerts.active().into_iter().map(Alert).collect()
}

/// Those that fire, and then each as it fires or is resolved.
pub(crate) fn follow(context: &Context<'_>) -> impl Stream<Item = Alert> + use<> {
    let follower = administration(context).alerts.follow();
    stream::unfold(follower, |mut follower: AlertFollower| async move {
        let alert = follower.next().await?;
        Some((Alert(alert), follower))
    })
}
