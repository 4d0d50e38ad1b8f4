//! One reading of a query over the whole index: its words as typed, or corrected, or not all of them.

use std::sync::{Arc, OnceLock};

use roaring::{MultiOps as _, RoaringBitmap};

use super::{
    index::icon_document::LONGEST_START,
    meanings::{self, Meanings, Strengths},
    segment::Segment,
    snapshot::Snapshot,
    synonyms::Expansion,
    text,
    tiers::{DIRECT_TIERS, Meeting, TIERS, TIERS_OF_UNFINISHED, Tier},
};

/// A word that somebody looks for.
struct Word {
    text: String,
    stem: String,
    /// It and a neighbour, written as one word.
    joined: Vec<String>,
    meanings: OnceLock<Arc<Meanings>>,
}

/// What is looked for.
pub(crate) struct Pass {
    words: Vec<Word>,
    characters: Vec<String>,
    /// What all words together stand for.
    phrase: OnceLock<Arc<Meanings>>,
    /// Which tiers there are.
    pub(crate) tiers: Vec<Tier>,
    segments: Vec<PassSegment>,
}

/// What was found in one segment, as far as somebody wanted to know.
struct PassSegment {
    /// By word.
    met: Vec<[OnceLock<Arc<RoaringBitmap>>; Meeting::ALL.len()]>,
    /// By word: the icons that meet it in this way or a better one.
    met_so_far: Vec<[OnceLock<Arc<RoaringBitmap>>; Meeting::ALL.len()]>,
    /// By tier: the icons in it or in a better one; none where those are the same.
    reached: Vec<OnceLock<Option<Arc<RoaringBitmap>>>>,
    strengths: OnceLock<Vec<(u32, u16)>>,
}

impl Pass {
    /// A reading that every word must be met in.
    pub(crate) fn of_all(words: &[String], characters: &[String], snapshot: &Snapshot) -> Self {
        let is_unfinished = words.iter().any(|word| !snapshot.is_called(word));
        let tiers = if is_unfinished { TIERS_OF_UNFINISHED } else { TIERS };
        Self::new(words, characters, tiers.to_vec(), snapshot)
    }

    /// A reading that up to half of the words may be missing in.
    pub(crate) fn of_some(words: &[String], snapshot: &Snapshot) -> Self {
        let most_missing = u8::try_from(words.len() / 2).unwrap_or(u8::MAX);
        let tiers = (1..=most_missing).map(Tier::Missing).collect();
        Self::new(words, &[], tiers, snapshot)
    }

    fn new(words: &[String], characters: &[String], tiers: Vec<Tier>, snapshot: &Snapshot) -> Self {
        let join = |place: usize| match (words.get(place), words.get(place + 1)) {
            (Some(one), Some(next)) => Some(format!("{one}{next}")),
            _ => None,
        };
        let segments = snapshot
            .segments
            .iter()
            .map(|_| PassSegment {
                met: words.iter().map(|_| Default::default()).collect(),
                met_so_far: words.iter().map(|_| Default::default()).collect(),
                reached: tiers.iter().map(|_| OnceLock::new()).collect(),
                strengths: OnceLock::new(),
            })
            .collect();
        Self {
            words: words
                .iter()
                .enumerate()
                .map(|(place, word)| Word {
                    text: word.clone(),
                    stem: text::stem(word).to_owned(),
                    joined: place
                        .checked_sub(1)
                        .and_then(join)
                        .into_iter()
                        .chain(join(place))
                        .collect(),
                    meanings: OnceLock::new(),
                })
                .collect(),
            characters: characters.to_vec(),
            phrase: OnceLock::new(),
            tiers,
            segments,
        }
    }

    /// The icons that were asked for themselves, and not for what stands for them, whatever the filters say.
    pub(crate) fn count_direct(&self, snapshot: &Snapshot) -> u64 {
        let direct = |(place, segment): (usize, &Segment)| {
            self.reached(snapshot, place, DIRECT_TIERS - 1)
                .intersection_len(&segment.visible)
        };
        snapshot.segments.iter().enumerate().map(direct).sum()
    }

    /// How many words are looked for.
    pub(crate) fn words(&self) -> usize {
        self.words.len()
    }

    /// The icons of a segment in tier `tier` or a better one.
    pub(crate) fn reached(&self, snapshot: &Snapshot, segment: usize, tier: usize) -> &RoaringBitmap {
        let reached = (0..=tier).rev().find_map(|tier| {
            let reached = self.segments[segment].reached[tier].get_or_init(|| {
                let here = self.of_tier(snapshot, segment, tier);
                let Some(better) = tier.checked_sub(1) else {
                    return Some(here);
                };
                let better = self.reached(snapshot, segment, better);
                (!here.is_subset(better)).then(|| with(here, better))
            });
            reached.as_deref()
        });
        reached.expect("the first tier has no better one to be the same as")
    }

