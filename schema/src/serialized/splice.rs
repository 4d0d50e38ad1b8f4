//! Answers with parts that are bytes already. In a value of the library's, those are binary values, of which no field has any
//! of its own.

use async_graphql::Value;

/// Whether a part is bytes.
pub(crate) fn has_spliced(value: &Value) -> bool {
    match value {
        Value::Binary(_) => true,
        Value::List(items) => items.iter().any(has_spliced),
        Value::Object(fields) => fields.values().any(has_spliced),
        _ => false,
    }
}

/// `{"data":…}`, the same bytes as if every part had been written now.
pub(crate) fn spliced(data: &Value) -> Vec<u8> {
    let mut json = Vec::with_capacity(r#"{"data":}"#.len() + bytes_of(data));
    json.extend(br#"{"data":"#);
    write(&mut json, data);
    json.push(b'}');
    json
}

/// The same value with every part as it was resolved.
pub(crate) fn unspliced(value: Value) -> Value {
    match value {
        Value::Binary(bytes) => sonic_rs::from_slice(&bytes).expect("what is kept was written as JSON"),
        Value::List(items) => Value::List(items.into_iter().map(unspliced).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, unspliced(value)));
            Value::Object(fields.collect())
        }
        value => value,
    }
}

/// Bytes of the parts that are bytes, and a few for each other one.
fn bytes_of(value: &Value) -> usize {
    const OF_LEAF: usize = 32;
    match value {
        Value::Binary(bytes) => bytes.len() + 1,
        Value::List(items) => items.iter().map(bytes_of).sum(),
        Value::Object(fields) => fields.values().map(|value| OF_LEAF + bytes_of(value)).sum(),
        _ => OF_LEAF,
    }
}

/// Appends one value as JSON.
pub(super) fn write(json: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Binary(bytes) => json.extend_from_slice(bytes),
        Value::List(items) if has_spliced(value) => {
            json.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    json.push(b',');
                }
                write(json, item);
            }
            json.push(b']');
        }
        Value::Object(fields) if has_spliced(value) => {
            json.push(b'{');
            for (index, (name, value)) in fields.iter().enumerate() {
                if index > 0 {
                    json.push(b',');
                }
                // A name has no character that JSON writes in another way.
                json.push(b'"');
                json.extend_from_slice(name.as_bytes());
                json.extend_from_slice(b"\":");
                write(json, value);
            }
            json.push(b'}');
        }
        value => sonic_rs::to_writer(&mut *json, value).expect("values of answers can be written as JSON"),
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Value, value};

    use super::{has_spliced, spliced, unspliced, write};

    #[test]
    fn spliced_bytes_are_those_of_the_whole() {
        let part = value!({ "name": "a \"b\"", "width": 1.5, "set": null });
        let with = |part: Value| value!({ "x": { "n": -1, "nodes": [part, 1, { "s": "ü\n" }, []] }, "y": [true] });
        let whole = with(part.clone());
        let in_parts = with(Value::Binary(sonic_rs::to_vec(&part).expect("JSON").into()));
        assert!(has_spliced(&in_parts) && !has_spliced(&whole));
        let expected = format!("{{\"data\":{}}}", sonic_rs::to_string(&whole).expect("JSON"));
        assert_eq!(String::from_utf8(spliced(&in_parts)).expect("UTF-8"), expected);
        assert_eq!(spliced(&whole), expected.as_bytes());
        // What is kept may hold what was kept.
        let written = |value: &Value| {
            let mut json = Vec::new();
            write(&mut json, value);
            json
        };
        assert_eq!(written(&in_parts), written(&whole));
        assert_eq!(spliced(&Value::Binary(written(&in_parts).into())), expected.as_bytes());
        assert_eq!(unspliced(in_parts), whole);
    }
}
