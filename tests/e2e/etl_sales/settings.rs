//! What is set: names of tables and columns, the zone of yesterday; and the file that comes of it.

use super::shop::{Shop, text};
use crate::manifests::root;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

#[test]
fn tables_and_columns_have_the_names_of_the_configuration() {
    let shop = Shop::new(16);
    shop.database.psql(
        r#"CREATE SCHEMA "Web.Shop";
        CREATE TABLE "Web.Shop"."Sold ""Things""" ("no." uuid, article int, "how many" numeric, line money,
            at timestamptz, state text);
        CREATE TABLE article (id int, title text);
        INSERT INTO article VALUES (1, 'A chair'), (2, 'A table');
        INSERT INTO "Web.Shop"."Sold ""Things""" VALUES
            (gen_random_uuid(), 1, 1.5, 20.10::numeric::money, '2026-11-26 10:00Z', 'paid'),
            (gen_random_uuid(), 2, 1, 100, '2026-11-26 11:00Z', 'sent'),
            (gen_random_uuid(), 2, 1, 7000, '2026-11-26 11:00Z', 'it''s \cancelled'),
            (gen_random_uuid(), 2, 1, 7000, '2026-11-26 11:00Z', NULL)"#,
    );
    let config = Shop::config(
        r#"
orders:
  table: '"Web.Shop"."Sold ""Things"""'
  order: no.
  product: article
  quantity: how many
  price: line
  price-is: total
  time: at
  only:
    state: [paid, sent]
products: {table: article, id: id, name: title}
reports: {table: Daily, date: Day, total: Sum, items: n, orders: o, best-product: best, created: made}
"#,
    );
    shop.report(&["--date=2026-11-26", "--config", text(config.path())]);
    let row = shop.database.psql(r#"SELECT "Day", "Sum", n, o, best FROM "Daily""#);
    assert_eq!(row, "2026-11-26|120.10|2.5|2|2\n");
    let day = shop.day("2026-11-26");
    assert_eq!((&day["best_product"], &day["best_product_name"]), (&"2".into(), &"A table".into()));
    assert_eq!(day["by_product"][1]["name"], "A chair");
    let odd = Shop::config(
        "orders: {table: '\"Web.Shop\".\"Sold \"\"Things\"\"\"', order: no., product: article, \
         quantity: how many, price: line, time: at, only: {state: [\"it's \\\\cancelled\"]}}",
    );
    let report = shop.report(&["--date=2026-11-26", "--dry-run", "--config", text(odd.path())]);
    assert_eq!(report["days"][0]["total"], "7000.00");
}

/// Every object of the file has the fields that docs/sales.schema.json lists, and no other.
#[test]
fn the_file_is_as_its_schema_says() {
    let schema = fs::read_to_string(root().join("docs/sales.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let shop = Shop::small(15);
    shop.report(&["--date=2026-11-26", "--currency=EUR", "--products=1"]);
    let day = shop.day("2026-11-26");
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let told = |schema: &Value, value: &Value| {
        let (all, found) = (names(&schema["properties"]), names(value));
        assert!(found.is_subset(&all), "{found:?} is not within {all:?}");
        for name in schema["required"].as_array().unwrap() {
            assert!(found.contains(name.as_str().unwrap()), "{name} is missing in {value}");
        }
    };
    told(&schema, &day);
    let of = &schema["properties"];
    told(&of["by_product"]["items"], &day["by_product"][0]);
    told(&of["by_hour"]["items"], &day["by_hour"][0]);
    told(&of["other_products"]["oneOf"][1], &day["other_products"]);
    assert_eq!(day["format"], of["format"]["const"]);
}

#[test]
fn yesterday_is_a_day_of_the_zone() {
    let shop = Shop::new(15);
    for zone in ["Pacific/Kiritimati", "Pacific/Niue"] {
        let yesterday = |shop: &Shop| {
            let sql = format!("SELECT (now() AT TIME ZONE '{zone}')::date - 1");
            shop.database.psql(&sql).trim().to_owned()
        };
        // Midnight may come in between.
        let before = yesterday(&shop);
        let mut command = shop.command(&[]);
        let report: Value =
            serde_json::from_str(&testkit::run(command.env("TZ", zone)).ok()).unwrap();
        let after = yesterday(&shop);
        let date = report["days"][0]["date"].as_str().unwrap();
        assert!([before, after].iter().any(|day| day == date), "{date}");
    }
}
