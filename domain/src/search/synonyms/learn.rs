//! Learning what a keyword stands for.
//!
//! Each tagged icon is a bag of terms: the words of its name, its tags, the words of its tags. A keyword stands for a word
//! of names as far as both are met in the same bags: in names under that tag, and, weaker, anywhere beside it. That is the
//! cosine of their occurrences, so a word that is met everywhere stands for little.

use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use super::{Expansion, Target};
use crate::search::{index::source::Tagged, text};

/// Of a tag of several words, each word counts this much.
const PART_OF_A_TAG: f32 = 0.5;
/// Being met beside a word, against being the tag of its name.
const BESIDE: f32 = 0.6;
/// What one icon of that very name adds.
const SAME_NAME: f32 = 0.2;
/// Weaker relations than this are chance.
const LEAST_STRENGTH: f32 = 0.03;
/// Words and names a keyword can stand for: more change no first page.
const MOST_WORDS: usize = 32;
const MOST_NAMES: usize = 16;
/// Longer tags are sentences.
const LONGEST_KEYWORD_WORDS: usize = 4;

type TermId = u32;

/// The terms of one tagged icon.
struct Bag {
    name: String,
    words: Vec<TermId>,
    /// Tags and their words, with the weight of each.
    tags: Vec<(TermId, f32)>,
    /// All of them, each once.
    terms: Vec<TermId>,
}

#[derive(Default)]
struct Terms {
    ids: HashMap<String, TermId>,
    texts: Vec<String>,
}

impl Terms {
    fn id(&mut self, text: &str) -> TermId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = TermId::try_from(self.texts.len()).expect("there are fewer terms than 2^32");
        self.ids.insert(text.to_owned(), id);
        self.texts.push(text.to_owned());
        id
    }
}

/// What each keyword stands for, strongest first; keywords in order of the alphabet. `is_in_names` knows the stems that a
/// name can be found by.
pub(crate) fn learn(tagged: &[Tagged], is_in_names: impl Fn(&str) -> bool) -> Vec<(String, Vec<Expansion>)> {
    let mut terms = Terms::default();
    let occurrences = Occurrences::of(bags(tagged, &mut terms), terms.texts.len());
    let findable: Vec<bool> = terms.texts.iter().map(|text| is_in_names(text)).collect();
    let mut sums = Sums::new(terms.texts.len());
    let mut learnt: Vec<(String, Vec<Expansion>)> = (0..)
        .zip(&terms.texts)
        .filter_map(|(keyword, text)| {
            let mut expansions = occurrences
                .words_of(keyword, &mut sums)
                .into_iter()
                .filter(|(word, _)| findable[*word as usize])
                .take(MOST_WORDS)
                .map(|(word, strength)| Expansion {
                    target: Target::Word(terms.texts[word as usize].clone()),
                    strength,
                })
                .collect::<Vec<_>>();
            expansions.extend(occurrences.names_of(keyword));
            (!expansions.is_empty()).then(|| (text.clone(), expansions))
        })
        .collect();
    learnt.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    learnt
}

fn bags(tagged: &[Tagged], terms: &mut Terms) -> Vec<Bag> {
    let mut seen: HashSet<&Tagged> = HashSet::new();
    tagged
        .iter()
        // A set in several styles tags the same name alike, which says nothing new.
        .filter(|icon| seen.insert(icon))
        .map(|icon| {
            let mut words: Vec<TermId> = icon.key.split('-').map(|word| terms.id(text::stem(word))).collect();
            words.sort_unstable();
            words.dedup();
            let mut tags: HashMap<TermId, f32> = HashMap::new();
            for tag in &icon.tags {
                let tag_words = text::words(tag);
                if tag_words.is_empty() || tag_words.len() > LONGEST_KEYWORD_WORDS {
                    continue;
                }
                for word in &tag_words {
                    tags.entry(terms.id(text::stem(word))).or_insert(PART_OF_A_TAG);
                }
                tags.insert(terms.id(&text::phrase(&tag_words)), 1.0);
            }
            let mut tags: Vec<(TermId, f32)> = tags.into_iter().collect();
            tags.sort_unstable_by_key(|(term, _)| *term);
            let mut all: Vec<TermId> = tags
                .iter()
                .map(|(term, _)| *term)
                .chain(words.iter().copied())
                .collect();
            all.sort_unstable();
            all.dedup();
            Bag {
                name: text::bag(icon.key.split('-')),
                words,
                tags,
                terms: all,
            }
        })
        .collect()
}

impl Bag {
    /// How much the bag's tags say of a term; 0 where only its name has it.
    fn weight_of(&self, term: TermId) -> f32 {
        self.tags
            .binary_search_by_key(&term, |(tag, _)| *tag)
            .map_or(0.0, |place| self.tags[place].1)
    }
}

/// Sums by term that are emptied without walking all terms.
struct Sums {
    tagged: Vec<f32>,
    beside: Vec<f32>,
    touched: Vec<TermId>,
}

impl Sums {
    fn new(terms: usize) -> Self {
        Self {
            tagged: vec![0.0; terms],
            beside: vec![0.0; terms],
            touched: Vec::new(),
        }
    }

