//! How far two spellings lie apart.

/// The longest text that is compared: an icon's key has at most so many bytes.
const LONGEST: usize = 128;

/// Slips that a text of so many letters may have and still be meant.
pub(super) fn most_slips(letters: usize) -> u8 {
    if letters < 6 { 1 } else { 2 }
}

/// Letters that one text has to lose, to gain, to change or to swap with a neighbour to become the other; none for more than
/// `most`. Costs the product of the length and `most`.
///
/// Source: the optimal string alignment distance, in a band around the diagonal.
pub(super) fn slips(one: &[u8], other: &[u8], most: u8) -> Option<u8> {
    let band = usize::from(most);
    if one.len().abs_diff(other.len()) > band || one.len().max(other.len()) > LONGEST {
        return None;
    }
    let too_many = most + 1;
    let mut before_previous = [too_many; LONGEST + 1];
    let mut previous = [too_many; LONGEST + 1];
    for (column, cell) in (0..=most).zip(&mut previous) {
        *cell = column;
    }
    for (row, letter) in (1..).zip(one) {
        let mut current = [too_many; LONGEST + 1];
        if row <= band {
            current[0] = previous[0] + 1;
        }
        let mut fewest = current[0];
        for column in row.saturating_sub(band).max(1)..=(row + band).min(other.len()) {
            let changed = previous[column - 1] + u8::from(*letter != other[column - 1]);
            let mut cell = changed.min(previous[column] + 1).min(current[column - 1] + 1);
            if row > 1 && column > 1 && *letter == other[column - 2] && one[row - 2] == other[column - 1] {
                cell = cell.min(before_previous[column - 2] + 1);
            }
            current[column] = cell.min(too_many);
            fewest = fewest.min(cell);
        }
        if fewest > most {
            return None;
        }
        before_previous = previous;
        previous = current;
    }
    Some(previous[other.len()]).filter(|slips| *slips <= most)
}

/// Which letters a text has. One slip changes at most two of these bits.
pub(super) fn letters(text: &str) -> u64 {
    text.bytes().fold(0, |letters, byte| letters | 1 << (byte & 63))
}

#[cfg(test)]
mod tests {
    use super::{letters, slips};

    #[test]
    fn slips_are_counted_up_to_a_limit() {
        for (one, other, expected) in [
            ("home", "home", Some(0)),
            ("hoem", "home", Some(1)),
            ("hom", "home", Some(1)),
            ("homee", "home", Some(1)),
            ("hume", "home", Some(1)),
            ("arrow-lef", "arrow-left", Some(1)),
            ("arrowleft", "arrow-left", Some(1)),
            ("acount-cirlce", "account-circle", Some(2)),
            ("ab", "ba", Some(1)),
            ("", "ab", Some(2)),
            ("", "abc", None),
            ("house", "mouth", None),
            ("kitten", "sitting", None),
        ] {
            assert_eq!(slips(one.as_bytes(), other.as_bytes(), 2), expected, "{one} {other}");
            assert_eq!(slips(other.as_bytes(), one.as_bytes(), 2), expected, "{other} {one}");
        }
        assert_eq!(slips(b"home", b"hume", 0), None);
        assert_eq!(slips(b"kitten", b"sitting", 3), Some(3));
        let long = "a".repeat(128);
        assert_eq!(slips(long.as_bytes(), &long.as_bytes()[1..], 2), Some(1));
        assert_eq!(slips("a".repeat(129).as_bytes(), long.as_bytes(), 2), None);
    }

    #[test]
    fn a_slip_changes_few_letters() {
        assert_eq!(letters("home"), letters("ohmme"));
        assert_eq!((letters("home") ^ letters("hume")).count_ones(), 2);
    }
}
