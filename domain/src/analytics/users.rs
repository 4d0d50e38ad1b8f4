//! Who uses icons, and how many at a time.

use super::{Analytics, AnalyticsError, Dimension, Share, TimeRange, UsageTarget};
use crate::{
    database::{Columns, DatabaseError},
    usage::{Tally, Target, Tier},
};

/// What users did in a range. They are told apart to about 2 %; few are counted exactly.
#[derive(Debug, Clone, PartialEq)]
pub struct UserBehavior {
    pub active: u64,
    /// Those of whom nothing is known before.
    pub new: u64,
    pub returning: u64,
    pub sessions: u64,
    /// Different icons in a session, on average; 0 where there was no session.
    pub icons_per_session: f64,
    /// What falls on each hour of the day.
    pub by_hour: Vec<Share>,
}

impl Analytics {
    /// Who used anything in `range`, in whole hours.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn users(&self, range: TimeRange) -> Result<UserBehavior, AnalyticsError> {
        let range = range.in_hours();
        let targets = [Target::ALL, Target::SESSIONS, Target::SESSION_ICONS];
        let [mut users, mut sessions, mut pairs] = [const { None::<Tally> }; 3];
        for (tier, buckets) in range.cells() {
            self.each_tally((tier, &buckets), &targets, |_, target, tally| {
                let all = match target {
                    Target::ALL => &mut users,
                    Target::SESSIONS => &mut sessions,
                    _ => &mut pairs,
                };
                all.get_or_insert_default().merge(tally);
            })
            .await?;
        }
        let [users, sessions, pairs] = [users, sessions, pairs].map(Option::unwrap_or_default);
        let before = self.users_before(range).await?;
        let mut ever = before.clone();
        ever.merge(&users);
        let active = users.users.count();
        let new = ever.users.count().saturating_sub(before.users.count()).min(active);
        let (session_count, pair_count) = (sessions.users.count(), pairs.users.count());
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let icons_per_session = if session_count == 0 {
            0.0
        } else {
            pair_count as f64 / session_count as f64
        };
        Ok(UserBehavior {
            active,
            new,
            returning: active - new,
            sessions: session_count,
            icons_per_session,
            by_hour: self
                .distribution(&UsageTarget::Everything, range, (Dimension::HourOfDay, usize::MAX))
                .await?,
        })
    }

    /// Everybody of whom anything is known before a range of whole hours.
    async fn users_before(&self, range: TimeRange) -> Result<Tally, DatabaseError> {
        let mut before = Tally::default();
        let sql = "SELECT bucket FROM usage_day ORDER BY bucket LIMIT 1";
        let rows = self.database.query("first_usage", sql, vec![]).await?;
        let Some(row) = rows.first() else { return Ok(before) };
        let first: i32 = Columns::of(row)?.next()?;
        let first_ms = i64::from(first) * Tier::Day.length_ms();
        for (tier, buckets) in range.cells_since(first_ms) {
            self.each_tally((tier, &buckets), &[Target::ALL], |_, _, tally| before.merge(tally))
                .await?;
        }
        Ok(before)
    }
}
