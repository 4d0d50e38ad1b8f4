//! A lexer for the fragments of XML that icon bodies are.
//!
//! It knows the syntax of tags, attributes, text and comments, and nothing of SVG. It neither matches end tags nor
//! decodes references. Declarations, processing instructions and CDATA are errors: a fragment has no use for them.

mod characters;

use characters::{KIND, Kind, is_forbidden};

/// One step through a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `<name`; its attributes follow, then [`Token::OpenEnd`].
    Open(&'a str),
    Attribute(Attribute<'a>),
    /// `>` or `/>` of a start tag.
    OpenEnd {
        empty: bool,
    },
    Close(&'a str),
    Text(Chunk<'a>),
    Comment(&'a str),
}

/// `name="value"` as written, quotes taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) value: Chunk<'a>,
    /// Where the value begins in the fragment, in bytes.
    pub(super) value_at: usize,
}

/// Raw text or a raw attribute value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) raw: &'a str,
    /// No byte of `raw` can begin a reference, a scheme, a function or an escape: there is nothing to look at.
    pub(super) plain: bool,
}

/// Why a fragment is no XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The fragment ends inside a tag or a comment.
    #[error("it ends too early")]
    Unfinished,
    /// A tag or an attribute without a proper name.
    #[error("a name was expected")]
    Name,
    /// An attribute without `=`, without quotes or without a space before it.
    #[error("an attribute is not written name=\"value\"")]
    Attribute,
    /// `<` inside an attribute value.
    #[error("an attribute value holds a bare <")]
    AngleBracket,
    /// A character that XML 1.0 forbids.
    #[error("a character is not allowed in XML")]
    Character,
    /// `]]>` in text.
    #[error("text holds ]]>")]
    CdataEnd,
    /// `<!DOCTYPE`, `<!ENTITY`, `<![CDATA[` or `<?`.
    #[error("declarations, processing instructions and CDATA are not allowed")]
    Declaration,
    /// A comment that XML and HTML would end in different places.
    #[error("a comment holds <, > or --")]
    Comment,
    /// `&` that begins no predefined entity and no character reference.
    #[error("an entity is unknown")]
    Entity,
    /// An end tag that ends nothing, or something else.
    #[error("an end tag does not match")]
    EndTag,
    /// A start tag that nothing ends.
    #[error("an element is not closed")]
    Unclosed,
    /// The same attribute twice on one element.
    #[error("an attribute is given twice")]
    Duplicate,
}

/// Walks a fragment token by token. After an error it must not be asked again.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    in_tag: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            in_tag: false,
        }
    }

    /// Where the next token begins, in bytes.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// The next token, or `None` at the end of the fragment.
    pub(super) fn next_token(&mut self) -> Result<Option<Token<'a>>, Malformed> {
        if self.in_tag {
            return self.inside_tag().map(Some);
        }
        match self.peek() {
            None => Ok(None),
            Some(b'<') => self.markup().map(Some),
            Some(_) => self.character_data().map(Some),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn markup(&mut self) -> Result<Token<'a>, Malformed> {
        self.at += 1;
        match self.peek() {
            Some(b'/') => {
                self.at += 1;
                let name = self.name()?;
                self.skip_space();
                self.expect(b'>', Malformed::Name)?;
                Ok(Token::Close(name))
            }
            Some(b'!') if self.text[self.at..].starts_with("!--") => self.comment(),
            Some(b'!' | b'?') => Err(Malformed::Declaration),
            _ => {
                let name = self.name()?;
                self.in_tag = true;
                Ok(Token::Open(name))
            }
        }
    }

    /// HTML ends comments at `-->`, `--!>`, and at once in `<!-->`; XML only at `-->`.
    fn comment(&mut self) -> Result<Token<'a>, Malformed> {
        let start = self.at + "!--".len();
        let length = self.text[start..].find("-->").ok_or(Malformed::Unfinished)?;
        let comment = &self.text[start..start + length];
        if comment.contains(['<', '>']) || comment.contains("--") || comment.ends_with('-') {
            return Err(Malformed::Comment);
        }
        if comment
            .bytes()
            .enumerate()
            .any(|(at, byte)| is_forbidden(comment.as_bytes(), at, byte))
        {
            return Err(Malformed::Character);
        }
        self.at = start + length + "-->".len();
        Ok(Token::Comment(comment))
    }

    fn character_data(&mut self) -> Result<Token<'a>, Malformed> {
        let chunk = self.chunk(b'<')?;
        if !chunk.plain && chunk.raw.contains("]]>") {
            return Err(Malformed::CdataEnd);
        }
        Ok(Token::Text(chunk))
    }

    fn inside_tag(&mut self) -> Result<Token<'a>, Malformed> {
        let before = self.at;
        self.skip_space();
        match self.peek() {
            Some(b'>') => {
                self.at += 1;
                self.in_tag = false;
                Ok(Token::OpenEnd { empty: false })
            }
            Some(b'/') => {
                self.at += 1;
                self.expect(b'>', Malformed::Name)?;
                self.in_tag = false;
                Ok(Token::OpenEnd { empty: true })
            }
            Some(_) if before == self.at => Err(Malformed::Attribute),
            _ => self.attribute().map(Token::Attribute),
        }
    }

    fn attribute(&mut self) -> Result<Attribute<'a>, Malformed> {
        let name = self.name()?;
        self.skip_space();
        self.expect(b'=', Malformed::Attribute)?;
        self.skip_space();
        let quote = self.peek().ok_or(Malformed::Unfinished)?;
        if !matches!(quote, b'"' | b'\'') {
            return Err(Malformed::Attribute);
        }
        self.at += 1;
        let value_at = self.at;
        let value = self.chunk(quote)?;
        self.expect(quote, Malformed::AngleBracket)?;
        Ok(Attribute { name, value, value_at })
    }

    /// Everything up to `end` or `<`, whichever comes first; the end of the fragment ends text only.
    fn chunk(&mut self, end: u8) -> Result<Chunk<'a>, Malformed> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut plain = true;
        let mut at = start;
        loop {
            while bytes
                .get(at)
                .is_some_and(|byte| KIND[usize::from(*byte)] == Kind::Ordinary)
            {
                at += 1;
            }
            let Some(&byte) = bytes.get(at) else {
                if end == b'<' {
                    break;
                }
                return Err(Malformed::Unfinished);
            };
            match KIND[usize::from(byte)] {
                Kind::End if byte == end || byte == b'<' => break,
                Kind::Notable => plain = false,
                Kind::Suspect if is_forbidden(bytes, at, byte) => return Err(Malformed::Character),
                Kind::Ordinary | Kind::End | Kind::Suspect => {}
            }
            at += 1;
        }
        self.at = at;
        Ok(Chunk {
            raw: &self.text[start..at],
            plain,
        })
    }

    fn name(&mut self) -> Result<&'a str, Malformed> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut at = start;
        while bytes
            .get(at)
            .is_some_and(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
        {
            at += 1;
        }
        match bytes.get(start) {
            None => return Err(Malformed::Unfinished),
            Some(first) if at == start || !(first.is_ascii_alphabetic() || *first == b'_') => {
                return Err(Malformed::Name);
            }
            Some(_) => {}
        }
        self.at = at;
        Ok(&self.text[start..at])
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, otherwise: Malformed) -> Result<(), Malformed> {
        match self.peek() {
            None => Err(Malformed::Unfinished),
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(otherwise),
        }
    }
}

#[cfg(test)]
mod tests;
