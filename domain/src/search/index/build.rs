//! Making the index, whole or a set at a time. What readers see is swapped at the commit.

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use tantivy::{
    IndexWriter, Searcher, TantivyDocument, Term,
    indexer::{IndexWriterOptions, NoMergePolicy},
    schema::Field,
};

use super::{
    IndexFolder,
    icon_document::{self, RankedIcon},
    payload,
    source::{self, SetFacts, Tagged, Version},
};
use crate::{
    database::{Database, DatabaseError},
    search::{
        SearchError, rank,
        synonyms::{self, SynonymGroup},
        text,
    },
};

/// Memory for documents that are not written yet: enough for the whole catalog to become one segment.
const WRITER_BYTES: usize = 400_000_000;

/// More segments than this, or more changed sets, and the index is made anew: each costs every query a little.
const MOST_SEGMENTS: usize = 12;
const MOST_CHANGED_SETS: usize = 24;

/// What the index lacks, read from one moment of the catalog.
pub(crate) struct Change {
    version: Version,
    /// Icons of changed sets, or of all where the index is made anew.
    icons: Vec<RankedIcon>,
    /// The prefixes whose icons go first; none where everything goes.
    changed: Option<Vec<String>>,
    all_sets: Vec<SetFacts>,
    keywords: KeywordSources,
}

/// What the dictionary is made from.
struct KeywordSources {
    tagged: Vec<Tagged>,
    groups: Vec<SynonymGroup>,
}

/// The catalog's version at the moment.
pub(crate) async fn newest_version(database: &Database) -> Result<Version, DatabaseError> {
    Version::read(&database.query("generation", source::NEWEST_VERSION, vec![]).await?)
}

/// The version that the catalog had at `generation`.
pub(crate) async fn version_at(database: &Database, generation: i64) -> Result<Version, DatabaseError> {
    let rows = database
        .query("generation", source::VERSION_AT, vec![generation.into()])
        .await?;
    Version::read(&rows)
}

/// Reads what lies between the index and the catalog; none where there is nothing.
pub(crate) async fn plan(database: &Database, folder: &IndexFolder) -> Result<Option<Change>, SearchError> {
    let indexed = folder.version()?;
    let segments = folder.index.searchable_segment_ids()?.len();
    let snapshot = database.snapshot().await?;
    let change = read(&snapshot, indexed, segments).await;
    snapshot.end().await?;
    Ok(change?)
}

async fn read(
    snapshot: &crate::database::Snapshot,
    indexed: Version,
    segments: usize,
) -> Result<Option<Change>, DatabaseError> {
    let version = source::newest_version(snapshot).await?;
    if version == indexed {
        return Ok(None);
    }
    let all_sets = source::sets(snapshot).await?;
    let changed = source::changed_since(snapshot, indexed.generation).await?;
    // An index of another catalog says nothing of this one.
    let then = snapshot
        .query(source::VERSION_AT, vec![indexed.generation.into()])
        .await?;
    let is_of_this_catalog = indexed.generation > 0 && Version::read(&then)? == indexed;
    let anew = !is_of_this_catalog || segments >= MOST_SEGMENTS || changed.len() > MOST_CHANGED_SETS;
    let mut icons = Vec::new();
    for set in &all_sets {
        if anew || changed.contains(&set.prefix) {
            let rows = source::icons(snapshot, &set.prefix).await?;
            icons.extend(icon_document::ranked(rows, set));
        }
    }
    Ok(Some(Change {
        version,
        icons,
        changed: (!anew).then_some(changed),
        all_sets,
        keywords: KeywordSources {
            tagged: source::tagged(snapshot).await?,
            groups: source::synonym_groups(snapshot).await?,
        },
    }))
}

