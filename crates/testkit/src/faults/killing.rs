//! SIGKILL at any moment: what is listed is whole, what is left is removed in time.

use super::{KEEP_ONE, MANIFEST, Program, Store, Target};
use crate::moments;
use std::collections::HashSet;
use std::fs::File;
use std::time::{Duration, Instant, SystemTime};

/// Kills so many runs that save a database with enough in it for a middle, and prune, too.
pub fn a_run_killed_at_any_moment_leaves_nothing_false<P: Program>(
    database: &P::Target,
    kills: u32,
) {
    let store = Store::<P>::new();
    store.backup(database, &KEEP_ONE);
    let started = Instant::now();
    store.backup(database, &KEEP_ONE);
    let mut whole = started.elapsed();
    let mut proven = HashSet::new();
    for moment in moments(20_261_120, kills, Duration::from_secs(1)) {
        loop {
            let started = Instant::now();
            let mut run = store.start(database, "backup", &KEEP_ONE);
            let alive = run.reaches(whole.mul_f64(moment.as_secs_f64()));
            run.kill();
            run.ends_within(Duration::from_secs(5));
            assert_only_whole(&store, &mut proven);
            if alive {
                break;
            }
            // It was faster than those before: the same moment of a shorter run.
            whole = started.elapsed().min(whole).mul_f64(0.98);
        }
        database.all_disconnect();
        store.backup(database, &KEEP_ONE);
        assert_only_whole(&store, &mut proven);
    }
    let partial = store.partial().len();
    assert!(partial > kills as usize / 5, "it was killed while it wrote, too: {:?}", store.names());
    old_leftovers_go_and_young_ones_stay(&store, database);
}

/// Every file is a part of a listed backup that proves whole, or is known to be none.
fn assert_only_whole<P: Program>(store: &Store<P>, proven: &mut HashSet<String>) {
    let listed = store.list();
    assert_eq!((listed.code, listed.damaged.len(), listed.unreadable.len()), (0, 0, 0));
    assert!(!listed.sound.is_empty(), "pruning keeps one");
    for file in &listed.sound {
        if proven.insert(file.clone()) {
            store.run("verify", &[file]).ok();
        }
    }
    for name in store.names() {
        let artifact = name.strip_suffix(MANIFEST).unwrap_or(&name);
        let leftover = name.starts_with('.') && name.ends_with(".partial");
        let pruned = format!("{}{MANIFEST}.pruned", name.trim_end_matches(".manifest.json.pruned"));
        assert!(
            leftover
                || listed.sound.iter().any(|file| file == artifact)
                || listed.orphans.contains(&name)
                || store.file(&pruned).exists(),
            "{name} is neither whole nor known to be partial: {listed:?}"
        );
    }
}

fn old_leftovers_go_and_young_ones_stay<P: Program>(store: &Store<P>, database: &P::Target) {
    let partial = store.partial();
    let (old, young) = partial.split_at(partial.len() / 2);
    for name in old {
        let file = File::options().write(true).open(store.file(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_mins(24 * 60 + 1)).unwrap();
    }
    let almost = File::options().write(true).open(store.file(&young[0])).unwrap();
    almost.set_modified(SystemTime::now() - Duration::from_mins(24 * 60 - 10)).unwrap();
    store.backup(database, &KEEP_ONE);
    assert_eq!(store.partial(), young);
    let pruned = store.names().iter().filter(|name| name.ends_with(".pruned")).count();
    assert_eq!(pruned, 0, "what was begun is finished");
}
