//! `first`, `after`, `last`, `before`: the arguments of every connection.

use std::cell::Cell;

use async_graphql::{Context, Error, SimpleObject};
use domain::catalog::PageBounds;

use crate::{
    errors::{LimitExceeded, bad_user_input},
    limits::{Limits, cost_of},
};

/// Whether a list goes on before and behind a page. Both are exact in either direction of paging.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub(crate) struct PageInfo {
    #[graphql(complexity = 0)]
    pub(crate) has_next_page: bool,
    #[graphql(complexity = 0)]
    pub(crate) has_previous_page: bool,
    /// Null where the page is empty.
    #[graphql(complexity = 0)]
    pub(crate) start_cursor: Option<String>,
    /// Null where the page is empty.
    #[graphql(complexity = 0)]
    pub(crate) end_cursor: Option<String>,
}

/// A connection's arguments as they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageArguments {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
}

impl PageArguments {
    /// The page they ask for, its cursors read by `key`.
    pub(crate) fn bounds<K>(
        &self,
        limits: &Limits,
        key: impl Fn(&str) -> Result<K, Error>,
    ) -> Result<PageBounds<K>, Error> {
        let (size, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(bad_user_input("give either `first` or `last`, not both")),
            (None, Some(last)) => (page_size("last", last, limits)?, true),
            (Some(first), None) => (page_size("first", first, limits)?, false),
            (None, None) => (default_size(limits), false),
        };
        Ok(PageBounds {
            limit: size,
            backward,
            after: self.after.as_deref().map(&key).transpose()?,
            before: self.before.as_deref().map(&key).transpose()?,
        })
    }
}

/// A page size that is given as a number.
fn page_size(argument: &str, size: i32, limits: &Limits) -> Result<u32, Error> {
    match u32::try_from(size) {
        Ok(0) | Err(_) => Err(bad_user_input(format!("`{argument}` must be at least 1"))),
        Ok(size) if size > limits.max_page_size => Err(LimitExceeded {
            limit: "maxPageSize",
            max: limits.max_page_size as usize,
            actual: Some(size as usize),
        }
        .into()),
        Ok(size) => Ok(size),
    }
}

/// The `first` of a field for which the schema has a default. Where a document leaves it out, the limit lowers the default.
pub(crate) fn first_or_default(context: &Context<'_>, first: i32) -> Result<u32, Error> {
    let limits = context.data_unchecked::<Limits>();
    let is_given = context.item.node.get_argument("first").is_some();
    let largest = i32::try_from(limits.max_page_size).unwrap_or(i32::MAX);
    page_size("first", if is_given { first } else { first.min(largest) }, limits)
}

/// As [`first_or_default`], of a field that calls it `size`.
pub(crate) fn size_or_default(context: &Context<'_>, size: i32) -> Result<u32, Error> {
    let limits = context.data_unchecked::<Limits>();
    let is_given = context.item.node.get_argument("size").is_some();
    let largest = i32::try_from(limits.max_page_size).unwrap_or(i32::MAX);
    page_size("size", if is_given { size } else { size.min(largest) }, limits)
}

/// Items of a page of which neither `first` nor `last` is given.
pub(crate) fn default_size(limits: &Limits) -> u32 {
    limits.default_page_size.min(limits.max_page_size)
}

thread_local! {
    static DEFAULT_SIZE: Cell<usize> = const { Cell::new(usize::MAX) };
    static BESIDE_ITEMS: Cell<usize> = const { Cell::new(0) };
}

/// Runs `reckon`, in which such a page costs `size` items: the library asks each field for its cost with its arguments, and
/// there is no other way for a figure to come along.
pub(crate) fn with_default_size<T>(size: u32, reckon: impl FnOnce() -> T) -> T {
    let before = DEFAULT_SIZE.replace(size as usize);
    let beside_before = BESIDE_ITEMS.take();
    let reckoned = reckon();
    DEFAULT_SIZE.set(before);
    BESIDE_ITEMS.set(beside_before);
    reckoned
}

/// What a field of a page costs once, however many items that has. The library adds it to what each item costs, so it comes to nothing
/// there, and is taken by the root field that the page is of, which is asked when all that is in it has been.
pub(crate) fn cost_beside_items(cost: usize) -> usize {
    BESIDE_ITEMS.set(BESIDE_ITEMS.get().saturating_add(cost));
    0
}

/// What has come together of [`cost_beside_items`], for the one page that takes it.
pub(crate) fn taken_beside_items() -> usize {
    cost_of(1, BESIDE_ITEMS.take())
}

/// How many items a page may hold, for its cost; nonsense costs nothing, since it is refused.
pub(crate) fn cost_of_page(first: Option<i32>, last: Option<i32>) -> usize {
    first
        .or(last)
        .map_or_else(|| DEFAULT_SIZE.get(), |size| usize::try_from(size).unwrap_or(0))
}
