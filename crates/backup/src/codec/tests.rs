use super::*;
use std::io::Write;
use std::process::{Command, Stdio};
use task::Exit;

const ALL: [Codec; 4] = [Codec::Gzip(1), Codec::Gzip(6), Codec::Gzip(9), Codec::Zstd(3)];

fn rows(from: usize, count: usize) -> Vec<u8> {
    (from..from + count)
        .flat_map(|row| format!("{row}\tcustomer {}\t{}\n", row % 97, row * 31).into_bytes())
        .collect()
}

fn artifact(codec: Codec, members: &[Vec<u8>]) -> Vec<u8> {
    let mut compressor = Compressor::new(codec).unwrap();
    let mut bytes = Vec::new();
    for member in members {
        compressor.compress(member, &mut bytes).unwrap();
    }
    bytes
}

fn members(codec: Codec, bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    Decompressor::new(codec)?.members(bytes, &mut Vec::new(), |raw| {
        all.push(raw.to_vec());
        Ok(())
    })?;
    Ok(all)
}

#[test]
fn members_come_out_as_they_went_in() {
    for codec in ALL {
        let whole = vec![rows(0, 1000), Vec::new(), rows(7, 1), vec![0; 100_000], rows(1000, 3000)];
        assert_eq!(members(codec, &artifact(codec, &whole)).unwrap(), whole, "{codec}");
    }
}

#[test]
fn the_same_input_makes_the_same_bytes_whatever_was_compressed_before() {
    for codec in ALL {
        let mut used = Compressor::new(codec).unwrap();
        used.compress(&rows(50, 5000), &mut Vec::new()).unwrap();
        let mut bytes = Vec::new();
        used.compress(&rows(0, 500), &mut bytes).unwrap();
        assert_eq!(bytes, artifact(codec, &[rows(0, 500)]), "{codec}");
    }
}

#[test]
fn no_flipped_bit_and_no_cut_gives_other_bytes() {
    for codec in ALL {
        let whole = vec![rows(0, 40), rows(40, 40)];
        let bytes = artifact(codec, &whole);
        for cut in 0..bytes.len() {
            match members(codec, &bytes[..cut]) {
                Ok(found) => assert!(found.len() < 2 && whole.starts_with(&found), "{codec} {cut}"),
                Err(error) => assert_eq!(error.exit(), Exit::Integrity, "{error:#}"),
            }
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                match members(codec, &damaged) {
                    Ok(found) => assert_eq!(found, whole, "{codec} byte {at} bit {bit}"),
                    Err(error) => assert_eq!(error.exit(), Exit::Integrity, "{error:#}"),
                }
            }
        }
    }
}

#[test]
fn a_damaged_size_takes_no_memory() {
    let mut gzip = artifact(Codec::Gzip(6), &[rows(0, 10)]);
    let end = gzip.len();
    gzip[end - 4..].copy_from_slice(&u32::MAX.to_le_bytes());
    let mut raw = Vec::new();
    let mut decompressor = Decompressor::new(Codec::Gzip(6)).unwrap();
    let error = decompressor.member(&gzip, u64::MAX, &mut raw).unwrap_err();
    assert_eq!(error.exit(), Exit::Integrity);
    assert_eq!(raw.capacity(), 0);

    // What fits the format but not the caller is refused as well.
    for codec in ALL {
        let bytes = artifact(codec, &[rows(0, 10_000)]);
        let mut raw = Vec::new();
        Decompressor::new(codec).unwrap().member(&bytes, 1000, &mut raw).unwrap_err();
        assert_eq!(raw.capacity(), 0, "{codec}");
    }
}

#[test]
fn stock_tools_read_it() {
    let parts = vec![rows(0, 20_000), rows(20_000, 5), rows(20_005, 30_000)];
    let whole = parts.concat();
    let gunzip = ["gzip", "-t"];
    let zcat = ["gzip", "-dc"];
    let python = [
        "python3",
        "-c",
        "import sys, gzip; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))",
    ];
    let zstd = ["zstd", "-dc"];
    for (codec, command, prints) in [
        (Codec::Gzip(6), &gunzip[..], false),
        (Codec::Gzip(6), &zcat, true),
        (Codec::Gzip(1), &python, true),
        (Codec::Zstd(3), &zstd, true),
    ] {
        let bytes = artifact(codec, &parts);
        let mut child = Command::new(command[0])
            .args(&command[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || input.write_all(&bytes));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(output.status.success(), "{command:?}");
        assert!(!prints || output.stdout == whole, "{command:?} gives other bytes");
    }
}

#[test]
fn a_codec_is_its_text() {
    for text in ["gzip:1", "gzip:9", "zstd:1", "zstd:19", "none"] {
        assert_eq!(text.parse::<Codec>().unwrap().to_string(), text);
    }
    assert_eq!("gzip".parse::<Codec>().unwrap(), Codec::default());
    for text in ["", "gzip:", "gzip:0", "gzip:10", "gzip:+6", "gzip:06", "zstd:20", "none:1", "xz"]
    {
        assert_eq!(text.parse::<Codec>().unwrap_err().exit(), Exit::Usage, "{text}");
    }
}
