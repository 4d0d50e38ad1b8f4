use std::borrow::Cow;

use async_graphql::{InputType, InputValueError, InputValueResult, Value, registry::Registry};

use super::DateTime;

/// A `DateTime` as it was sent, in a list of which each item has its own result: whether it reads as one is found out there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SentDateTime(pub(crate) String);

impl InputType for SentDateTime {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <DateTime as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <DateTime as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        match value.unwrap_or_default() {
            Value::String(text) => Ok(Self(text)),
            value @ (Value::Null | Value::List(_) | Value::Object(_)) => Err(InputValueError::expected_type(value)),
            // No such text is one, as will be found out.
            value => Ok(Self(value.to_string())),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}
