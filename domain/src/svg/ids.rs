//! Ids inside a body, made the body's own, so that many drawings can share a page.

mod references;

use std::borrow::Cow;
use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use super::markup::{Lexer, Token};

/// `body` with every id, and everything that refers to one, renamed; borrowed where there is none.
///
/// The new ids depend on `seed_name` and on the order of the old ones alone. Only references are touched, so a colour
/// `#fff` survives an id `fff`. A body that is not well-formed comes back as it was.
pub fn make_unique<'a>(body: &'a str, seed_name: &str) -> Cow<'a, str> {
    let ids = Ids::of(body, seed_name);
    if ids.places.is_empty() {
        return Cow::Borrowed(body);
    }
    let mut rename = Renaming {
        body,
        ids: &ids,
        copied: 0,
        renamed: String::with_capacity(body.len() * 5 / 4),
    };
    let mut lexer = Lexer::new(body);
    let mut element = "";
    loop {
        match lexer.next_token() {
            Ok(Some(Token::Open(name))) => element = name,
            Ok(Some(Token::Attribute(attribute))) => {
                for reference in references::in_attribute(attribute.name, attribute.value.raw) {
                    rename.replace(attribute.value_at + reference.start, attribute.value_at + reference.end);
                }
            }
            Ok(Some(Token::Text(text))) if element == "style" => {
                let at = lexer.offset() - text.raw.len();
                for reference in references::in_style_sheet(text.raw) {
                    rename.replace(at + reference.start, at + reference.end);
                }
            }
            Ok(Some(Token::Close(_) | Token::OpenEnd { empty: true })) => element = "",
            Ok(Some(_)) => {}
            Ok(None) => return Cow::Owned(rename.finish()),
            Err(_) => return Cow::Borrowed(body),
        }
    }
}

/// The ids of a body, numbered in order.
struct Ids<'a> {
    places: HashMap<&'a str, usize>,
    seed: String,
}

impl<'a> Ids<'a> {
    fn of(body: &'a str, seed_name: &str) -> Self {
        let mut places = HashMap::new();
        // Most bodies have no id, and this is cheaper than reading them.
        if body.contains("id=") || body.contains("id ") || body.contains("id\n") {
            let mut lexer = Lexer::new(body);
            while let Ok(Some(token)) = lexer.next_token() {
                if let Token::Attribute(attribute) = token
                    && attribute.name == "id"
                    && !attribute.value.raw.is_empty()
                {
                    let next = places.len();
                    places.entry(attribute.value.raw).or_insert(next);
                }
            }
        }
        Self {
            places,
            seed: format!("{:016x}", xxh3_64(seed_name.as_bytes())),
        }
    }

    /// Letters, digits and `_` alone: in `begin` a hyphen would be a minus, and a dot would begin an event.
    fn new_id(&self, id: &str) -> Option<String> {
        self.places
            .get(id)
            .map(|place| format!("i{}_{place}", &self.seed[..12]))
    }
}

/// A body being copied with some of its words changed.
struct Renaming<'a> {
    body: &'a str,
    ids: &'a Ids<'a>,
    copied: usize,
    renamed: String,
}

impl Renaming<'_> {
    /// Replaces what stands from `start` to `end`, if it is an id.
    fn replace(&mut self, start: usize, end: usize) {
        if let Some(id) = self.ids.new_id(&self.body[start..end]) {
            self.renamed.push_str(&self.body[self.copied..start]);
            self.renamed.push_str(&id);
            self.copied = end;
        }
    }

    fn finish(mut self) -> String {
        self.renamed.push_str(&self.body[self.copied..]);
        self.renamed
    }
}

#[cfg(test)]
mod tests {
    use super::make_unique;

    /// New ids are shown as `{0}`, `{1}`, …
    fn check(body: &str, expected: &str) {
        let made = make_unique(body, "set:icon").into_owned();
        let seed = format!("i{:016x}", xxhash_rust::xxh3::xxh3_64(b"set:icon"));
        let shown = (0..10).fold(made, |made, place| {
            made.replace(&format!("{}_{place}", &seed[..13]), &format!("{{{place}}}"))
        });
        assert_eq!(shown, expected, "{body}");
    }

