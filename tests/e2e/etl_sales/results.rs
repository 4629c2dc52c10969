//! The numbers, in many zones and on the days when clocks are changed. The judge is PostgreSQL's own
//! `AT TIME ZONE`, asked of each row for the date that its clock showed.

use super::shop::Shop;
use serde_json::Value;
use std::collections::BTreeMap;

/// A zone, and a day in it around which something may go wrong.
const DAYS: [(&str, &str); 14] = [
    ("UTC", "2026-11-26"),
    ("Europe/Berlin", "2026-11-25"),
    // 23 hours, 25 hours.
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-11-01"),
    // No midnight; midnight put back to 23:00.
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-17"),
    // Midnight twice.
    ("America/Havana", "2026-11-01"),
    // A day that was left out.
    ("Pacific/Apia", "2011-12-30"),
    // Half an hour forward, and back.
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Asia/Kathmandu", "2026-02-28"),
    ("Pacific/Kiritimati", "2024-02-29"),
    ("Africa/Casablanca", "2026-03-22"),
];

/// Rows at random over four days, more of them at the borders, and NULLs in all columns.
fn fill(shop: &Shop, zone: &str, date: &str, seed: f64) {
    // `m` is the moment; a column without a zone shows it in UTC, for sessions of psql are set to that here.
    shop.database.psql(&format!(
        "SET timezone = 'UTC';
        SELECT setseed({seed});
        INSERT INTO orders
        SELECT CASE WHEN random() < 0.02 THEN NULL ELSE i / 2 END, i % 77,
            CASE WHEN random() < 0.02 THEN NULL ELSE 'product ' || (random() * 40)::int END,
            CASE WHEN random() < 0.02 THEN NULL ELSE (random() * 9)::int - 1 END,
            CASE WHEN random() < 0.02 THEN NULL ELSE ((random() * 10000)::int / 8::numeric){cast} END,
            CASE WHEN random() < 0.02 THEN NULL ELSE
                (('{date}'::timestamp - interval '36 hours') AT TIME ZONE '{zone}')
                + random() * interval '84 hours' END
        FROM generate_series(1, 4000) i;
        INSERT INTO orders
        SELECT 100000 + n, 1, 'product ' || n % 5, 1, (n % 100 + 1){cast},
            (('{date}'::timestamp + d * interval '1 day' + h * interval '30 minutes')
                AT TIME ZONE '{zone}') + e * interval '1 microsecond'
        FROM generate_series(-1, 2) d, generate_series(-4, 8) h, generate_series(-1, 1) e,
            LATERAL (SELECT 1000 * (d + 1) + 10 * (h + 4) + e + 1 AS n) x",
        cast = if shop.price_type() == "money" { "::numeric::money" } else { "" },
    ));
}

impl Shop {
    fn price_type(&self) -> String {
        self.type_of("price")
    }

    fn time_type(&self) -> String {
        self.type_of("timestamp")
    }

    fn type_of(&self, column: &str) -> String {
        let sql = format!(
            "SELECT format_type(atttypid, NULL) FROM pg_attribute
            WHERE attrelid = 'orders'::regclass AND attname = '{column}'"
        );
        self.database.psql(&sql).trim().to_owned()
    }
}

/// What the day's rows come to. `shown` is what a clock in the zone showed at each row's time.
fn expected(shop: &Shop, shown: &str, date: &str) -> (String, BTreeMap<String, String>) {
    let day = format!("({shown})::date = '{date}'");
    let amount = "quantity::numeric * price::numeric";
    let all = shop.database.psql(&format!(
        "SELECT trim_scale(COALESCE(sum({amount}), 0)), COALESCE(sum(quantity), 0), count(DISTINCT order_id),
            count(*), count(*) FILTER (WHERE quantity IS NULL OR price IS NULL OR order_id IS NULL)
        FROM orders WHERE {day}"
    ));
    let products = shop.database.psql(&format!(
        "SELECT COALESCE(product_id, '-') AS p, trim_scale(COALESCE(sum({amount}), 0)), COALESCE(sum(quantity), 0),
            count(DISTINCT order_id) FROM orders WHERE {day}
        GROUP BY product_id ORDER BY product_id IS NULL, 2 DESC, product_id COLLATE \"C\""
    ));
    let hours = shop.database.psql(&format!(
        "SELECT to_char({shown}, 'HH24'), trim_scale(sum({amount})) FROM orders
        WHERE {day} GROUP BY 1 HAVING sum({amount}) <> 0"
    ));
    let hours = hours.lines().filter_map(|line| line.split_once('|'));
    let hours = hours.map(|(hour, sum)| (hour.to_owned(), sum.to_owned())).collect();
    (format!("{all}{products}"), hours)
}