/// Writes a change and commits it. Takes seconds for the whole catalog, of a thread that may block.
pub(crate) fn write(folder: &IndexFolder, change: Change) -> Result<i64, SearchError> {
    // One thread: documents are added in the order of their ranks, and segments keep the order they are given.
    let options = IndexWriterOptions::builder()
        .num_worker_threads(1)
        .memory_budget_per_thread(WRITER_BYTES)
        .build();
    let mut writer: IndexWriter = folder.index.writer_with_options(options)?;
    writer.set_merge_policy(Box::new(NoMergePolicy));
    let Change {
        version,
        mut icons,
        changed,
        all_sets,
        keywords,
    } = change;
    match &changed {
        None => drop(writer.delete_all_documents()?),
        Some(prefixes) => {
            for prefix in prefixes {
                writer.delete_term(Term::from_field_text(folder.fields.prefix, prefix));
            }
        }
    }
    let fields = &folder.fields;
    icons.sort_unstable_by_key(|icon| (icon.rank, icon.row.id));
    add_keywords(&writer, folder, &icons, &keywords, changed.is_some())?;
    writer.delete_term(Term::from_field_text(fields.set_row, SET_ROW));
    for set in &all_sets {
        let mut document = TantivyDocument::new();
        document.add_text(fields.set_row, SET_ROW);
        document.add_text(fields.set_facts, serde_json::to_string(set).unwrap_or_default());
        writer.add_document(document)?;
    }
    let schema = folder.index.schema();
    let known = known(folder, changed.is_some())?;
    let mut of_name: HashMap<String, OfName> = HashMap::new();
    for icon in &icons {
        let name = of_name.entry(icon.joined()).or_insert_with_key(|name| OfName {
            total: known
                .as_ref()
                .map_or(0, |searcher| frequency(searcher, fields.exact, name)),
            seen: 0,
        });
        name.total += 1;
    }
    for icon in &icons {
        let name = of_name.entry(icon.joined()).or_default();
        let appeal = rank::appeal(icon.row.name.key().len(), name.total, name.seen);
        name.seen += 1;
        writer.add_document(icon_document::document(icon, appeal, &schema, fields))?;
    }
    let mut commit = writer.prepare_commit()?;
    commit.set_payload(&payload(version));
    commit.commit()?;
    writer.garbage_collect_files().wait()?;
    Ok(version.generation)
}

/// The term that finds every set's document.
pub(crate) const SET_ROW: &str = "set";

/// Makes the dictionary again: a tag says something of every set, and so do administrators.
fn add_keywords(
    writer: &IndexWriter,
    folder: &IndexFolder,
    icons: &[RankedIcon],
    keywords: &KeywordSources,
    is_partial: bool,
) -> Result<(), SearchError> {
    let fields = &folder.fields;
    let mut stems: HashSet<String> = HashSet::new();
    for word in icons.iter().flat_map(|icon| icon.row.name.key().split('-')) {
        let stem = text::stem(word);
        if !stems.contains(stem) {
            stems.insert(stem.to_owned());
        }
    }
    // What a partial change does not bring is in the index already.
    let known = if is_partial { Some(folder.searcher()?) } else { None };
    let is_in_names = |stem: &str| {
        stems.contains(stem)
            || known.as_ref().is_some_and(|searcher| {
                let term = Term::from_field_text(fields.stem, stem);
                searcher.doc_freq(&term).is_ok_and(|count| count > 0)
            })
    };
    writer.delete_term(Term::from_field_text(fields.flag, KEYWORD_FLAG));
    let learnt = synonyms::learn(&keywords.tagged, is_in_names);
    for (keyword, expansions) in synonyms::with_groups(learnt, &keywords.groups) {
        let mut document = TantivyDocument::new();
        document.add_text(fields.flag, KEYWORD_FLAG);
        document.add_text(fields.keyword, keyword);
        document.add_text(fields.expansion, synonyms::to_text(&expansions));
        writer.add_document(document)?;
    }
    Ok(())
}

/// How many icons have a name.
#[derive(Default)]
struct OfName {
    total: usize,
    /// Those that were written before.
    seen: usize,
}

/// The index as it was, which has what a partial change does not bring.
fn known(folder: &IndexFolder, is_partial: bool) -> Result<Option<Searcher>, SearchError> {
    Ok(if is_partial { Some(folder.searcher()?) } else { None })
}

fn frequency(searcher: &Searcher, field: Field, term: &str) -> usize {
    let frequency = searcher.doc_freq(&Term::from_field_text(field, term));
    frequency.map_or(0, |frequency| usize::try_from(frequency).unwrap_or(usize::MAX))
}

/// The flag of every keyword's document.
const KEYWORD_FLAG: &str = "keyword";
