//! Which listed icons of a set share a base name. It knows names, and no database.

use std::collections::HashMap;

use crate::catalog::IconId;

/// A name of a set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    pub(super) key: &'a str,
    /// The key of what it is but another name of.
    pub(super) names: Option<&'a str>,
    pub(super) listed: bool,
    pub(super) base_name: &'a str,
}

/// The groups of icons that share a base name.
pub(super) struct Variants<'a> {
    prefix: &'a str,
    /// Listed icons of each base name.
    listed: HashMap<&'a str, u32>,
    by_key: HashMap<&'a str, Member<'a>>,
}

impl<'a> Variants<'a> {
    /// The groups among all names of the set `prefix`.
    pub(super) fn of(prefix: &'a str, members: impl Iterator<Item = Member<'a>>) -> Self {
        let by_key: HashMap<&str, Member<'_>> = members.map(|member| (member.key, member)).collect();
        let mut listed = HashMap::new();
        for member in by_key.values().filter(|member| member.listed) {
            *listed.entry(member.base_name).or_insert(0) += 1;
        }
        Self { prefix, listed, by_key }
    }

    /// The group's id, where it shows anything besides the icon `key` itself. A plain alias is in the group of what it names.
    pub(super) fn group_of(&self, key: &str) -> Option<i64> {
        let mut member = self.by_key.get(key)?;
        while let Some(named) = member.names {
            member = self.by_key.get(named)?;
        }
        let base = member.base_name;
        let others = self.listed.get(base).copied().unwrap_or(0) - u32::from(member.listed);
        (others > 0).then(|| IconId::of_text(self.prefix, &format!("{}:{base}", self.prefix)).0)
    }
}
