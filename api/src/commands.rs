//! The command line: one file a command.

mod backup;
mod demo_usage;
mod import;
mod keys;
mod migrate;
mod operations;
mod restore;
mod serve;
mod show_config;

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use domain::database::DatabaseError;

pub use backup::BackupArgs;
pub use demo_usage::DemoUsageArgs;
pub use keys::{CreateArgs, KeysCommand};
pub use restore::RestoreArgs;

use crate::{
    config::{Config, ConfigError, resolve},
    server::ServeError,
    telemetry::{self, TelemetryError},
};

/// Every open-source icon over one GraphQL API.
///
/// Start with `iconql import PATH` and `iconql serve`, then open /graphiql.
/// Every flag can also be a variable (`LISTEN` for --listen) or a key of iconql.toml (`listen`); a flag wins over a
/// variable, a variable over the file. `iconql config` shows what is in force.
#[derive(Debug, Clone, Parser)]
#[command(name = "iconql", version, propagate_version = true, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub config: Config,

    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Serve the API and its pages; an embedded database is migrated first
    Serve,
    /// Bring icon sets into the catalog; doing it again changes nothing
    ///
    /// PATH is an IconifyJSON file, a folder of them, or an unpacked @iconify/json or @iconify-json/* package. Each set is
    /// replaced in one transaction or not at all. Broken icons are left out and reported; their set goes on.
    Import {
        /// Files and folders
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Take keywords instead of icons
        ///
        /// Words that people look for icons by. They become the tags of icons that are there, so import the sets first. PATH
        /// is an unpacked lucide-static, @tabler/icons, @fortawesome/fontawesome-free or @mdi/svg, which their authors publish,
        /// or a folder that holds some of them, such as `node_modules`. Each set's tags are replaced in one transaction.
        #[arg(long)]
        keywords: bool,
    },
    /// Change the database schema, or show how it stands
    Migrate {
        #[command(subcommand)]
        direction: MigrateDirection,
    },
    /// Check clients' documents, or list them as trusted
    Operations {
        #[command(subcommand)]
        task: OperationsTask,
    },
    /// Make, list and revoke API keys, also while servers run
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Make up lifelike usage, for trying dashboards; never done by itself
    ///
    /// People come by the hour and the day of the week, from several countries, in sessions, and take some icons far more often than
    /// others; now and then an icon is launched. It goes where real usage goes, and is to be told from it by nothing.
    DemoUsage(DemoUsageArgs),
    /// Write a copy of what cannot be imported again, also while servers run
    ///
    /// Usage, API keys, synonyms, and the sets whose icons were put or deleted, all as they are at one moment. FILE is one SQLite
    /// database, whichever engine is backed up, and holds what keys and users are known by: keep it as you keep those.
    Backup(BackupArgs),
    /// Bring a backup into a database that has no usage, keys and synonyms, all of it or nothing
    ///
    /// The database may be of the other engine, and may have icons already: import those first that come from packages.
    Restore(RestoreArgs),
    /// Print the GraphQL schema
    Schema,
    /// Print the effective configuration and where each value came from; secrets are masked
    Config,
}

