//! `iconql import`.

pub(super) mod keywords;

use std::{
    fmt::Write as _,
    path::PathBuf,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use domain::{
    catalog::{
        Catalog, ChangeKind,
        import::{ImportReport, Importer, SetOutcome, SetReport, SetSource, find_sources},
    },
    database::Database,
};
use indicatif::{ProgressBar, ProgressStyle};

use super::{CommandError, migrate::open_migrated, print};
use crate::config::Config;

/// Skipped items shown of each set.
const SHOWN_ITEMS: usize = 20;

pub(super) async fn run(config: &Config, paths: &[PathBuf]) -> Result<(), CommandError> {
    let sources = find_sources(paths)?;
    let database = open_migrated(&config.database_for_work()).await?;
    let started = Instant::now();
    let progress = progress_bar(&sources);
    let importer = Importer::new(database.clone(), now_ms());
    let report = importer
        .import(sources, |source, set| {
            progress.inc(source.size_bytes());
            progress.set_message(set.label.clone());
        })
        .await;
    progress.finish_and_clear();
    let report = report?;
    announce(config, &database).await;
    database.close().await?;
    print(&summary(&report, started.elapsed().as_secs_f64()))?;
    match report.failed_sets() {
        0 => Ok(()),
        failed => Err(CommandError::SetsFailed(failed)),
    }
}

/// Tells servers of the import, where there is a Redis to tell them by. Otherwise they find out within a second.
pub(super) async fn announce(config: &Config, database: &Database) {
    let Some(redis) = config.redis.to_domain() else { return };
    if let Err(error) = Catalog::new(database.clone()).announce_change(&redis).await {
        tracing::warn!(%error, "servers could not be told of the import, and find out by themselves");
    }
}

/// Milliseconds since 1970, by the machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock; everything else is told"
)]
pub(super) fn now_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

/// A bar by bytes, because sets differ ten-thousandfold. It draws nothing where nobody watches.
fn progress_bar(sources: &[SetSource]) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes}  {eta} left  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(sources.iter().map(SetSource::size_bytes).sum()).with_style(style)
}

/// A line for each set that is not as it was, what was left out, and a total.
fn summary(report: &ImportReport, seconds: f64) -> String {
    let mut text = String::new();
    for set in &report.sets {
        describe_set(&mut text, set);
    }
    let unchanged = report
        .sets
        .iter()
        .filter(|set| matches!(set.outcome, SetOutcome::Unchanged))
        .count();
    let skipped: usize = report.sets.iter().map(|set| set.skipped.len()).sum();
    let _ = writeln!(
        text,
        "{} sets in {seconds:.1} s: {} added, {} changed, {} hidden, {} removed, {skipped} skipped; {unchanged} sets unchanged",
        report.sets.len(),
        report.count(ChangeKind::Added),
        report.count(ChangeKind::Changed),
        report.count(ChangeKind::Hidden),
        report.count(ChangeKind::Removed),
    );
    if unchanged == report.sets.len() {
        text.push_str("Nothing changed.\n");
    }
    text
}

fn describe_set(text: &mut String, set: &SetReport) {
    match &set.outcome {
        SetOutcome::Unchanged if set.skipped.is_empty() => {}
        SetOutcome::Unchanged => {
            let _ = writeln!(text, "{}: unchanged", set.label);
        }
        SetOutcome::Failed { reason } => {
            let _ = writeln!(text, "{}: not imported: {reason}", set.label);
        }
        SetOutcome::Written {
            added,
            changed,
            hidden,
            removed,
            ..
        } => {
            let counts = [
                (added, "added"),
                (changed, "changed"),
                (hidden, "hidden"),
                (removed, "removed"),
            ];
            let counts: Vec<String> = counts
                .iter()
                .filter(|(count, _)| **count > 0)
                .map(|(count, what)| format!("{count} {what}"))
                .collect();
            let counts = if counts.is_empty() {
                "description changed".to_owned()
            } else {
                counts.join(", ")
            };
            let _ = writeln!(text, "{}: {counts}", set.label);
        }
    }
    for item in set.skipped.iter().take(SHOWN_ITEMS) {
        let _ = writeln!(text, "  skipped {}: {}", item.what, item.reason);
    }
    if set.skipped.len() > SHOWN_ITEMS {
        let _ = writeln!(text, "  and {} more", set.skipped.len() - SHOWN_ITEMS);
    }
}
