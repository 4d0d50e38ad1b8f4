//! Documents written by counting.

/// `of(0)`, `of(1)` and so on, `count` of them, joined by blanks.
pub(crate) fn each(count: usize, of: impl Fn(usize) -> String) -> String {
    (0..count).map(of).collect::<Vec<String>>().join(" ")
}

/// An operation with these fields.
pub(crate) fn fields(count: usize, of: impl Fn(usize) -> String) -> String {
    format!("{{ {} }}", each(count, of))
}