/// What to do with clients' documents.
#[derive(Debug, Clone, Subcommand)]
pub enum OperationsTask {
    /// Say what in them does not fit the schema or keep the limits; needs no server and no database
    Check {
        /// Folder whose .graphql and .gql files are read, those of its folders too; or such a file, or a manifest
        #[arg(value_name = "PATH")]
        path: PathBuf,
    },
    /// Write a manifest of trusted documents, as Apollo's tools do, for `DOCUMENTS_MANIFEST`
    Manifest {
        /// Folder whose .graphql and .gql files are read, those of its folders too
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Put `__typename` into each selection, as caches do that tell objects by their types: Apollo's, urql's
        #[arg(long)]
        add_typename: bool,
        /// Where to write it; standard output when left out
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Which way to migrate.
#[derive(Debug, Clone, Subcommand)]
pub enum MigrateDirection {
    /// Apply what is pending
    Up,
    /// Take back the newest migrations. Their tables and data are gone afterwards
    Down {
        /// How many
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
    },
    /// Show what is applied and what is pending
    Status,
}

/// What ended a command. Each message is one line that ends with what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Import(#[from] domain::catalog::import::ImportError),
    #[error(transparent)]
    Source(#[from] domain::catalog::import::SourceError),
    #[error(transparent)]
    Keywords(#[from] domain::catalog::keywords::KeywordError),
    #[error(transparent)]
    Demo(#[from] domain::usage::DemoError),
    #[error(transparent)]
    Backup(#[from] domain::backup::BackupError),
    #[error(transparent)]
    Search(#[from] domain::search::SearchError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error(transparent)]
    Operations(#[from] operations::OperationsError),
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
    #[error("cannot start threads: {0}")]
    Runtime(io::Error),
    #[error("{0} of the icon sets could not be read; the others are imported")]
    SetsFailed(usize),
    #[error("the catalog has no set that these keywords are for: import the icons first, with `iconql import PATH`")]
    NoSetForKeywords,
    #[error(
        "the database schema is behind, {0} to apply: take the backup by the iconql that serves it, or run `iconql migrate up` first"
    )]
    BackupOfOlder(usize),
    #[error("there is no key {0}; `iconql keys list` shows those there are")]
    NoSuchKey(i64),
    #[error("the key could not be shown, so it is revoked: {0}")]
    SecretUnread(Box<CommandError>),
    /// What the command line's own rules cannot say.
    #[error("{0}")]
    Usage(String),
}

const FAILED: u8 = 1;
const BAD_USAGE: u8 = 2;

/// Runs the command that the process was started with.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let resolved = match resolve(&arguments, |name| std::env::var(name).ok()) {
        Ok(resolved) => resolved,
        Err(ConfigError::Clap(error)) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(BAD_USAGE));
        }
        Err(error) => return fail(&error, BAD_USAGE),
    };
    let result = match &resolved.cli.command {
        Command::Schema => print(&schema::sdl()),
        Command::Operations { task } => operations::run(&resolved.cli.config, task),
        Command::Config => print(&show_config::text(&resolved.values)),
        _ => run(&resolved.cli),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads may stop reading.
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error @ CommandError::Usage(_)) => fail(&error, BAD_USAGE),
        Err(error) => fail(&error, FAILED),
    }
}

/// What a thread's stack may grow to. Fields inside each other are resolved inside each other: without optimization, twenty-five
/// fill the two megabytes that are usual, and 64, the highest `MAX_DEPTH`, fewer than four.
const STACK_BYTES: usize = 8 << 20;

/// After how long a thread goes that was there for long work.
const IDLE_THREADS: Duration = Duration::from_secs(2);

/// Has memory given out in small pages. In large ones, of which each stays whole as long as anything in it is used, searches under load took
/// three times the memory, and no request was answered any sooner.
fn take_small_pages() {
    // Where it cannot be said, more memory is taken, and nothing else.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

fn run(cli: &Cli) -> Result<(), CommandError> {
    take_small_pages();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = cli.config.worker_threads {
        runtime.worker_threads(threads.into());
    }
    runtime.thread_stack_size(STACK_BYTES).enable_all();
    // What a thread has used it keeps for as long as it is there.
    runtime.thread_keep_alive(IDLE_THREADS);
    let runtime = runtime.build().map_err(CommandError::Runtime)?;
    let result = runtime.block_on(async {
        let switches = cli.config.switches();
        let telemetry = telemetry::install(&cli.config, &switches)?;
        let result = match &cli.command {
            Command::Serve => serve::run(&cli.config, switches).await,
            Command::Import { paths, keywords: true } => import::keywords::run(&cli.config, paths).await,
            Command::Import { paths, .. } => import::run(&cli.config, paths).await,
            Command::Migrate { direction } => migrate::run(&cli.config, direction).await,
            Command::Keys { command } => keys::run(&cli.config, command).await,
            Command::DemoUsage(arguments) => demo_usage::run(&cli.config, arguments).await,
            Command::Backup(arguments) => backup::run(&cli.config, arguments).await,
            Command::Restore(arguments) => restore::run(&cli.config, arguments).await,
            Command::Schema | Command::Config | Command::Operations { .. } => Ok(()),
        };
        telemetry.flush();
        result
    });
    // A search index that is being made is given up: it is made anew at the next start.
    runtime.shutdown_background();
    result
}

/// Writes a command's result.
pub(crate) fn print(text: &str) -> Result<(), CommandError> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        output.write_all(b"\n")?;
    }
    Ok(output.flush()?)
}

/// Tells whoever sits there what a command's result means, which a program that reads the result need not know.
pub(crate) fn explain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn fail(error: &impl std::fmt::Display, status: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "iconql: {error}");
    ExitCode::from(status)
}
