//! Names that try to be something else: they arrive in the table, in JSON and on the page as they are.

use super::shop::{Shop, text};
use serde_json::Value;
use testkit::{Browser, View};

const NAMES: [&str; 12] = [
    "</script><script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "'; DROP TABLE orders; --",
    "\"quoted\" and \\ backslash \\' and $$dollars$$ $1",
    "two\nlines\r\nand\ta tab",
    "\u{202e}drawkcab\u{202c} \u{2067}שלום مرحبا",
    "{{ 7 * 7 }} {% raw %} {# c #}",
    "&amp; &#60;b&#62; </title></svg></style>",
    "",
    "   ",
    "\u{1}\u{7f}\u{85}\u{feff}\u{fffd}",
    "日本語の商品名はとても長いことがありますので切られます日本語の商品名はとても長いことがあります",
];

fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn fill(shop: &Shop) {
    let rows = NAMES.iter().enumerate().map(|(place, name)| {
        format!("({place}, 1, {}, 1, {}, '2026-11-26 10:00Z')", literal(name), 100 - place)
    });
    let rows: Vec<_> = rows.collect();
    shop.database.psql(&format!("INSERT INTO orders VALUES {}", rows.join(", ")));
}

#[test]
fn product_names_stay_text_in_all_three_places() {
    let shop = Shop::new(16);
    fill(&shop);
    let orders = shop.database.psql("SELECT count(*) FROM orders");
    let mut browser = Browser::start();
    for best in NAMES {
        shop.database.psql(&format!(
            "UPDATE orders SET price = CASE WHEN product_id = {} THEN 500 ELSE 100 - order_id END",
            literal(best)
        ));
        shop.report(&["--date=2026-11-26"]);
        let same = shop
            .database
            .psql(&format!("SELECT best_product = {} FROM daily_sales_reports", literal(best)));
        assert_eq!(same.trim(), "t", "{best:?}");
        let day = shop.day("2026-11-26");
        assert_eq!(day["best_product"], best);
        let mut found: Vec<_> = day["by_product"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["product"].as_str().unwrap().to_owned())
            .collect();
        let mut wanted = NAMES.map(str::to_owned).to_vec();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
        browser.open(
            &shop.folder.path().join("sales-20261126.html"),
            View { width: 1100, height: 800, dark: false },
        );
        assert_eq!(browser.complaints(), [""; 0], "{best:?}");
        assert_eq!(browser.evaluate("document.title"), "Sales of Thursday, 26 November 2026");
        let count = |browser: &mut Browser, what: &str| {
            browser.evaluate(&format!("document.querySelectorAll('{what}').length"))
        };
        assert_eq!(count(&mut browser, "script, img, b:not(.change b)"), 0);
        assert_eq!(count(&mut browser, "svg.bars .mark"), 10);
        // As the DOM has it, which knows no carriage returns.
        let cells = "[...document.querySelectorAll('.scroll tbody tr td:first-child bdi')].map(one => one.textContent)";
        let cells = browser.evaluate(cells);
        let cells: Vec<_> =
            cells.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        for name in NAMES {
            let name = name.replace("\r\n", "\n");
            assert!(cells.contains(&&*name), "{name:?} is not in {cells:?}");
        }
    }
    assert_eq!(shop.database.psql("SELECT count(*) FROM orders"), orders);
}

#[test]
fn names_of_tables_and_columns_may_hold_anything() {
    let shop = Shop::small(18);
    let evil = r#"x"; DROP TABLE orders; --"#;
    let quoted = format!("\"{}\"", evil.replace('"', "\"\""));
    shop.database.psql(&format!(
        "CREATE TABLE {quoted} AS SELECT * FROM orders;
        ALTER TABLE {quoted} RENAME price TO {quoted};
        ALTER TABLE {quoted} RENAME quantity TO \"<b>'\\\n\""
    ));
    let config = serde_json::json!({
        "orders": { "table": quoted, "price": evil, "quantity": "<b>'\\\n" },
        "reports": { "table": "r'\"\";".replace("\"\"", ""), "total": evil, "best-product": "</script>" },
    });
    let config = Shop::config(&config.to_string());
    let report = shop.report(&["--date=2026-11-26", "--config", text(config.path())]);
    assert_eq!(report["days"][0]["total"], Value::from("103.50"));
    let row = format!("SELECT {quoted}, \"</script>\" FROM \"r';\"");
    assert_eq!(shop.database.psql(&row), "103.50|tea\n");
    assert_eq!(shop.database.psql("SELECT count(*) FROM orders").trim(), "6");
    let page = String::from_utf8(shop.file("2026-11-26", "html")).unwrap();
    assert!(!page.contains("<b>'"), "{page}");
    shop.report(&["--date=2026-11-26", "--config", text(config.path())]);
    assert_eq!(shop.database.psql(&row), "103.50|tea\n");
}
