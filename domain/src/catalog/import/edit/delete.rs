//! Deleting names of sets.

use std::collections::HashMap;

use super::Edit;
use crate::{
    catalog::{
        Catalog, IconId, IconName,
        import::{difference::Existing, writer::Writer},
    },
    database::DatabaseError,
};

/// How many sets may lose names at once: the names of each are read whole, while no one else can write.
pub const MAX_EDITED_SETS: usize = 10;

/// Aliases that are named as the reason for which something stays.
const SHOWN_ALIASES: usize = 5;

/// What became of names that were to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteIcons {
    /// They are gone.
    Deleted {
        /// Since when; none where nothing was to be deleted.
        generation: Option<i64>,
    },
    /// Nothing was done.
    Refused(Vec<DeleteFault>),
}

/// Why names cannot be deleted. Each place is one among the names that were given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeleteFault {
    #[error(
        "the names are of {0} sets, and may be of {MAX_EDITED_SETS} at once: delete those of the other sets by another request"
    )]
    TooManySets(usize),
    #[error("there is no icon of this name")]
    NotFound { place: usize },
    #[error(
        "it has aliases, which would draw nothing: {aliases}. Delete them in the same input, or put icons in their place first"
    )]
    HasAliases { place: usize, aliases: String },
}

impl DeleteFault {
    /// The name that is at fault.
    pub fn place(&self) -> Option<usize> {
        match self {
            Self::TooManySets(_) => None,
            Self::NotFound { place } | Self::HasAliases { place, .. } => Some(*place),
        }
    }
}

/// Names of one set, by row, and the first place at which each was given.
type Doomed = HashMap<i64, usize>;

impl Catalog {
    /// Deletes `names`, aliases or not, all of them or none, in one transaction, and in one generation for each set.
    ///
    /// What others are aliases of is not deleted without them: some of those are icons in their own right, such as the arrow to the
    /// left that is the one to the right, turned, and nobody would expect those to go too.
    pub async fn delete_icons(&self, names: &[IconName], now_ms: i64) -> Result<DeleteIcons, DatabaseError> {
        let sets = by_set(names);
        if sets.is_empty() {
            return Ok(DeleteIcons::Deleted { generation: None });
        }
        if sets.len() > MAX_EDITED_SETS {
            return Ok(DeleteIcons::Refused(vec![DeleteFault::TooManySets(sets.len())]));
        }
        let mut writer = Writer::of_request(&self.database, sets[0].0).await?;
        let mut generation = writer.lock().await?;
        let (mut edits, mut faults) = (Vec::new(), Vec::new());
        for (prefix, doomed) in &sets {
            writer = writer.on_set(prefix);
            match plan(&writer, prefix, doomed).await? {
                Ok(edit) => edits.push((*prefix, edit)),
                Err(of_set) => faults.extend(of_set),
            }
        }
        if !faults.is_empty() {
            faults.sort_by_key(DeleteFault::place);
            return Ok(DeleteIcons::Refused(faults));
        }
        for (prefix, edit) in edits {
            generation += 1;
            writer = writer.on_set(prefix);
            edit.write(&writer, &[], (generation, now_ms)).await?;
        }
        writer.take_generation(generation).await?;
        writer.commit().await?;
        self.has_made(generation).await;
        let generation = Some(generation);
        Ok(DeleteIcons::Deleted { generation })
    }
}

/// The names of each set, in the order in which the sets are named first.
fn by_set(names: &[IconName]) -> Vec<(&str, Doomed)> {
    let mut sets: Vec<(&str, Doomed)> = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let known = sets.iter().position(|(prefix, _)| *prefix == name.prefix());
        let known = known.unwrap_or_else(|| {
            sets.push((name.prefix(), Doomed::new()));
            sets.len() - 1
        });
        sets[known].1.entry(IconId::of(name).0).or_insert(place);
    }
    sets
}

/// What becomes of one set, or why that cannot be.
async fn plan(
    writer: &Writer<'_>,
    prefix: &str,
    doomed: &Doomed,
) -> Result<Result<Edit, Vec<DeleteFault>>, DatabaseError> {
    let not_found = |place: &usize| DeleteFault::NotFound { place: *place };
    let Some(set) = writer.edited_set().await? else {
        return Ok(Err(doomed.values().map(not_found).collect()));
    };
    let existing = writer.existing().await?;
    let missing = doomed.iter().filter(|(id, _)| !existing.rows.contains_key(id));
    let mut faults: Vec<DeleteFault> = missing.map(|(_, place)| not_found(place)).collect();
    faults.extend(left_alone(&existing, doomed));
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    let ids: Vec<i64> = doomed.keys().copied().collect();
    Ok(Ok(set.edit(prefix, existing, Vec::new(), &ids)?))
}

/// Names whose aliases would stay without them.
fn left_alone(existing: &Existing, doomed: &Doomed) -> Vec<DeleteFault> {
    let mut aliases: HashMap<usize, Vec<&str>> = HashMap::new();
    for (id, row) in &existing.rows {
        let parent = row.facts.parent_id.and_then(|parent_id| doomed.get(&parent_id));
        if let Some(place) = parent.filter(|_| !doomed.contains_key(id)) {
            aliases.entry(*place).or_default().push(&row.key);
        }
    }
    let fault = |(place, mut aliases): (usize, Vec<&str>)| {
        aliases.sort_unstable();
        let shown = aliases.len().min(SHOWN_ALIASES);
        let mut text = aliases[..shown].join(", ");
        if aliases.len() > shown {
            text.push_str(&format!(" and {} more", aliases.len() - shown));
        }
        DeleteFault::HasAliases { place, aliases: text }
    };
    aliases.into_iter().map(fault).collect()
}
