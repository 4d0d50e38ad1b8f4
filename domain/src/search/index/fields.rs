//! The fields of the index: three kinds of documents share it, so that they are committed together.

use tantivy::schema::{FAST, Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions};

/// Every field by the name it has in the schema.
///
/// An icon's document has words, flags and columns; a keyword's has what it stands for; a set's has its facts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    /// The whole name, its words joined: `arrowleft`.
    pub(crate) exact: Field,
    /// The stems of the name's words in order of the alphabet: `arrow left`.
    pub(crate) bag: Field,
    /// As `exact`, of the name that variants share, where it is not the whole name.
    pub(crate) base: Field,
    /// As `bag`, of the same name.
    pub(crate) base_bag: Field,
    /// As `exact`, of each alias.
    pub(crate) alias_exact: Field,
    /// The name's words.
    pub(crate) word: Field,
    /// Each two neighbouring words of the name, joined: `arrowleft`.
    pub(crate) pair: Field,
    /// The stems of the name's words.
    pub(crate) stem: Field,
    /// What the name's words begin with, from one letter on.
    pub(crate) start: Field,
    /// How many words the name has.
    pub(crate) length: Field,
    /// The stems of the aliases' words.
    pub(crate) alias: Field,
    /// The stems of the tags' words.
    pub(crate) tag: Field,
    /// The stems of the categories' words.
    pub(crate) category: Field,
    /// Code points, as `1f3e0` or `1f600-200d`.
    pub(crate) character: Field,
    /// The prefix, for filters.
    pub(crate) prefix: Field,
    /// Categories as they are, folded, for filters.
    pub(crate) category_title: Field,
    /// Tags as they are, for filters.
    pub(crate) tag_text: Field,
    /// `icon` on every icon; `hidden`, `palette`, `fill`, `stroke` where they hold.
    pub(crate) flag: Field,
    /// A keyword, on its own document.
    pub(crate) keyword: Field,
    /// What a keyword stands for.
    pub(crate) expansion: Field,
    /// `set` on every set's document.
    pub(crate) set_row: Field,
    /// A set's facts as JSON.
    pub(crate) set_facts: Field,
}

impl Fields {
    /// Every field that can be searched.
    pub(crate) fn searched(&self) -> impl Iterator<Item = Field> {
        [
            self.exact,
            self.bag,
            self.base,
            self.base_bag,
            self.alias_exact,
            self.word,
            self.pair,
            self.stem,
            self.start,
            self.length,
            self.alias,
            self.tag,
            self.category,
            self.character,
            self.prefix,
            self.category_title,
            self.tag_text,
            self.flag,
            self.keyword,
            self.set_row,
        ]
        .into_iter()
    }
}

/// Columns, by name.
pub(crate) mod columns {
    pub(crate) const ID: &str = "id";
    pub(crate) const RANK: &str = "rank";
    pub(crate) const APPEAL: &str = "appeal";
    pub(crate) const NAME: &str = "name";
    pub(crate) const PREFIX: &str = "prefix_column";
    pub(crate) const CATEGORY: &str = "category_column";
    pub(crate) const FIRST_GENERATION: &str = "first_generation";
}

/// The schema, and where each field is in it.
pub(crate) fn schema() -> (Schema, Fields) {
    let term = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::Basic),
    );
    let column = TextOptions::default() | FAST;
    let mut builder = Schema::builder();
    builder.add_i64_field(columns::ID, FAST);
    builder.add_u64_field(columns::RANK, FAST);
    builder.add_u64_field(columns::APPEAL, FAST);
    builder.add_i64_field(columns::FIRST_GENERATION, FAST);
    for name in [columns::NAME, columns::PREFIX, columns::CATEGORY] {
        builder.add_text_field(name, column.clone());
    }
    let stored = TextOptions::default() | STORED;
    let mut add = |name: &str| builder.add_text_field(name, term.clone());
    let fields = Fields {
        exact: add("exact"),
        bag: add("bag"),
        base: add("base"),
        base_bag: add("base_bag"),
        alias_exact: add("alias_exact"),
        word: add("word"),
        pair: add("pair"),
        stem: add("stem"),
        start: add("start"),
        length: add("length"),
        alias: add("alias"),
        tag: add("tag"),
        category: add("category"),
        character: add("character"),
        prefix: add("prefix"),
        category_title: add("category_title"),
        tag_text: add("tag_text"),
        flag: add("flag"),
        keyword: add("keyword"),
        set_row: add("set_row"),
        expansion: builder.add_text_field("expansion", stored.clone()),
        set_facts: builder.add_text_field("set_facts", stored),
    };
    (builder.build(), fields)
}
