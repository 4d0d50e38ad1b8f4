//! `iconql demo-usage`: usage that is made up.

use clap::Args;
use domain::{
    access::Clock,
    usage::{DemoConfig, count_together, make_up, roll_up_all},
};
use indicatif::{ProgressBar, ProgressStyle};

use super::{CommandError, import::now_ms, migrate::open_migrated, print};
use crate::config::Config;

/// How much usage to make up.
#[derive(Debug, Clone, Args)]
pub struct DemoUsageArgs {
    /// Days up to now
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3650), value_name = "DAYS")]
    days: u32,
    /// Events of a usual working day, about
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000), value_name = "COUNT")]
    events_per_day: u32,
    /// Makes the same usage of the same icons each time
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Although there is usage already
    #[arg(long)]
    add: bool,
}

pub(super) async fn run(config: &Config, arguments: &DemoUsageArgs) -> Result<(), CommandError> {
    let database = open_migrated(&config.database_for_work()).await?;
    let demo = DemoConfig {
        days: arguments.days,
        events_per_day: arguments.events_per_day,
        seed: arguments.seed,
    };
    // Weekends have less, so that the bar ends a little early.
    let bar = progress_bar(
        u64::from(arguments.days) * u64::from(arguments.events_per_day) * 4 / 5,
        "made up",
    );
    let made_up = make_up(&database, demo, (now_ms(), arguments.add), |events| {
        bar.set_position(events);
    })
    .await;
    bar.finish_and_clear();
    let events = made_up?;
    let bar = progress_bar(events, "summed up");
    let rolled_up = roll_up_all(&database, |events| {
        bar.set_position(events);
    })
    .await;
    bar.finish_and_clear();
    rolled_up?;
    count_together(&database, config.usage().retention_days, Clock::new(now_ms)).await?;
    let days = arguments.days;
    let closed = database.close().await;
    print(&format!(
        "{events} events of the last {days} days are made up. `iconql serve` shows them.\n"
    ))?;
    Ok(closed?)
}

/// It draws nothing where nobody watches.
fn progress_bar(events: u64, done: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} events {msg}  {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(events).with_style(style).with_message(done)
}
