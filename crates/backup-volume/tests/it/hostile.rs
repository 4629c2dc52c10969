//! An archive and a manifest that somebody else put in our place: nothing outside of the target is
//! touched, whatever stands in them.

use super::place::{Place, expect};
use std::fs;
use std::process::Command;
use testkit::run;

/// Changes an archive without compression by a Python expression on its bytes, and makes headers and
/// manifest agree with it.
fn forge(place: &Place, file: &str, change: &str) {
    let script = format!(
        "import hashlib, json, sys\n\
         path = sys.argv[1]\n\
         data = bytearray(open(path, 'rb').read())\n\
         def header(name):\n\
         \x20   at = data.find(name + b'\\0')\n\
         \x20   assert at >= 0 and at % 512 == 0, (name, at)\n\
         \x20   return at\n\
         def put(at, value, width):\n\
         \x20   data[at:at + width] = value.ljust(width, b'\\0')\n\
         def seal(at):\n\
         \x20   data[at + 148:at + 156] = b' ' * 8\n\
         \x20   data[at + 148:at + 156] = b'%06o\\0 ' % sum(data[at:at + 512])\n\
         {change}\n\
         open(path, 'wb').write(data)\n\
         name = path + '.manifest.json'\n\
         manifest = json.load(open(name))\n\
         manifest['artifact']['sha256'] = hashlib.sha256(data).hexdigest()\n\
         json.dump(manifest, open(name, 'w'))\n"
    );
    run(Command::new("python3").arg("-c").arg(script).arg(place.file(file))).ok();
}

fn place() -> (Place, String) {
    let place = Place::new();
    for folder in ["aa", "bb"] {
        fs::create_dir(place.tree().join(folder)).unwrap();
        fs::write(place.tree().join(folder).join("victim"), "evil").unwrap();
    }
    fs::write(place.tree().join("zz"), "evil").unwrap();
    let file = place.backup(&["--compress", "none"]);
    fs::create_dir(place.path().join("outside")).unwrap();
    fs::write(place.path().join("outside/victim"), "good").unwrap();
    (place, file)
}

#[track_caller]
fn touches_nothing(change: &str) {
    let (place, file) = place();
    let outside = place.path().join("outside");
    let change = change.replace("OUTSIDE", outside.to_str().unwrap());
    forge(&place, &file, &change);
    let (ran, to) = place.restore(&file, &[]);
    assert_ne!(ran.code, 0, "{change}");
    let names: Vec<_> =
        fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["victim"], "{change}: {}", ran.stderr);
    assert_eq!(fs::read(outside.join("victim")).unwrap(), b"good", "{change}: {}", ran.stderr);
    assert!(!place.path().join("evil").exists() && !to.join("../evil").exists());
    expect(&place.run("verify", &[&file]), 3, &[&file]);
}

#[test]
fn a_name_that_climbs_out_is_refused() {
    for name in ["./../evil", "../evil", "/tmp/evil", "./aa/../../evil", "OUTSIDE/new"] {
        touches_nothing(&format!("at = header(b'./zz'); put(at, b'{name}', 100); seal(at)"));
    }
}

/// A folder that became a symbolic link before what is in it comes.
#[test]
fn a_symbolic_link_on_the_way_is_not_followed() {
    touches_nothing(
        "at = header(b'./aa/'); put(at, b'./aa', 100); data[at + 156] = ord('2'); put(at + 157, b'OUTSIDE', 100); seal(at)",
    );
}

#[test]
fn a_hard_link_to_what_lies_outside_is_refused() {
    for target in ["OUTSIDE/victim", "./../outside/victim", "../outside/victim"] {
        touches_nothing(&format!(
            "at = header(b'./aa/victim'); data[at + 156] = ord('1'); put(at + 157, b'{target}', 100); put(at + 124, b'00000000000', 12); seal(at)"
        ));
    }
}

#[test]
fn a_content_that_is_another_is_found_after_it_was_written() {
    let (place, file) = place();
    forge(&place, &file, "at = data.rfind(b'evil'); data[at:at + 4] = b'EVIL'");
    let (ran, _) = place.restore(&file, &[]);
    expect(&ran, 3, &["zz", "index"]);
    expect(&place.run("verify", &[]), 3, &["zz"]);
}

/// Links that were in the target before.
#[test]
fn a_link_that_lies_in_the_target_is_not_followed_either() {
    let (place, file) = place();
    let to = place.target();
    std::os::unix::fs::symlink(place.path().join("outside"), to.join("aa")).unwrap();
    std::os::unix::fs::symlink(place.path().join("outside/victim"), to.join("zz")).unwrap();
    let mut restore = place.command("restore", &[&file, "--overwrite"]);
    run(restore.arg("--to").arg(&to)).ok();
    assert_eq!(fs::read(place.path().join("outside/victim")).unwrap(), b"good");
    assert_eq!(fs::read(to.join("aa/victim")).unwrap(), b"evil");
    assert!(!to.join("zz").is_symlink());
}
