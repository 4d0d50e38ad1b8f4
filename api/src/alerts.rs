//! Looks at the service every few seconds, by the figures that `/metrics` shows, and has alerts fire by what it finds.
//!
//! `figures` sums up the last minutes, `rules` says what of that is wrong, and `webhook` sends what fires and is resolved to where the
//! configuration says. How long something has to be wrong, that it fires once, and who else is told, is the domain's.

mod figures;
mod rules;
mod webhook;

use std::time::{Duration, Instant};

use domain::{
    access::Clock,
    alerts::{Alerts, AlertsConfig},
    catalog::Catalog,
    database::{Database, DatabaseConfig, DatabaseError, OpenMode},
    usage::{Lag, RollUpLag},
};
use schema::Vitals as _;
use tokio::{
    task::JoinSet,
    time::{Instant as TokioInstant, MissedTickBehavior, interval_at, timeout},
};

pub(crate) use rules::RULES;
pub use webhook::WebhookError;

use self::{
    figures::{Counts, Samples, Stretches},
    rules::{Burn, Rules, Seen},
    webhook::Webhook,
};
use crate::{
    config::Config,
    server::{Observed, ServeError, headroom},
    telemetry,
};

/// How often to look what other instances fired.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// How long a look waits for the database, to be told what is pending and again to store what fires. Nothing else of it does.
const PATIENCE: Duration = Duration::from_secs(5);

/// A sample for the budgets is kept so often.
const SAMPLE_PAUSE: Duration = Duration::from_secs(10);

/// Looks, and says what it sees.
struct Evaluator {
    alerts: Alerts,
    rules: Rules,
    catalog: Catalog,
    observed: Observed,
    lag: RollUpLag,
    stretches: Stretches,
    samples: Samples,
    is_lost: bool,
}

/// Begins to look, to send, and to hear of what others fire.
pub(crate) async fn begin(
    config: &Config,
    catalog: &Catalog,
    observed: &Observed,
    background: &mut JoinSet<()>,
) -> Result<Alerts, ServeError> {
    let (own, webhook) = if config.alerts.alerts_enabled {
        let url = config.alerts.alert_webhook_url.as_ref();
        (Some(own_connection(config).await?), url.map(Webhook::new).transpose()?)
    } else {
        (None, None)
    };
    let to_domain = AlertsConfig {
        instance: observed.vitals.instance().to_owned(),
        timing: config.alerts.timing(),
        is_told: webhook.is_some(),
    };
    let clock: Clock = observed.clock.clone();
    let (alerts, to_tell) = Alerts::open(catalog, own.clone(), to_domain, clock).await?;
    let kept = alerts.clone();
    background.spawn(async move { kept.keep(LOOK_PAUSE).await });
    if let (Some(webhook), Some(to_tell)) = (webhook, to_tell) {
        background.spawn(webhook.run(alerts.clone(), to_tell));
    }
    if let Some(own) = own {
        let now = Instant::now();
        let evaluator = Evaluator {
            alerts: alerts.clone(),
            rules: Rules::new(config),
            catalog: catalog.clone(),
            observed: observed.clone(),
            lag: RollUpLag::new(own),
            stretches: Stretches::new(now, config.alerts.window()),
            samples: Samples::new(now, SAMPLE_PAUSE, rules::LONGEST_WINDOW),
            is_lost: false,
        };
        background.spawn(evaluator.run(config.alerts.interval()));
    }
    Ok(alerts)
}

/// What fires because no connection is left has to be stored too.
async fn own_connection(config: &Config) -> Result<Database, DatabaseError> {
    let of_one = DatabaseConfig {
        pool_size: Some(1),
        pool_min: Some(0),
        ..config.database()
    };
    Database::open(&of_one, OpenMode::Existing).await
}

impl Evaluator {
    /// Looks again and again, for as long as it is polled.
    async fn run(mut self, pause: Duration) {
        let mut ticks = interval_at(TokioInstant::now() + pause, pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.count();
        loop {
            ticks.tick().await;
            let seen = self.look().await;
            let readings = self.rules.readings(&seen);
            // Whatever is not stored by then is with the next look.
            let failure = match timeout(PATIENCE, self.alerts.observe(&readings)).await {
                Ok(stored) => stored.err().map(|error| error.to_string()),
                Err(_) => Some(format!("the database did not answer within {} s", PATIENCE.as_secs())),
            };
            if let Some(error) = &failure {
                metrics::counter!("alert_store_failures_total").increment(1);
                if !self.is_lost {
                    tracing::warn!(error, "alerts cannot be stored for the moment");
                }
            }
            self.is_lost = failure.is_some();
        }
    }

    /// Takes what was counted since the last look.
    fn count(&mut self) {
        let now = Instant::now();
        let counted = telemetry::take_counted();
        let popular = self.catalog.cache().popular_lookups();
        let counts = Counts {
            requests: counted.requests,
            failed: counted.failed,
            popular,
        };
        self.stretches.note(now, counts, &counted.durations);
        self.samples.note(now, counts);
    }

    async fn look(&mut self) -> Seen {
        self.count();
        let behind = timeout(PATIENCE, self.lag.look()).await.ok().and_then(Result::ok);
        if let Some(behind) = behind {
            metrics::gauge!("usage_rollup_behind_seconds").set(behind.time());
        }
        let burn = |windows: [Duration; 2]| Burn {
            long: self.samples.last(windows[0]),
            short: self.samples.last(windows[1]),
        };
        Seen {
            lately: self.stretches.sum(),
            fast: burn(rules::FAST_WINDOWS),
            slow: burn(rules::SLOW_WINDOWS),
            pool: self.catalog.pool_state(),
            resident_bytes: self.observed.vitals.over(LOOK_PAUSE).resident_bytes,
            headroom: headroom(),
            replica: telemetry::most_behind(Instant::now()),
            behind: behind.map(|lag| match lag {
                Lag::Exactly(time) => (time, true),
                Lag::AtLeast(time) => (time, false),
            }),
        }
    }
}
