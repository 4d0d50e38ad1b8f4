//! The GraphQL API: its types, how their fields find their data in batches, and the limits on what may be asked.
//!
//! It knows the domain and no transport: a request comes in as text and variables, and leaves as the bytes of a response.
//! `query`, `mutation` and `subscription` are the tables of contents.

mod administration;
mod authority;
mod cursor;
mod documents;
mod errors;
mod foresight;
mod global_id;
mod kept_answers;
mod limits;
mod loaders;
mod mutation;
mod opaque;
mod paging;
mod public_url;
mod query;
mod refusal;
mod request;
mod response;
mod responses;
mod scalars;
mod serialized;
mod service;
mod subscription;
mod types;
mod validity;
mod variables;
mod vitals;

pub use administration::Administration;
pub use authority::Caller;
pub use documents::{
    ClientFileError, ClientOperation, DocumentCheck, DocumentsConfig, DocumentsMode, Label, ManifestError, TrustReport,
    TrustedDocument, Typenames, client_operations, read_manifest,
};
pub use errors::{Code, shortened, usage_refused};
pub use global_id::id_of_alert;
pub use kept_answers::InFront;
pub use limits::Limits;
pub use opaque::reread;
pub use request::{Answers, DocumentSource, Executed, Opened, OperationKinds, OperationRequest, Outcome};
pub use service::{GraphqlService, KeepingConfig, SchemaConfig, Stores, sdl};
pub use types::cache_layer::CacheLayer;
pub use validity::{Epoch, Validity};
pub use vitals::{FleetWatch, VitalSigns, Vitals};
