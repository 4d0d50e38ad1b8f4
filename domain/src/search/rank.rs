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

const WORDS_SHIFT: u32 = 56;
const LENGTH_SHIFT: u32 = 48;

impl Rank {
    pub(crate) fn new(standing: Standing) -> Self {
        let byte = |count: usize| count.min(255) as u64;
        let smaller_sets_later = 0x7fff - standing.set_total.min(0x7fff) as u64;
        let set = u64::from(standing.set_is_archived) << 15 | smaller_sets_later;
        Self(byte(standing.words + standing.variant) << WORDS_SHIFT | byte(standing.length) << LENGTH_SHIFT | set << 32)
    }

    /// Words of the name, the variants after the first counting more; at least 1.
    pub(crate) fn words(self) -> u8 {
        u8::try_from(self.0 >> WORDS_SHIFT).unwrap_or(u8::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Rank, Standing};

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
