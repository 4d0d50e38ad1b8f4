//! URLs of several servers, in one value of the configuration.

/// The URLs of a list. A comma belongs to one of them, to its password say, unless another URL follows it.
pub(crate) fn split(urls: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (comma, _) in urls.match_indices(',') {
        let rest = &urls[comma + 1..];
        let is_scheme = |scheme: &str| scheme.bytes().all(|byte| byte.is_ascii_alphabetic());
        if rest
            .split_once("://")
            .is_some_and(|(scheme, _)| is_scheme(scheme.trim()))
        {
            found.push(urls[start..comma].trim());
            start = comma + 1;
        }
    }
    found.push(urls[start..].trim());
    found
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_list_is_split_between_urls_only() {
        for (urls, expected) in [
            ("redis://a", &["redis://a"][..]),
            ("redis://a,redis://b:7000", &["redis://a", "redis://b:7000"]),
            ("rediss://a, rediss://b", &["rediss://a", "rediss://b"]),
            ("redis://:se,cret@a", &["redis://:se,cret@a"]),
            ("redis://:se,cret@a,redis://b", &["redis://:se,cret@a", "redis://b"]),
            (
                "postgres://a/x,postgresql://b/x",
                &["postgres://a/x", "postgresql://b/x"],
            ),
        ] {
            assert_eq!(split(urls), expected, "{urls}");
        }
    }
}
