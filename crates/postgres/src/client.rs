//! An open connection, and the task that moves its bytes.

use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use task::{Error, Result};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::NoTls;
use tokio_postgres::{AsyncMessage, Config, Connection};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Closes its connection when dropped.
pub struct Client {
    inner: tokio_postgres::Client,
    connection: tokio::task::JoinHandle<()>,
    lost: Arc<OnceLock<tokio_postgres::Error>>,
    tls: Option<MakeRustlsConnect>,
}

impl Client {
    pub(crate) async fn open(
        config: &Config,
        tls: Option<&MakeRustlsConnect>,
    ) -> Result<Self, tokio_postgres::Error> {
        let Some(tls) = tls else { return Self::open_plain(config).await };
        match config.connect(tls.clone()).await {
            Ok((inner, connection)) => Ok(Self::new(inner, connection, Some(tls.clone()))),
            // Like libpq, whose `prefer` also means: no TLS if the server has a problem with it,
            // be it in the handshake or because its `pg_hba.conf` wants none from us.
            Err(error) if prefers(config) && is_handshake(&error) => {
                Self::open_plain(config).await.map_err(|_| error)
            }
            Err(error)
                if prefers(config)
                    && error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) =>
            {
                Self::open_plain(config).await
            }
            Err(error) => Err(error),
        }
    }

    async fn open_plain(config: &Config) -> Result<Self, tokio_postgres::Error> {
        let mut config = config.clone();
        config.ssl_mode(tokio_postgres::config::SslMode::Disable);
        let (inner, connection) = config.connect(NoTls).await?;
        Ok(Self::new(inner, connection, None))
    }

    fn new<S, T>(
        inner: tokio_postgres::Client,
        mut connection: Connection<S, T>,
        tls: Option<MakeRustlsConnect>,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let lost = Arc::new(OnceLock::new());
        let cause = Arc::clone(&lost);
        let connection = tokio::spawn(async move {
            loop {
                match poll_fn(|context| connection.poll_message(context)).await {
                    Some(Ok(AsyncMessage::Notice(notice))) => {
                        tracing::debug!("server says: {}: {}", notice.severity(), notice.message());
                    }
                    Some(Ok(_)) => {}
                    // Kept before the connection is dropped, which is what its users notice.
                    Some(Err(error)) => {
                        let _ = cause.set(error);
                        break;
                    }
                    None => break,
                }
            }
            drop(connection);
        });
        Self { inner, connection, lost, tls }
    }

    /// As [`crate::explain`]; and if the connection was lost, says why, which the error of a
    /// statement does not know.
    pub fn explain(&self, error: tokio_postgres::Error, doing: impl Into<String>) -> Error {
        let Some(lost) = self.lost.get().filter(|_| error.is_closed()) else {
            return crate::explain(error, doing);
        };
        let cause = match lost.as_db_error() {
            Some(db) => db.message().to_owned(),
            None => std::error::Error::source(lost).map_or(lost.to_string(), ToString::to_string),
        };
        Error::failed(doing).because(format!("lost the connection: {cause}"))
    }

    /// Asks the server to stop what this connection is doing, which is how one stops a long
    /// statement: a server does not notice that its client is gone until it has a row to send.
    pub async fn cancel(&self) -> Result<()> {
        let token = self.inner.cancel_token();
        let sent = async {
            match &self.tls {
                Some(tls) => token.cancel_query(tls.clone()).await,
                None => token.cancel_query(NoTls).await,
            }
        };
        match tokio::time::timeout(Duration::from_secs(2), sent).await {
            Ok(sent) => sent.map_err(|error| crate::explain(error, "cannot cancel a statement")),
            Err(_) => Err(Error::failed("cannot cancel a statement: no answer within 2 s")),
        }
    }
}

fn prefers(config: &Config) -> bool {
    config.get_ssl_mode() == tokio_postgres::config::SslMode::Prefer
}

/// tokio-postgres has no accessor for this kind.
fn is_handshake(error: &tokio_postgres::Error) -> bool {
    error.to_string().contains("TLS handshake")
}

impl Deref for Client {
    type Target = tokio_postgres::Client;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inner
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.connection.abort();
    }
}
