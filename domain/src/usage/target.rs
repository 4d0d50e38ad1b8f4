use serde::{Deserialize, Serialize};

use crate::catalog::{IconId, IconName};

/// What usage is summed up of: an icon, a set, or everything; by a number that it has wherever it is, and also once it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Target(i64);

impl Target {
    /// Everything.
    pub(crate) const ALL: Self = Self(-1);

    /// Everything, with sessions where others have users.
    pub(crate) const SESSIONS: Self = Self(-2);

    /// Everything, with pairs of a session and an icon where others have users.
    pub(crate) const SESSION_ICONS: Self = Self(-3);

    pub(crate) fn icon(name: &IconName) -> Self {
        Self(IconId::of(name).0)
    }

    /// No icon is called as a set is: there is a colon in its name.
    pub(crate) fn set(prefix: &str) -> Self {
        Self(IconId::of_text(prefix, prefix).0)
    }

    pub(crate) fn number(self) -> i64 {
        self.0
    }

    pub(crate) fn of_number(number: i64) -> Self {
        Self(number)
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn targets_are_fixed_for_all_time() {
        let name = "mdi:home".parse().expect("well-formed");
        assert_eq!(Target::icon(&name).number(), 3_841_518_056_670_091_888);
        assert_ne!(Target::set("mdi"), Target::set("lucide"));
        assert!(Target::set("mdi").number() >= 0);
    }
}
