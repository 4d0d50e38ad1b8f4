//! The index at one generation: what a search, and all its pages, is computed from.

use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt as _, HashSet};
use moka::sync::Cache;
use tantivy::{DocAddress, Searcher, TantivyDocument, schema::Value as _};

use super::{
    SearchError,
    closest::Keys,
    dictionary,
    index::{Fields, IndexFolder, SET_ROW, Version, source::SetFacts},
    meanings::Meanings,
    segment::Segment,
    synonyms, text, typos,
};

/// Words that are popular.
const MOST_POPULAR: usize = 64;

/// Readers of one commit. Later commits leave it as it is.
pub(crate) struct Snapshot {
    searcher: Searcher,
    pub(crate) fields: Fields,
    pub(crate) version: Version,
    pub(crate) segments: Vec<Segment>,
    /// By prefix ascending.
    pub(crate) sets: Vec<SetFacts>,
    places_of_sets: HashMap<String, usize>,
    /// Words of sets' prefixes and names, with the prefixes of the sets.
    words_of_sets: HashMap<String, Vec<String>>,
    /// What keywords stand for, of those that were looked up before.
    meanings: Cache<String, Arc<Meanings>>,
    /// What words may be slips of, of those that were looked up before.
    pub(crate) slips: typos::Known,
    /// By the places of sets, made when they are first wanted.
    keys_of_sets: Vec<OnceLock<Keys>>,
    /// Made when they are first wanted.
    popular_words: OnceLock<Vec<String>>,
}

/// Keywords whose meanings are kept, each in some KiB.
const KEPT_MEANINGS: u64 = 2048;
/// Words whose candidates are kept, each in some KiB too.
const KEPT_SLIPS: u64 = 2048;

impl Snapshot {
    /// The newest commit in `folder`.
    pub(crate) fn open(folder: &IndexFolder) -> Result<Self, SearchError> {
        let version = folder.version()?;
        let searcher = folder.searcher()?;
        let fields = folder.fields;
        let segments: Vec<Segment> = searcher
            .segment_readers()
            .iter()
            .map(|reader| Segment::open(reader, &fields))
            .collect::<Result<_, _>>()?;
        let mut snapshot = Self {
            searcher,
            fields,
            version,
            segments,
            sets: Vec::new(),
            places_of_sets: HashMap::new(),
            words_of_sets: HashMap::new(),
            meanings: Cache::new(KEPT_MEANINGS),
            slips: Cache::new(KEPT_SLIPS),
            keys_of_sets: Vec::new(),
            popular_words: OnceLock::new(),
        };
        snapshot.sets = snapshot.read_sets()?;
        snapshot.places_of_sets = (snapshot.sets.iter().enumerate())
            .map(|(place, set)| (set.prefix.clone(), place))
            .collect();
        snapshot.keys_of_sets = snapshot.sets.iter().map(|_| OnceLock::new()).collect();
        for set in &snapshot.sets {
            let mut words = text::words(&set.prefix);
            words.push(words.concat());
            words.extend(text::words(&set.name));
            words.sort_unstable();
            words.dedup();
            for word in words {
                snapshot.words_of_sets.entry(word).or_default().push(set.prefix.clone());
            }
        }
        if snapshot.is_damaged() {
            return Err(SearchError::Damaged);
        }
        Ok(snapshot)
    }

    /// A set by its prefix.
    pub(crate) fn set(&self, prefix: &str) -> Option<&SetFacts> {
        self.places_of_sets.get(prefix).map(|place| &self.sets[*place])
    }

    /// The keys of a set.
    pub(crate) fn keys_of(&self, prefix: &str) -> Option<&Keys> {
        let place = self.places_of_sets.get(prefix)?;
        Some(self.keys_of_sets[*place].get_or_init(|| Keys::read(self, prefix)))
    }

    /// The prefixes of the sets that `word` is in the name or the prefix of.
    pub(crate) fn sets_called(&self, word: &str) -> &[String] {
        self.words_of_sets.get(word).map_or(&[], Vec::as_slice)
    }

    /// The prefixes of the sets with a word in the name or the prefix that begins with `start`.
    pub(crate) fn sets_beginning(&self, start: &str) -> HashSet<&str> {
        let begun = self.words_of_sets.iter().filter(|(word, _)| word.starts_with(start));
        begun
            .flat_map(|(_, prefixes)| prefixes.iter().map(String::as_str))
            .collect()
    }

    /// The words that most sets have in names, those that most have first.
    pub(crate) fn popular_words(&self) -> &[String] {
        self.popular_words
            .get_or_init(|| dictionary::popular_words(self, MOST_POPULAR))
    }

    /// What a keyword stands for; nothing for one that nobody published.
    pub(crate) fn meanings(&self, keyword: &str) -> Arc<Meanings> {
        if let Some(known) = self.meanings.get(keyword) {
            return known;
        }
        let texts = self.stored(self.fields.keyword, keyword, self.fields.expansion);
        let Some(text) = texts.first() else {
            return Arc::default();
        };
        let meanings = Arc::new(Meanings::new(synonyms::from_text(text)));
        self.meanings.insert(keyword.to_owned(), meanings.clone());
        meanings
    }

    /// Whether something of it could not be read.
    pub(crate) fn is_damaged(&self) -> bool {
        self.segments.iter().any(Segment::is_damaged)
    }

    /// How many icons have `term`, give or take those that were deleted.
    pub(crate) fn frequency(&self, field: tantivy::schema::Field, term: &str) -> u64 {
        self.segments
            .iter()
            .map(|segment| u64::from(segment.frequency(field, term)))
            .sum()
    }

    /// Whether some name has the word, or two neighbours that make it.
    pub(crate) fn is_called(&self, word: &str) -> bool {
        [self.fields.word, self.fields.pair]
            .into_iter()
            .any(|field| self.frequency(field, word) > 0)
    }

    fn read_sets(&self) -> Result<Vec<SetFacts>, SearchError> {
        let mut sets: Vec<SetFacts> = self
            .stored(self.fields.set_row, SET_ROW, self.fields.set_facts)
            .iter()
            .map(|json| serde_json::from_str(json).map_err(|_| SearchError::Damaged))
            .collect::<Result<_, _>>()?;
        sets.sort_unstable_by(|one, other| one.prefix.cmp(&other.prefix));
        Ok(sets)
    }

    /// The stored text of the documents that have `term`.
    fn stored(&self, by: tantivy::schema::Field, term: &str, text: tantivy::schema::Field) -> Vec<String> {
        let mut texts = Vec::new();
        for (place, segment) in (0..).zip(&self.segments) {
            for doc in segment.documents(by, term).iter() {
                let document = self.searcher.doc::<TantivyDocument>(DocAddress::new(place, doc));
                let document = segment.sound(document.map_err(std::io::Error::other));
                let value = document
                    .as_ref()
                    .and_then(|document| document.get_first(text)?.as_str());
                texts.extend(value.map(str::to_owned));
            }
        }
        texts
    }
}
