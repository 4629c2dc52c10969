//! The image, as its `CronJob` runs it.

use super::shop::Shop;
use crate::image::{Image, writable};
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use testkit::run;

#[test]
fn the_image_reports_a_large_day_as_nobody_in_64_mib() {
    let image = Image::build("etl-sales");
    let shop = Shop::new(15);
    shop.database.psql(
        "INSERT INTO orders SELECT i / 3, i % 999, 'a product with a name of usual length, number ' || i % 20000,
            1 + i % 3, 0.01 * (i % 9999), '2026-11-25 23:00Z'::timestamptz + i * interval '1 day' / 500000
        FROM generate_series(0, 499999) i",
    );
    let (reports, folder) = (writable(), tempfile::tempdir().unwrap());
    set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    std::fs::write(folder.path().join("config.yaml"), "reports: {table: sales_by_day}\n").unwrap();
    let mut environment = shop.database.environment();
    environment.extend([
        ("CONFIG", "/etc/etl-sales/config.yaml".to_owned()),
        ("TZ", "Europe/Berlin".to_owned()),
        ("REPORT_DATE", "2026-11-26".to_owned()),
    ]);
    let mounts = [(reports.path(), "/reports"), (folder.path(), "/etc/etl-sales:ro")];
    let ran = run(&mut image.command("nightshift-sales", &mounts, &environment));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let wanted = shop.database.psql("SELECT sum(quantity * price) FROM orders");
    let row =
        shop.database.psql("SELECT total_sales FROM sales_by_day WHERE report_date = '2026-11-26'");
    assert_eq!(row, wanted);
    let json = std::fs::read(reports.path().join("sales-20261126.json")).unwrap();
    let day: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!((&day["total"], &day["products"]), (&wanted.trim().into(), &20000.into()));
    assert!(reports.path().join("sales-20261126.html").exists());
}
