//! Numbers as ECMAScript writes them, because the reference renderer is JavaScript and answers are compared by byte.

/// `value` as `Number.prototype.toString` gives it: `24`, `0.84`, `1e-7`, and `0` for negative zero.
pub fn to_js_string(value: f64) -> String {
    ryu_js::Buffer::new().format(value).to_owned()
}

#[cfg(test)]
mod tests {
    use super::to_js_string;

    #[test]
    fn writes_numbers_as_javascript_does() {
        for (value, expected) in [
            (24.0, "24"),
            (-0.0, "0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e21, "1e+21"),
            (1e-7, "1e-7"),
            (-12.5, "-12.5"),
        ] {
            assert_eq!(to_js_string(value), expected);
        }
    }
}
