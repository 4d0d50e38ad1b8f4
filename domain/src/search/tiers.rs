//! How well an icon matches: the best of these tiers that it is in decides before anything else does.

/// In what way all words of a query are met, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tier {
    /// The character that was typed stands for the icon.
    Character,
    /// The words are the name.
    Exact,
    /// The words are the name, in another order or number.
    AnyOrder,
    /// Written as one, the words are the name.
    Joined,
    /// The words are the name that variants share.
    Base,
    /// The words are an alias.
    Alias,
    /// The words are the name, or what its words begin with.
    Begun,
    /// From here on, what the least met word is met by.
    Met(Meeting),
    /// So many words are not met at all; only where no icon meets all.
    Missing(u8),
}

/// By what a word is met, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Meeting {
    /// A word of the name.
    Name,
    /// A word of the name, in singular or plural.
    Form,
    /// A word of an alias.
    Alias,
    /// A word of a tag.
    Tag,
    /// What a word of the name begins with.
    Start,
    /// A word of the set's name.
    Set,
    /// A word of the name that it stands for.
    Synonym,
    /// A word of a category.
    Category,
}

/// What was matched, as clients are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchedField {
    Name,
    Alias,
    Tag,
    Category,
    Synonym,
    Set,
    Character,
    Typo,
}

impl Meeting {
    pub(crate) const ALL: [Self; 8] = [
        Self::Name,
        Self::Form,
        Self::Alias,
        Self::Tag,
        Self::Start,
        Self::Set,
        Self::Synonym,
        Self::Category,
    ];

    pub(crate) fn field(self) -> MatchedField {
        match self {
            Self::Name | Self::Form | Self::Start => MatchedField::Name,
            Self::Alias => MatchedField::Alias,
            Self::Tag => MatchedField::Tag,
            Self::Set => MatchedField::Set,
            Self::Synonym => MatchedField::Synonym,
            Self::Category => MatchedField::Category,
        }
    }
}

impl Tier {
    /// Whether its icons are there for what a word stands for.
    pub(crate) fn is_of_synonyms(self) -> bool {
        self == Self::Met(Meeting::Synonym)
    }

    /// Whether its icons have a strength, by which they are ordered first.
    pub(crate) fn has_strengths(self) -> bool {
        matches!(self, Self::Begun | Self::Met(Meeting::Start | Meeting::Synonym))
    }
}

/// Tiers of a query of which every word is met, in order.
pub(crate) const TIERS: [Tier; 15] = [
    Tier::Character,
    Tier::Exact,
    Tier::AnyOrder,
    Tier::Joined,
    Tier::Base,
    Tier::Alias,
    Tier::Met(Meeting::Name),
    Tier::Met(Meeting::Form),
    Tier::Met(Meeting::Alias),
    Tier::Met(Meeting::Tag),
    Tier::Begun,
    Tier::Met(Meeting::Start),
    Tier::Met(Meeting::Set),
    Tier::Met(Meeting::Synonym),
    Tier::Met(Meeting::Category),
];

/// The same of a query that has a word which no name has: it is rather not finished than in the plural.
pub(crate) const TIERS_OF_UNFINISHED: [Tier; 15] = [
    Tier::Character,
    Tier::Exact,
    Tier::Joined,
    Tier::Base,
    Tier::Alias,
    Tier::Met(Meeting::Name),
    Tier::Begun,
    Tier::AnyOrder,
    Tier::Met(Meeting::Form),
    Tier::Met(Meeting::Alias),
    Tier::Met(Meeting::Tag),
    Tier::Met(Meeting::Start),
    Tier::Met(Meeting::Set),
    Tier::Met(Meeting::Synonym),
    Tier::Met(Meeting::Category),
];

/// How many of the first tiers say that the icon itself, and nothing like it, was asked for.
pub(crate) const DIRECT_TIERS: usize = 13;

/// Fewer icons than this in them are little: perhaps something else was meant.
pub(crate) const LITTLE: u64 = 100;
