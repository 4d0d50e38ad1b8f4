use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use domain::catalog::IconName;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IconNameScalar(pub(crate) IconName);

/// `prefix:name`, both `[a-z0-9]+(-[a-z0-9]+)*`, e.g. `mdi:home`. Anything else is refused with `BAD_USER_INPUT`.
#[Scalar(name = "IconName")]
impl ScalarType for IconNameScalar {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => text.parse().map(Self).map_err(InputValueError::custom),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if text.parse::<IconName>().is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
