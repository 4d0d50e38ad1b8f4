use clap::Args;
use schema::Limits;

/// What one request may ask for.
#[derive(Debug, Clone, Args)]
pub struct LimitArgs {
    /// Names or ids in one batch
    #[arg(long, global = true, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "COUNT", help_heading = "Limits")]
    pub batch_max_size: u32,

    /// Operations in one body, as an array; 0 takes none
    #[arg(long, global = true, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=10), value_name = "COUNT", help_heading = "Limits")]
    pub operation_batch_max_size: u32,

    /// Items of a page where the query does not say
    #[arg(long, global = true, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500), value_name = "COUNT", help_heading = "Limits")]
    pub page_default_size: u32,

    /// Items of a page
    #[arg(long, global = true, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500), value_name = "COUNT", help_heading = "Limits")]
    pub page_max_size: u32,

    /// Bytes of a request's body
    #[arg(long, global = true, default_value_t = 1_048_576, value_parser = clap::value_parser!(u32).range(1024..=268_435_456), value_name = "BYTES", help_heading = "Limits")]
    pub max_body_bytes: u32,

    /// Bytes of a document
    #[arg(long, global = true, default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(64..=16_777_216), value_name = "BYTES", help_heading = "Limits")]
    pub max_document_bytes: u32,

    /// Names, numbers, texts and marks of a document
    #[arg(long, global = true, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "COUNT", help_heading = "Limits")]
    pub max_tokens: u32,

    /// Brackets of a document inside each other; more than 200 would overflow the parser's stack
    #[arg(long, global = true, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=200), value_name = "COUNT", help_heading = "Limits")]
    pub max_nesting: u32,

    /// Fields inside each other
    #[arg(long, global = true, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=64), value_name = "COUNT", help_heading = "Limits")]
    pub max_depth: u32,

    /// Aliased fields of an operation
    #[arg(long, global = true, default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=10_000), value_name = "COUNT", help_heading = "Limits")]
    pub max_aliases: u32,

    /// Cost of an operation: an object counts 1, a list as many times as it has items
    #[arg(long, global = true, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=10_000_000), value_name = "COST", help_heading = "Limits")]
    pub max_cost: u32,

    /// Fragments of a document
    #[arg(long, global = true, default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=200), value_name = "COUNT", help_heading = "Limits")]
    pub max_fragments: u32,

    /// Selections of an operation once its fragments are written out
    #[arg(long, global = true, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000), value_name = "COUNT", help_heading = "Limits")]
    pub max_selections: u32,

    /// Fields at the top of an operation
    #[arg(long, global = true, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "COUNT", help_heading = "Limits")]
    pub max_root_fields: u32,

    /// Directives of an operation
    #[arg(long, global = true, default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=10_000), value_name = "COUNT", help_heading = "Limits")]
    pub max_directives: u32,

    /// Directives of one field, fragment, variable or operation
    #[arg(long, global = true, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=100), value_name = "COUNT", help_heading = "Limits")]
    pub max_directives_per_field: u32,
}

impl LimitArgs {
    pub(super) fn to_schema(&self, deadline_ms: u64) -> Limits {
        Limits {
            max_batch: self.batch_max_size as usize,
            default_page_size: self.page_default_size,
            max_page_size: self.page_max_size,
            max_depth: self.max_depth as usize,
            max_cost: self.max_cost as usize,
            max_tokens: self.max_tokens as usize,
            max_aliases: self.max_aliases as usize,
            max_body_bytes: self.max_body_bytes as usize,
            max_document_bytes: self.max_document_bytes as usize,
            max_nesting: self.max_nesting as usize,
            max_fragments: self.max_fragments as usize,
            max_selections: self.max_selections as usize,
            max_root_fields: self.max_root_fields as usize,
            max_directives: self.max_directives as usize,
            max_directives_per_field: self.max_directives_per_field as usize,
            deadline_ms,
        }
    }
}
