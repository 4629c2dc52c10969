//! A bad day of an HTTP server: some of its answers do not come, or come wrong. Stands between a
//! client and a server that speaks plain HTTP, one connection for each request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Status and S3 code; the server never hears of it.
    Answer(u16, &'static str),
    /// The connection is reset in the middle of the request.
    Reset,
    /// Nobody ever answers.
    Stall,
    /// The server does it, and the answer is lost.
    Lost,
    /// Half of the answer comes, then the connection ends.
    Torn,
}

/// Listens on a port of 127.0.0.1 until it is dropped.
pub struct Weather {
    port: u16,
    shared: Arc<Shared>,
}

type Forecast = dyn FnMut(u32, &str) -> Option<Trouble> + Send;

struct Shared {
    target: u16,
    requests: AtomicU32,
    troubled: AtomicU32,
    over: AtomicBool,
    /// Whether this request, the how manieth and its first line, is in trouble.
    trouble: Mutex<Box<Forecast>>,
}

impl Weather {
    /// On a free port, before a server at a port of 127.0.0.1.
    pub fn start(
        target: u16,
        trouble: impl FnMut(u32, &str) -> Option<Trouble> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let shared = Arc::new(Shared {
            target,
            requests: AtomicU32::new(0),
            troubled: AtomicU32::new(0),
            over: AtomicBool::new(false),
            trouble: Mutex::new(Box::new(trouble)),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming() {
                if accepting.over.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(client) = client else { continue };
                let shared = Arc::clone(&accepting);
                thread::spawn(move || serve(&shared, &client));
            }
        });
        Self { port, shared }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn requests(&self) -> u32 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// How many requests were in trouble.
    pub fn troubled(&self) -> u32 {
        self.shared.troubled.load(Ordering::Relaxed)
    }
}

impl Drop for Weather {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// One request; what goes wrong here is trouble for the client as well.
fn serve(shared: &Shared, client: &TcpStream) -> Option<()> {
    client.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let mut reader = BufReader::new(client);
    let (first, head, length) = head(&mut reader)?;
    let number = shared.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let trouble = shared.trouble.lock().unwrap_or_else(PoisonError::into_inner)(number, &first);
    if trouble.is_some() {
        shared.troubled.fetch_add(1, Ordering::Relaxed);
    }
    match trouble {
        Some(Trouble::Reset) => {
            let _ = reader.by_ref().take(length / 2).read_to_end(&mut Vec::new());
            let _ = socket2::SockRef::from(client).set_linger(Some(Duration::ZERO));
            return None;
        }
        Some(Trouble::Stall) => {
            // Until the client gives up, or all is over.
            client.set_read_timeout(Some(Duration::from_millis(50))).ok()?;
            let mut rest = [0; 4096];
            while !shared.over.load(Ordering::Relaxed) {
                match reader.read(&mut rest) {
                    Ok(0) => break,
                    Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                    _ => {}
                }
            }
            return None;
        }
        _ => {}
    }
    let mut body = Vec::new();
    reader.by_ref().take(length).read_to_end(&mut body).ok()?;
    if let Some(Trouble::Answer(status, code)) = trouble {
        let xml = format!("<Error><Code>{code}</Code><Message>a bad day</Message></Error>");
        let head = format!(
            "HTTP/1.1 {status} Trouble\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            xml.len()
        );
        return { client }.write_all(format!("{head}{xml}").as_bytes()).ok();
    }
    let mut server = TcpStream::connect(("127.0.0.1", shared.target)).ok()?;
    server.write_all(&head).ok()?;
    server.write_all(&body).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    match trouble {
        Some(Trouble::Lost) => {}
        Some(Trouble::Torn) => { client }.write_all(&answer[..answer.len() / 2]).ok()?,
        _ => { client }.write_all(&answer).ok()?,
    }
    client.shutdown(Shutdown::Both).ok()
}

/// The first line, the head as it is passed on, and the length of the body.
fn head(reader: &mut impl BufRead) -> Option<(String, Vec<u8>, u64)> {
    let (mut first, mut head, mut length) = (String::new(), Vec::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let lower = line.to_ascii_lowercase();
        if first.is_empty() {
            first.clone_from(&line);
        } else if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        } else if lower.starts_with("connection:") {
            continue;
        }
        if line == "\r\n" {
            head.extend_from_slice(b"Connection: close\r\n\r\n");
            return Some((first, head, length));
        }
        head.extend_from_slice(line.as_bytes());
    }
}