    fn clear(&mut self) {
        for term in self.touched.drain(..) {
            self.tagged[term as usize] = 0.0;
            self.beside[term as usize] = 0.0;
        }
    }
}

/// Where terms are met.
struct Occurrences {
    bags: Vec<Bag>,
    /// By term: the bags that have it.
    of_term: Vec<Vec<usize>>,
    /// By term: how many names have it.
    in_names: Vec<u32>,
}

#[expect(clippy::cast_precision_loss, reason = "counts of icons are far below 2^24")]
impl Occurrences {
    fn of(bags: Vec<Bag>, terms: usize) -> Self {
        let mut of_term: Vec<Vec<usize>> = vec![Vec::new(); terms];
        let mut in_names = vec![0_u32; terms];
        for (place, bag) in bags.iter().enumerate() {
            for term in &bag.terms {
                of_term[*term as usize].push(place);
            }
            for word in &bag.words {
                in_names[*word as usize] += 1;
            }
        }
        Self {
            bags,
            of_term,
            in_names,
        }
    }

    fn bags_of(&self, keyword: TermId) -> impl Iterator<Item = &Bag> {
        self.of_term[keyword as usize].iter().map(|place| &self.bags[*place])
    }

    /// The words that a keyword stands for, strongest first.
    fn words_of(&self, keyword: TermId, sums: &mut Sums) -> Vec<(TermId, f32)> {
        for bag in self.bags_of(keyword) {
            let share = bag.weight_of(keyword) / (bag.words.len() as f32).sqrt();
            for word in &bag.words {
                sums.tagged[*word as usize] += share;
            }
            for term in &bag.terms {
                if sums.beside[*term as usize] == 0.0 {
                    sums.touched.push(*term);
                }
                sums.beside[*term as usize] += 1.0;
            }
        }
        let occurrences = self.of_term[keyword as usize].len() as f32 + 2.0;
        let mut words: Vec<(TermId, f32)> = (sums.touched.iter())
            .filter(|term| **term != keyword)
            .map(|term| {
                let at = *term as usize;
                let tagged = sums.tagged[at] / ((self.in_names[at] as f32 + 1.0) * occurrences).sqrt();
                let met = self.of_term[at].len() as f32 + 2.0;
                let beside = BESIDE * sums.beside[at] / (met * occurrences).sqrt();
                (*term, tagged.max(beside))
            })
            .filter(|(_, strength)| *strength >= LEAST_STRENGTH)
            .collect();
        sums.clear();
        words.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        words
    }

    /// The names that a keyword tags, strongest first.
    fn names_of(&self, keyword: TermId) -> Vec<Expansion> {
        let mut names: HashMap<&str, f32> = HashMap::new();
        for bag in self.bags_of(keyword) {
            let weight = bag.weight_of(keyword);
            if weight > 0.0 {
                *names.entry(&bag.name).or_default() += SAME_NAME * weight;
            }
        }
        let mut names: Vec<(&str, f32)> = names.into_iter().collect();
        names.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(other.0)));
        names
            .into_iter()
            .take(MOST_NAMES)
            .map(|(name, strength)| Expansion {
                target: Target::Name(name.to_owned()),
                strength,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Expansion, Tagged, Target, learn};

    fn tagged(key: &str, tags: &[&str]) -> Tagged {
        Tagged {
            key: key.to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        }
    }

    fn meanings(keyword: &str) -> Vec<Expansion> {
        let icons = [
            tagged("trash", &["bin", "Delete", "garbage can"]),
            tagged("trash-off", &["bin", "delete"]),
            tagged("recycle-bin", &["trash", "delete"]),
            tagged("home", &["house", "building"]),
            tagged("home-off", &["house"]),
        ];
        let learnt = learn(&icons, |word| word != "off");
        learnt
            .into_iter()
            .find(|(known, _)| known == keyword)
            .map_or_else(Vec::new, |(_, expansions)| expansions)
    }

    #[test]
    fn a_keyword_stands_for_the_names_it_tags() {
        let words =
            |keyword: &str| -> Vec<Target> { meanings(keyword).into_iter().map(|meaning| meaning.target).collect() };
        assert_eq!(words("delete")[0], Target::Word("trash".to_owned()));
        assert_eq!(words("house")[0], Target::Word("home".to_owned()));
        assert!(words("house").contains(&Target::Name("home".to_owned())));
        assert!(!words("house").contains(&Target::Word("trash".to_owned())));
        assert!(
            !words("house").contains(&Target::Word("off".to_owned())),
            "no name can be found by it"
        );
        assert!(words("garbage can").contains(&Target::Word("trash".to_owned())));
        assert_eq!(words("nothing"), []);
    }

    #[test]
    fn what_is_met_more_often_is_stronger() {
        let strength = |keyword: &str, word: &str| {
            meanings(keyword)
                .into_iter()
                .find(|meaning| meaning.target == Target::Word(word.to_owned()))
                .map_or(0.0, |meaning| meaning.strength)
        };
        assert!(strength("house", "home") > strength("building", "home"));
        assert!(strength("delete", "trash") > strength("delete", "recycle"));
    }
}
