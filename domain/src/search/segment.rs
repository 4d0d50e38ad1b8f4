//! One segment of the index, opened for reading: posting lists as bitmaps, and the columns.

use std::{
    cmp::Reverse,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use foldhash::HashMap;
use quick_cache::{Weighter, sync::Cache};
use roaring::{MultiOps as _, RoaringBitmap};
use tantivy::{
    DocId, InvertedIndexReader, SegmentReader, Term,
    columnar::{Column, StrColumn, TermOrdHit},
    schema::{Field, IndexRecordOption},
    termdict::TermDictionary,
};
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::{
    SearchError,
    index::{Fields, fields::columns, icon_document::flags},
    matches::Order,
    rank::Rank,
};
use crate::catalog::IconId;

/// Documents of a segment are in the order of their ranks, so a smaller id is a better place.
pub(crate) struct Segment {
    reader: SegmentReader,
    readers: HashMap<u32, Arc<InvertedIndexReader>>,
    /// Columns that every page reads, by document.
    ids: Vec<i64>,
    ranks: Vec<u64>,
    appeals: Vec<u16>,
    first_generations: Column<i64>,
    names: Option<StrColumn>,
    prefixes: Option<StrColumn>,
    categories: Option<StrColumn>,
    /// Deleted since the segment was written.
    deleted: RoaringBitmap,
    damaged: AtomicBool,
    /// Posting lists that are long and were read before, by a hash of what they are of.
    decoded: Cache<u128, Arc<RoaringBitmap>, Serialized>,
    by_name: OnceLock<Vec<DocId>>,
    by_age: OnceLock<Vec<DocId>>,
    /// Every icon that its set does not hide.
    pub(crate) visible: Arc<RoaringBitmap>,
    /// Every icon.
    pub(crate) icons: Arc<RoaringBitmap>,
}

/// Memory for posting lists as bitmaps: those of the words that are asked for most, some thousand of them.
const DECODED_BYTES: u64 = 32 << 20;
/// As many as that is, to lay out the table.
const LIKELY_DECODED: usize = 8_192;
/// Shorter lists are read as quickly as they are looked up.
const SHORTEST_KEPT: u32 = 64;
/// Of longer ones it costs less to set bits than to put documents in one by one.
const LONGEST_ADDED: u32 = 4096;

/// Weighs a bitmap by what it would take on disk, which is about what it takes in memory.
#[derive(Clone)]
struct Serialized;

impl Weighter<u128, Arc<RoaringBitmap>> for Serialized {
    fn weight(&self, _: &u128, documents: &Arc<RoaringBitmap>) -> u64 {
        documents.serialized_size() as u64
    }
}

impl Segment {
    pub(crate) fn open(reader: &SegmentReader, fields: &Fields) -> Result<Self, SearchError> {
        let fast = reader.fast_fields();
        let readers = fields
            .searched()
            .map(|field| Ok((field.field_id(), reader.inverted_index(field)?)))
            .collect::<tantivy::Result<_>>()?;
        let deleted = match reader.alive_bitset() {
            None => RoaringBitmap::new(),
            Some(alive) => (0..reader.max_doc()).filter(|doc| !alive.is_alive(*doc)).collect(),
        };
        let mut segment = Self {
            readers,
            ids: values(&fast.i64(columns::ID)?, reader.max_doc()),
            ranks: values(&fast.u64(columns::RANK)?, reader.max_doc()),
            appeals: values(&fast.u64(columns::APPEAL)?, reader.max_doc())
                .into_iter()
                .map(|appeal| u16::try_from(appeal).unwrap_or(u16::MAX))
                .collect(),
            first_generations: fast.i64(columns::FIRST_GENERATION)?,
            names: fast.str(columns::NAME)?,
            prefixes: fast.str(columns::PREFIX)?,
            categories: fast.str(columns::CATEGORY)?,
            reader: reader.clone(),
            deleted,
            damaged: AtomicBool::new(false),
            decoded: Cache::with_weighter(LIKELY_DECODED, DECODED_BYTES, Serialized),
            by_name: OnceLock::new(),
            by_age: OnceLock::new(),
            visible: Arc::default(),
            icons: Arc::default(),
        };
        segment.icons = segment.documents(fields.flag, flags::ICON);
        segment.visible = Arc::new(&*segment.icons - &*segment.documents(fields.flag, flags::HIDDEN));
        Ok(segment)
    }

    /// The documents that have `term`, without the deleted ones.
    pub(crate) fn documents(&self, field: Field, term: &str) -> Arc<RoaringBitmap> {
        self.kept(u64::from(field.field_id()), term, || {
            let Some((length, mut documents)) = self.read(field, term) else {
                return (0, RoaringBitmap::new());
            };
            if !self.deleted.is_empty() {
                documents -= &self.deleted;
            }
            (length, documents)
        })
    }

    /// The documents of which `word` is a word of the name, or two neighbours joined.
    pub(crate) fn documents_called(&self, fields: &Fields, word: &str) -> Arc<RoaringBitmap> {
        let (named, joined) = (self.documents(fields.word, word), self.documents(fields.pair, word));
        if joined.is_empty() {
            return named;
        }
        Arc::new(&*named | &*joined)
    }

    /// The documents that so many meanings of `keyword` lead to, which are kept.
    pub(crate) fn documents_meant(
        &self,
        keyword: &str,
        meanings: usize,
        find: impl FnOnce() -> RoaringBitmap,
    ) -> Arc<RoaringBitmap> {
        // Fields have small numbers.
        let kind = 1 << 32 | meanings as u64;
        self.kept(kind, keyword, || {
            let documents = find();
            (u32::try_from(documents.len()).unwrap_or(u32::MAX), documents)
        })
    }

    /// What was made before of `text`, or is now. `make` says how much it read.
    fn kept(&self, kind: u64, text: &str, make: impl FnOnce() -> (u32, RoaringBitmap)) -> Arc<RoaringBitmap> {
        let key = xxh3_128_with_seed(text.as_bytes(), kind);
        if let Some(known) = self.decoded.get(&key) {
            return known;
        }
        let (read, documents) = make();
        let documents = Arc::new(documents);
        if read >= SHORTEST_KEPT {
            self.decoded.insert(key, documents.clone());
        }
        documents
    }

    /// The documents that have any of the terms, without the deleted ones.
    pub(crate) fn documents_of_any<'t>(&self, terms: impl Iterator<Item = (Field, &'t str)>) -> RoaringBitmap {
        let lists: Vec<Arc<RoaringBitmap>> = terms.map(|(field, term)| self.documents(field, term)).collect();
        lists.iter().map(|documents| &**documents).union()
    }

    /// A posting list, the deleted documents in it, and its length.
    fn read(&self, field: Field, term: &str) -> Option<(u32, RoaringBitmap)> {
        let reader = self.readers.get(&field.field_id())?;
        let info = reader.get_term_info(&Term::from_field_text(field, term));
        let info = self.sound(info)??;
        let postings = reader.read_block_postings_from_terminfo(&info, IndexRecordOption::Basic);
        let mut postings = self.sound(postings)?;
        let mut documents = RoaringBitmap::new();
        if info.doc_freq <= LONGEST_ADDED {
            while !postings.docs().is_empty() {
                // A block that is not in order is of a damaged file.
                if documents.append(postings.docs().iter().copied()).is_err() {
                    return self.sound(Err(std::io::Error::other("a posting list is not in order")));
                }
                postings.advance();
            }
        } else {
            let mut bits = vec![0_u8; (self.max_doc() as usize).div_ceil(8)];
            while !postings.docs().is_empty() {
                for doc in postings.docs() {
                    if let Some(byte) = bits.get_mut((doc / 8) as usize) {
                        *byte |= 1 << (doc % 8);
                    }
                }
                postings.advance();
            }
            documents = RoaringBitmap::from_lsb0_bytes(0, &bits);
        }
        Some((info.doc_freq, documents))
    }

    /// How many documents have `term`, the deleted ones among them.
    pub(crate) fn frequency(&self, field: Field, term: &str) -> u32 {
        let frequency = self
            .readers
            .get(&field.field_id())
            .map(|reader| reader.doc_freq(&Term::from_field_text(field, term)));
        frequency.and_then(|frequency| self.sound(frequency)).unwrap_or(0)
    }

    /// The dictionary of a field.
    pub(crate) fn terms(&self, field: Field) -> Option<&TermDictionary> {
        self.readers.get(&field.field_id()).map(|reader| reader.terms())
    }

    /// What was read, if it could be. A file that cannot is damaged: whoever asked gets nothing, and the search says so.
    pub(crate) fn sound<T>(&self, read: std::io::Result<T>) -> Option<T> {
        read.inspect_err(|error| {
            tracing::error!(%error, "the search index is damaged");
            self.damaged.store(true, Ordering::Relaxed);
        })
        .ok()
    }

    /// Whether something could not be read.
    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// The first document for which `is_beyond` holds, as it does for all after it; one more than the last where there is none.
    pub(crate) fn first_doc_where(&self, is_beyond: impl Fn(DocId) -> bool) -> DocId {
        let (mut low, mut high) = (0, self.max_doc());
        while low < high {
            let middle = low + (high - low) / 2;
            if is_beyond(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    /// The first document of that rank and id, or of one that follows.
    pub(crate) fn first_doc_from(&self, rank: Rank, id: IconId) -> DocId {
        self.first_doc_where(|doc| (self.rank(doc), self.id(doc)) >= (rank, id))
    }

    /// The icon of that name.
    pub(crate) fn doc_of_name(&self, name: &str) -> Option<DocId> {
        let (place, is_there) = self.place_of_name(name);
        let list = self.list(Order::Name);
        let at = list.partition_point(|doc| self.name_place(*doc) < place);
        list.get(at)
            .copied()
            .filter(|doc| is_there && self.name_place(*doc) == place)
    }

    /// Every icon in an order that no query has a say in. Made when it is first wanted.
    pub(crate) fn list(&self, order: Order) -> &[DocId] {
        match order {
            Order::Newest => self
                .by_age
                .get_or_init(|| self.listed_by(|doc| (Reverse(self.first_generation(doc)), self.name_place(doc)))),
            // Orders by usage are lists of their own.
            Order::Name | Order::Relevance | Order::Popularity | Order::Trending(_) => {
                self.by_name.get_or_init(|| self.listed_by(|doc| self.name_place(doc)))
            }
        }
    }

    fn listed_by<K: Ord>(&self, key: impl Fn(DocId) -> K) -> Vec<DocId> {
        // A column is read far less often so than by comparing documents.
        let mut list: Vec<(K, DocId)> = self.icons.iter().map(|doc| (key(doc), doc)).collect();
        list.sort_unstable();
        list.into_iter().map(|(_, doc)| doc).collect()
    }

    pub(crate) fn id(&self, doc: DocId) -> IconId {
        IconId(self.ids.get(doc as usize).copied().unwrap_or_default())
    }

    pub(crate) fn rank(&self, doc: DocId) -> Rank {
        Rank(self.ranks.get(doc as usize).copied().unwrap_or_default())
    }

    /// How likely the icon is meant by somebody who begins to type its name.
    pub(crate) fn appeal(&self, doc: DocId) -> u16 {
        self.appeals.get(doc as usize).copied().unwrap_or_default()
    }

    pub(crate) fn first_generation(&self, doc: DocId) -> i64 {
        self.first_generations.first(doc).unwrap_or_default()
    }

    /// The place of an icon's name among the names of this segment.
    pub(crate) fn name_place(&self, doc: DocId) -> u64 {
        let ordinals = self.names.as_ref().map(|names| names.ords());
        ordinals.and_then(|ordinals| ordinals.first(doc)).unwrap_or_default()
    }

    /// The first place of a name that is not before `name`, and whether it is that name.
    pub(crate) fn place_of_name(&self, name: &str) -> (u64, bool) {
        let hit = self
            .names
            .as_ref()
            .map(|names| names.dictionary().term_ord_or_next(name));
        match hit.and_then(|hit| self.sound(hit)) {
            Some(TermOrdHit::Exact(place)) => (place, true),
            Some(TermOrdHit::Next(place)) => (place, false),
            None => (0, false),
        }
    }

    pub(crate) fn name(&self, doc: DocId) -> String {
        let mut name = String::new();
        if let Some(names) = &self.names {
            self.sound(names.ord_to_str(self.name_place(doc), &mut name));
        }
        name
    }

    /// The names of icons, in the order of the alphabet.
    pub(crate) fn names_of(&self, docs: &[DocId]) -> Vec<String> {
        let mut places: Vec<u64> = docs.iter().map(|doc| self.name_place(*doc)).collect();
        places.sort_unstable();
        let mut found = Vec::with_capacity(places.len());
        if let Some(names) = &self.names {
            let add = |name: &[u8]| found.push(String::from_utf8_lossy(name).into_owned());
            self.sound(names.dictionary().sorted_ords_to_term_cb(&places, add));
        }
        found
    }

    /// How many sets some icons are of.
    pub(crate) fn count_sets(&self, icons: &RoaringBitmap) -> usize {
        let Some(prefixes) = &self.prefixes else {
            return 0;
        };
        let mut is_counted = vec![false; prefixes.num_terms()];
        for set in icons.iter().filter_map(|doc| prefixes.ords().first(doc)) {
            if let Some(counted) = usize::try_from(set).ok().and_then(|set| is_counted.get_mut(set)) {
                *counted = true;
            }
        }
        is_counted.into_iter().filter(|is_counted| *is_counted).count()
    }

    /// The column of prefixes.
    pub(crate) fn prefixes(&self) -> Option<&StrColumn> {
        self.prefixes.as_ref()
    }

    /// The column of categories.
    pub(crate) fn categories(&self) -> Option<&StrColumn> {
        self.categories.as_ref()
    }

    /// Documents in the segment, the deleted ones among them.
    pub(crate) fn max_doc(&self) -> DocId {
        self.reader.max_doc()
    }
}

/// The values of a column by document; the default where a document has none.
fn values<T: PartialOrd + Copy + std::fmt::Debug + Send + Sync + Default + 'static>(
    column: &Column<T>,
    max_doc: DocId,
) -> Vec<T> {
    (0..max_doc).map(|doc| column.first(doc).unwrap_or_default()).collect()
}
