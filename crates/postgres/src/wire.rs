//! The socket that a connection goes through, and TLS above it.

use crate::joined::Joined;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::tls::TlsConnect;

/// A server's address: a name or number, or the directory of a Unix socket.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

pub(crate) type Wire = Box<dyn Socket>;

impl Address {
    pub(crate) async fn open(&self) -> io::Result<Wire> {
        if self.host.starts_with('/') {
            let path = format!("{}/.s.PGSQL.{}", self.host, self.port);
            return Ok(Box::new(UnixStream::connect(path).await?));
        }
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        // A server that vanished without a word is noticed within two minutes.
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_mins(1))
            .with_interval(Duration::from_secs(15))
            .with_retries(4);
        SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
        Ok(Box::new(stream))
    }
}

/// Makes TLS streams whose rows are joined.
pub(crate) struct JoinedTls<T>(pub(crate) T);

impl<S, T> TlsConnect<S> for JoinedTls<T>
where
    T: TlsConnect<S>,
    T::Future: Send + 'static,
{
    type Stream = Joined<T::Stream>;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connecting = self.0.connect(stream);
        Box::pin(async { connecting.await.map(Joined::messages) })
    }
}
