use super::{Documents, DocumentsConfig, StopAfterValidation, Validator};
use crate::{limits::Limits, service::schema_builder};

/// A check of clients' documents against the schema, without a server.
pub struct DocumentCheck(Documents);

impl DocumentCheck {
    /// With the limits that the server has.
    pub fn new(limits: Limits) -> Self {
        let validating = schema_builder().extension(StopAfterValidation);
        let config = DocumentsConfig {
            introspection: true,
            ..DocumentsConfig::default()
        };
        Self(Documents::new(
            limits,
            config,
            Validator::new(validating.finish(), &limits),
        ))
    }

    /// What is wrong with a document, if anything is, whatever its variables are.
    pub fn fault(&self, text: &str) -> Option<String> {
        self.0.fault(text)
    }
}
