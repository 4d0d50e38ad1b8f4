use async_graphql::{Enum, SimpleObject};

/// What is wrong with an input, in a way that whoever wrote it can mend.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct UserError {
    /// Path into `input`; null where no field is to blame.
    #[graphql(complexity = 0)]
    pub(crate) field: Option<Vec<String>>,
    #[graphql(complexity = 0)]
    pub(crate) code: UserErrorCode,
    #[graphql(complexity = 0)]
    pub(crate) message: String,
}

/// The kinds of mistakes in an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum UserErrorCode {
    /// It cannot be used.
    Invalid,
    /// It names what is not there.
    NotFound,
    /// It contradicts what is there.
    Conflict,
    /// It is more than is taken.
    TooLarge,
    /// An icon that could do something when it is shown.
    UnsafeSvg,
}