    /// Whether a tier has any icons that no better one has.
    pub(crate) fn adds(&self, snapshot: &Snapshot, segment: usize, tier: usize) -> bool {
        self.reached(snapshot, segment, tier);
        self.segments[segment].reached[tier].get().is_some_and(Option::is_some)
    }

    /// The icons of a tier and, of some of them, of better ones.
    fn of_tier(&self, snapshot: &Snapshot, segment: usize, tier: usize) -> Arc<RoaringBitmap> {
        let (fields, index) = (&snapshot.fields, &snapshot.segments[segment]);
        let joined = || self.words.iter().map(|word| word.text.as_str()).collect::<String>();
        let bag = || text::bag(self.words.iter().map(|word| word.text.as_str()));
        match self.tiers[tier] {
            Tier::Character => {
                let characters = self
                    .characters
                    .iter()
                    .map(|character| (fields.character, character.as_str()));
                Arc::new(index.documents_of_any(characters))
            }
            _ if self.words.is_empty() => Arc::default(),
            Tier::Exact if self.words.len() > 1 => {
                Arc::new(&*index.documents(fields.exact, &joined()) & &*index.documents(fields.bag, &bag()))
            }
            Tier::Exact | Tier::Joined => index.documents(fields.exact, &joined()),
            Tier::AnyOrder => index.documents(fields.bag, &bag()),
            Tier::Base => {
                let either = [(fields.base, joined()), (fields.base_bag, bag())];
                Arc::new(index.documents_of_any(either.iter().map(|(field, term)| (*field, term.as_str()))))
            }
            Tier::Alias => index.documents(fields.alias_exact, &joined()),
            Tier::Begun => {
                let words = self.words.len().to_string();
                let begun = self.all_of_words(|word| self.met(snapshot, segment, word, Meeting::Start));
                Arc::new(&*begun & &*index.documents(fields.length, &words))
            }
            Tier::Met(meeting) => {
                let met = self.all_of_words(|word| self.met_so_far(snapshot, segment, word, meeting));
                if meeting < Meeting::Synonym {
                    return met;
                }
                with(met, &meanings::documents(index, fields, self.phrase(snapshot)))
            }
            Tier::Missing(missing) => Arc::new(self.met_but(snapshot, segment, usize::from(missing))),
        }
    }

