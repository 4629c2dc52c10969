//! One server, perhaps one of its databases, and all that is needed to connect to it.

use crate::{Client, MySettings, SslMode, code, explain, tls, url};
use mysql_async::{DriverError, Error as Refusal, IoError, Opts, OptsBuilder, SslOpts};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use task::{Error, Result, Secret, Task};

/// The server, or the account, has no place left.
const FULL: [u16; 3] = [1040, 1203, 1226];

/// Prints as `host:port/database`; its password is never shown.
#[derive(Clone)]
pub struct Endpoint {
    host: String,
    port: u16,
    socket: Option<PathBuf>,
    user: String,
    database: Option<String>,
    password: Option<Secret>,
    timeout: Duration,
    ssl_mode: SslMode,
    tls: Option<SslOpts>,
}

impl Endpoint {
    pub(crate) fn new(
        settings: &MySettings,
        host: String,
        user: String,
        database: Option<String>,
    ) -> Result<Self> {
        Ok(Self {
            host,
            port: settings.port.unwrap_or(3306),
            socket: settings.socket.clone().filter(|path| !path.as_os_str().is_empty()),
            user,
            database,
            password: task::secret("MYSQL_PWD")?,
            timeout: settings.connect_timeout,
            ssl_mode: settings.ssl_mode,
            tls: tls::options(settings)?,
        })
    }

    /// `mysql://user@host:port/db?ssl-mode=…`; what it does not say is taken from `MYSQL_*`.
    pub fn from_url(url: &str) -> Result<Self> {
        url::endpoint(url)
    }

    /// Another database of the same server.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: Some(database.to_owned()), ..self.clone() }
    }

    /// The server itself.
    #[must_use]
    pub fn without_database(&self) -> Self {
        Self { database: None, ..self.clone() }
    }

    pub(crate) fn with_password(self, password: Option<Secret>) -> Self {
        Self { password: password.or(self.password), ..self }
    }

    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    pub fn user(&self) -> &str {
        &self.user
    }

    /// One attempt.
    pub async fn connect(&self, program: &str) -> Result<Client> {
        self.attempt(program).await?.map_err(|refusal| self.refused(refusal))
    }

    /// One attempt; none if the server or the account has no place left.
    pub async fn connect_if_room(&self, program: &str) -> Result<Option<Client>> {
        match self.attempt(program).await? {
            Err(refusal) if code(&refusal).is_some_and(|code| FULL.contains(&code)) => Ok(None),
            opened => opened.map(Some).map_err(|refusal| self.refused(refusal)),
        }
    }

    /// Tries again within `--wait` while the server is away; a wrong password is not tried twice.
    pub async fn connect_waiting(&self, task: &Task, program: &str) -> Result<Client> {
        task::retry(task, &format!("connect to {self}"), async || self.connect(program).await).await
    }

    async fn attempt(&self, program: &str) -> Result<Result<Client, Refusal>> {
        let attempt = async {
            match Client::open(self, self.options(program, self.tls.clone())).await {
                Err(refusal) if self.ssl_mode == SslMode::Preferred && about_tls(&refusal) => {
                    Client::open(self, self.options(program, None)).await
                }
                opened => opened,
            }
        };
        tokio::time::timeout(self.timeout, attempt).await.map_err(|_| {
            let seconds = self.timeout.as_secs();
            Error::failed(format!("cannot connect to {self}: no answer within {seconds} s"))
        })
    }

    fn refused(&self, refusal: Refusal) -> Error {
        explain(refusal, format!("cannot connect to {self} as {}", self.user))
    }

    fn options(&self, program: &str, tls: Option<SslOpts>) -> Opts {
        let socket = self.socket.as_ref().map(|path| path.display().to_string());
        OptsBuilder::default()
            .ip_or_hostname(&self.host)
            .tcp_port(self.port)
            .socket(socket.clone())
            // Not asked for: the driver would change to the socket that a server of this machine has.
            .prefer_socket(socket.is_some())
            .user(Some(&self.user))
            .pass(self.password.as_ref().map(Secret::expose))
            .db_name(self.database.as_ref())
            .ssl_opts(tls.filter(|_| self.socket.is_none()))
            .stmt_cache_size(0)
            .connect_attribute("program_name", program)
            .into()
    }
}

/// The server has no TLS, or there is a problem with it.
fn about_tls(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Driver(DriverError::NoClientSslFlagFromServer) | Refusal::Io(IoError::Tls(_))
    )
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.socket {
            Some(socket) => write!(f, "{}", socket.display())?,
            None => write!(f, "{}:{}", self.host, self.port)?,
        }
        self.database.as_ref().map_or(Ok(()), |database| write!(f, "/{database}"))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}
