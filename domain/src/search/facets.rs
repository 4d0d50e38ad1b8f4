//! What the icons that were found have in common, counted.

use foldhash::{HashMap, HashMapExt as _};
use tantivy::columnar::StrColumn;

use super::{
    filter::Part, index::icon_document::flags, index::source::SetFacts, matches::Matches, segment::Segment,
    timed::timed,
};

/// A value and how many of the found icons have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// As a filter takes it.
    pub value: String,
    /// As a person reads it.
    pub label: String,
    pub count: u64,
}

/// Facets of what was found. Each is counted as if its own filter did not apply, so that it shows what else there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facets {
    pub sets: Vec<Facet>,
    pub categories: Vec<Facet>,
    /// Of licences that have an SPDX identifier.
    pub licenses: Vec<Facet>,
    pub palettes: Vec<Facet>,
    pub styles: Vec<Facet>,
    pub heights: Vec<Facet>,
}

type Counts = HashMap<String, u64>;

impl Matches {
    /// The `first` most frequent values of each facet; of one count, in the order of their values.
    pub fn facets(&self, first: usize) -> Facets {
        timed("facets", || self.count_facets(first))
    }

    fn count_facets(&self, first: usize) -> Facets {
        let by_set = |part| self.count_texts(part, Segment::prefixes);
        let (of_sets, of_licenses, of_heights) = (by_set(Part::Sets), by_set(Part::Licenses), by_set(Part::Heights));
        let set_name = |prefix: &str| {
            self.snapshot
                .set(prefix)
                .map_or_else(|| prefix.to_owned(), |set| set.name.clone())
        };
        let titles = self.license_titles();
        let title = |spdx: &str| titles.get(spdx).map_or(spdx, |title| title).to_owned();
        let licenses = self.count_of_sets(&of_licenses, |set| set.license_spdx.iter().cloned().collect());
        let heights = self.count_of_sets(&of_heights, |set| set.heights.iter().map(ToString::to_string).collect());
        let categories = self.count_texts(Part::Categories, Segment::categories);
        let top = |counts, label: &dyn Fn(&str) -> String| most_frequent(counts, first, label);
        Facets {
            sets: top(of_sets, &set_name),
            categories: top(categories, &str::to_owned),
            licenses: top(licenses, &title),
            palettes: top(self.count_palettes(), &|value| {
                let label = if value == "true" { "Own colours" } else { "One colour" };
                label.to_owned()
            }),
            styles: top(self.count_styles(), &|value| {
                let label = if value == "FILL" { "Fill" } else { "Stroke" };
                label.to_owned()
            }),
            heights: top(heights, &str::to_owned),
        }
    }

    /// How many icons have each text of a column.
    fn count_texts(&self, part: Part, column: impl Fn(&Segment) -> Option<&StrColumn>) -> Counts {
        let mut counts = Counts::new();
        for (place, segment) in self.snapshot.segments.iter().enumerate() {
            let Some(column) = column(segment) else {
                continue;
            };
            let mut by_ordinal = vec![0_u64; column.num_terms()];
            for doc in self.all_without(place, part) {
                for ordinal in column.term_ords(doc) {
                    if let Some(count) = usize::try_from(ordinal)
                        .ok()
                        .and_then(|ordinal| by_ordinal.get_mut(ordinal))
                    {
                        *count += 1;
                    }
                }
            }
            let counted = (0_u64..).zip(by_ordinal).filter(|(_, count)| *count > 0);
            for (ordinal, count) in counted {
                let mut text = String::new();
                if segment.sound(column.ord_to_str(ordinal, &mut text)) == Some(true) {
                    *counts.entry(text).or_default() += count;
                }
            }
        }
        counts
    }

    /// Counts of sets as counts of what the sets have.
    fn count_of_sets(&self, of_sets: &Counts, values: impl Fn(&SetFacts) -> Vec<String>) -> Counts {
        let mut counts = Counts::new();
        for (prefix, count) in of_sets {
            for value in self.snapshot.set(prefix).map_or_else(Vec::new, &values) {
                *counts.entry(value).or_default() += count;
            }
        }
        counts
    }

    fn count_palettes(&self) -> Counts {
        let (mut own, mut all) = (0, 0);
        for (place, segment) in self.snapshot.segments.iter().enumerate() {
            let found = self.all_without(place, Part::Palette);
            own += found.intersection_len(&segment.documents(self.snapshot.fields.flag, flags::PALETTE));
            all += found.len();
        }
        only_some([("true", own), ("false", all - own)])
    }

    fn count_styles(&self) -> Counts {
        let (mut fill, mut stroke) = (0, 0);
        for (place, segment) in self.snapshot.segments.iter().enumerate() {
            let found = self.all_without(place, Part::Style);
            let count = |flag| found.intersection_len(&segment.documents(self.snapshot.fields.flag, flag));
            fill += count(flags::FILL);
            stroke += count(flags::STROKE);
        }
        only_some([("FILL", fill), ("STROKE", stroke)])
    }

    /// Licences' titles by their identifiers; of several the one of the first set.
    fn license_titles(&self) -> HashMap<&str, &str> {
        let mut titles = HashMap::new();
        for set in &self.snapshot.sets {
            if let (Some(spdx), Some(title)) = (&set.license_spdx, &set.license_title) {
                titles.entry(spdx.as_str()).or_insert(title.as_str());
            }
        }
        titles
    }
}

fn only_some<const N: usize>(counts: [(&str, u64); N]) -> Counts {
    let some = counts.into_iter().filter(|(_, count)| *count > 0);
    some.map(|(value, count)| (value.to_owned(), count)).collect()
}

fn most_frequent(counts: Counts, first: usize, label: &dyn Fn(&str) -> String) -> Vec<Facet> {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    counts.truncate(first);
    counts
        .into_iter()
        .map(|(value, count)| Facet {
            label: label(&value),
            value,
            count,
        })
        .collect()
}
