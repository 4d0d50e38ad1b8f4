use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime(OffsetDateTime);

impl DateTime {
    /// An instant in Unix milliseconds; one that no calendar reaches becomes 1970.
    pub(crate) fn from_unix_ms(unix_ms: i64) -> Self {
        let nanoseconds = i128::from(unix_ms) * 1_000_000;
        Self(OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }

    /// In Unix milliseconds, what is less cut off.
    pub(crate) fn unix_ms(self) -> i64 {
        i64::try_from(self.0.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or_default()
    }
}

/// RFC 3339 instant, UTC.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => OffsetDateTime::parse(text, &Rfc3339)
                .map(|instant| Self(instant.to_offset(UtcOffset::UTC)))
                .map_err(InputValueError::custom),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    // Not every text: but where it is an item's own fault, that is found out when it is executed.
    fn is_valid(value: &Value) -> bool {
        !matches!(value, Value::Null | Value::List(_) | Value::Object(_))
    }

    fn to_value(&self) -> Value {
        // Only a year past 9999 cannot be written.
        Value::String(
            self.0
                .format(&Rfc3339)
                .unwrap_or_else(|_| "9999-12-31T23:59:59Z".to_owned()),
        )
    }
}
