//! Reports in a bucket, where a browser gets them as what they are.

use super::shop::Shop;
use serde_json::Value;
use testkit::{S3, run};

#[test]
fn reports_lie_in_a_bucket_like_in_a_directory() {
    let (shop, server) = (Shop::small(16), S3::versity());
    server.create_bucket("reports");
    let report = |arguments: &[&str]| {
        let mut command = shop.command(&[&["--date=2026-11-26"], arguments].concat());
        command.envs(server.environment()).env("REPORTS", "s3://reports/shop");
        serde_json::from_str::<Value>(&run(&mut command).ok()).unwrap()
    };
    let dry = report(&["--dry-run"]);
    assert_eq!(dry["days"][0]["files"][0], "s3://reports/shop/sales-20261126.json");
    assert_eq!(server.keys("reports", ""), [""; 0]);
    for _ in 0..2 {
        report(&[]);
        let keys = ["shop/sales-20261126.html", "shop/sales-20261126.json"];
        assert_eq!(server.keys("reports", ""), keys);
    }
    let day: Value =
        serde_json::from_slice(&server.object("reports", "shop/sales-20261126.json")).unwrap();
    assert_eq!(day["total"], "103.50");
    for (file, kind) in [("html", "text/html; charset=utf-8"), ("json", "application/json")] {
        let mut head = server.aws();
        head.args(["s3api", "head-object", "--bucket", "reports", "--key"]);
        let head = run(head.arg(format!("shop/sales-20261126.{file}"))).ok();
        let head: Value = serde_json::from_str(&head).unwrap();
        assert_eq!(head["ContentType"], kind);
    }
    assert_eq!(server.uploads("reports"), [""; 0]);
}

#[test]
fn a_bucket_that_is_not_there_is_wrong_use_and_makes_no_row() {
    let (shop, server) = (Shop::small(17), S3::versity());
    let mut command = shop.command(&["--date=2026-11-26"]);
    let ran = run(command.envs(server.environment()).env("REPORTS", "s3://nothing/shop"));
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert_eq!(shop.database.psql("SELECT to_regclass('daily_sales_reports')").trim(), "");
}
