//! The tokens of a document, before it is parsed.

/// Steps over a document by token, knowing just enough of its lexical grammar not to look into texts and comments.
pub(crate) struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            at: 0,
        }
    }

    /// The next token, which has at least a byte. A character outside ASCII, where it stands in no text, is several.
    pub(crate) fn next_token(&mut self) -> Option<&'a [u8]> {
        self.skip_ignored();
        let start = self.at;
        match *self.bytes.get(start)? {
            b'"' => self.skip_text(),
            b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' => {
                self.at += 1;
                self.skip_while(|byte| byte == b'_' || byte == b'.' || byte.is_ascii_alphanumeric());
            }
            _ => self.at += 1,
        }
        Some(&self.bytes[start..self.at.min(self.bytes.len())])
    }

    /// How many bytes have been stepped over.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    fn skip_ignored(&mut self) {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b',' | 0xEF | 0xBB | 0xBF => self.at += 1,
                b'#' => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
                _ => return,
            }
        }
    }

    fn skip_while(&mut self, goes_on: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|byte| goes_on(*byte)) {
            self.at += 1;
        }
    }

    fn skip_text(&mut self) {
        let rest = &self.bytes[self.at..];
        let is_block = rest.starts_with(br#"""""#);
        self.at += if is_block { 3 } else { 1 };
        while let Some(byte) = self.bytes.get(self.at) {
            let rest = &self.bytes[self.at..];
            match (is_block, byte) {
                (true, _) if rest.starts_with(br#"\""""#) => self.at += 4,
                (true, _) if rest.starts_with(br#"""""#) => {
                    self.at += 3;
                    return;
                }
                (false, b'\\') => self.at += 2,
                // A text that is not closed on its line is an error the parser reports.
                (false, b'"' | b'\n' | b'\r') => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }
}
