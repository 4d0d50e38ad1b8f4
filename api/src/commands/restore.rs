//! `iconql restore`.

use std::path::PathBuf;

use clap::Args;
use domain::backup::{Backup, RestoreTerms};

use super::{
    CommandError,
    backup::{described, progress_bar, show},
    explain,
    import::{announce, now_ms},
    keys::instant,
    migrate::{known_status, open_migrated},
    print,
};
use crate::config::Config;

/// What to restore.
#[derive(Debug, Clone, Args)]
pub struct RestoreArgs {
    /// What `iconql backup` wrote, on whichever engine
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) async fn run(config: &Config, arguments: &RestoreArgs) -> Result<(), CommandError> {
    // Looked at before a database is made for it.
    let bar = progress_bar("checked");
    let backup = Backup::open(&arguments.file, |done, total| {
        show(&bar, done, total);
    })
    .await;
    bar.finish_and_clear();
    let backup = backup?;
    let database = open_migrated(&config.database_for_work()).await?;
    let terms = RestoreTerms {
        migrations: known_status(&database).await?.applied,
        hash_key: config.usage().hash_key,
        now_ms: now_ms(),
    };
    let said = format!(
        "The backup of {} is restored: {}.",
        instant(backup.taken_at_ms()),
        described(&backup.contents())
    );
    let bar = progress_bar("restored");
    let restored = backup
        .restore(&database, &terms, |done, total| {
            show(&bar, done, total);
        })
        .await;
    bar.finish_and_clear();
    let restored = restored?;
    announce(config, &database).await;
    let closed = database.close().await;
    print(&said)?;
    if restored.has_other_usage_key {
        explain(
            "Its users and sessions were hashed with another key than the one in force here, so that who comes again counts as new: \
             serve with the USAGE_HASH_KEY of then, if you have it.",
        );
    } else if terms.hash_key.is_none() {
        explain("Servers that ran over this database meanwhile hash users with its former key: start them again.");
    }
    Ok(closed?)
}
