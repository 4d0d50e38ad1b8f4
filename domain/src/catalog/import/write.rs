//! Writing one set: everything in one transaction, which also takes the next generation and tells the feed.

use super::{
    NewSet, SetError,
    difference::Difference,
    report::{SetOutcome, SetReport},
    row::Stamp,
    set_row,
    writer::Writer,
};
use crate::{
    catalog::ChangeKind,
    database::{Database, DatabaseError},
};

/// Makes the catalog hold `set` and nothing else under its prefix. A set without icons never takes stored ones away.
pub(super) async fn write_set(database: &Database, set: NewSet, now_ms: i64) -> Result<SetReport, DatabaseError> {
    let NewSet {
        facts: mut set,
        rows,
        source_hash,
    } = set;
    let prefix = set.prefix.clone();
    let mut skipped = std::mem::take(&mut set.skipped);
    let writer = Writer::begin(database, &prefix).await?;

    let next_generation = writer.lock().await? + 1;
    let existing = writer.existing().await?;
    if rows.is_empty() && !existing.rows.is_empty() {
        let stored = existing.rows.len();
        return Ok(SetReport::failed(prefix, &SetError::NothingLeft { stored }));
    }
    let mut difference = Difference::between(existing, rows);
    skipped.append(&mut difference.skipped);
    let characters = writer.characters_differ(&set.characters).await?;
    let old_set = writer.set_row().await?;
    let facts = set_row::facts(&set, now_ms);
    let facts_differ = old_set.as_ref().is_none_or(|old| !old.says_the_same_as(&facts));
    let written = !difference.is_empty() || characters || facts_differ;

    let outcome = if written {
        let outcome = outcome(&difference, next_generation);
        writer.take_generation(next_generation).await?;
        writer.tell(&difference.changes, next_generation, now_ms).await?;
        let stamp = Stamp::new(next_generation, now_ms);
        writer.write_icons(difference, |_| stamp).await?;
        if characters {
            writer.replace_characters(&set.characters).await?;
        }
        let first_generation = old_set.map_or(next_generation, |old| old.first_generation);
        writer
            .replace_set_row(&facts, (first_generation, next_generation), &source_hash)
            .await?;
        outcome
    } else {
        writer.remember_source(source_hash).await?;
        SetOutcome::Unchanged
    };
    writer.commit().await?;
    Ok(SetReport {
        label: prefix,
        outcome,
        skipped,
    })
}

fn outcome(difference: &Difference, generation: i64) -> SetOutcome {
    SetOutcome::Written {
        generation,
        added: difference.count(ChangeKind::Added),
        changed: difference.count(ChangeKind::Changed),
        hidden: difference.count(ChangeKind::Hidden),
        removed: difference.count(ChangeKind::Removed),
    }
}
