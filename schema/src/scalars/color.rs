use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use domain::svg::color::Color;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColorScalar(pub(crate) Color);

/// A CSS colour: hex, `rgb()`/`hsl()`, a CSS colour keyword, or `currentColor`. Anything else is refused.
#[Scalar(name = "Color")]
impl ScalarType for ColorScalar {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => text.parse().map(Self).map_err(InputValueError::custom),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if text.parse::<Color>().is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.as_str().to_owned())
    }
}
