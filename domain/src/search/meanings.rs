//! What words stand for, as icons of a segment: which those are, and how strongly they are meant.

use std::{cell::RefCell, sync::Arc};

use roaring::{MultiOps as _, RoaringBitmap};

use super::{
    index::Fields,
    segment::Segment,
    synonyms::{Expansion, Target},
};

/// What a keyword stands for.
#[derive(Debug, Default)]
pub(crate) struct Meanings {
    /// What administrators said, then what was learnt, strongest first.
    all: Vec<Expansion>,
    said: usize,
}

/// Learnt meanings of a word that is not alone: the others tell enough, and weak meanings of several words meet by chance.
const AMONG_OTHERS: usize = 12;

impl Meanings {
    pub(crate) fn new(all: Vec<Expansion>) -> Self {
        let said = all.iter().take_while(|expansion| expansion.is_said()).count();
        Self { all, said }
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Expansion] {
        &self.all
    }

    /// Of a keyword that other words were asked with.
    pub(crate) fn among_others(&self) -> &[Expansion] {
        &self.all[..self.all.len().min(self.said + AMONG_OTHERS)]
    }
}

/// With this, a name of one word that means it is better than one of two words of which both do.
const HALF_A_WORD: f32 = 0.5;

/// Of what is said of a name, so much holds for an icon that has the words as aliases or tags.
const NOT_NAMED: f32 = 0.75;

/// The icons that any of the expansions leads to.
pub(super) fn documents(index: &Segment, fields: &Fields, expansions: &[Expansion]) -> RoaringBitmap {
    let lists: Vec<Arc<RoaringBitmap>> = (expansions.iter())
        .map(|expansion| documents_of(index, fields, &expansion.target))
        .collect();
    lists.iter().map(|documents| &**documents).union()
}

fn documents_of(index: &Segment, fields: &Fields, target: &Target) -> Arc<RoaringBitmap> {
    match target {
        Target::Word(stem) => index.documents(fields.stem, stem),
        Target::Name(bag) => index.documents(fields.bag, bag),
        Target::Words(bag) => Arc::new(called(index, fields, bag)),
    }
}

thread_local! {
    /// A sum for each document of the largest segment, all zero: to make it anew would cost more than to sum up.
    static SUMS: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// How strongly icons are meant, which are summed up here.
pub(super) struct Strengths<'a> {
    index: &'a Segment,
    fields: &'a Fields,
    icons: &'a RoaringBitmap,
    /// By document; zero for all but `icons`.
    sums: Vec<f32>,
}

impl Drop for Strengths<'_> {
    fn drop(&mut self) {
        let mut sums = std::mem::take(&mut self.sums);
        self.icons.iter().for_each(|doc| sums[doc as usize] = 0.0);
        SUMS.set(sums);
    }
}

impl<'a> Strengths<'a> {
    /// Of `icons`, and no others.
    pub(super) fn new(index: &'a Segment, fields: &'a Fields, icons: &'a RoaringBitmap) -> Self {
        let mut sums = SUMS.take();
        if sums.len() < index.max_doc() as usize {
            sums.resize(index.max_doc() as usize, 0.0);
        }
        Self {
            index,
            fields,
            icons,
            sums,
        }
    }

    /// Adds what expansions mean, times `share`.
    pub(super) fn add_meanings(&mut self, expansions: &[Expansion], share: f32) {
        for Expansion { target, strength } in expansions {
            let strength = strength * share;
            let documents = documents_of(self.index, self.fields, target);
            match target {
                Target::Word(_) => self.add(&documents, |_| strength),
                #[expect(clippy::cast_precision_loss, reason = "a name has a dozen words")]
                Target::Name(bag) => {
                    // A meaning that is a whole name is not shared among the name's words.
                    let words = bag.split(' ').count() as f32 + HALF_A_WORD;
                    self.add(&documents, |_| strength * words);
                }
                Target::Words(bag) => {
                    let (index, named) = (self.index, named(self.index, self.fields, bag));
                    self.add(&documents, |doc| {
                        strength * words(index, doc) * if named.contains(doc) { 1.0 } else { NOT_NAMED }
                    });
                }
            }
        }
    }

    /// Adds to each of `documents` what `strength` says.
    pub(super) fn add(&mut self, documents: &RoaringBitmap, strength: impl Fn(u32) -> f32) {
        for doc in documents & self.icons {
            self.sums[doc as usize] += strength(doc);
        }
    }

    /// The sums, each shared among the words of the name, by document ascending.
    pub(super) fn per_word(&self) -> impl Iterator<Item = (u32, f32)> {
        let per_word = |doc| (doc, self.sums[doc as usize] / words(self.index, doc));
        self.icons.iter().map(per_word)
    }
}

fn words(index: &Segment, doc: u32) -> f32 {
    f32::from(index.rank(doc).words()) + HALF_A_WORD
}

/// The icons that have every word of a bag in their names.
fn named(index: &Segment, fields: &Fields, bag: &str) -> RoaringBitmap {
    let lists: Vec<_> = bag.split(' ').map(|stem| index.documents(fields.stem, stem)).collect();
    lists.iter().map(|documents| &**documents).intersection()
}

/// The icons that have every word of a bag in their names, aliases or tags.
fn called(index: &Segment, fields: &Fields, bag: &str) -> RoaringBitmap {
    let places = [fields.stem, fields.alias, fields.tag];
    let words = bag
        .split(' ')
        .map(|stem| index.documents_of_any(places.into_iter().map(|field| (field, stem))));
    words.intersection()
}

#[cfg(test)]
mod tests {
    use super::{Expansion, Meanings, Target};

    fn expansion(target: fn(String) -> Target, strength: f32) -> Expansion {
        let target = target("any".to_owned());
        Expansion { target, strength }
    }

    #[test]
    fn what_was_said_counts_always() {
        let mut all = vec![expansion(Target::Words, 4.0); 20];
        all.extend(vec![expansion(Target::Word, 0.5); 20]);
        let meanings = Meanings::new(all);
        assert_eq!((meanings.all().len(), meanings.among_others().len()), (40, 32));
    }
}
