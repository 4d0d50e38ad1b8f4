//! Places by count: how many have more.

/// Counts, and how many have more. What has the same count shares a place, so that of a million icons a few thousand numbers are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// By count, descending.
    by_count: Vec<(u64, u32)>,
    all: u32,
}

impl Places {
    pub(super) fn among(mut counts: Vec<u64>) -> Self {
        counts.sort_unstable_by(|one, other| other.cmp(one));
        let all = u32::try_from(counts.len()).unwrap_or(u32::MAX);
        let mut by_count: Vec<(u64, u32)> = Vec::new();
        for (more, count) in (0_u32..).zip(counts) {
            if by_count.last().is_none_or(|(last, _)| *last != count) {
                by_count.push((count, more));
            }
        }
        by_count.shrink_to_fit();
        Self { by_count, all }
    }

    /// The place of what has `count`, from 1; none of what has nothing.
    pub(super) fn of(&self, count: u64) -> Option<u32> {
        if count == 0 {
            return None;
        }
        // It may have grown since: it stands behind all that have more now.
        let place = self.by_count.partition_point(|(other, _)| *other > count);
        let more = self.by_count.get(place).map_or(self.all, |(_, more)| *more);
        Some(more.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn equal_counts_share_a_place_and_leave_those_after_it_free() {
        let places = Places::among(vec![5, 9, 5, 1]);
        for (count, expected) in [(9, 1), (5, 2), (1, 4)] {
            assert_eq!(places.of(count), Some(expected), "{count}");
        }
        assert_eq!(places.of(0), None);
    }

    #[test]
    fn what_has_grown_since_stands_where_it_would() {
        let places = Places::among(vec![9, 5, 1]);
        for (count, expected) in [(10, 1), (8, 2), (4, 3)] {
            assert_eq!(places.of(count), Some(expected), "{count}");
        }
        assert_eq!(Places::default().of(3), Some(1));
    }
}
