//! 64 MiB are enough, however many files there are.

use super::place::{Place, program};
use std::fs;
use std::process::Command;
use testkit::{Disk, run};

const FILES: usize = 200_000;
const MOST: u64 = 64 << 10;

/// The program's exit code and peak of resident memory, in KiB.
fn peak(arguments: &[&str]) -> u64 {
    let script = "import os, sys, subprocess, resource\n\
        done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)\n\
        assert done.returncode == 0, done.stderr\n\
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let mut command = Command::new("python3");
    command.args(["-c", script]).arg(program().get_program()).args(arguments);
    run(&mut command).ok().trim().parse().unwrap()
}

#[test]
fn two_hundred_thousand_files_fit_into_64_mib() {
    // In memory, or to remove them all would take minutes.
    let disk = Disk::new("4g");
    let place = Place::at(disk.path());
    let tree = place.tree();
    for number in 0..FILES {
        // Most in a few folders, and one folder with very many.
        let folder = if number.is_multiple_of(2) {
            "flat".to_owned()
        } else {
            format!("d{}", number / 1000)
        };
        let folder = tree.join(folder);
        if number < 2 || number % 1000 < 2 {
            fs::create_dir_all(&folder).unwrap();
        }
        fs::write(
            folder.join(format!("file-{number}-with-a-name-of-usual-length.txt")),
            format!("{number}"),
        )
        .unwrap();
    }
    let (tree, store) = (tree.to_str().unwrap().to_owned(), place.store());
    let store = store.to_str().unwrap();
    let common = ["--store", store, "--name", "many"];
    let memory = |verb: &[&str]| {
        let used = peak(&[verb, &common].concat());
        assert!(used < MOST, "{verb:?}: {used} KiB");
    };
    memory(&["backup", "--source", &tree, "--incremental"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    memory(&["backup", "--source", &tree, "--incremental"]);
    memory(&["verify"]);
    let to = place.target();
    memory(&["restore", "latest", "--to", to.to_str().unwrap()]);
    let flat = fs::read_dir(to.join("flat")).unwrap().count();
    assert_eq!(flat, FILES / 2);
}
