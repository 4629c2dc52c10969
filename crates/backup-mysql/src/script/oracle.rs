//! The judge of this module: what passes the gate, every stock client must hand over as one statement, byte
//! for byte, whatever its server then makes of it.

use super::reading::Mode;
use super::{gate, statements};
use fastrand::Rng;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use testkit::{Mysql, Ran};

const PIECES: &[&str] = &[
    "'",
    "''",
    "\"",
    "\"\"",
    "`",
    "``",
    "\\",
    "\\\\",
    "\\'",
    "\\\"",
    "\\!",
    "\\! touch PWNED",
    "\\g",
    "\\G",
    "\\N",
    "\\.",
    "\\d x",
    "\\u a",
    "\\P",
    ";",
    ";;",
    "//",
    "$$",
    "$a$",
    "$",
    "@@",
    "--",
    "-- ",
    "-- c\n",
    "--\n",
    "#",
    "# c\n",
    "/*",
    "*/",
    "/* c */",
    "/*!",
    "/*!50100 ",
    "/*M!100301 ",
    "/*M!",
    "/*+",
    "/*+ h */",
    "\n",
    "\n\n",
    "\r",
    "\t",
    " ",
    "(",
    ")",
    ",",
    "=",
    "delimiter",
    "DELIMITER ;;",
    "\ndelimiter //\n",
    "\nDELIMITER $$\n",
    "source x",
    "\nsource x",
    "use a",
    "\nexit",
    "\nquit;",
    "\nsystem touch PWNED",
    "help",
    "begin",
    "end",
    "BEGIN",
    "END",
    "a",
    "x",
    "1",
    "1.5",
    "ä",
    "'\\! touch PWNED'",
    "\"\\! touch PWNED\"",
    "`\\! touch PWNED`",
    "'\ndelimiter x\n'",
    "/*\ndelimiter x\n*/",
    "'a;b'",
    "`a;b`",
    "/* ; */",
    "-- ;\n",
    "$$ ; $$",
    "$a$ ' $a$",
    "_binary 'x'",
    "x'41'",
    "5--3",
    "- -",
    "/",
    "*",
    "\u{a0}",
];

const MODES: [&str; 4] =
    ["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"];

fn text(random: &mut Rng) -> Vec<u8> {
    let mut text = String::from("CREATE ");
    for _ in 0..random.usize(1..12) {
        text += PIECES[random.usize(..PIECES.len())];
        if random.u8(..3) == 0 {
            text.push(' ');
        }
    }
    // Most of what is opened is closed, or little would pass.
    if random.bool() {
        text += ["'", "\"", "`", "*/", "$$", "\n", " a", "x"][random.usize(..8)];
    }
    text.into_bytes()
}

/// What passes the gate, and how it is written.
fn passing(random: &mut Rng, mode: &str, count: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut passing = Vec::new();
    while passing.len() < count {
        let text = text(random).trim_ascii().to_vec();
        // Half of them as a definition without others in it, where that is how such are read.
        let written = if mode.is_empty() && random.bool() {
            gate::plain(&text)
        } else {
            gate::compound(&text, Mode::of(mode))
        };
        if let Ok(written) = written {
            passing.push((text, written));
        }
    }
    passing
}

/// What the server was handed between the two marks.
fn handed_over(server: &Mysql, number: usize) -> Vec<Vec<u8>> {
    let log = server.statement(
        "SELECT HEX(argument) FROM mysql.general_log WHERE command_type = 'Query' ORDER BY event_time",
    );
    let digit = |digit: u8| u8::try_from(char::from(digit).to_digit(16).unwrap()).unwrap();
    let bytes = |line: &str| {
        line.as_bytes().chunks(2).map(|two| digit(two[0]) * 16 + digit(two[1])).collect()
    };
    let (begin, end) = (format!("DO 'begin {number}'"), format!("DO 'end {number}'"));
    let lines: Vec<Vec<u8>> = log.lines().map(bytes).collect();
    let at = |mark: &str| {
        lines.iter().position(|line| line == mark.as_bytes()).expect("the mark is there")
    };
    lines[at(&begin) + 1..at(&end)].to_vec()
}

fn run_by(mut client: Command, script: &[u8]) -> Ran {
    client.args(["--comments", "--binary-mode", "--force"]).stdin(Stdio::piped());
    client.stdout(Stdio::null()).stderr(Stdio::null());
    let mut client = client.spawn().unwrap();
    client.stdin.take().unwrap().write_all(script).unwrap();
    Ran::of("the stock client".to_owned(), &client.wait_with_output().unwrap())
}

fn judge(server: &Arc<Mysql>, client: &str, seed: u64) {
    let mut random = Rng::with_seed(seed);
    for (number, mode) in MODES.iter().enumerate() {
        server.statement("TRUNCATE mysql.general_log");
        let passing = passing(&mut random, mode, 600);
        let mut script =
            format!("SET SESSION sql_mode = '{mode}';\nDO 'begin {number}';\n").into_bytes();
        for (text, written) in &passing {
            script.extend_from_slice(written);
            // Our own reader sees what the client sees.
            if mode.is_empty() {
                let found =
                    statements::first(written, true).expect("it is sound").expect("it is there");
                assert_eq!(shown(found.text), shown(text));
                assert!(written[found.end..].trim_ascii().is_empty(), "{}", shown(written));
            }
        }
        script.extend_from_slice(format!("DO 'end {number}';\n").as_bytes());
        run_by(server.client_of(client), &script);
        let handed = handed_over(server, number);
        for ((text, written), found) in passing.iter().zip(&handed) {
            let (wanted, found) = (without_gaps(text), without_gaps(found));
            assert_eq!(wanted, found, "{client}, {mode}, written as {}", shown(written));
        }
        assert_eq!(handed.len(), passing.len(), "{client}, {mode}");
    }
}

/// MySQL's client puts a blank behind a comment, and servers drop semicolons from the end.
fn without_gaps(text: &[u8]) -> String {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b';';
    let length = text.iter().rposition(|byte| !ends(byte)).map_or(0, |at| at + 1);
    let mut text = shown(&text[..length]);
    for gap in ["*/ ", "/* "] {
        while text.contains(gap) {
            text = text.replace(gap, gap.trim_end());
        }
    }
    text
}

fn shown(text: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(text))
}

#[test]
fn what_passes_is_one_statement_for_every_stock_client() {
    for release in Mysql::RELEASES {
        let mut options = vec!["--general-log=1", "--log-output=TABLE"];
        if release.starts_with("mysql") {
            options.push("--log-raw=ON");
        }
        let server = Mysql::private(release, &options);
        for seed in 1..=std::env::var("SEEDS").map_or(3, |seeds| seeds.parse().unwrap()) {
            judge(&server, release, seed);
        }
    }
}
