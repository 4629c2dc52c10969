//! The image, as its `CronJob` runs it.

use super::server::{Answer, Server};
use super::world::{World, counts};
use crate::image::{Image, writable};
use std::fmt::Write;
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use testkit::run;

const PAGES: u64 = 8;
const RECORDS: u64 = 40_000;

/// Eight pages of ten megabytes.
fn page(number: u64) -> String {
    let mut page = String::from("[");
    for record in 0..RECORDS {
        let id = number * RECORDS + record;
        let comma = if record == 0 { "" } else { "," };
        let bad = if id == 77 { "\"?\"".to_owned() } else { format!("{id}.25") };
        write!(
            page,
            r#"{comma}{{"id": {id}, "name": " n{id} {:200} x", "value": {bad}, "category": "c{}"}}"#,
            "",
            id % 90
        )
        .unwrap();
    }
    page.push(']');
    page
}

#[test]
fn the_image_writes_320_000_records_of_large_pages_as_nobody_in_64_mib() {
    let image = Image::build("etl-api");
    let pages: Vec<String> = (0..PAGES).map(page).collect();
    let server = Server::start(move |request, _| {
        let number: usize = request.query["page"].parse().unwrap();
        Answer::json(pages.get(number).cloned().unwrap_or_else(|| "[]".to_owned()))
    });
    let shipped =
        std::fs::read_to_string(crate::manifests::root().join("manifests/etl-api/config.yaml"));
    let config =
        shipped.unwrap().replace("paging: none", "paging: {page: {param: page, start: 0}}");
    let world = World::new(16, &config);
    let (rejects, folder) = (writable(), tempfile::tempdir().unwrap());
    set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    std::fs::write(folder.path().join("config.yaml"), config).unwrap();
    let mut environment = world.database.environment();
    environment.extend([
        ("API_URL", server.url.clone()),
        ("API_KEY", "k".to_owned()),
        ("CONFIG", "/etc/etl-api/config.yaml".to_owned()),
        ("REJECTS", "/rejects".to_owned()),
        ("OUTPUT", "json".to_owned()),
    ]);
    let mounts = [(rejects.path(), "/rejects"), (folder.path(), "/etc/etl-api:ro")];
    for wanted in [[PAGES * RECORDS - 1, 0, 0], [0, 0, PAGES * RECORDS - 1]] {
        let ran = run(&mut image.command("nightshift-api", &mounts, &environment));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((counts(&report), &report["rejected"]), (wanted, &1.into()));
    }
    assert_eq!(std::fs::read_dir(rejects.path()).unwrap().count(), 2);
    let sums =
        world.database.psql("SELECT count(*), sum(value), max(length(name)) FROM external_data");
    let last = PAGES * RECORDS;
    let sum = last * (last - 1) / 2 - 77 + (last - 1) / 4;
    assert!(sums.starts_with(&format!("{}|{sum}.", last - 1)), "{sums}");
}