    /// What the icons of every word have in common.
    fn all_of_words<'a>(&'a self, of_word: impl Fn(usize) -> &'a Arc<RoaringBitmap>) -> Arc<RoaringBitmap> {
        if let [_] = self.words.as_slice() {
            return of_word(0).clone();
        }
        let words = (0..self.words.len()).map(|word| &**of_word(word));
        Arc::new(words.intersection())
    }

    fn met_so_far(&self, snapshot: &Snapshot, segment: usize, word: usize, meeting: Meeting) -> &Arc<RoaringBitmap> {
        self.segments[segment].met_so_far[word][meeting as usize].get_or_init(|| {
            let met = self.met(snapshot, segment, word, meeting);
            match (meeting as usize).checked_sub(1) {
                Some(better) => with(
                    met.clone(),
                    self.met_so_far(snapshot, segment, word, Meeting::ALL[better]),
                ),
                None => met.clone(),
            }
        })
    }

    /// The icons that meet all words but `missing`, or more.
    fn met_but(&self, snapshot: &Snapshot, segment: usize, missing: usize) -> RoaringBitmap {
        // By how many words were met so far.
        let mut at_least: Vec<RoaringBitmap> = vec![RoaringBitmap::new(); self.words.len() + 1];
        at_least[0].clone_from(&snapshot.segments[segment].icons);
        for word in 0..self.words.len() {
            let met = self.met_so_far(snapshot, segment, word, Meeting::Start);
            for count in (0..=word).rev() {
                let more = &at_least[count] & &**met;
                at_least[count + 1] |= more;
            }
        }
        std::mem::take(&mut at_least[self.words.len() - missing])
    }

    /// The icons that meet one word in one way.
    fn met(&self, snapshot: &Snapshot, segment: usize, place: usize, meeting: Meeting) -> &Arc<RoaringBitmap> {
        self.segments[segment].met[place][meeting as usize].get_or_init(|| {
            let (fields, index) = (&snapshot.fields, &snapshot.segments[segment]);
            let word = &self.words[place];
            match meeting {
                Meeting::Name => {
                    let named = index.documents_called(fields, &word.text);
                    (word.joined.iter()).fold(named, |any, joined| with(any, &index.documents_called(fields, joined)))
                }
                Meeting::Form => index.documents(fields.stem, &word.stem),
                Meeting::Alias => index.documents(fields.alias, &word.stem),
                Meeting::Tag => index.documents(fields.tag, &word.stem),
                Meeting::Start if word.text.len() <= LONGEST_START => index.documents(fields.start, &word.text),
                Meeting::Start => Arc::default(),
                Meeting::Set => {
                    let sets = snapshot.sets_called(&word.text).iter();
                    Arc::new(index.documents_of_any(sets.map(|prefix| (fields.prefix, prefix.as_str()))))
                }
                Meeting::Synonym => {
                    let expansions = self.meanings(snapshot, place);
                    index.documents_meant(&word.stem, expansions.len(), || {
                        meanings::documents(index, fields, expansions)
                    })
                }
                Meeting::Category => index.documents(fields.category, &word.stem),
            }
        })
    }

    /// What a word stands for.
    fn meanings(&self, snapshot: &Snapshot, place: usize) -> &[Expansion] {
        let word = &self.words[place];
        let meanings = word.meanings.get_or_init(|| snapshot.meanings(&word.stem));
        if self.words.len() > 1 {
            meanings.among_others()
        } else {
            meanings.all()
        }
    }

    /// What all words together stand for; nothing where there is but one.
    fn phrase(&self, snapshot: &Snapshot) -> &[Expansion] {
        let meanings = self.phrase.get_or_init(|| match self.words.as_slice() {
            [] | [_] => Arc::default(),
            words => {
                let stems: Vec<&str> = words.iter().map(|word| word.stem.as_str()).collect();
                snapshot.meanings(&stems.join(" "))
            }
        });
        meanings.all()
    }

    /// The best way in which each word is met by an icon; nothing for a word that is not.
    pub(crate) fn meetings<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        segment: usize,
        doc: u32,
    ) -> impl Iterator<Item = Meeting> + 'a {
        (0..self.words.len()).filter_map(move |word| {
            Meeting::ALL
                .into_iter()
                .find(|meeting| self.met(snapshot, segment, word, *meeting).contains(doc))
        })
    }

    /// How strongly icons mean what was asked, of those that no word of the name tells of; by document ascending.
    pub(crate) fn strengths(&self, snapshot: &Snapshot, segment: usize) -> &[(u32, u16)] {
        self.segments[segment].strengths.get_or_init(|| {
            let synonyms = Tier::Met(Meeting::Synonym);
            let Some(place) = self.tiers.iter().position(|tier| *tier == synonyms) else {
                return Vec::new();
            };
            let better = self.reached(snapshot, segment, place - 1);
            let icons = self.reached(snapshot, segment, place) - better;
            self.strengths_of(snapshot, segment, &icons)
        })
    }

    /// The strength of one of those icons.
    pub(crate) fn strength(&self, snapshot: &Snapshot, segment: usize, doc: u32) -> u16 {
        let strengths = self.strengths(snapshot, segment);
        let place = strengths.binary_search_by_key(&doc, |(doc, _)| *doc);
        place.map_or(0, |place| strengths[place].1)
    }

    fn strengths_of(&self, snapshot: &Snapshot, segment: usize, icons: &RoaringBitmap) -> Vec<(u32, u16)> {
        let mut strengths = Strengths::new(&snapshot.segments[segment], &snapshot.fields, icons);
        strengths.add_meanings(self.phrase(snapshot), 1.0);
        #[expect(clippy::cast_precision_loss, reason = "a query has a dozen words")]
        let share = 1.0 / self.words.len() as f32;
        for place in 0..self.words.len() {
            strengths.add_meanings(self.meanings(snapshot, place), share);
            if self.words.len() > 1 {
                // A word of the name means itself.
                strengths.add(self.met(snapshot, segment, place, Meeting::Form), |_| share);
            }
        }
        let quantised = strengths.per_word().map(|(doc, strength)| (doc, quantised(strength)));
        quantised.collect()
    }
}

/// `some` and `more`, without a copy where one has nothing that the other lacks.
fn with(some: Arc<RoaringBitmap>, more: &RoaringBitmap) -> Arc<RoaringBitmap> {
    if more.is_subset(&some) {
        return some;
    }
    Arc::new(&*some | more)
}

/// A strength as it is compared and written into cursors: the same on every machine.
fn quantised(strength: f32) -> u16 {
    const STEPS: f32 = 8192.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is clamped to what fits, and fractions of a step do not matter"
    )]
    let steps = (strength * STEPS).round().clamp(0.0, f32::from(u16::MAX)) as u16;
    steps
}
