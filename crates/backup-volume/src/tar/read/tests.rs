use super::*;
use crate::tar::{Map, Writer, global};

fn entry(path: &[u8], kind: Kind) -> Entry {
    Entry {
        path: path.to_vec(),
        kind,
        mode: 0o4755,
        uid: 4_000_000_000,
        gid: 7,
        mtime: Time { seconds: -3, nanos: 250_000_000 },
        ..Entry::default()
    }
}

fn read(bytes: &[u8]) -> Vec<Item<'_>> {
    let (mut reader, mut rest, mut items) = (Reader::default(), bytes, Vec::new());
    while let Some(item) = reader.next(&mut rest).unwrap() {
        items.push(item);
    }
    items
}

#[test]
fn an_entry_comes_back_from_its_header() {
    let long = [&[b'x'; 250][..], b"/", &[0xff; 60]].concat();
    let mut file = entry(&long, Kind::File);
    file.size = 3;
    file.attributes = vec![
        (b"system.posix_acl_access".to_vec(), vec![2, 0, 0, 0]),
        (b"user.a=b%".to_vec(), b"\0\n\xff".to_vec()),
    ];
    let mut link = entry(b"link", Kind::Symlink);
    link.link = [b'y'; 300].to_vec();
    let mut hard = entry(b"hard", Kind::Link);
    hard.link = long.clone();
    let mut device = entry(b"sda", Kind::Block);
    device.device = (8, 300_000);
    let root = entry(b"", Kind::Directory);
    let mut bytes = Vec::new();
    for one in [&root, &file, &link, &hard, &device] {
        Writer(&mut bytes).entry(one, one.size, None);
        if one.kind == Kind::File {
            bytes.extend_from_slice(b"abc");
            Writer(&mut bytes).pad(3);
        }
    }
    let found: Vec<_> = read(&bytes)
        .into_iter()
        .filter_map(|item| if let Item::Entry(found) = item { Some(found.entry) } else { None })
        .collect();
    assert_eq!(found, [root, file, link, hard, device]);
}

#[test]
fn a_sparse_file_says_how_large_it_is() {
    let mut file = entry(b"disk.img", Kind::File);
    file.size = 1 << 42;
    let map = Map { size: file.size, parts: vec![(0, 512)] };
    let mut bytes = Vec::new();
    Writer(&mut bytes).entry(&file, 1024, Some(&map));
    let items = read(&bytes);
    assert_eq!(items, [Item::Entry(Box::new(Found { entry: file, stored: 1024, sparse: true }))]);
}

#[test]
fn a_comment_is_found_and_a_name_that_leads_outside_is_refused() {
    assert_eq!(read(&global(b"a\nb")), [Item::Comment(b"a\nb")]);
    for path in [&b"../x"[..], b"a/../../x", b"/etc/x", b"a//b"] {
        let mut bytes = Vec::new();
        Writer(&mut bytes).entry(&entry(path, Kind::File), 0, None);
        assert!(Reader::default().next(&mut &bytes[..]).is_err(), "{path:?}");
    }
}

#[test]
fn whatever_the_bytes_nothing_panics() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut file = entry(&[b'n'; 120], Kind::File);
    file.attributes = vec![(b"user.x".to_vec(), b"y".to_vec())];
    let mut whole = Vec::new();
    Writer(&mut whole).entry(&file, 0, None);
    whole.extend(global(b"text"));
    for _ in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..random.usize(1..5) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        bytes.truncate(random.usize(..=bytes.len()));
        let (mut reader, mut rest) = (Reader::default(), &bytes[..]);
        while let Ok(Some(_)) = reader.next(&mut rest) {}
    }
}
