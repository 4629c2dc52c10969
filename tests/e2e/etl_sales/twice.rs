//! Runs again, at once, and killed: there is one row a day, and it is the right one.

use super::shop::Shop;
use std::time::Duration;
use testkit::{Running, moments};

const WEEK: [&str; 2] = ["--from=2026-11-20", "--to=2026-11-26"];

/// Some orders on each day of a week.
fn week(major: u32) -> Shop {
    let shop = Shop::new(major);
    shop.database.psql(
        "INSERT INTO orders SELECT i / 2, 1, 'p' || i % 9, 1, i % 100 + 0.25,
            '2026-11-20Z'::timestamptz + i * interval '7 days' / 7000
        FROM generate_series(0, 6999) i",
    );
    shop
}

fn expected(shop: &Shop) -> String {
    shop.database.psql(
        "SELECT d::date, sum(quantity * price), sum(quantity), count(DISTINCT order_id), (
            SELECT product_id FROM orders WHERE timestamp >= d AND timestamp < d + interval '1 day'
            GROUP BY 1 ORDER BY sum(quantity * price) DESC, 1 LIMIT 1)
        FROM generate_series('2026-11-20Z'::timestamptz, '2026-11-26Z', '1 day') d
            JOIN orders ON timestamp >= d AND timestamp < d + interval '1 day'
        GROUP BY d ORDER BY d",
    )
}

#[test]
fn a_second_run_changes_nothing_at_all() {
    let shop = week(15);
    let first = shop.report(&WEEK);
    assert!(first["days"].as_array().unwrap().iter().all(|day| day["row"] == "new"), "{first}");
    assert_eq!(shop.rows(), expected(&shop));
    let before = shop.all();
    assert_eq!(before.1.len(), 14);
    let second = shop.report(&WEEK);
    assert!(second["days"].as_array().unwrap().iter().all(|day| day["row"] == "unchanged"));
    assert!(shop.all() == before, "something is another than before");
}

#[test]
fn a_day_whose_orders_changed_is_replaced_and_the_others_are_not() {
    let shop = week(13);
    shop.report(&WEEK);
    let created = || shop.database.psql("SELECT created_at FROM daily_sales_reports ORDER BY 1");
    let before: Vec<_> = created().lines().map(str::to_owned).collect();
    shop.database.psql("UPDATE orders SET price = price + 1 WHERE timestamp >= '2026-11-26Z'");
    let report = shop.report(&WEEK);
    let fates: Vec<_> = report["days"].as_array().unwrap().iter().map(|day| &day["row"]).collect();
    assert_eq!(fates[6], "replaced");
    assert!(fates[..6].iter().all(|fate| *fate == "unchanged"), "{fates:?}");
    assert_eq!(shop.rows(), expected(&shop));
    let after: Vec<_> = created().lines().map(str::to_owned).collect();
    assert_eq!(after.iter().filter(|time| before.contains(time)).count(), 6, "{after:?}");
}

#[test]
fn runs_at_once_make_one_row_a_day() {
    let shop = week(17);
    let runs: Vec<_> = (0..5).map(|_| Running::start(&mut shop.command(&WEEK))).collect();
    for run in runs {
        let ran = run.ends_within(Duration::from_mins(1));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    assert_eq!(shop.rows(), expected(&shop));
    assert_eq!(shop.files().len(), 14, "{:?}", shop.files());
}

#[test]
fn a_run_that_is_killed_leaves_whole_days_and_the_next_one_makes_the_rest() {
    let shop = week(18);
    let wanted = expected(&shop);
    let whole = Running::start(&mut shop.command(&WEEK));
    let started = std::time::Instant::now();
    whole.ends_within(Duration::from_mins(1)).ok();
    let whole = started.elapsed();
    for moment in moments(11, 12, whole) {
        shop.database.psql("DROP TABLE IF EXISTS daily_sales_reports");
        for file in shop.files() {
            std::fs::remove_file(shop.folder.path().join(file)).unwrap();
        }
        let mut run = Running::start(&mut shop.command(&WEEK));
        run.reaches(moment);
        run.kill();
        run.ends_within(Duration::from_secs(10));
        // What is there under a final name is whole.
        for file in shop.files().into_iter().filter(|file| !file.starts_with('.')) {
            let bytes = std::fs::read(shop.folder.path().join(&file)).unwrap();
            if file.contains(".json") {
                serde_json::from_slice::<serde_json::Value>(&bytes).unwrap();
            } else {
                assert!(bytes.ends_with(b"</html>\n") || bytes.ends_with(b"</html>"), "{file}");
            }
        }
        let there = shop.database.psql("SELECT to_regclass('daily_sales_reports') IS NOT NULL");
        if there.trim() == "t" {
            let rows = shop.rows();
            assert!(wanted.starts_with(&rows), "{rows} is not the beginning of {wanted}");
            // A row tells of a day whose files were written.
            for line in rows.lines() {
                let date = &line[..10];
                let total = line.split('|').nth(1).unwrap();
                assert_eq!(shop.day(date)["total"], total);
                assert!(!shop.file(date, "html").is_empty());
            }
        }
        shop.report(&WEEK);
        assert_eq!(shop.rows(), wanted);
    }
}

#[test]
fn a_dry_run_shows_the_same_plan_and_writes_nothing() {
    let shop = week(16);
    shop.report(&["--from=2026-11-20", "--to=2026-11-22"]);
    shop.database.psql("UPDATE orders SET price = 0 WHERE timestamp < '2026-11-21Z'");
    let before = shop.all();
    let dry = shop.report(&[&WEEK[..], &["--dry-run"]].concat());
    assert!(shop.all() == before, "a dry run has written");
    let wet = shop.report(&WEEK);
    assert_eq!((&dry["dry_run"], &wet["dry_run"]), (&true.into(), &false.into()));
    assert_eq!(dry["days"], wet["days"]);
    let fates: Vec<_> = wet["days"].as_array().unwrap().iter().map(|day| &day["row"]).collect();
    assert_eq!(fates, ["replaced", "unchanged", "unchanged", "new", "new", "new", "new"]);
}

#[test]
fn a_dry_run_without_a_table_makes_none() {
    let shop = week(14);
    let before = shop.all();
    let dry = shop.report(&["--date=2026-11-26", "--dry-run"]);
    assert_eq!(dry["days"][0]["row"], "new");
    assert!(shop.all() == before, "a dry run has written");
}