    #[test]
    fn renames_ids_and_references() {
        for (body, expected) in [
            (
                r##"<path id="a"/><use href="#a"/>"##,
                r##"<path id="{0}"/><use href="#{0}"/>"##,
            ),
            (
                r##"<path id='a'/><use xlink:href="#a"/>"##,
                r##"<path id='{0}'/><use xlink:href="#{0}"/>"##,
            ),
            (
                r#"<g fill="url(#b) red" id="b"/>"#,
                r#"<g fill="url(#{0}) red" id="{0}"/>"#,
            ),
            (
                r#"<g id="b" style="fill:url( '#b' )"/>"#,
                r#"<g id="{0}" style="fill:url( '#{0}' )"/>"#,
            ),
            (
                r#"<g id="b" mask="url(&quot;#b&quot;)"/>"#,
                r#"<g id="{0}" mask="url(&quot;#{0}&quot;)"/>"#,
            ),
            (
                r#"<g id="a"/><g id="b" aria-labelledby="b  a c"/>"#,
                r#"<g id="{0}"/><g id="{1}" aria-labelledby="{1}  {0} c"/>"#,
            ),
            (
                r#"<set id="a"/><set id="x1" begin="0;a.end-1s; x1.click+.5s;b.end" end="a.repeat(2)"/>"#,
                r#"<set id="{0}"/><set id="{1}" begin="0;{0}.end-1s; {1}.click+.5s;b.end" end="{0}.repeat(2)"/>"#,
            ),
            (
                "<style>#a, .b #a > c{fill:url(#a);color:#aaa}@media print{#a{stroke:#a}}</style><g id=\"a\"/>",
                "<style>#{0}, .b #{0} > c{fill:url(#{0});color:#aaa}@media print{#{0}{stroke:#a}}</style><g id=\"{0}\"/>",
            ),
        ] {
            check(body, expected);
        }
    }

    #[test]
    fn leaves_everything_else() {
        for body in [
            "",
            r##"<path d="M0 0" fill="#fff"/>"##,
            r##"<use href="#a"/>"##,
            r#"<g id=""/>"#,
            "<g id=\"a\"",
        ] {
            assert!(
                matches!(make_unique(body, "a:b"), std::borrow::Cow::Borrowed(same) if same == body),
                "{body}"
            );
        }
        for (body, expected) in [
            (
                r##"<g id="fff" fill="#fff" class="fff" data-a="#fff"/>"##,
                r##"<g id="{0}" fill="#fff" class="fff" data-a="#fff"/>"##,
            ),
            (
                r#"<filter id="a"><feFlood in="a" result="a"/></filter>"#,
                r#"<filter id="{0}"><feFlood in="a" result="a"/></filter>"#,
            ),
            (
                r#"<text id="a">#a url(#a)</text>"#,
                r#"<text id="{0}">#a url(#a)</text>"#,
            ),
            (
                r##"<g id="a"/><use href="#ab"/><g fill="url(#b)"/>"##,
                r##"<g id="{0}"/><use href="#ab"/><g fill="url(#b)"/>"##,
            ),
            (
                r#"<set id="s" begin="1s" end="0.5s"/>"#,
                r#"<set id="{0}" begin="1s" end="0.5s"/>"#,
            ),
        ] {
            check(body, expected);
        }
    }

    #[test]
    fn differs_by_name_alone() {
        let body = r#"<g id="a"/>"#;
        assert_eq!(make_unique(body, "a:b"), make_unique(body, "a:b"));
        assert_ne!(make_unique(body, "a:b"), make_unique(body, "a:c"));
        assert_eq!(make_unique(body, "a:b"), make_unique(r#"<g id="z"/>"#, "a:b"));
    }
}
