//! All ways from a page to the next one, and those that lead nowhere.

use super::server::{Answer, Request, Server};
use super::world::{SIMPLE, World, counts, ended, expected, items};
use std::sync::{Arc, Mutex};

const COUNT: u64 = 95;
const SIZE: u64 = 10;

fn with(source: &str) -> String {
    format!("source: {source}\n{SIMPLE}")
}

fn number(request: &Request, name: &str, default: u64) -> u64 {
    request.query.get(name).map_or(default, |text| text.parse().unwrap())
}

/// Records after the first `skip`; the empty list where there are none.
fn slice(skip: u64, size: u64) -> String {
    if skip >= COUNT { "[]".to_owned() } else { items(skip + 1, (skip + size).min(COUNT)) }
}

#[track_caller]
fn all_are_read(major: u32, source: &str, server: &Server, pages: u64) -> Vec<Request> {
    let world = World::new(major, &with(source));
    let report = world.report(server, &[]);
    assert_eq!(world.rows(), expected(COUNT));
    assert_eq!((&report["records"], &report["pages"]), (&COUNT.into(), &pages.into()));
    assert_eq!(counts(&report), [COUNT, 0, 0]);
    server.requests()
}

#[test]
fn by_the_header_link_absolute_and_relative() {
    let server = Server::start(|request, _| {
        let skip = number(request, "skip", 0);
        let answer = Answer::json(slice(skip, SIZE));
        let (next, host) = (skip + SIZE, &request.headers["host"]);
        let base = if skip.is_multiple_of(20) {
            format!("http://{host}/deep/list")
        } else {
            String::new()
        };
        if next < COUNT {
            answer.with(
                "link",
                format!("<{base}?skip={next}>; rel=\"next\", <?skip=0>; rel=\"first\""),
            )
        } else {
            answer.with("link", "<?skip=0>; rel=\"first\"")
        }
    });
    let requests = all_are_read(13, "{paging: link, query: {size: 10}}", &server, 10);
    assert_eq!(requests[0].query["size"], "10");
    assert_eq!(requests[9].path, "/deep/list");
}

#[test]
fn by_a_url_in_the_answer() {
    let server = Server::start(|request, _| {
        let skip = number(request, "skip", 0);
        let next = match skip + SIZE {
            next if next < COUNT => format!("\"/items?skip={next}\""),
            _ => "null".to_owned(),
        };
        let list = slice(skip, SIZE);
        Answer::json(format!(r#"{{"data": {{"items": {list}}}, "links": {{"next": {next}}}}}"#))
    });
    all_are_read(14, "{records: data.items, paging: {next: links.next}}", &server, 10);
}

#[test]
fn by_number_until_a_page_is_empty_though_some_are_short() {
    let server = Server::start(|request, _| {
        // Fewer than were asked for on the way.
        let page = number(request, "page", 99);
        let size = if page == 3 { 4 } else { SIZE };
        let skip = (1..page).map(|page| if page == 3 { 4 } else { SIZE }).sum();
        Answer::json(slice(skip, size))
    });
    let requests = all_are_read(15, "{paging: {page: {param: page}}}", &server, 12);
    let asked: Vec<_> = requests.iter().map(|request| request.query["page"].clone()).collect();
    assert_eq!(asked, (1..=12).map(|page| page.to_string()).collect::<Vec<_>>());
}

#[test]
fn by_offset_though_the_server_sends_fewer_than_asked_for() {
    let server = Server::start(|request, _| {
        assert_eq!(request.query["limit"], "1000");
        Answer::json(slice(number(request, "offset", 99), 7))
    });
    let source = "{query: {limit: 1000}, paging: {offset: {param: offset}}}";
    all_are_read(16, source, &server, 15);
}

#[test]
fn by_a_cursor_of_odd_letters() {
    let server = Server::start(|request, _| {
        let cursor = request.query.get("after").map_or("ä&=0", String::as_str);
        let skip: u64 = cursor.strip_prefix("ä&=").unwrap().parse().unwrap();
        let next = match skip + SIZE {
            next if next < COUNT => format!("\"ä&={next}\""),
            _ => "\"\"".to_owned(),
        };
        Answer::json(format!(r#"{{"items": {}, "next": {next}}}"#, slice(skip, SIZE)))
    });
    all_are_read(17, "{records: items, paging: {cursor: {param: after, path: next}}}", &server, 10);
}

#[test]
fn a_circle_of_pages_is_refused() {
    let server = Server::start(|request, _| {
        let skip = number(request, "skip", 0);
        Answer::json(slice(skip, SIZE))
            .with("link", format!("<?skip={}>; rel=next", (skip + SIZE) % 30))
    });
    let world = World::new(18, &with("{paging: link, query: {skip: 0}}"));
    ended(&world.run(&server, &[]), 2, &["circle"]);
    assert!(!world.has("items"));
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_server_that_knows_no_such_parameter_is_noticed() {
    let server = Server::of(&items(1, 5));
    for paging in ["{page: {param: p}}", "{offset: {param: o}}"] {
        let world = World::new(18, &with(&format!("{{paging: {paging}}}")));
        ended(&world.run(&server, &[]), 2, &["two pages are the same"]);
        assert!(!world.has("items"));
    }
}

#[test]
fn credentials_go_to_no_other_origin() {
    let strange = Server::of("[]");
    for source in ["{paging: link}", "{records: items, paging: {next: next}}", "redirect"] {
        let elsewhere = strange.url.clone();
        let kind = source.to_owned();
        let server = Server::start(move |_, _| match kind.as_str() {
            "redirect" => Answer::status("302 Found").with("location", format!("{elsewhere}/x")),
            "{paging: link}" => {
                Answer::json("[]").with("link", format!("<{elsewhere}/x?k=s3cret>; rel=next"))
            }
            _ => Answer::json(format!(r#"{{"items": [], "next": "{elsewhere}/x"}}"#)),
        });
        let source = if source == "redirect" { "{}" } else { source };
        let world = World::new(18, &with(source));
        let ran = testkit::run(world.command(&server.url, &[]).env("API_KEY", "hunter2"));
        ended(&ran, 2, &[&strange.url]);
        assert!(
            !ran.stderr.contains("hunter2") && !ran.stderr.contains("s3cret"),
            "{}",
            ran.stderr
        );
        assert_eq!(server.requests()[0].headers["authorization"], "Bearer hunter2");
    }
    assert!(strange.requests().is_empty());
}

#[test]
fn a_redirect_on_the_same_server_is_followed_with_the_key() {
    let server = Server::start(|request, _| {
        if request.path == "/items/" {
            Answer::json(items(1, 3))
        } else {
            Answer::status("301 Moved Permanently").with("location", "/items/")
        }
    });
    let world = World::new(18, SIMPLE);
    testkit::run(world.command(&format!("{}/items", server.url), &[]).env("API_KEY", "k")).ok();
    assert_eq!(world.rows(), expected(3));
    assert_eq!(server.requests()[1].headers["authorization"], "Bearer k");
}

#[test]
fn requests_keep_the_rate_that_was_agreed_to() {
    let times = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&times);
    let server = Server::start(move |request, _| {
        log.lock().unwrap().push(std::time::Instant::now());
        Answer::json(slice(number(request, "offset", 0), 24))
    });
    let world = World::new(18, &with("{rate: 10, paging: {offset: {param: offset}}}"));
    world.report(&server, &[]);
    let times = times.lock().unwrap();
    assert_eq!(times.len(), 5);
    let took = times[4] - times[0];
    // A little less, for the first one was on its way for a while.
    assert!(took.as_millis() >= 350, "{took:?}");
}
