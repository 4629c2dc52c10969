//! The settings of `backup-postgres`: each field is a flag and an environment variable.

use crate::catalog::{Properties, Selection};
use backup::settings::PlaceSettings;
use postgres::PgSettings;
use std::num::NonZeroUsize;
use task::{Error, Result, Secret, TaskSettings, switch};

/// Backs up a PostgreSQL database to one proven file of plain SQL, lists what is there, proves it
/// again, restores it, and removes what is too old.
#[derive(clap::Parser)]
#[command(version, about)]
pub(crate) struct Settings {
    /// What to do
    #[arg(value_enum, default_value_t, value_name = "VERB")]
    pub verb: Verb,

    /// For verify and restore: `latest`, a file name, or its time as in 20261120T020000Z
    #[arg(default_value = "latest", value_name = "BACKUP")]
    pub which: String,

    #[command(flatten)]
    pub server: PgSettings,

    #[command(flatten)]
    pub place: PlaceSettings,

    #[command(flatten)]
    pub backup: BackupSettings,

    #[command(flatten)]
    pub restore: RestoreSettings,

    #[command(flatten)]
    pub task: TaskSettings,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Verb {
    /// Save the database, read the file back, prove it, then remove old backups
    #[default]
    Backup,
    /// Show the backups
    List,
    /// Read a backup back and compare it with its manifest
    Verify,
    /// Load a backup into a database
    Restore,
    /// Remove the backups that the retention settings do not keep
    Prune,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Backup")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct BackupSettings {
    /// Name of the backups [default: the database's name]
    #[arg(long, env = "BACKUP_NAME")]
    pub name: Option<String>,

    /// Roles, tablespaces and every database of the server, each a backup of its own; also for
    /// list, verify, restore and prune
    #[arg(long, env = "ALL_DATABASES", value_parser = switch())]
    pub all_databases: bool,

    /// With --all-databases: no database like this; repeatable, patterns as in psql
    #[arg(long, env = "EXCLUDE_DATABASE", value_name = "PATTERN", value_delimiter = ',')]
    pub exclude_database: Vec<String>,

    /// Roles and tablespaces alone; also for list, verify, restore and prune
    #[arg(long, short, env = "GLOBALS_ONLY", value_parser = switch())]
    pub globals_only: bool,

    /// Save the passwords of roles, too: hashes, which only a superuser may read
    #[arg(long, env = "ROLE_PASSWORDS", value_parser = switch())]
    pub role_passwords: bool,

    /// Connections that read or write rows at once [default: the number of cores]
    #[arg(long, short, env = "JOBS")]
    jobs: Option<NonZeroUsize>,

    /// Leave out who owns what
    #[arg(long, env = "NO_OWNER", value_parser = switch())]
    no_owner: bool,

    /// Leave out GRANT and REVOKE
    #[arg(long, env = "NO_PRIVILEGES", value_parser = switch())]
    no_privileges: bool,

    /// Leave out which tablespace an object lies in
    #[arg(long, env = "NO_TABLESPACES", value_parser = switch())]
    no_tablespaces: bool,

    /// Only schemas like this, and nothing outside of schemas; repeatable, patterns as in psql
    #[arg(long, short = 'n', env = "SCHEMA", value_name = "PATTERN", value_delimiter = ',')]
    schema: Vec<String>,

    /// No schema like this
    #[arg(
        long,
        short = 'N',
        env = "EXCLUDE_SCHEMA",
        value_name = "PATTERN",
        value_delimiter = ','
    )]
    exclude_schema: Vec<String>,

    /// No table, view or sequence like this
    #[arg(long, short = 'T', env = "EXCLUDE_TABLE", value_name = "PATTERN", value_delimiter = ',')]
    exclude_table: Vec<String>,

    /// The definition of tables like this, but no rows
    #[arg(long, env = "EXCLUDE_TABLE_DATA", value_name = "PATTERN", value_delimiter = ',')]
    exclude_table_data: Vec<String>,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Verify and restore")]
pub(crate) struct RestoreSettings {
    /// verify: restore into a scratch database of this server, compare, drop it; a URL like
    /// <postgres://user@host:5432/postgres> [also: `VERIFY_RESTORE_TO_FILE`]
    #[arg(long, env = "VERIFY_RESTORE_TO", value_name = "URL", hide_env_values = true)]
    restore_to: Option<String>,

    /// restore: create the database first
    #[arg(long, env = "RESTORE_CREATE", value_parser = switch())]
    pub create: bool,

    /// restore: drop everything in the target first
    #[arg(long, env = "RESTORE_CLEAN", value_parser = switch())]
    pub clean: bool,
}

impl BackupSettings {
    pub(crate) fn jobs(&self) -> usize {
        backup::settings::jobs(self.jobs)
    }

    /// Whether the whole server is meant, or what belongs to it, and no single database.
    pub(crate) fn of_server(&self) -> bool {
        self.all_databases || self.globals_only
    }

    pub(crate) fn selection(&self) -> Selection {
        Selection {
            schemas: self.schema.clone(),
            excluded_schemas: self.exclude_schema.clone(),
            excluded_tables: self.exclude_table.clone(),
            excluded_data: self.exclude_table_data.clone(),
        }
    }

    pub(crate) fn properties(&self) -> Properties {
        Properties {
            owners: !self.no_owner,
            privileges: !self.no_privileges,
            tablespaces: !self.no_tablespaces,
        }
    }
}

impl RestoreSettings {
    /// Where a drill is to be held, if one is wanted.
    pub(crate) fn drill_server(&self) -> Result<Option<Secret>> {
        match &self.restore_to {
            Some(url) => Ok(Some(Secret::from(url.as_str()))),
            None => task::secret("VERIFY_RESTORE_TO"),
        }
    }
}

impl Settings {
    /// Whose backups are meant, where it is said: `--name`, or else the database.
    pub(crate) fn name(&self) -> Option<String> {
        if self.backup.of_server() {
            return None;
        }
        self.backup.name.clone().or_else(|| self.server.dbname.clone())
    }

    /// Flags that the verb would not look at are a mistake, and silence would hide it.
    pub(crate) fn check(&self) -> Result<()> {
        let misplaced = [
            (self.restore.create && self.verb != Verb::Restore, "--create belongs to restore"),
            (self.restore.clean && self.verb != Verb::Restore, "--clean belongs to restore"),
            (
                self.which != "latest" && ![Verb::Verify, Verb::Restore].contains(&self.verb),
                "only verify and restore take the name of a backup",
            ),
            (
                self.backup.all_databases && self.backup.globals_only,
                "--all-databases has the globals with it: leave one of the two out",
            ),
            (
                self.backup.of_server() && self.backup.name.is_some(),
                "--name is for the backups of one database: with --all-databases each has its own",
            ),
            (
                self.backup.exclude_database.iter().any(|pattern| !pattern.is_empty())
                    && !(self.backup.all_databases && self.verb == Verb::Backup),
                "--exclude-database belongs to backup --all-databases",
            ),
            (
                self.backup.role_passwords && !self.backup.of_server(),
                "--role-passwords belongs to --all-databases or --globals-only",
            ),
        ];
        match misplaced.iter().find(|rule| rule.0) {
            Some((_, why)) => Err(Error::usage((*why).to_owned())),
            None => Ok(()),
        }
    }
}
