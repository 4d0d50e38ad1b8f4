//! How many different users there were, in little room, such that two of them can be put together.
//!
//! Few are listed and counted exactly. Many are counted by `HyperLogLog`: of each user's hash, some bits choose a register, which keeps the
//! longest run of zeros that the other bits ever began with.
//!
//! Source: Flajolet, Fusy, Gandouet and Meunier, "`HyperLogLog`" (2007); the estimate is Ertl's, "New cardinality estimation algorithms for
//! `HyperLogLog` sketches" (2017), which needs no tables of corrections.

use serde::{Deserialize, Serialize};

/// Users that are listed.
const MOST_LISTED: usize = 256;

/// Bits that choose a register. The error is 1.04 / √(2^12), 1.6 %.
const REGISTER_BITS: u32 = 12;
const REGISTERS: usize = 1 << REGISTER_BITS;

/// Of a hash, bits that are counted.
const RANK_BITS: u32 = u64::BITS - REGISTER_BITS;

/// Users, by hashes of 32 bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Distinct {
    /// Ascending.
    Listed(Vec<u32>),
    /// A register a byte.
    #[serde(with = "registers")]
    Sketched(Box<[u8; REGISTERS]>),
}

impl Default for Distinct {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl Distinct {
    pub(crate) fn add(&mut self, user: u32) {
        match self {
            Self::Listed(users) => {
                let Err(place) = users.binary_search(&user) else { return };
                if users.len() < MOST_LISTED {
                    users.insert(place, user);
                } else {
                    let mut registers = sketched(users);
                    note(&mut registers, user);
                    *self = Self::Sketched(registers);
                }
            }
            Self::Sketched(registers) => note(registers, user),
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        match (&mut *self, other) {
            (_, Self::Listed(users)) => users.iter().for_each(|user| self.add(*user)),
            (Self::Listed(users), Self::Sketched(registers)) => {
                let mut registers = registers.clone();
                for user in users.iter() {
                    note(&mut registers, *user);
                }
                *self = Self::Sketched(registers);
            }
            (Self::Sketched(own), Self::Sketched(registers)) => {
                for (own, other) in own.iter_mut().zip(registers.iter()) {
                    *own = (*own).max(*other);
                }
            }
        }
    }

    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Listed(users) => users.len() as u64,
            Self::Sketched(registers) => estimate(registers),
        }
    }
}

fn sketched(users: &[u32]) -> Box<[u8; REGISTERS]> {
    let mut registers = Box::new([0; REGISTERS]);
    for user in users {
        note(&mut registers, *user);
    }
    registers
}

fn note(registers: &mut [u8; REGISTERS], user: u32) {
    // Every bit has to be as good as any.
    let hash = xxhash_rust::xxh3::xxh3_64(&user.to_le_bytes());
    let place = usize::try_from(hash >> RANK_BITS).unwrap_or(0);
    let zeros = (hash << REGISTER_BITS).leading_zeros().min(RANK_BITS);
    let rank = u8::try_from(zeros + 1).unwrap_or(u8::MAX);
    registers[place] = registers[place].max(rank);
}

/// Source: Ertl, algorithm 6.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "there are 4,096 registers, and no more than 2^32 users"
)]
fn estimate(registers: &[u8; REGISTERS]) -> u64 {
    let most = RANK_BITS as usize + 1;
    let mut counts = vec![0_u32; most + 1];
    for register in registers {
        counts[usize::from(*register).min(most)] += 1;
    }
    let all = REGISTERS as f64;
    let mut sum = all * tau(1.0 - f64::from(counts[most]) / all);
    for count in counts[1..most].iter().rev() {
        sum = 0.5 * (sum + f64::from(*count));
    }
    sum += all * sigma(f64::from(counts[0]) / all);
    (all * all / (2.0 * std::f64::consts::LN_2 * sum)).round() as u64
}

fn sigma(share: f64) -> f64 {
    if share >= 1.0 {
        return f64::INFINITY;
    }
    let (mut power, mut weight, mut sum) = (share, 1.0, share);
    loop {
        power *= power;
        let before = sum;
        sum += power * weight;
        weight += weight;
        if sum <= before {
            return sum;
        }
    }
}

fn tau(share: f64) -> f64 {
    if share <= 0.0 || share >= 1.0 {
        return 0.0;
    }
    let (mut root, mut weight, mut sum) = (share, 1.0, 1.0 - share);
    loop {
        root = root.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - root).powi(2) * weight;
        if sum >= before {
            return sum / 3.0;
        }
    }
}

/// As bytes, of which there have to be as many as registers.
mod registers {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::REGISTERS;

    pub(super) fn serialize<S: Serializer>(registers: &[u8; REGISTERS], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(registers)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<[u8; REGISTERS]>, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        Box::try_from(Vec::from(bytes)).map_err(|_| D::Error::custom("a sketch of another size"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Distinct, MOST_LISTED};

    fn of(users: impl IntoIterator<Item = u32>) -> Distinct {
        let mut distinct = Distinct::default();
        users.into_iter().for_each(|user| distinct.add(user));
        distinct
    }

    #[test]
    fn few_are_counted_exactly() {
        for count in [0, 1, 2, 255, 256] {
            assert_eq!(of((0..count).chain(0..count)).count(), u64::from(count));
        }
    }

    #[test]
    fn many_are_counted_to_a_few_percent() {
        for count in [257_u32, 1_000, 10_000, 20_000, 100_000, 1_000_000] {
            let (found, expected) = (of(0..count).count(), u64::from(count));
            assert!(found.abs_diff(expected) * 100 <= expected * 4, "{found} of {expected}");
        }
    }

    #[test]
    fn put_together_they_are_what_they_would_be_from_the_start() {
        for (one, other) in [
            (0..10, 5..20),
            (0..200, 100..300),
            (0..10, 0..5_000),
            (0..5_000, 4_000..9_000),
        ] {
            let expected = of(one.clone().chain(other.clone()));
            for (mut first, second) in [
                (of(one.clone()), of(other.clone())),
                (of(other.clone()), of(one.clone())),
            ] {
                first.merge(&second);
                assert_eq!(first, expected, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn they_are_kept_and_read_again() {
        let most = u32::try_from(MOST_LISTED).unwrap();
        for count in [0, 1, most, most + 1] {
            let distinct = of(0..count);
            let packed = postcard::to_allocvec(&distinct).unwrap();
            assert_eq!(postcard::from_bytes::<Distinct>(&packed).unwrap(), distinct);
        }
        let packed = postcard::to_allocvec(&of(0..1_000)).unwrap();
        assert!(postcard::from_bytes::<Distinct>(&packed[..packed.len() - 1]).is_err());
    }
}
