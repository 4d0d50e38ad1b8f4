//! Which icons may be shown at all, whatever is asked.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::{
    index::{Fields, icon_document::flags, source::SetFacts},
    segment::Segment,
};
use crate::catalog::IconStyle;

/// Conditions that all hold; each list holds where one of its values does, and an empty list always.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    pub prefixes: Vec<String>,
    pub exclude_prefixes: Vec<String>,
    /// Titles, in whatever case.
    pub categories: Vec<String>,
    pub tags: Vec<String>,
    pub palette: Option<bool>,
    pub style: Option<IconStyle>,
    /// SPDX identifiers of sets' licences, in whatever case.
    pub spdx: Vec<String>,
    /// Grid heights that a set is drawn for.
    pub heights: Vec<u32>,
    pub include_hidden: bool,
}

/// A part of a filter that has a facet of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Sets,
    Categories,
    Licenses,
    Palette,
    Style,
    Heights,
    /// What has no facet: hidden icons, tags.
    Rest,
}

impl Part {
    pub(crate) const ALL: [Self; 7] = [
        Self::Sets,
        Self::Categories,
        Self::Licenses,
        Self::Palette,
        Self::Style,
        Self::Heights,
        Self::Rest,
    ];
}

/// Filters that apply together, with what they need to be applied.
pub(crate) struct Filters<'a> {
    /// What was given as an argument, and what was typed.
    pub(crate) given: [&'a Filter; 2],
    /// Prefixes that were typed, and beginnings of some: one of either has to hold.
    pub(crate) prefixes: &'a [String],
    pub(crate) prefix_starts: &'a [String],
    pub(crate) sets: &'a [SetFacts],
    pub(crate) fields: &'a Fields,
}

impl Filters<'_> {
    /// The icons that pass every part but `without`.
    pub(crate) fn allowed(&self, segment: &Segment, without: Option<Part>) -> Arc<RoaringBitmap> {
        let parts = Part::ALL.into_iter().filter(|part| Some(*part) != without);
        let start = if self.given.iter().any(|filter| filter.include_hidden) {
            &segment.icons
        } else {
            &segment.visible
        };
        parts.fold(start.clone(), |mut allowed, part| {
            for filter in self.given {
                self.apply(part, filter, segment, &mut allowed);
            }
            if part == Part::Sets && !(self.prefixes.is_empty() && self.prefix_starts.is_empty()) {
                *Arc::make_mut(&mut allowed) &= self.of_sets(segment, |set| {
                    self.prefixes.contains(&set.prefix)
                        || self.prefix_starts.iter().any(|start| set.prefix.starts_with(start))
                });
            }
            allowed
        })
    }

    /// Whether some filter has a condition of this part.
    pub(crate) fn has(&self, part: Part) -> bool {
        let is_typed = part == Part::Sets && !(self.prefixes.is_empty() && self.prefix_starts.is_empty());
        is_typed
            || self.given.iter().any(|filter| match part {
                Part::Sets => {
                    !filter.prefixes.is_empty() || !filter.exclude_prefixes.is_empty() || !self.prefix_starts.is_empty()
                }
                Part::Categories => !filter.categories.is_empty(),
                Part::Licenses => !filter.spdx.is_empty(),
                Part::Palette => filter.palette.is_some(),
                Part::Style => filter.style.is_some(),
                Part::Heights => !filter.heights.is_empty(),
                Part::Rest => true,
            })
    }

    fn apply(&self, part: Part, filter: &Filter, segment: &Segment, allowed: &mut Arc<RoaringBitmap>) {
        let any_term = |field, values: &[String]| {
            values.iter().fold(RoaringBitmap::new(), |any, value| {
                any | &*segment.documents(field, &value.to_lowercase())
            })
        };
        match part {
            Part::Sets => {
                if !filter.prefixes.is_empty() {
                    *Arc::make_mut(allowed) &= any_term(self.fields.prefix, &filter.prefixes);
                }
                if !filter.exclude_prefixes.is_empty() {
                    *Arc::make_mut(allowed) -= any_term(self.fields.prefix, &filter.exclude_prefixes);
                }
            }
            Part::Categories if !filter.categories.is_empty() => {
                *Arc::make_mut(allowed) &= any_term(self.fields.category_title, &filter.categories);
            }
            Part::Licenses if !filter.spdx.is_empty() => {
                *Arc::make_mut(allowed) &= self.of_sets(segment, |set| {
                    let spdx = set.license_spdx.as_deref();
                    spdx.is_some_and(|spdx| filter.spdx.iter().any(|wanted| wanted.eq_ignore_ascii_case(spdx)))
                });
            }
            Part::Heights if !filter.heights.is_empty() => {
                *Arc::make_mut(allowed) &= self.of_sets(segment, |set| {
                    set.heights.iter().any(|height| filter.heights.contains(height))
                });
            }
            Part::Palette => match filter.palette {
                Some(true) => *Arc::make_mut(allowed) &= &*segment.documents(self.fields.flag, flags::PALETTE),
                Some(false) => *Arc::make_mut(allowed) -= &*segment.documents(self.fields.flag, flags::PALETTE),
                None => {}
            },
            Part::Style => {
                if let Some(style) = filter.style {
                    let flag = match style {
                        IconStyle::Fill => flags::FILL,
                        IconStyle::Stroke => flags::STROKE,
                    };
                    *Arc::make_mut(allowed) &= &*segment.documents(self.fields.flag, flag);
                }
            }
            Part::Rest if !filter.tags.is_empty() => {
                *Arc::make_mut(allowed) &= any_term(self.fields.tag_text, &filter.tags);
            }
            Part::Categories | Part::Licenses | Part::Heights | Part::Rest => {}
        }
    }

    fn of_sets(&self, segment: &Segment, is_wanted: impl Fn(&SetFacts) -> bool) -> RoaringBitmap {
        self.sets
            .iter()
            .filter(|set| is_wanted(set))
            .fold(RoaringBitmap::new(), |any, set| {
                any | &*segment.documents(self.fields.prefix, &set.prefix)
            })
    }
}
