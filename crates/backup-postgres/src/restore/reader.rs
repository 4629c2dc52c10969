//! Reads a part of the artifact as psql would: statements, and rows after a COPY.

use crate::script::statements;
use backup::source::{Pieces, append};
use bytes::Bytes;
use task::{Error, Result};

pub(super) struct Reader {
    pieces: Pieces,
    rest: Bytes,
    whole: bool,
}

/// The line that ends the rows of a COPY.
const END: &[u8] = b"\\.\n";
/// Rows of one message: larger ones would only be copied into larger buffers.
const SENT: usize = 256 << 10;

impl Reader {
    pub(super) fn new(pieces: Pieces) -> Self {
        Self { pieces, rest: Bytes::new(), whole: false }
    }

    /// The next statement; none at the end.
    pub(super) async fn statement(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(statement) = statements::first(&self.rest, self.whole)? {
                let (text, end) = (statement.text.to_owned(), statement.end);
                self.rest = self.rest.slice(end..);
                return Ok(Some(text));
            }
            if self.whole {
                return Ok(None);
            }
            self.more().await?;
        }
    }

    /// To be called once after the statement that rows follow.
    pub(super) async fn begin_rows(&mut self) -> Result<()> {
        while self.rest.is_empty() && !self.whole {
            self.more().await?;
        }
        if self.rest.first() != Some(&b'\n') {
            return Err(Error::integrity("the rows of a COPY do not start on a line of their own"));
        }
        self.rest = self.rest.slice(1..);
        Ok(())
    }

    /// Some whole rows with their line ends; none after the last one.
    pub(super) async fn rows(&mut self) -> Result<Option<Bytes>> {
        loop {
            if self.rest.starts_with(END) {
                self.rest = self.rest.slice(END.len()..);
                return Ok(None);
            }
            let lines = lines(&self.rest);
            if lines > 0 {
                return Ok(Some(self.rest.split_to(lines)));
            }
            if self.whole {
                return Err(Error::integrity("the rows of a COPY have no end"));
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<()> {
        self.whole = !append(&mut self.rest, &mut self.pieces).await?;
        Ok(())
    }
}

/// The length of the whole lines at the start that are to be sent at once, up to the line that
/// ends them all.
fn lines(text: &[u8]) -> usize {
    let some = &text[..text.len().min(SENT)];
    let last = match memchr::memrchr(b'\n', some) {
        None => memchr::memchr(b'\n', text),
        last => last,
    };
    let Some(last) = last else { return 0 };
    // The line end before it and the one of its own may lie to either side of the last one.
    memchr::memmem::find(&text[..text.len().min(last + END.len() + 1)], b"\n\\.\n")
        .map_or(last + 1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    async fn read(pieces: &[&'static [u8]]) -> Result<Vec<String>> {
        let (sender, receiver) = mpsc::channel(pieces.len().max(1));
        for piece in pieces {
            sender.send(Ok(Bytes::from_static(piece))).await.unwrap();
        }
        drop(sender);
        let mut reader = Reader::new(receiver);
        let mut read = Vec::new();
        while let Some(statement) = reader.statement().await? {
            let rows = statements::purpose(&statement) == statements::Purpose::Rows;
            read.push(statement);
            if rows {
                reader.begin_rows().await?;
                let mut all = String::new();
                while let Some(rows) = reader.rows().await? {
                    assert!(rows.ends_with(b"\n"));
                    all.push_str(std::str::from_utf8(&rows).unwrap());
                }
                read.push(all);
            }
        }
        Ok(read)
    }

    const WHOLE: [&str; 7] = [
        "SET a = 1;",
        "\n",
        "COPY \"a;\n\" (\"b\") FROM stdin;\n1\n\\\\.\n;'\n\\.\n",
        "COPY b FROM stdin;\n\\.\n",
        "-- end\n",
        "SELECT 1;",
        "\n",
    ];

    #[tokio::test]
    async fn rows_are_told_from_statements_wherever_pieces_end() {
        let wanted = ["SET a = 1;", "COPY \"a;\n\" (\"b\") FROM stdin;", "1\n\\\\.\n;'\n"];
        let wanted = [&wanted[..], &["COPY b FROM stdin;", "", "SELECT 1;"]].concat();
        let text: &'static str = WHOLE.concat().leak();
        for cut in 0..text.len() {
            let (before, after) = text.split_at(cut);
            let read = read(&[before.as_bytes(), after.as_bytes()]).await.unwrap();
            assert_eq!(read, wanted, "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn what_is_cut_off_is_an_error() {
        let text: &'static str = WHOLE.concat().leak();
        for end in 0..text.len() {
            let complete = (0..=WHOLE.len()).any(|pieces| WHOLE[..pieces].concat().len() == end);
            let read = read(&[&text.as_bytes()[..end]]).await;
            assert_eq!(read.is_ok(), complete, "cut at {end}: {read:?}");
        }
    }
}
