//! The network fails where it should, and nowhere else.

use super::*;

/// A server that sends back what it gets, for as many connections as come.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || std::io::copy(&mut { &stream }, &mut { &stream }));
        }
    });
    port
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn ask(mut stream: &TcpStream, text: &str) -> String {
    let mut answer = vec![0; text.len()];
    stream.write_all(text.as_bytes()).unwrap();
    match stream.read_exact(&mut answer) {
        Ok(()) => String::from_utf8(answer).unwrap(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

#[test]
fn it_carries_all_and_counts_both_ways() {
    let proxy = Proxy::start(echo());
    let stream = connect(&proxy);
    let text = "x".repeat(100_000);
    assert_eq!(ask(&stream, &text), text);
    assert_eq!(proxy.carried(), 200_000);
}

#[test]
fn it_cuts_at_the_byte_and_works_again() {
    let proxy = Proxy::start(echo());
    for (fault, said) in [(Fault::Close, "UnexpectedEof"), (Fault::Reset, "ConnectionReset")] {
        proxy.fail_after(15, fault);
        let stream = connect(&proxy);
        assert_eq!(ask(&stream, "12345"), "12345");
        assert_eq!(ask(&stream, "12345"), said);
        assert_eq!(proxy.carried(), 15);
        assert_eq!(ask(&connect(&proxy), "12345"), "12345");
    }
    proxy.fail_after(0, Fault::Away);
    let _ = ask(&connect(&proxy), "1");
    assert_eq!(connect(&proxy).read(&mut [0]).unwrap(), 0);
}

#[test]
fn what_is_frozen_goes_on_when_thawed() {
    let proxy = Proxy::start(echo());
    proxy.fail_after(7, Fault::Freeze);
    let stream = connect(&proxy);
    thread::scope(|scope| {
        let answer = scope.spawn(|| ask(&stream, "12345"));
        while !proxy.is_frozen() {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(proxy.carried(), 7);
        proxy.thaw();
        assert_eq!(answer.join().unwrap(), "12345");
    });
}

#[test]
fn its_port_is_free_when_it_is_gone() {
    let server = echo();
    let port = Proxy::start(server).port();
    assert_eq!(ask(&connect(&Proxy::listen(port, server)), "1"), "1");
}
