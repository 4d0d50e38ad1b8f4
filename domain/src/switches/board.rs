//! Turning a switch on every instance: it is written down, and each instance looks every second what was.
//!
//! An instance goes by what is turned while it runs. One that starts goes by its configuration, whatever was turned before: a
//! restart is what people try first when nothing else helps, and must lead to a state that is written where they look for it;
//! and what somebody turned off in an emergency does not stay off for months because nobody remembers. So a switch that is
//! to stay as it was turned belongs into the configuration.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Mutex, Notify},
    time::{MissedTickBehavior, interval},
};

use super::{Switch, Switches};
use crate::{
    catalog::Catalog,
    database::{Columns, Database, DatabaseError},
    redis::{self, Redis},
};

/// What is known of the settings before anybody has looked.
const NOTHING: i64 = -1;

/// The switches of this instance, and the way to those of others. Cheap to clone.
#[derive(Clone)]
pub struct SwitchBoard(Arc<Board>);

struct Board {
    switches: Switches,
    database: Database,
    /// Every setting up to this revision has been heeded, or was there before this instance.
    known: AtomicI64,
    /// One looks at a time.
    turn: Mutex<()>,
    /// Where instances tell each other that there is something to look at.
    redis: Option<(Redis, String)>,
    told: Notify,
}

impl SwitchBoard {
    /// Over the database of `catalog`. Its first look says from when on settings are heeded.
    pub fn new(catalog: &Catalog, switches: Switches) -> Self {
        let redis = catalog.cache().redis();
        Self(Arc::new(Board {
            switches,
            database: catalog.database().counted_by(Arc::default()),
            known: AtomicI64::new(NOTHING),
            turn: Mutex::default(),
            redis: redis.map(|(redis, namespace)| (redis.clone(), format!("{namespace}:switches"))),
            told: Notify::new(),
        }))
    }

    /// Those of this instance.
    pub fn switches(&self) -> &Switches {
        &self.0.switches
    }

    /// Turns a switch: here before this returns, everywhere else after a second at most.
    pub async fn set(&self, switch: Switch, is_on: bool) -> Result<(), DatabaseError> {
        let board = &*self.0;
        if board.known.load(Ordering::Relaxed) == NOTHING {
            self.look().await?;
        }
        let writing = board.database.write().await?;
        // Its row stays locked until the end, so that revisions become visible in their order.
        let sql = "UPDATE switch_state SET revision = revision + 1 WHERE id = 1 RETURNING revision";
        let rows = writing.query("next_switch_revision", sql, vec![]).await?;
        let revision: i64 = rows.first().map_or(Ok(0), |row| row.try_get_by_index(0))?;
        let sql = "INSERT INTO switch_setting (name, is_on, revision) VALUES ($1, $2, $3) \
                   ON CONFLICT (name) DO UPDATE SET is_on = excluded.is_on, revision = excluded.revision";
        let values = vec![switch.name().into(), is_on.into(), revision.into()];
        writing.query("set_switch", sql, values).await?;
        writing.commit().await?;
        self.look().await?;
        if let Some((redis, channel)) = &board.redis {
            // Others look by themselves, a little later.
            let _ = redis.tell(channel, b"look").await;
        }
        Ok(())
    }

    /// Turns what others have turned, with one statement where there is nothing.
    pub async fn look(&self) -> Result<(), DatabaseError> {
        let board = &*self.0;
        let _turn = board.turn.lock().await;
        let known = board.known.load(Ordering::Relaxed);
        // From the state on, so that one row always comes and tells the revision of the same moment.
        let sql = "SELECT state.revision, setting.name, setting.is_on FROM switch_state state \
                   LEFT JOIN switch_setting setting ON setting.revision > $1 ORDER BY setting.revision";
        let rows = board.database.query("switches", sql, vec![known.into()]).await?;
        let mut revision = 0;
        for row in &rows {
            let columns = &mut Columns::of(row)?;
            revision = columns.next()?;
            let (name, is_on): (Option<&str>, Option<bool>) = (columns.next()?, columns.next()?);
            // A switch that only a newer binary knows turns nothing here.
            if let (Some(switch), Some(is_on)) = (name.and_then(Switch::called), is_on)
                && known != NOTHING
                && board.switches.turn(switch, is_on)
            {
                tracing::warn!(switch = switch.name(), is_on, "a switch was turned");
            }
        }
        // A database that was put back to how it was has a smaller one.
        board.known.store(revision, Ordering::Relaxed);
        Ok(())
    }

    /// Looks every `pause`, and when another instance says so, for as long as it is polled.
    pub async fn keep(&self, pause: Duration) {
        let mut looks = interval(pause);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let looking = async {
            let mut is_lost = false;
            loop {
                tokio::select! {
                    _ = looks.tick() => {}
                    () = self.0.told.notified() => {}
                }
                let looked = self.look().await;
                if let Err(error) = &looked
                    && !is_lost
                {
                    tracing::warn!(%error, "what switches were turned cannot be looked at: they stay as they are");
                }
                is_lost = looked.is_err();
            }
        };
        match &self.0.redis {
            None => looking.await,
            Some((redis, channel)) => {
                let listening = redis::listen(redis.clone(), channel.clone(), |_| self.0.told.notify_one());
                tokio::join!(looking, listening);
            }
        }
    }
}
