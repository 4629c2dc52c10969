//! A network between a program and its server that fails at a byte of the test's choice.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What happens once so many bytes went through, both ways and all connections counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Open connections end in order; new ones work.
    Close,
    /// Open connections are reset; new ones work.
    Reset,
    /// Open connections are reset, and nobody is there any more.
    Away,
    /// Nothing moves any more until [`Proxy::thaw`], and nobody is told.
    Freeze,
}

/// Listens on a port of 127.0.0.1 until it is dropped.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    target: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    carried: u64,
    fault: Option<(u64, Fault)>,
    frozen: bool,
    away: bool,
    dropped: bool,
    /// How connections of earlier generations were cut; each has the number of its generation.
    cuts: Vec<Fault>,
}

/// A thread that waits for bytes looks this often whether it is still wanted.
const LOOK: Duration = Duration::from_millis(20);

impl Proxy {
    /// On a free port, to a port of 127.0.0.1.
    pub fn start(target: u16) -> Self {
        Self::listen(0, target)
    }

    /// On this port.
    pub fn listen(port: u16, target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let target = SocketAddr::from(([127, 0, 0, 1], target));
        let shared =
            Arc::new(Shared { target, state: Mutex::default(), changed: Condvar::default() });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &accepting));
        Self { port, shared }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Bytes that went through so far.
    pub fn carried(&self) -> u64 {
        self.shared.lock().carried
    }

    /// Counts from 0 again, and fails after so many bytes.
    pub fn fail_after(&self, bytes: u64, fault: Fault) {
        let mut state = self.shared.lock();
        state.carried = 0;
        state.away = false;
        state.fault = Some((bytes, fault));
    }

    pub fn is_frozen(&self) -> bool {
        self.shared.lock().frozen
    }

    pub fn thaw(&self) {
        self.shared.lock().frozen = false;
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        {
            let mut state = self.shared.lock();
            state.dropped = true;
            state.cuts.push(Fault::Close);
        }
        self.shared.changed.notify_all();
        // Wakes the thread that accepts, which then lets go of the port.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        while Arc::strong_count(&self.shared) > 1 {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many of so many bytes may pass now; waits while frozen, none once cut.
    fn grant(&self, wanted: usize, generation: usize) -> Option<usize> {
        let mut state = self.lock();
        if let Some((after, fault)) = state.fault
            && state.carried >= after
        {
            state.fault = None;
            match fault {
                Fault::Freeze => state.frozen = true,
                _ => state.cuts.push(fault),
            }
            state.away = fault == Fault::Away;
        }
        while state.frozen && state.cuts.len() == generation {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.cuts.len() > generation {
            return None;
        }
        let left = state.fault.map_or(u64::MAX, |(after, _)| after.saturating_sub(state.carried));
        let granted = wanted.min(usize::try_from(left.max(1)).unwrap_or(usize::MAX));
        state.carried += granted as u64;
        Some(granted)
    }

    fn cut(&self, generation: usize) -> Option<Fault> {
        self.lock().cuts.get(generation).copied()
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        let (dropped, away, generation) = {
            let state = shared.lock();
            (state.dropped, state.away, state.cuts.len())
        };
        if dropped {
            return;
        }
        let Ok(client) = client else { continue };
        // Whoever is away does not answer: the client's connection is closed at once.
        if away {
            continue;
        }
        let Ok(server) = TcpStream::connect(shared.target) else { continue };
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("a socket");
            stream.set_read_timeout(Some(LOOK)).expect("a socket");
            stream.set_write_timeout(Some(LOOK)).expect("a socket");
        }
        let (client, server) = (Arc::new(client), Arc::new(server));
        for (from, to) in [(Arc::clone(&client), Arc::clone(&server)), (server, client)] {
            let shared = Arc::clone(shared);
            thread::spawn(move || pump(&shared, &from, &to, generation));
        }
    }
}

/// Carries one direction. The sockets close when both directions have let go of them.
fn pump(shared: &Shared, from: &TcpStream, to: &TcpStream, generation: usize) {
    let mut buffer = [0; 16 << 10];
    let ended = loop {
        if shared.cut(generation).is_some() {
            break false;
        }
        match { from }.read(&mut buffer) {
            Ok(0) => break true,
            Ok(count) => {
                if !carry(shared, &buffer[..count], to, generation) {
                    break false;
                }
            }
            Err(error) if waits(&error) => {}
            Err(_) => break true,
        }
    };
    match shared.cut(generation) {
        None if ended => {
            let _ = to.shutdown(Shutdown::Write);
        }
        Some(Fault::Reset | Fault::Away) => {
            for stream in [from, to] {
                let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
            }
        }
        _ => {
            let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
        }
    }
}

fn carry(shared: &Shared, mut rest: &[u8], mut to: &TcpStream, generation: usize) -> bool {
    while !rest.is_empty() {
        let Some(mut granted) = shared.grant(rest.len(), generation) else { return false };
        while granted > 0 {
            match to.write(&rest[..granted]) {
                Ok(count) => {
                    rest = &rest[count..];
                    granted -= count;
                }
                Err(error) if waits(&error) && shared.cut(generation).is_none() => {}
                Err(_) => return false,
            }
        }
    }
    true
}

fn waits(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests;
