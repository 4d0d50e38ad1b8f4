use async_graphql::{Context, Error, SimpleObject};
use domain::analytics::{self, ForecastRequest};

use super::{
    answers,
    arguments::{Interval, UsageTarget, target},
    failed,
};
use crate::{scalars::DateTime, service::ServiceFacts};

/// What is to be expected.
#[derive(SimpleObject)]
pub(crate) struct Forecast {
    /// In the field's notation, such as `MSTL(7) + ETS(A,Ad,N)`.
    #[graphql(complexity = 0)]
    model: String,
    /// Backtest error on the last horizon, sMAPE from 0 to 2: how wrong the same model was about the newest intervals when it was told only of
    /// those before. Null where history is too short for that.
    #[graphql(complexity = 0)]
    backtest_smape: Option<f64>,
    #[graphql(complexity = "child_complexity")]
    points: Vec<ForecastPoint>,
}

/// What is to be expected of one interval.
#[derive(SimpleObject)]
pub(crate) struct ForecastPoint {
    /// When it begins.
    #[graphql(complexity = 0)]
    at: DateTime,
    #[graphql(complexity = 0)]
    value: f64,
    #[graphql(complexity = 0)]
    lower: f64,
    #[graphql(complexity = 0)]
    upper: f64,
}

pub(super) async fn read(
    context: &Context<'_>,
    of: Option<UsageTarget>,
    (interval, horizon, confidence): (Interval, i32, f64),
) -> Result<Option<Forecast>, Error> {
    let (of, interval) = (target(of)?, interval.into());
    let request = ForecastRequest {
        interval,
        // What is negative is as wrong as 0.
        horizon: usize::try_from(horizon).unwrap_or_default(),
        confidence,
    };
    let now_ms = context.data_unchecked::<ServiceFacts>().now_ms();
    let forecast = answers(context).forecast(&of, request, now_ms).await.map_err(failed)?;
    Ok(forecast.map(|(begin_ms, forecast)| Forecast::of(forecast, begin_ms, interval)))
}

impl Forecast {
    fn of(forecast: analytics::Forecast, begin_ms: i64, interval: analytics::Interval) -> Self {
        let begins = std::iter::successors(Some(begin_ms), |begin_ms| Some(interval.next_ms(*begin_ms)));
        let points = forecast.points.into_iter().zip(begins);
        Self {
            model: forecast.model,
            backtest_smape: forecast.backtest_smape,
            points: points
                .map(|(point, at_ms)| ForecastPoint {
                    at: DateTime::from_unix_ms(at_ms),
                    value: point.value,
                    lower: point.lower,
                    upper: point.upper,
                })
                .collect(),
        }
    }
}
