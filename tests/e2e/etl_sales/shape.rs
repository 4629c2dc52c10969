//! Tables that are not as they have to be: each is named, with what to do, before anything is changed.

use super::shop::{Shop, refused, text};

const DAY: &str = "--date=2026-11-26";

/// Refused with these words, and nothing is another than before.
#[track_caller]
fn left_alone(shop: &Shop, arguments: &[&str], words: &[&str]) {
    let before = shop.all();
    refused(&shop.run(&[&[DAY], arguments].concat()), words);
    assert!(shop.all() == before, "something was changed");
    refused(&shop.run(&[&[DAY, "--dry-run"], arguments].concat()), words);
}

#[test]
fn orders_that_cannot_be_added_up_are_named() {
    let shop = Shop::small(15);
    for (yaml, words) in [
        ("orders: {table: ordres}", &["no table ordres", "exactly as written"][..]),
        ("orders: {table: Orders}", &["no table Orders"]),
        ("orders: {table: shop.orders}", &["no table shop.orders"]),
        ("orders: {price: cost}", &["no column cost", "price, product_id, quantity"]),
        ("orders: {price: product_id}", &["product_id", "is text", "numeric"]),
        ("orders: {time: order_id}", &["order_id", "is bigint", "timestamp with time zone"]),
        ("orders: {only: {state: [paid]}}", &["no column state"]),
        ("products: {table: products, id: id, name: name}", &["no table products"]),
        ("orders: {tabel: orders}", &["line 1", "tabel"]),
    ] {
        let config = Shop::config(yaml);
        left_alone(&shop, &["--config", text(config.path())], words);
    }
    shop.database.psql("CREATE SEQUENCE counter");
    let config = Shop::config("orders: {table: counter}");
    left_alone(&shop, &["--config", text(config.path())], &["counter is no table"]);
}

#[test]
fn a_table_of_reports_in_another_shape_is_left_as_it_is() {
    let shop = Shop::small(16);
    let good = "report_date date UNIQUE, total_sales numeric, items_sold int, order_count int,
        best_product text, created_at timestamp";
    for (definition, words) in [
        (good.replace(" UNIQUE", ""), &["twice", "CREATE UNIQUE INDEX ON \"public\""][..]),
        (good.replace("date UNIQUE", "text UNIQUE"), &["report_date", "is text", "date"]),
        (
            good.replace("total_sales numeric", "total_sales float"),
            &["double precision", "numeric"],
        ),
        (good.replace("best_product text, ", ""), &["no column best_product"]),
        (format!("{good}, shop int NOT NULL"), &["shop", "default"]),
        // A unique index over more than the day is none over the day.
        (good.replace(" UNIQUE", "") + ", UNIQUE (report_date, order_count)", &["twice"]),
        (
            good.replace("total_sales numeric", "total_sales numeric(10,0)"),
            &["cannot hold", "103.50"],
        ),
        (good.replace("total_sales numeric", "total_sales numeric(3,1)"), &["overflow"]),
        (good.replace("best_product text", "best_product varchar(2)"), &["too long"]),
        (good.replace("best_product text", "best_product int"), &["integer"]),
        (format!("{good}, CHECK (total_sales < 5)"), &["check constraint"]),
    ] {
        shop.database.psql(&format!(
            "DROP TABLE IF EXISTS daily_sales_reports; CREATE TABLE daily_sales_reports ({definition})"
        ));
        let before = shop.all();
        refused(&shop.run(&[DAY]), words);
        assert!(shop.all() == before, "{definition}: something was changed");
    }
    shop.database.psql(&format!(
        "DROP TABLE daily_sales_reports; CREATE TABLE daily_sales_reports ({good}, note text, id serial)"
    ));
    shop.report(&[DAY]);
    assert_eq!(shop.rows(), "2026-11-26|103.50|15|3|tea\n");
}

#[test]
fn a_view_may_be_the_orders_but_not_the_reports() {
    let shop = Shop::small(17);
    shop.database.psql("CREATE VIEW paid AS SELECT * FROM orders WHERE product_id <> 'pot'");
    let config = Shop::config("{orders: {table: paid}, reports: {table: r}}");
    shop.report(&[DAY, "--config", text(config.path())]);
    assert_eq!(shop.day("2026-11-26")["total"], "70.50");
    let config = Shop::config("reports: {table: paid}");
    left_alone(&shop, &["--config", text(config.path())], &["paid is no table"]);
}

#[test]
fn what_is_no_number_is_not_reported() {
    let shop = Shop::with(14, "timestamptz", "numeric");
    shop.database.psql("INSERT INTO orders VALUES (1, 1, 'x', 1, 'NaN', '2026-11-26Z')");
    left_alone(&shop, &[], &["NaN"]);
}

#[test]
fn days_that_cannot_be_meant_are_refused() {
    let shop = Shop::small(18);
    let before = shop.all();
    for (arguments, word) in [
        (&["--date=2026-11-26", "--from=2026-11-25"][..], "--date"),
        (&["--to=2026-11-25"], "--from"),
        (&["--from=2026-11-26", "--to=2026-11-25"], "later"),
        (&["--date=9000-01-01"], "still to come"),
        (&["--date=26.11.2026"], "2026-11-26"),
        (&["--date=2011-12-30", "--tz=Pacific/Apia"], "Pacific/Apia"),
        (&["--tz=Europe/Berlinn"], "Europe/Berlin"),
        (&["--products=0"], "products"),
        (&["--reports=/no/such/folder"], "/no/such/folder"),
        (&["--config=/no/such"], "/no/such"),
    ] {
        refused(&shop.run(arguments), &[word]);
    }
    assert!(shop.all() == before, "something was changed");
}
