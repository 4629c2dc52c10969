//! A role that may not do what has to be done is told which right it lacks, before anything is changed.

use super::shop::{Shop, refused};
use testkit::{Ran, run};

const DAY: &str = "--date=2026-11-26";

/// A role with no rights but these.
fn role(shop: &Shop, rights: &str) -> String {
    let role = format!("{}_reporter", shop.database.name());
    shop.database.psql(&format!("CREATE ROLE {role} LOGIN; {}", rights.replace("ROLE", &role)));
    role
}

fn run_as(shop: &Shop, role: &str, arguments: &[&str]) -> Ran {
    run(shop.command(arguments).env("PGUSER", role))
}

#[test]
fn every_right_that_is_missing_is_named() {
    let shop = Shop::small(16);
    shop.report(&["--date=2026-11-25"]);
    let role = role(&shop, "REVOKE CREATE ON SCHEMA public FROM public");
    for (right, words) in [
        (
            "SELECT (order_id, product_id, quantity) ON orders",
            &["permission", "read", "orders"][..],
        ),
        ("SELECT ON orders", &["permission", "read price"]),
        ("SELECT ON daily_sales_reports", &["permission", "report_date"]),
        ("INSERT ON daily_sales_reports", &["permission", "write", "daily_sales_reports"]),
        ("UPDATE ON daily_sales_reports", &["permission", "write", "daily_sales_reports"]),
    ] {
        let before = shop.all();
        refused(&run_as(&shop, &role, &[DAY]), words);
        assert!(shop.all() == before, "something was changed");
        shop.database.psql(&format!("GRANT {right} TO {role}"));
    }
    run_as(&shop, &role, &[DAY]).ok();
    assert_eq!(shop.day("2026-11-26")["total"], "103.50");
    shop.database.psql("DROP TABLE daily_sales_reports");
    let words = ["no permission to make it", "GRANT CREATE ON SCHEMA \"public\""];
    refused(&run_as(&shop, &role, &[DAY]), &words);
    refused(&run_as(&shop, &role, &[DAY, "--dry-run"]), &words);
}

#[test]
fn rows_that_a_policy_hides_are_not_left_out_silently() {
    let shop = Shop::small(17);
    let role = role(
        &shop,
        "GRANT SELECT ON orders TO ROLE; GRANT CREATE ON SCHEMA public TO ROLE;
        ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
        CREATE POLICY tea ON orders USING (product_id = 'tea')",
    );
    refused(&run_as(&shop, &role, &[DAY]), &["row-level security"]);
    assert!(shop.files().is_empty(), "{:?}", shop.files());
}
