//! The image, with a volume that is mounted read-only, as the manifests run it.

use crate::image::{Image, writable};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use testkit::run;

#[test]
fn the_image_backs_up_a_mounted_volume_as_nobody_in_64_mib() {
    let image = Image::build("backup-volume");
    let (volume, store, to) = (tempfile::tempdir().unwrap(), writable(), writable());
    fs::set_permissions(volume.path(), Permissions::from_mode(0o755)).unwrap();
    for number in 0..20_000 {
        let folder = volume.path().join(format!("d{}", number / 500));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("f{number}")), format!("file {number}\n").repeat(60))
            .unwrap();
    }
    // More than the memory it gets, so that what is not streamed shows.
    let bytes: Vec<u8> =
        (0..150_u32 << 20).map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    fs::write(volume.path().join("large"), &bytes).unwrap();
    let task = |mounts: &[(&std::path::Path, &str)], arguments: &[&str]| {
        let name = [("BACKUP_NAME", "data".to_owned())];
        run(image.command("nightshift-volume", mounts, &name).args(arguments))
    };
    let mounts = [(volume.path(), "/data:ro"), (store.path(), "/backup")];
    let made = task(&mounts, &["backup", "--incremental"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.contains("20042 entries"), "{}", made.stdout);
    let mounts = [(store.path(), "/backup:ro"), (to.path(), "/restored")];
    let verified = task(&mounts, &["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    let restored = task(&mounts, &["restore", "latest", "--to", "/restored"]);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert!(
        restored.stderr.contains("owners cannot be restored but by root"),
        "{}",
        restored.stderr
    );
    assert!(fs::read(to.path().join("large")).unwrap() == bytes);
    let same = |path: &str| {
        fs::read(to.path().join(path)).unwrap() == fs::read(volume.path().join(path)).unwrap()
    };
    assert!(same("d0/f0") && same("d39/f19999"));
}
