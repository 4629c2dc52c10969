//! One database of one server, and all that is needed to connect to it.

use crate::client::{Client, Refusal};
use crate::passfile::{Passfile, Wanted};
use crate::wire::Address;
use crate::{PgSettings, SslMode, tls, url};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use task::{Error, Result, Secret, Task};
use tokio_postgres::Config;
use tokio_postgres::config::SslMode as Negotiation;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What a server, a database or a role may be set to for the sake of applications, undone. The
/// first one alone, because a limit holds until the end of the statement that lifts it.
const PATIENCE: [&str; 2] = [
    "SET statement_timeout = 0",
    "SELECT pg_catalog.set_config(name, value, false) FROM (VALUES
        ('lock_timeout', '0'), ('idle_in_transaction_session_timeout', '0'),
        ('idle_session_timeout', '0'), ('transaction_timeout', '0'),
        ('default_transaction_read_only', 'off'), ('default_transaction_deferrable', 'off'),
        ('default_transaction_isolation', 'read committed')
    ) AS wanted (name, value) JOIN pg_catalog.pg_settings USING (name)",
];

/// Prints as `host:port/database`; its password is never shown.
#[derive(Clone)]
pub struct Endpoint {
    address: Address,
    user: String,
    database: String,
    password: Option<Secret>,
    passfile: Option<Arc<Passfile>>,
    options: Option<String>,
    timeout: Duration,
    sslmode: SslMode,
    tls: Option<MakeRustlsConnect>,
}

impl Endpoint {
    pub(crate) fn new(
        settings: &PgSettings,
        host: String,
        port: u16,
        user: String,
        database: String,
    ) -> Result<Self> {
        // There is no TLS on a socket of the same machine; libpq ignores the mode there too.
        let sslmode = if host.starts_with('/') { SslMode::Disable } else { settings.sslmode };
        Ok(Self {
            tls: tls::connector(sslmode, settings.sslrootcert.as_deref())?,
            password: task::secret("PGPASSWORD")?,
            passfile: settings.read_passfile()?.map(Arc::new),
            options: std::env::var("PGOPTIONS").ok().filter(|options| !options.is_empty()),
            timeout: settings.connect_timeout,
            address: Address { host, port },
            user,
            database,
            sslmode,
        })
    }

    /// `postgres://user@host:port/db?sslmode=…`; what it does not say is taken from `PG*`.
    pub fn from_url(url: &str) -> Result<Self> {
        url::endpoint(url)
    }

    /// Another database of the same server.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    pub(crate) fn with_password(self, password: Option<Secret>) -> Self {
        Self { password: password.or(self.password), ..self }
    }

    pub(crate) fn with_options(self, options: Option<String>) -> Self {
        Self { options: options.or(self.options), ..self }
    }

    pub fn database(&self) -> &str {
        &self.database
    }

    pub fn user(&self) -> &str {
        &self.user
    }

    /// One attempt.
    pub async fn connect(&self, application: &str) -> Result<Client> {
        self.attempt(application).await?.map_err(|refusal| self.refused(refusal))
    }

    /// One attempt; none if the server, the database or the role has no place left.
    pub async fn connect_if_room(&self, application: &str) -> Result<Option<Client>> {
        match self.attempt(application).await? {
            Err(refusal) if refusal.is_full() => Ok(None),
            opened => opened.map(Some).map_err(|refusal| self.refused(refusal)),
        }
    }

    async fn attempt(&self, application: &str) -> Result<Result<Client, Refusal>> {
        let config = self.config(application);
        let attempt = async {
            let client = Client::open(&self.address, &config, self.tls.as_ref()).await?;
            for statement in PATIENCE {
                client.batch_execute(statement).await.map_err(Refusal::Server)?;
            }
            Ok(client)
        };
        tokio::time::timeout(self.timeout, attempt).await.map_err(|_| {
            let seconds = self.timeout.as_secs();
            Error::failed(format!("cannot connect to {self}: no answer within {seconds} s"))
        })
    }

    fn refused(&self, refusal: Refusal) -> Error {
        refusal.explain(format!("cannot connect to {self}"))
    }

    /// Tries again within `--wait` while the server is away; a wrong password is not tried twice.
    pub async fn connect_waiting(&self, task: &Task, application: &str) -> Result<Client> {
        task::retry(task, &format!("connect to {self}"), async || self.connect(application).await)
            .await
    }

    fn config(&self, application: &str) -> Config {
        let mut config = Config::new();
        config.user(&self.user).dbname(&self.database).application_name(application).ssl_mode(
            match self.sslmode {
                SslMode::Disable => Negotiation::Disable,
                SslMode::Prefer => Negotiation::Prefer,
                _ => Negotiation::Require,
            },
        );
        if let Some(options) = &self.options {
            config.options(options);
        }
        if let Some(password) = self.password() {
            config.password(password);
        }
        config
    }

    fn password(&self) -> Option<&str> {
        if let Some(password) = &self.password {
            return Some(password.expose());
        }
        // In a password file a socket goes by its directory or as `localhost`.
        let Address { host, port } = &self.address;
        let both = [host.as_str(), "localhost"];
        let hosts = if host.starts_with('/') { &both[..] } else { &both[..1] };
        let (port, database, user) = (*port, self.database.as_str(), self.user.as_str());
        self.passfile.as_ref()?.password(&Wanted { hosts, port, database, user })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.address.host, self.address.port, self.database)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}
