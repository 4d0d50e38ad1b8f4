//! Row ids made from names, so that a lookup by name is a lookup by primary key and an import never renumbers anything.
//!
//! The upper 16 bits come from the prefix, so the icons of a set lie side by side in the table; the lower 47 from the
//! whole name. Two names of one id are possible (about once in ten thousand catalogs of this size): the import refuses
//! the second, and every lookup compares the name it got with the name it asked for.

use xxhash_rust::xxh3::xxh3_64;

use super::IconName;

const KEY_BITS: u32 = 47;

/// The id of an icon's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct IconId(pub(crate) i64);

impl IconId {
    /// The id that a name has, whether or not there is such an icon.
    pub fn of(name: &IconName) -> Self {
        Self::of_text(name.prefix(), name.as_str())
    }

    /// The id shared by variants of one base name, in a set or out of it.
    pub(crate) fn of_text(prefix: &str, text: &str) -> Self {
        Self(Self::range_of_set(prefix).0 | low_bits(xxh3_64(text.as_bytes()), KEY_BITS))
    }

    /// What the icons of a set have in common. Another set may share it.
    pub(crate) fn set_bits(self) -> u16 {
        u16::try_from(self.0 >> KEY_BITS).unwrap_or(u16::MAX)
    }

    /// The first and the last id that icons of a set can have. Another set may share the range.
    pub(crate) fn range_of_set(prefix: &str) -> (i64, i64) {
        let first = low_bits(xxh3_64(prefix.as_bytes()), 16) << KEY_BITS;
        (first, first | low_bits(u64::MAX, KEY_BITS))
    }
}

fn low_bits(value: u64, bits: u32) -> i64 {
    i64::try_from(value & ((1 << bits) - 1)).expect("at most 47 bits are kept")
}

#[cfg(test)]
mod tests {
    use super::IconId;

    #[test]
    fn ids_are_fixed_for_all_time() {
        for (name, expected) in [
            ("mdi:home", 3_841_518_056_670_091_888),
            ("lucide:house", 8_215_227_019_513_669_086),
        ] {
            let name = name.parse().expect("well-formed");
            let IconId(id) = IconId::of(&name);
            let (first, last) = IconId::range_of_set(name.prefix());
            assert!((first..=last).contains(&id) && id >= 0);
            assert_eq!(id, expected, "{name}");
        }
    }
}
