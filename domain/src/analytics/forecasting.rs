//! Usage that is to be expected, from how it was.

use super::{
    Analytics, AnalyticsError, Interval, UsageTarget,
    forecast::{Forecast, MAX_CONFIDENCE, MAX_HISTORY, MAX_HORIZON, MIN_CONFIDENCE, forecast},
};
use crate::{
    database::DatabaseError,
    search::compute,
    usage::{Cells, Tier, counts},
};

/// Days of history, of forecasts of days and of weeks.
const DAYS: usize = 1_096;

/// What is wanted of a forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForecastRequest {
    /// Not by the minute.
    pub interval: Interval,
    /// Intervals, 1 to 366. The first is the one that goes on.
    pub horizon: usize,
    /// How often the truth is to lie between the bounds, 0.5 to 0.999.
    pub confidence: f64,
}

impl Analytics {
    /// What is to be expected, and when the first of its intervals begins. None where history is too short or too odd to say anything.
    ///
    /// # Errors
    /// Where something is asked for that cannot be answered, and where the database fails.
    pub async fn forecast(
        &self,
        target: &UsageTarget,
        request: ForecastRequest,
        now_ms: i64,
    ) -> Result<Option<(i64, Forecast)>, AnalyticsError> {
        let ForecastRequest {
            interval,
            horizon,
            confidence,
        } = request;
        if !(1..=MAX_HORIZON).contains(&horizon) {
            return Err(AnalyticsError::Unanswerable("`horizon` is 1 to 366 intervals"));
        }
        if !(MIN_CONFIDENCE..=MAX_CONFIDENCE).contains(&confidence) {
            return Err(AnalyticsError::Unanswerable("`confidence` is 0.5 to 0.999"));
        }
        let begin_ms = interval.begin_ms(now_ms);
        let history = match interval {
            Interval::Minute => {
                return Err(AnalyticsError::Unanswerable(
                    "minutes cannot be forecast: take `interval: HOUR` or a longer one",
                ));
            }
            Interval::Hour => self.history(target, (Tier::Hour, begin_ms), MAX_HISTORY).await?,
            Interval::Day => self.history(target, (Tier::Day, begin_ms), DAYS).await?,
            Interval::Week => {
                let days = self.history(target, (Tier::Day, begin_ms), DAYS / 7 * 7).await?;
                days.chunks(7).map(|week| week.iter().sum::<f64>()).collect()
            }
        };
        let forecast = compute(|| forecast(&history, interval, horizon, confidence)).await;
        Ok(forecast.map(|forecast| (begin_ms, forecast)))
    }

    /// How often something was used in each of the last buckets before an instant, the oldest first.
    async fn history(
        &self,
        target: &UsageTarget,
        (tier, end_ms): (Tier, i64),
        length: usize,
    ) -> Result<Vec<f64>, DatabaseError> {
        let end = tier.bucket(end_ms);
        let begin = end.saturating_sub(i32::try_from(length).unwrap_or(i32::MAX));
        let (buckets, targets) = ((begin..end).collect::<Vec<i32>>(), [target.cell()]);
        let cells = Cells {
            tier,
            buckets: &buckets,
            targets: &targets,
        };
        let mut history = vec![0.0; buckets.len()];
        for ((bucket, _), count) in counts(&self.database, cells).await? {
            #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
            let count = count as f64;
            if let Some(known) = usize::try_from(bucket - begin)
                .ok()
                .and_then(|place| history.get_mut(place))
            {
                *known = count;
            }
        }
        Ok(history)
    }
}
