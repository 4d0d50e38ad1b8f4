//! `iconql import --keywords`.

use std::{fmt::Write as _, path::PathBuf, time::Instant};

use domain::catalog::{
    import::{Importer, KeywordReport, KeywordSetReport, PackageReport},
    keywords::read_packages,
};

use super::{announce, now_ms};
use crate::{
    commands::{CommandError, migrate::open_migrated, print},
    config::Config,
};

/// Skipped keywords shown of each package. Publishers' lists hold a few dozen, mostly of one kind.
const SHOWN_ITEMS: usize = 5;

pub(in crate::commands) async fn run(config: &Config, paths: &[PathBuf]) -> Result<(), CommandError> {
    let started = Instant::now();
    // Everything is read before anything is written: a package that is broken costs nothing.
    let packages = read_packages(paths)?;
    let database = open_migrated(&config.database_for_work()).await?;
    let report = Importer::new(database.clone(), now_ms())
        .import_keywords(packages)
        .await?;
    announce(config, &database).await;
    database.close().await?;
    print(&summary(&report, started.elapsed().as_secs_f64()))?;
    if report.sets().next().is_none() {
        return Err(CommandError::NoSetForKeywords);
    }
    Ok(())
}

/// Each package with its sets, what was left out, and a total.
fn summary(report: &KeywordReport, seconds: f64) -> String {
    let mut text = String::new();
    for package in &report.packages {
        describe_package(&mut text, package);
    }
    let sum = |count: fn(&KeywordSetReport) -> usize| report.sets().map(count).sum::<usize>();
    let changed = sum(|set| set.changed);
    let _ = writeln!(
        text,
        "{} sets in {seconds:.1} s: {} icons with {} tags, {changed} changed",
        report.sets().count(),
        sum(|set| set.icons),
        sum(|set| set.tags),
    );
    if changed == 0 {
        text.push_str("Nothing changed.\n");
    }
    text
}

fn describe_package(text: &mut String, package: &PackageReport) {
    let _ = writeln!(text, "{} {}, {}", package.name, package.version, package.license);
    for set in &package.sets {
        let _ = writeln!(
            text,
            "  {}: {} icons with {} tags, {} changed; {} names not found",
            set.prefix, set.icons, set.tags, set.changed, set.not_found
        );
    }
    if !package.absent.is_empty() {
        let sets = if package.absent.len() == 1 { "set" } else { "sets" };
        let absent = package.absent.join(", ");
        let _ = writeln!(text, "  {absent}: not in the catalog; import the {sets} first");
    }
    for item in package.skipped.iter().take(SHOWN_ITEMS) {
        let _ = writeln!(text, "  skipped {:?}: {}", item.icon, item.fault);
    }
    if package.skipped.len() > SHOWN_ITEMS {
        let _ = writeln!(text, "  and {} more", package.skipped.len() - SHOWN_ITEMS);
    }
}
