//! A small server of HTTP/1.1, whose every answer the test decides on; it may also cut one off.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// So many bytes are sent, then the connection is closed.
    cut: Option<usize>,
    pause: Duration,
}

pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    over: Arc<AtomicBool>,
}

type Handler = dyn Fn(&Request, usize) -> Answer + Send + Sync;

impl Answer {
    pub(crate) fn json(body: impl Into<String>) -> Self {
        let body = body.into().into_bytes();
        Self { status: "200 OK", headers: Vec::new(), body, cut: None, pause: Duration::ZERO }
    }

    pub(crate) fn status(status: &'static str) -> Self {
        Self { status, ..Self::json("<html>secret-body</html>") }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn bytes(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub(crate) fn cut_at(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }

    pub(crate) fn after(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }
}

impl Server {
    /// The handler gets the number of requests before this one.
    pub(crate) fn start(
        handler: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let handler: Arc<Handler> = Arc::new(handler);
        let (log, ended) = (Arc::clone(&requests), Arc::clone(&over));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let (handler, log) = (Arc::clone(&handler), Arc::clone(&log));
                std::thread::spawn(move || serve(&stream.unwrap(), &*handler, &log));
            }
        });
        Self { url, requests, over }
    }

    /// All records at once.
    pub(crate) fn of(body: &str) -> Self {
        let body = body.to_owned();
        Self::start(move |_, _| Answer::json(body.clone()))
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // So that it sees it.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

/// As many requests as the client sends over one connection; a client that is gone is no failure of the test.
fn serve(stream: &TcpStream, handler: &Handler, log: &Mutex<Vec<Request>>) {
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let number = {
            let mut log = log.lock().unwrap();
            log.push(request.clone());
            log.len() - 1
        };
        let answer = handler(&request, number);
        std::thread::sleep(answer.pause);
        let mut head =
            format!("HTTP/1.1 {}\r\ncontent-length: {}\r\n", answer.status, answer.body.len());
        for (name, value) in &answer.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut whole = format!("{head}\r\n").into_bytes();
        let length = answer.cut.map_or(answer.body.len(), |cut| cut.min(answer.body.len()));
        whole.extend_from_slice(&answer.body[..length]);
        let mut stream = stream;
        if stream.write_all(&whole).is_err() || answer.cut.is_some() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.by_ref().take(1 << 16).read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.by_ref().take(1 << 16).read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.insert(name.to_lowercase(), value.trim().to_owned()),
            None => break,
        };
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((plain(name), plain(value)))
    });
    Some(Request { path: path.to_owned(), query: query.collect(), headers })
}

fn plain(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}
