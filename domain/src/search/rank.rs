//! The order that is known before anybody asks: shorter names first, then the first variant of each icon, then larger sets.

/// How an icon stands among others that match a query equally well; less is better. Comparable across sets and generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(pub(crate) u64);

/// What a rank is made of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Standing {
    /// Words of the name that variants share.
    pub(crate) words: usize,
    /// 0 for the first of an icon's variants, and so on: each further one counts as a word more.
    pub(crate) variant: usize,
    /// Letters of the name.
    pub(crate) length: usize,
    /// Icons in the set.
    pub(crate) set_total: usize,
    /// The set's authors have left it.
    pub(crate) set_is_archived: bool,
}

/// How popular an icon can be: each level counts as a word less.
pub(crate) const MOST_POPULAR: u8 = 3;

/// Bits below, which ranks do not use.
const SPARE_BITS: u32 = 8;

const WORDS_SHIFT: u32 = 56;
const LENGTH_SHIFT: u32 = 48;

impl Rank {
    pub(crate) fn new(standing: Standing) -> Self {
        let byte = |count: usize| count.min(255) as u64;
        let smaller_sets_later = 0x7fff - standing.set_total.min(0x7fff) as u64;
        let set = u64::from(standing.set_is_archived) << 15 | smaller_sets_later;
        Self(byte(standing.words + standing.variant) << WORDS_SHIFT | byte(standing.length) << LENGTH_SHIFT | set << 32)
    }

    /// How an icon of this rank and that popularity stands; less is better.
    pub(crate) fn lifted(self, popularity: u8) -> u64 {
        (self.0 >> SPARE_BITS) + fewer_words(popularity)
    }

    /// The rank of which an icon of that popularity stands so; none where there is no such rank.
    pub(crate) fn of_lifted(lifted: u64, popularity: u8) -> Option<Self> {
        let rank = lifted.checked_sub(fewer_words(popularity))?;
        (rank.leading_zeros() >= SPARE_BITS).then_some(Self(rank << SPARE_BITS))
    }

    /// Words of the name, the variants after the first counting more; at least 1.
    pub(crate) fn words(self) -> u8 {
        u8::try_from(self.0 >> WORDS_SHIFT).unwrap_or(u8::MAX).max(1)
    }
}

/// What stands for the words of which an icon of that popularity has fewer.
fn fewer_words(popularity: u8) -> u64 {
    u64::from(MOST_POPULAR.saturating_sub(popularity)) << (WORDS_SHIFT - SPARE_BITS)
}

/// How likely an icon is the one that somebody begins to type; more is likelier.
///
/// Names that many sets have are asked for most, and a short one is nearest to what was typed. Of many icons of one name
/// the first ones are enough to choose from: each doubling of those before counts like a letter.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "logarithms of counts, clamped to what fits"
)]
pub(crate) fn appeal(letters: usize, icons_of_the_name: usize, better_ones: usize) -> u16 {
    const LONGEST: f64 = 48.0;
    const STEPS_OF_A_LETTER: f64 = 1024.0;
    let popularity = (icons_of_the_name.max(1) as f64).log2() / 2.0;
    let repetition = ((better_ones + 1) as f64).log2();
    let letters = LONGEST - letters as f64 + popularity - repetition;
    (letters * STEPS_OF_A_LETTER).clamp(1.0, f64::from(u16::MAX)) as u16
}

#[cfg(test)]
mod tests {
    use super::{MOST_POPULAR, Rank, Standing, appeal};

    #[test]
    fn popular_names_appeal_and_repetition_does_not() {
        let (home, homer, home_again) = (appeal(4, 150, 0), appeal(5, 1, 0), appeal(4, 150, 100));
        assert!(home > homer && homer > home_again, "{home} {homer} {home_again}");
    }

    #[test]
    fn a_popular_icon_stands_where_one_with_fewer_words_would() {
        let rank = |words| {
            Rank::new(Standing {
                words,
                length: 9,
                ..Standing::default()
            })
        };
        assert_eq!(rank(3).lifted(2), rank(1).lifted(0));
        assert!(rank(1).lifted(MOST_POPULAR) < rank(1).lifted(MOST_POPULAR - 1));
        for words in [0, 1, 255] {
            for popularity in 0..=MOST_POPULAR {
                let lifted = rank(words).lifted(popularity);
                assert_eq!(Rank::of_lifted(lifted, popularity), Some(rank(words)));
            }
        }
        assert_eq!(Rank::of_lifted(0, 0), None);
        assert_eq!(Rank::of_lifted(u64::MAX, 0), None);
    }

    #[test]
    fn shorter_names_then_first_variants_then_larger_sets() {
        let home = Standing {
            words: 1,
            length: 4,
            set_total: 7000,
            ..Standing::default()
        };
        let ordered = [
            home,
            Standing { set_total: 200, ..home },
            Standing {
                set_is_archived: true,
                ..home
            },
            Standing {
                length: 12,
                variant: 1,
                ..home
            },
            Standing {
                length: 12,
                words: 2,
                variant: 1,
                ..home
            },
        ];
        let ranks: Vec<Rank> = ordered.into_iter().map(Rank::new).collect();
        assert!(ranks.is_sorted_by(|one, next| one < next), "{ranks:?}");
        assert_eq!(ranks[0].words(), 1);
        assert_eq!(ranks[4].words(), 3);
    }
}