fn trimmed(value: &Value) -> String {
    let text = value.as_str().unwrap();
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

/// The same of the report.
fn reported(day: &Value) -> (String, BTreeMap<String, f64>) {
    let mut said = format!(
        "{}|{}|{}|{}|{}\n",
        trimmed(&day["total"]),
        trimmed(&day["items"]),
        day["orders"],
        day["rows"],
        day["lacking_rows"]
    );
    for one in day["by_product"].as_array().unwrap() {
        let name = one["product"].as_str().unwrap_or("-");
        let (total, items) = (trimmed(&one["total"]), trimmed(&one["items"]));
        said += &format!("{name}|{total}|{items}|{}\n", one["orders"]);
    }
    let mut hours = BTreeMap::new();
    for hour in day["by_hour"].as_array().unwrap() {
        let sum: f64 = hour["total"].as_str().unwrap().parse().unwrap();
        *hours.entry(hour["from"].as_str().unwrap()[11..13].to_owned()).or_default() += sum;
    }
    hours.retain(|_, sum| *sum != 0.0);
    (said, hours)
}

/// Reports the day, the one before and the one after, and compares all of them.
#[track_caller]
fn compare(shop: &Shop, zone: &str, date: &str, shown: &str, clocks: &str) {
    let around =
        |days: i32| shop.database.psql(&format!("SELECT date '{date}' + {days}")).trim().to_owned();
    let (first, last) = (around(-1), around(1));
    let report =
        shop.report(&["--from", &first, "--to", &last, "--tz", zone, "--timestamp-zone", clocks]);
    let mut rows = 0;
    for days in -1..=1 {
        let date = around(days);
        let (sums, hours) = expected(shop, shown, &date);
        if report["skipped"].as_array().unwrap().contains(&Value::from(date.as_str())) {
            assert!(sums.starts_with("0|0|0|0|0"), "{date} in {zone} is not empty: {sums}");
            continue;
        }
        let day = shop.day(&date);
        rows += day["rows"].as_u64().unwrap();
        let (said, by_hour) = reported(&day);
        assert_eq!(said, sums, "{date} in {zone}");
        let judged = hours.iter().map(|(hour, sum)| (hour.clone(), sum.parse().unwrap()));
        let judged: BTreeMap<String, f64> = judged.collect();
        let near = |(hour, sum): (&String, &f64)| {
            judged.get(hour).is_some_and(|judged| (judged - sum).abs() < 1e-6)
        };
        assert!(
            by_hour.len() == judged.len() && by_hour.iter().all(near),
            "{date} in {zone}: {by_hour:?} is not {judged:?}"
        );
        assert_eq!(day["zone"], zone);
        let without = shop.time_type() == "timestamp without time zone";
        assert_eq!(day["timestamp_zone"], Value::from(without.then_some(clocks)));
    }
    assert!(rows > 1000, "{rows} rows are no test");
}

#[test]
fn every_row_with_a_zone_is_of_the_day_that_clocks_there_showed() {
    for (place, (zone, date)) in DAYS.into_iter().enumerate() {
        let shop = Shop::with(if place % 2 == 0 { 13 } else { 18 }, "timestamptz", "numeric(12,3)");
        fill(&shop, zone, date, 0.1 + place as f64 / 100.0);
        compare(&shop, zone, date, &format!("timestamp AT TIME ZONE '{zone}'"), "UTC");
    }
}

#[test]
fn a_row_without_a_zone_is_taken_in_the_zone_that_is_said() {
    for (place, (zone, date)) in DAYS.into_iter().enumerate() {
        let shop = Shop::with(16, "timestamp", "numeric(12,3)");
        fill(&shop, zone, date, 0.3 + place as f64 / 100.0);
        compare(&shop, zone, date, &shown_of_utc(zone), "UTC");
    }
    // What clocks in the day's own zone showed is of the date that it says, whatever came twice.
    for (place, (zone, date)) in DAYS.into_iter().enumerate() {
        let shop = Shop::with(16, "timestamp", "numeric(12,3)");
        fill(&shop, zone, date, 0.5 + place as f64 / 100.0);
        shop.database.psql(&format!("UPDATE orders SET timestamp = {}", shown_of_utc(zone)));
        compare(&shop, zone, date, "timestamp", zone);
    }
}

fn shown_of_utc(zone: &str) -> String {
    format!("(timestamp AT TIME ZONE 'UTC') AT TIME ZONE '{zone}'")
}

#[test]
fn what_no_clock_can_have_shown_is_of_its_date_all_the_same() {
    for (zone, date) in DAYS.into_iter().filter(|(zone, _)| *zone != "Pacific/Apia") {
        let shop = Shop::with(16, "timestamp", "numeric(12,3)");
        fill(&shop, "UTC", date, 0.5);
        shop.report(&["--date", date, "--tz", zone, "--timestamp-zone", zone]);
        assert_eq!(reported(&shop.day(date)).0, expected(&shop, "timestamp", date).0, "{zone}");
    }
}

#[test]
fn prices_of_every_kind_are_added_up_exactly() {
    for price in ["smallint", "integer", "bigint", "numeric", "money", "double precision", "real"] {
        let shop = Shop::with(15, "timestamptz", price);
        fill(&shop, "Europe/Berlin", "2026-10-25", 0.7);
        compare(
            &shop,
            "Europe/Berlin",
            "2026-10-25",
            "timestamp AT TIME ZONE 'Europe/Berlin'",
            "UTC",
        );
        let page = String::from_utf8(shop.file("2026-10-25", "html")).unwrap();
        let inexact = ["double precision", "real"].contains(&price);
        assert_eq!(page.contains("taken as it prints"), inexact, "{price}");
    }
}

#[test]
fn a_sum_may_have_more_digits_than_any_number_of_ours() {
    let shop = Shop::with(14, "timestamptz", "numeric");
    let price = format!("{}.{}1", "9".repeat(60), "0".repeat(40));
    shop.database.psql(&format!(
        "INSERT INTO orders SELECT 1, 1, 'gold', 3, {price}, '2026-11-26Z' FROM generate_series(1, 2)"
    ));
    shop.report(&["--date=2026-11-26"]);
    let wanted = shop.database.psql(&format!("SELECT 6 * {price}")).trim().to_owned();
    assert_eq!(shop.day("2026-11-26")["total"], wanted);
    assert_eq!(shop.database.psql("SELECT total_sales FROM daily_sales_reports").trim(), wanted);
    assert!(String::from_utf8(shop.file("2026-11-26", "html")).unwrap().contains("gold"));
}

#[test]
fn cents_do_not_drift_and_the_last_moment_counts() {
    let shop = Shop::small(17);
    shop.database.psql(
        "INSERT INTO orders SELECT 5, 1, 'cent', 1, 0.10, '2026-11-26 23:59:59.5Z' FROM generate_series(1, 3)",
    );
    let report = shop.report(&["--date=2026-11-26"]);
    assert_eq!(report["days"][0]["total"], "103.80");
    assert_eq!(report["days"][0]["orders"], 4);
    assert_eq!(report["days"][0]["best_product"], "tea");
    assert_eq!(shop.rows(), "2026-11-26|103.80|18|4|tea\n");
    assert_eq!(shop.day("2026-11-26")["average_order"], "25.95");
}

#[test]
fn products_beyond_the_limit_are_one_exact_sum() {
    let shop = Shop::new(18);
    shop.database.psql(
        "INSERT INTO orders SELECT i, 1, i, 1, i + 0.01, '2026-11-26Z' FROM generate_series(1, 100) i",
    );
    shop.report(&["--date=2026-11-26", "--products=3"]);
    let day = shop.day("2026-11-26");
    assert_eq!(day["by_product"].as_array().unwrap().len(), 3);
    assert_eq!(day["by_product"][0]["product"], "100");
    let others = &day["other_products"];
    assert_eq!(
        (&others["products"], &others["total"]),
        (&Value::from(97), &Value::from("4753.97"))
    );
    assert_eq!(day["total"], "5051.00");
}

#[test]
fn an_empty_day_says_so() {
    let shop = Shop::small(15);
    let report = shop.report(&["--date=2026-11-20"]);
    assert_eq!(
        (&report["days"][0]["total"], &report["days"][0]["orders"]),
        (&"0".into(), &0.into())
    );
    assert_eq!(shop.rows(), "2026-11-20|0|0|0|\n");
    let page = String::from_utf8(shop.file("2026-11-20", "html")).unwrap();
    assert!(page.contains("No orders on this day."), "{page}");
    let ran = shop.run(&["--date=2026-11-20"]);
    assert!(ran.stderr.contains("no orders"), "{}", ran.stderr);
    assert_eq!(shop.day("2026-11-20")["best_product"], Value::Null);
}

#[test]
fn an_index_on_the_time_is_used_and_the_table_is_read_once() {
    let shop = Shop::new(16);
    shop.database.psql(
        "INSERT INTO orders SELECT i, 1, 'p' || i % 50, 1, 1, '2026-05-01Z'::timestamptz + i * interval '2 minutes'
        FROM generate_series(1, 150000) i;
        CREATE INDEX ON orders (timestamp)",
    );
    shop.database.psql("VACUUM ANALYZE orders");
    // A session's numbers are seen once it has ended.
    let alone = || {
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while shop.database.psql(others).trim() != "0" {
            assert!(std::time::Instant::now() < deadline, "a session does not end");
        }
    };
    alone();
    shop.database.psql("SELECT pg_stat_reset_single_table_counters('orders'::regclass)");
    shop.report(&["--date=2026-11-20"]);
    alone();
    let scans = "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'orders'";
    assert_eq!(shop.database.psql(scans).trim(), "0|1");
    assert_eq!(shop.day("2026-11-20")["rows"], 720);
}
