//! The image, as its `CronJob` runs it.

use super::shelf::Shelf;
use crate::image::{Image, USER};
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use testkit::run;

#[test]
fn the_image_cleans_a_volume_as_nobody() {
    let image = Image::build("cleanup-backups");
    let shelf = Shelf::new();
    let old = shelf.add("postgres", "shop", 40);
    let (folder, _) = Shelf::config("rules:\n  - backups: postgres/shop\n    keep-last: 1\n");
    let files = shelf.files().into_iter().map(|file| shelf.path().join(file));
    for path in files.chain([shelf.path().to_owned()]) {
        chown(path, Some(USER), Some(USER)).unwrap();
    }
    let environment = [("CONFIG", "/etc/cleanup-backups/config.yaml".to_owned())];
    let mounts = [(shelf.path(), "/backup"), (folder.path(), "/etc/cleanup-backups:ro")];
    set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let ran = run(&mut image.command("nightshift-clean", &mounts, &environment));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("postgres/shop"), "{}", ran.stdout);
    assert!(!shelf.files().contains(&old), "{:?}", shelf.files());
}
