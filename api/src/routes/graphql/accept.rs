//! What form of answer a client takes.

use axum::http::{HeaderMap, header};
use headers_accept::Accept;
use mediatype::{
    MediaType, Name,
    names::{APPLICATION, JSON, TEXT},
};

/// A form that GraphQL is answered in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `application/graphql-response+json`: the status tells what became of the request.
    GraphqlJson,
    /// `application/json`: anything but 200 may be the word of a proxy.
    Json,
    /// `text/event-stream`: one event for each answer.
    EventStream,
}

const GRAPHQL_RESPONSE: Name<'_> = Name::new_unchecked("graphql-response");
const EVENT_STREAM: Name<'_> = Name::new_unchecked("event-stream");

/// A client may name the character set, of which there is one: it says nothing then.
const IN_UTF_8: [&str; 2] = ["; charset=utf-8", ";charset=utf-8"];

/// What can be had, the first where the client has no preference. A stream is for those who ask for it by name.
static AVAILABLE: [(MediaType<'_>, Form); 3] = [
    (MediaType::new(APPLICATION, JSON), Form::Json),
    (
        MediaType::from_parts(APPLICATION, GRAPHQL_RESPONSE, Some(JSON), &[]),
        Form::GraphqlJson,
    ),
    (MediaType::new(TEXT, EVENT_STREAM), Form::EventStream),
];

/// The form that the client likes best; nothing where it takes none of them.
pub(crate) fn negotiate(headers: &HeaderMap) -> Option<Form> {
    if !headers.contains_key(header::ACCEPT) {
        return Some(Form::Json);
    }
    let texts = headers.get_all(header::ACCEPT).iter().map(|value| value.to_str().ok());
    let texts: Option<Vec<&str>> = texts.collect();
    let text = texts.unwrap_or_default().join(",").to_ascii_lowercase();
    let text = IN_UTF_8.iter().fold(text, |text, part| text.replace(part, ""));
    // What is missing or cannot be read says nothing.
    let accept = Some(text.trim()).filter(|text| !text.is_empty());
    let Some(Ok(accept)) = accept.map(str::parse::<Accept>) else {
        return Some(Form::Json);
    };
    let chosen = accept.negotiate(AVAILABLE.iter().map(|(media_type, _)| media_type))?;
    AVAILABLE
        .iter()
        .find(|(media_type, _)| media_type == chosen)
        .map(|(_, form)| *form)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{Form, negotiate};

    fn check(accept: &[&'static str], expected: Option<Form>) {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(header::ACCEPT, HeaderValue::from_static(value));
        }
        assert_eq!(negotiate(&headers), expected, "{accept:?}");
    }

    #[test]
    fn the_best_form_that_a_client_takes() {
        const GRAPHQL: &str = "application/graphql-response+json";
        for (accept, expected) in [
            (&[][..], Some(Form::Json)),
            (&[""], Some(Form::Json)),
            (&["*/*"], Some(Form::Json)),
            (&["application/*"], Some(Form::Json)),
            (&["application/json"], Some(Form::Json)),
            (&["APPLICATION/JSON; charset=utf-8"], Some(Form::Json)),
            (&["application/json; charset=UTF-8; q=0.5"], Some(Form::Json)),
            (&[GRAPHQL], Some(Form::GraphqlJson)),
            (
                &["application/graphql-response+json; charset=utf-8"],
                Some(Form::GraphqlJson),
            ),
            (
                &["application/graphql-response+json, application/json;q=0.9"],
                Some(Form::GraphqlJson),
            ),
            (
                &["application/json;q=0.9, application/graphql-response+json"],
                Some(Form::GraphqlJson),
            ),
            (
                &["application/json, application/graphql-response+json;q=0.1"],
                Some(Form::Json),
            ),
            (&["application/graphql-response+json;q=0, */*"], Some(Form::Json)),
            (&["application/json;q=0, application/*"], Some(Form::GraphqlJson)),
            (
                &["application/graphql-response+json, application/json, text/event-stream, multipart/mixed"],
                Some(Form::GraphqlJson),
            ),
            (&["text/html", "application/json;q=0.1"], Some(Form::Json)),
            (&["text/event-stream"], Some(Form::EventStream)),
            (&["text/event-stream, */*;q=0.1"], Some(Form::EventStream)),
            (&["text/*"], Some(Form::EventStream)),
            (&["text/html"], None),
            (&["text/html, application/xml;q=0.9"], None),
            (&["application/json;q=0"], None),
            (&["*/*;q=0"], None),
            (&["application/json; charset=latin1"], None),
            (&["nonsense"], Some(Form::Json)),
        ] {
            check(accept, expected);
        }
    }
}
