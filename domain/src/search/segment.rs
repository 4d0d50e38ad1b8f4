//! One segment of the index, opened for reading: posting lists as bitmaps, and the columns.

use std::{
    cmp::Reverse,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use foldhash::HashMap;
use roaring::RoaringBitmap;
use tantivy::{
    DocId, InvertedIndexReader, SegmentReader, Term,
    columnar::{Column, StrColumn, TermOrdHit},
    schema::{Field, IndexRecordOption},
    termdict::TermDictionary,
};

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
    ids: Column<i64>,
    ranks: Column<u64>,
    appeals: Column<u64>,
    first_generations: Column<i64>,
    names: Option<StrColumn>,
    prefixes: Option<StrColumn>,
    categories: Option<StrColumn>,
    /// Deleted since the segment was written.
    deleted: RoaringBitmap,
    damaged: AtomicBool,
    by_name: OnceLock<Vec<DocId>>,
    by_age: OnceLock<Vec<DocId>>,
    /// Every icon that its set does not hide.
    pub(crate) visible: RoaringBitmap,
    /// Every icon.
    pub(crate) icons: RoaringBitmap,
}

/// So many documents are put into a bitmap one by one; of more, it costs less to set bits.
const FEW: usize = 512;

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
            ids: fast.i64(columns::ID)?,
            ranks: fast.u64(columns::RANK)?,
            appeals: fast.u64(columns::APPEAL)?,
            first_generations: fast.i64(columns::FIRST_GENERATION)?,
            names: fast.str(columns::NAME)?,
            prefixes: fast.str(columns::PREFIX)?,
            categories: fast.str(columns::CATEGORY)?,
            reader: reader.clone(),
            deleted,
            damaged: AtomicBool::new(false),
            by_name: OnceLock::new(),
            by_age: OnceLock::new(),
            visible: RoaringBitmap::new(),
            icons: RoaringBitmap::new(),
        };
        segment.icons = segment.documents(fields.flag, flags::ICON);
        segment.visible = &segment.icons - segment.documents(fields.flag, flags::HIDDEN);
        Ok(segment)
    }

    /// The documents that have `term`, without the deleted ones.
    pub(crate) fn documents(&self, field: Field, term: &str) -> RoaringBitmap {
        self.documents_of_any(std::iter::once((field, term)))
    }

    /// The documents that have any of the terms, without the deleted ones.
    pub(crate) fn documents_of_any<'t>(&self, terms: impl Iterator<Item = (Field, &'t str)>) -> RoaringBitmap {
        let mut few: Vec<DocId> = Vec::new();
        let mut bits: Vec<u8> = Vec::new();
        for (field, term) in terms {
            self.each_block(field, term, |block| {
                if bits.is_empty() && few.len() + block.len() <= FEW {
                    few.extend_from_slice(block);
                    return;
                }
                if bits.is_empty() {
                    bits = vec![0; (self.max_doc() as usize).div_ceil(8)];
                }
                for doc in block {
                    bits[(doc / 8) as usize] |= 1 << (doc % 8);
                }
            });
        }
        let mut documents = RoaringBitmap::from_lsb0_bytes(0, &bits);
        documents.extend(few);
        if !self.deleted.is_empty() {
            documents -= &self.deleted;
        }
        documents
    }

    /// Shows the documents that have `term` in ascending blocks, the deleted ones among them.
    pub(crate) fn each_block(&self, field: Field, term: &str, mut show: impl FnMut(&[DocId])) {
        let Some(reader) = self.readers.get(&field.field_id()) else {
            return;
        };
        let postings = reader.read_block_postings(&Term::from_field_text(field, term), IndexRecordOption::Basic);
        let Some(mut postings) = self.sound(postings).flatten() else {
            return;
        };
        while !postings.docs().is_empty() {
            show(postings.docs());
            postings.advance();
        }
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
            Order::Newest => self.by_age.get_or_init(|| {
                let mut list: Vec<DocId> = self.icons.iter().collect();
                list.sort_unstable_by_key(|doc| (Reverse(self.first_generation(*doc)), self.name_place(*doc)));
                list
            }),
            Order::Name | Order::Relevance => self.by_name.get_or_init(|| {
                let mut list: Vec<DocId> = self.icons.iter().collect();
                list.sort_unstable_by_key(|doc| self.name_place(*doc));
                list
            }),
        }
    }

    pub(crate) fn id(&self, doc: DocId) -> IconId {
        IconId(self.ids.first(doc).unwrap_or_default())
    }

    pub(crate) fn rank(&self, doc: DocId) -> Rank {
        Rank(self.ranks.first(doc).unwrap_or_default())
    }

    /// How likely the icon is meant by somebody who begins to type its name.
    pub(crate) fn appeal(&self, doc: DocId) -> u16 {
        let appeal = self.appeals.first(doc).unwrap_or_default();
        u16::try_from(appeal).unwrap_or(u16::MAX)
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
