//! Bytes that are not what they were: `verify` says so every time, and `restore` never begins.

use super::place::{Place, expect};
use std::fs;
use testkit::{Damage, dense};

fn every_harm_is_found(codec: &str) {
    let place = Place::new();
    for number in 0..30 {
        let text = format!("file {number}\n").repeat(number * 20);
        fs::write(place.tree().join(format!("f{number}")), text).unwrap();
    }
    fs::write(place.tree().join("large"), vec![b'l'; 2_500_000]).unwrap();
    let file = place.backup(&["--compress", codec]);
    let whole = fs::read(place.file(&file)).unwrap();
    let flips = dense(7, whole.len(), 160).into_iter().map(|at| Damage::Flip { at, bit: 3 });
    let cuts = dense(8, whole.len(), 20).into_iter().map(Damage::Cut);
    let more = [
        Damage::Append(vec![0; 512]),
        Damage::Append(vec![7]),
        Damage::Zero(0..whole.len()),
        Damage::Swap(0..300, whole.len() - 300..whole.len()),
    ];
    for (number, damage) in flips.chain(cuts).chain(more).enumerate() {
        let harmed = damage.to(&whole);
        if harmed == whole {
            continue;
        }
        fs::write(place.file(&file), harmed).unwrap();
        let ran = place.run("verify", &[]);
        assert_eq!(ran.code, 3, "{codec} {damage:?}: {}", ran.stderr);
        if number.is_multiple_of(20) {
            let (ran, to) = place.restore("latest", &[]);
            expect(&ran, 3, &[&file]);
            assert_eq!(fs::read_dir(to).unwrap().count(), 0, "nothing is begun");
        }
    }
    fs::write(place.file(&file), whole).unwrap();
    place.run("verify", &[]).ok();
}

#[test]
fn in_gzip() {
    every_harm_is_found("gzip:6");
}

#[test]
fn in_zstd() {
    every_harm_is_found("zstd:3");
}

#[test]
fn in_a_plain_tar() {
    every_harm_is_found("none");
}
