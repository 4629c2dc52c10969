use super::*;
use std::collections::VecDeque;
use tokio::io::AsyncReadExt;

/// Gives its pieces one by one, and now and then nothing.
struct Pieces {
    pieces: VecDeque<Vec<u8>>,
    waits: bool,
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.waits = !self.waits;
        if self.waits {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(mut piece) = self.pieces.pop_front() {
            let taken = piece.len().min(out.remaining());
            out.put_slice(&piece[..taken]);
            if taken < piece.len() {
                self.pieces.push_front(piece.split_off(taken));
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// `bytes` cut at random.
fn pieces(random: &mut fastrand::Rng, mut bytes: &[u8]) -> Pieces {
    let mut pieces = VecDeque::new();
    while !bytes.is_empty() {
        let most = [3, 50, 9000, 400_000][random.usize(..4)];
        let (piece, rest) = bytes.split_at(random.usize(1..=most).min(bytes.len()));
        pieces.push_back(piece.to_vec());
        bytes = rest;
    }
    Pieces { pieces, waits: false }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[kind][..], &length.to_be_bytes(), body].concat()
}

/// What a reader sees: rows are one text until another message comes. And what is left of a message
/// that is not whole.
fn seen(mut bytes: &[u8]) -> (Vec<(u8, Vec<u8>)>, &[u8]) {
    let mut seen: Vec<(u8, Vec<u8>)> = Vec::new();
    while bytes.len() >= HEAD {
        let length = u32::from_be_bytes(bytes[1..HEAD].try_into().unwrap()) as usize + 1;
        let Some(body) = bytes.get(HEAD..length) else { break };
        match seen.last_mut().filter(|last| last.0 == ROW && bytes[0] == ROW) {
            Some(last) => last.1.extend_from_slice(body),
            None => seen.push((bytes[0], body.to_vec())),
        }
        bytes = &bytes[length..];
    }
    (seen, bytes)
}

async fn all<S: AsyncRead + Unpin>(mut joined: Joined<S>) -> Vec<u8> {
    let mut bytes = Vec::new();
    joined.read_to_end(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test]
async fn a_reader_sees_the_same_however_the_bytes_come() {
    for seed in 0..60 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut sent = Vec::new();
        for _ in 0..random.usize(1..400) {
            // Most messages are small rows; some are larger than the buffer.
            let most = [0, 1, 5, 300, 3000][random.usize(..5)];
            let length = random.usize(..=most);
            let length = if random.usize(..80) == 0 { ROOM + length } else { length };
            let kind = *[ROW, ROW, ROW, ROW, ROW, b'C', b'N', b'D'].get(random.usize(..8)).unwrap();
            let body: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
            sent.extend(message(kind, &body));
        }
        let read = all(Joined::messages(pieces(&mut random, &sent))).await;
        assert!(seen(&read) == seen(&sent), "seed {seed}");
        assert!(read.len() <= sent.len(), "seed {seed}");
    }
}

#[tokio::test]
async fn rows_become_few_messages() {
    let sent = message(ROW, b"1\tone\n").repeat(100_000);
    let mut random = fastrand::Rng::with_seed(1);
    let read = all(Joined::messages(pieces(&mut random, &sent))).await;
    assert_eq!(seen(&read).0, [(ROW, b"1\tone\n".repeat(100_000))]);
    assert!(read.len() < 610_000, "{}", read.len());
}

#[tokio::test]
async fn a_message_that_is_cut_short_stays_so() {
    let sent = [message(ROW, b"1\n"), message(ROW, b"2\n"), message(b'C', b"COPY 2\0")].concat();
    for cut in 0..sent.len() {
        let mut random = fastrand::Rng::with_seed(cut as u64);
        let read = all(Joined::messages(pieces(&mut random, &sent[..cut]))).await;
        assert_eq!(seen(&read), seen(&sent[..cut]), "{cut}");
    }
}

#[tokio::test]
async fn what_follows_the_answer_to_a_wish_for_tls_depends_on_it() {
    let rows = message(ROW, b"1\n").repeat(2);
    let mut random = fastrand::Rng::with_seed(2);
    let refused = [b"N", &rows[..]].concat();
    let read = all(Joined::negotiated(pieces(&mut random, &refused))).await;
    assert_eq!((read[0], seen(&read[1..])), (b'N', seen(&rows)));
    // The other side's bytes look like rows, and are not.
    for _ in 0..20 {
        let granted = [b"S", &rows[..]].concat();
        assert_eq!(all(Joined::negotiated(pieces(&mut random, &granted))).await, granted);
    }
}
