//! `iconql backup`.

use std::path::PathBuf;

use clap::Args;
use domain::{
    backup::{Contents, TakeTerms, take},
    database::{Database, OpenMode},
};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use super::{CommandError, import::now_ms, migrate::known_status, print};
use crate::config::Config;

/// Where to write a backup.
#[derive(Debug, Clone, Args)]
pub struct BackupArgs {
    /// Where to write it. The file comes into being once it is whole
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace a FILE that is there
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(config: &Config, arguments: &BackupArgs) -> Result<(), CommandError> {
    // Servers work with it: nothing is made and nothing is migrated.
    let database = Database::open(&config.database_for_work(), OpenMode::Existing).await?;
    let status = known_status(&database).await?;
    let migration = match status.applied.last() {
        Some(migration) if status.is_current() => migration.clone(),
        _ => return Err(CommandError::BackupOfOlder(status.pending.len())),
    };
    let terms = TakeTerms {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        migration,
        hash_key: config.usage().hash_key,
        now_ms: now_ms(),
        may_replace: arguments.force,
    };
    let bar = progress_bar("backed up");
    let taken = take(&database, &arguments.file, &terms, |done, total| {
        show(&bar, done, total);
    })
    .await;
    bar.finish_and_clear();
    let contents = taken?;
    let closed = database.close().await;
    print(&format!("{} has {}.", arguments.file.display(), described(&contents)))?;
    Ok(closed?)
}

/// What a backup holds, in a sentence's words.
pub(super) fn described(contents: &Contents) -> String {
    let counted = |count: i64, one: &str, many: &str| {
        let what = if count == 1 { one } else { many };
        format!("{} {what}", HumanCount(count.unsigned_abs()))
    };
    format!(
        "{}, {}, {} and {} of your own, {} in all",
        counted(contents.events, "event of usage", "events of usage"),
        counted(contents.keys, "key", "keys"),
        counted(contents.synonym_groups, "group of synonyms", "groups of synonyms"),
        counted(contents.sets, "set with icons", "sets with icons"),
        counted(contents.rows, "row", "rows"),
    )
}

/// A bar of rows. It draws nothing where nobody watches.
pub(super) fn progress_bar(done: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} rows {msg}  {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style).with_message(done)
}

pub(super) fn show(bar: &ProgressBar, done: i64, total: i64) {
    bar.set_length(total.unsigned_abs());
    bar.set_position(done.unsigned_abs());
}
