use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// A UUID as it was sent: whether it is one is found out where that is the fault of an item alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UuidScalar(pub(crate) String);

/// RFC 9562 UUID.
#[Scalar(name = "UUID", specified_by_url = "https://www.rfc-editor.org/rfc/rfc9562")]
impl ScalarType for UuidScalar {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            value @ (Value::Null | Value::List(_) | Value::Object(_)) => Err(InputValueError::expected_type(value)),
            // No such text is one, as will be found out.
            value => Ok(Self(value.to_string())),
        }
    }

    fn is_valid(value: &Value) -> bool {
        !matches!(value, Value::Null | Value::List(_) | Value::Object(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}
