use backup::manifest::{Chunk, Tally};
pub(crate) fn check(chunk: &Chunk, raw: &[u8]) -> task::Result<Tally> {
    let mut tally = Tally::default();
    if chunk.part == "data" {
        let start = memchr::memmem::rfind(raw, b") VALUES\n").unwrap() + 9;
        for line in raw[start..].split(|b| *b == b'\n').filter(|l| !l.is_empty()) { tally.row(&line[..line.len()-1]); }
    }
    Ok(tally)
}
