use super::{Lexer, Malformed, Token};

fn shapes(text: &str) -> Result<String, Malformed> {
    let mut lexer = Lexer::new(text);
    let mut shapes = Vec::new();
    while let Some(token) = lexer.next_token()? {
        shapes.push(match token {
            Token::Open(name) => format!("<{name}"),
            Token::Attribute(attribute) => {
                assert!(text[attribute.value_at..].starts_with(attribute.value.raw));
                format!("{}={}", attribute.name, attribute.value.raw)
            }
            Token::OpenEnd { empty: true } => "/>".to_owned(),
            Token::OpenEnd { empty: false } => ">".to_owned(),
            Token::Close(name) => format!("</{name}>"),
            Token::Text(text) => format!("'{}'", text.raw),
            Token::Comment(text) => format!("!{text}"),
        });
    }
    Ok(shapes.join(" "))
}

#[test]
fn splits_fragments_into_tokens() {
    for (text, expected) in [
        ("", ""),
        ("text", "'text'"),
        (r#"<path d="M0 0"/>"#, "<path d=M0 0 />"),
        (r"<g id = 'a' ><!-- b --></g >", "<g id=a > ! b  </g>"),
        ("<a x=\"it's > 1\"\n y='\"'>é</a>", "<a x=it's > 1 y=\" > 'é' </a>"),
    ] {
        assert_eq!(shapes(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn names_what_is_malformed() {
    for (text, expected) in [
        ("<path", Malformed::Unfinished),
        ("<path d", Malformed::Unfinished),
        ("<path d=\"M0", Malformed::Unfinished),
        ("<", Malformed::Unfinished),
        ("<!-- a", Malformed::Unfinished),
        ("< path/>", Malformed::Name),
        ("<1/>", Malformed::Name),
        ("</a b>", Malformed::Name),
        ("<a/ >", Malformed::Name),
        ("<a b/>", Malformed::Attribute),
        ("<a b=c/>", Malformed::Attribute),
        ("<a b=\"\"c=\"\"/>", Malformed::Attribute),
        ("<a b=\"<\"/>", Malformed::AngleBracket),
        ("<a b=\"\u{1}\"/>", Malformed::Character),
        ("\u{FFFF}", Malformed::Character),
        ("<!--\u{0}-->", Malformed::Character),
        ("]]>", Malformed::CdataEnd),
        ("<!DOCTYPE svg>", Malformed::Declaration),
        ("<![CDATA[]]>", Malformed::Declaration),
        ("<?xml version=\"1.0\"?>", Malformed::Declaration),
        ("<!--><b>-->", Malformed::Comment),
        ("<!-- a --!> -->", Malformed::Comment),
        ("<!-- a --->", Malformed::Comment),
    ] {
        assert_eq!(shapes(text), Err(expected), "{text}");
    }
}
