//! An open connection, and the thread that moves its bytes.

use crate::joined::Joined;
use crate::wire::{Address, JoinedTls, Socket, Wire};
use std::future::poll_fn;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use task::{Error, Result};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{MakeTlsConnect, NoTls};
use tokio_postgres::{AsyncMessage, CancelToken, Config, Connection};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Closes its connection when dropped.
pub struct Client {
    inner: tokio_postgres::Client,
    address: Address,
    lost: Arc<OnceLock<tokio_postgres::Error>>,
    tls: Option<MakeRustlsConnect>,
    /// Dropped with the client, which ends the connection's thread.
    _open: oneshot::Sender<()>,
}

/// Asks the server to stop what a connection is doing.
pub struct Canceller {
    token: CancelToken,
    address: Address,
    tls: Option<MakeRustlsConnect>,
}

/// Why there is no connection.
pub(crate) enum Refusal {
    /// No way to the server.
    Network(io::Error),
    /// What the server said, or what was said about it.
    Server(tokio_postgres::Error),
}

impl Client {
    pub(crate) async fn open(
        address: &Address,
        config: &Config,
        tls: Option<&MakeRustlsConnect>,
    ) -> Result<Self, Refusal> {
        let Some(tls) = tls else { return Self::open_with(address, config, None).await };
        match Self::open_with(address, config, Some(tls)).await {
            // Like libpq, whose `prefer` also means: no TLS if the server has a problem with it,
            // be it in the handshake or because its `pg_hba.conf` wants none from us.
            Err(Refusal::Server(error)) if prefers(config) && is_handshake(&error) => {
                Self::open_plain(address, config).await.map_err(|_| Refusal::Server(error))
            }
            Err(Refusal::Server(error))
                if prefers(config)
                    && error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) =>
            {
                Self::open_plain(address, config).await
            }
            opened => opened,
        }
    }

    async fn open_plain(address: &Address, config: &Config) -> Result<Self, Refusal> {
        let mut config = config.clone();
        config.ssl_mode(SslMode::Disable);
        Self::open_with(address, &config, None).await
    }

    /// The connection has a thread of its own: rows are joined there, which takes a pause now and
    /// then, and nobody else is woken by what arrives.
    async fn open_with(
        address: &Address,
        config: &Config,
        tls: Option<&MakeRustlsConnect>,
    ) -> Result<Self, Refusal> {
        let lost = Arc::new(OnceLock::new());
        let (opened, opening) = oneshot::channel();
        let (open, closed) = oneshot::channel();
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(Refusal::Network)?;
        let thread = std::thread::Builder::new().name("postgres".to_owned());
        let (its_address, its_config, its_tls) = (address.clone(), config.clone(), tls.cloned());
        let its_lost = Arc::clone(&lost);
        thread
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = work(&its_address, &its_config, its_tls, opened, &its_lost) => {}
                        _ = closed => {}
                    }
                });
                // A name that is still being looked up would be waited for.
                runtime.shutdown_background();
            })
            .map_err(Refusal::Network)?;
        let inner = opening.await.map_err(|_| {
            Refusal::Network(io::Error::other("the connection's thread ended before it was open"))
        })??;
        Ok(Self { inner, address: address.clone(), lost, tls: tls.cloned(), _open: open })
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
        self.canceller().cancel().await
    }

    /// What [`Client::cancel`] needs, for whoever has lent the client to a transaction.
    pub fn canceller(&self) -> Canceller {
        let token = self.inner.cancel_token();
        Canceller { token, address: self.address.clone(), tls: self.tls.clone() }
    }
}

impl Canceller {
    pub async fn cancel(&self) -> Result<()> {
        let token = &self.token;
        let sent = async {
            let wire = self.address.open().await.map_err(Refusal::Network)?;
            let sent = match &self.tls {
                Some(tls) => {
                    token.cancel_query_raw(wire, connector::<Wire>(&self.address, tls)).await
                }
                None => token.cancel_query_raw(wire, NoTls).await,
            };
            sent.map_err(Refusal::Server)
        };
        match tokio::time::timeout(Duration::from_secs(2), sent).await {
            Ok(sent) => sent.map_err(|refusal| refusal.explain("cannot cancel a statement")),
            Err(_) => Err(Error::failed("cannot cancel a statement: no answer within 2 s")),
        }
    }
}

type Opened = oneshot::Sender<Result<tokio_postgres::Client, Refusal>>;

async fn work(
    address: &Address,
    config: &Config,
    tls: Option<MakeRustlsConnect>,
    opened: Opened,
    lost: &OnceLock<tokio_postgres::Error>,
) {
    let wire = match address.open().await {
        Ok(wire) => wire,
        Err(error) => {
            let _ = opened.send(Err(Refusal::Network(error)));
            return;
        }
    };
    if let Some(tls) = tls {
        let tls = JoinedTls(connector::<Joined<Wire>>(address, &tls));
        drive(config.connect_raw(Joined::negotiated(wire), tls).await, opened, lost).await;
    } else {
        drive(config.connect_raw(Joined::messages(wire), NoTls).await, opened, lost).await;
    }
}

/// Hands the client over and moves its bytes until there is nothing more to move.
async fn drive<S: Socket, T: Socket>(
    connected: Result<(tokio_postgres::Client, Connection<S, T>), tokio_postgres::Error>,
    opened: Opened,
    lost: &OnceLock<tokio_postgres::Error>,
) {
    let mut connection = match connected {
        Ok((client, connection)) => {
            if opened.send(Ok(client)).is_err() {
                return;
            }
            connection
        }
        Err(error) => {
            let _ = opened.send(Err(Refusal::Server(error)));
            return;
        }
    };
    loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notice(notice))) => {
                tracing::debug!("server says: {}: {}", notice.severity(), notice.message());
            }
            Some(Ok(_)) => {}
            // Kept before the connection is dropped, which is what its users notice.
            Some(Err(error)) => {
                let _ = lost.set(error);
                break;
            }
            None => break,
        }
    }
}

fn connector<S: Socket + 'static>(
    address: &Address,
    tls: &MakeRustlsConnect,
) -> <MakeRustlsConnect as MakeTlsConnect<S>>::TlsConnect {
    let Ok(connector) = MakeTlsConnect::<S>::make_tls_connect(&mut tls.clone(), &address.host);
    connector
}

impl Refusal {
    pub(crate) fn explain(self, doing: impl Into<String>) -> Error {
        match self {
            Self::Network(error) => Error::failed(doing).because(error),
            Self::Server(error) => crate::explain(error, doing),
        }
    }

    /// The server, the database or the role has no place left.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self, Self::Server(error)
            if error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS))
    }
}

fn prefers(config: &Config) -> bool {
    config.get_ssl_mode() == SslMode::Prefer
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
