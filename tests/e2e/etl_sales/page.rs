//! The page, as a browser shows it: on a phone and on a desk, in light and in dark. With
//! `UPDATE_SCREENSHOTS=1` the pictures of docs/screenshots are made anew.

use super::shop::{Shop, text};
use crate::manifests::root;
use testkit::{Browser, View};

const PHONE: View = View { width: 390, height: 844, dark: false };
const DESK: View = View { width: 1100, height: 800, dark: false };

/// Four weeks of a small shop that sells more at noon, in the evening and at the weekend.
fn shop() -> (Shop, tempfile::NamedTempFile) {
    let shop = Shop::new(17);
    shop.database.psql(
        "CREATE TABLE products (id text PRIMARY KEY, name text);
        INSERT INTO products SELECT 'P-' || place, name FROM unnest(ARRAY[
            'Espresso beans, 1 kg', 'Green tea, loose', 'Hand-thrown mug', 'Paper filters, 100',
            'Milk frother', 'Moka pot for six', 'Oat biscuits', 'Travel cup', 'Honey, 500 g',
            'Kettle with a long and carefully bent spout', 'Scale', 'Grinder', 'Chocolate, dark', 'Tray'
        ]) WITH ORDINALITY x (name, place);
        SELECT setseed(0.42);
        INSERT INTO orders
        SELECT day * 1000 + i, i, 'P-' || (1 + floor(14 * power(random(), 2)))::int, 1 + (random() * 2)::int,
            round((4 + 30 * random())::numeric, 2),
            (timestamp '2026-10-29' + day * interval '1 day'
                + (CASE WHEN random() < 0.4 THEN 12 ELSE 19 END
                    + 3.2 * (random() + random() + random() - 1.5)) * interval '1 hour')
                AT TIME ZONE 'Europe/Berlin'
        FROM generate_series(0, 28) day, generate_series(1, 160) i
        WHERE random() + 0 * i < 0.55 + 0.2 * sin(day * 2 * pi() / 7) + day * 0.006",
    );
    let config = Shop::config("products: {table: products, id: id, name: name}");
    shop.report(&[
        "--from=2026-10-29",
        "--to=2026-11-26",
        "--tz=Europe/Berlin",
        "--currency=EUR",
        "--shop=Corner Coffee",
        "--config",
        text(config.path()),
    ]);
    (shop, config)
}

#[test]
fn a_page_is_whole_readable_and_quiet_everywhere() {
    let (shop, _config) = shop();
    let page = shop.folder.path().join("sales-20261126.html");
    let day = shop.day("2026-11-26");
    let mut browser = Browser::start();
    for view in [PHONE, DESK] {
        for dark in [false, true] {
            browser.open(&page, View { dark, ..view });
            assert_eq!(browser.complaints(), [""; 0]);
            looks_right(&mut browser, &day);
            fits(&mut browser, view.width);
            let ground = browser.evaluate("getComputedStyle(document.body).backgroundColor");
            let ground = ground.as_str().unwrap();
            assert_eq!(ground == "rgb(17, 21, 27)", dark, "{ground}");
            contrasts(&mut browser);
            if std::env::var_os("UPDATE_SCREENSHOTS").is_some() {
                let name = match (view.width < 600, dark) {
                    (true, false) => "phone",
                    (true, true) => "phone-dark",
                    (false, false) => "desk",
                    (false, true) => "desk-dark",
                };
                let place = root().join(format!("docs/screenshots/etl-sales-{name}.png"));
                std::fs::create_dir_all(place.parent().unwrap()).unwrap();
                std::fs::write(place, browser.picture()).unwrap();
            }
        }
    }
}

/// Marks are as many as values, and the numbers are those of the file.
fn looks_right(browser: &mut Browser, day: &serde_json::Value) {
    let mut count = |what: &str| {
        browser.evaluate(&format!("document.querySelectorAll('{what}').length")).as_u64().unwrap()
    };
    assert_eq!(count("svg.columns rect.mark"), 24);
    assert_eq!(count("svg.line circle.mark"), 29);
    assert_eq!(count("svg.bars rect.mark"), 10);
    assert_eq!(count("svg[role=img][aria-label]"), 3);
    assert_eq!(count("svg g > title"), 24 + 29 + 10);
    assert_eq!(count(".scroll tbody tr"), day["by_product"].as_array().unwrap().len() as u64);
    let value = browser.evaluate("document.querySelector('.value').textContent");
    let value = value.as_str().unwrap().replace('\u{202f}', "");
    assert_eq!(value, day["total"].as_str().unwrap());
    let changes =
        browser.evaluate("[...document.querySelectorAll('.change')].map(one => one.textContent)");
    let changes = changes.to_string();
    assert!(changes.contains("than the day before"), "{changes}");
    assert!(changes.contains("than Thursday last week"), "{changes}");
    // The highest column is that of the best hour.
    let hours = day["by_hour"].as_array().unwrap().iter();
    let sums: Vec<f64> =
        hours.map(|hour| hour["total"].as_str().unwrap().parse().unwrap()).collect();
    let best = (0..24).max_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap();
    let heights = browser.evaluate(
        "[...document.querySelectorAll('svg.columns rect.mark')].map(one => one.height.baseVal.value)",
    );
    let heights: Vec<_> =
        heights.as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect();
    for (hour, height) in heights.iter().enumerate() {
        let wanted = heights[best] * sums[hour] / sums[best];
        assert!((height - wanted).abs() < 0.2, "{hour}: {height} is not {wanted}");
    }
}

/// Nothing sticks out, no letter is too small, and no two texts of a chart lie one on the other.
fn fits(browser: &mut Browser, width: u32) {
    let shown = browser.evaluate("document.documentElement.scrollWidth");
    assert!(shown.as_u64().unwrap() <= u64::from(width), "{shown} is wider than {width}");
    let rolls = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth).length";
    assert_eq!(browser.evaluate(rolls), 0, "a table is cut at {width}");
    let small = browser.evaluate(
        "[...document.querySelectorAll('svg text')].filter(one => one.textContent.trim() &&
            one.getBoundingClientRect().height < 9).map(one => one.textContent)",
    );
    assert_eq!(small, serde_json::json!([]), "too small to be read at {width}");
    let clash = browser.evaluate(
        "[...document.querySelectorAll('svg')].flatMap(svg => {
            const all = [...svg.querySelectorAll('text')].filter(one => one.textContent.trim())
                .map(one => [one.textContent, one.getBoundingClientRect()]);
            return all.flatMap(([a, x], i) => all.slice(i + 1)
                .filter(([b, y]) => x.left < y.right - 1 && y.left < x.right - 1 &&
                    x.top < y.bottom - 3 && y.top < x.bottom - 3)
                .map(([b]) => a + ' / ' + b));
        })",
    );
    assert_eq!(clash, serde_json::json!([]), "texts lie one on the other at {width}");
}

/// Text stands out from what is behind it: 4.5 to 1, as WCAG asks for.
fn contrasts(browser: &mut Browser) {
    let weak = browser.evaluate(
        "(() => {
            const parts = colour => colour.match(/[\\d.]+/g).map(Number);
            const light = colour => { const [r, g, b] = parts(colour).map(v => v / 255)
                .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
            const behind = one => { for (; one; one = one.parentElement) {
                const c = getComputedStyle(one).backgroundColor;
                if (c !== 'rgba(0, 0, 0, 0)') return c; } return 'rgb(255, 255, 255)'; };
            return [...document.querySelectorAll('h1, h2, p, dt, dd, b, th, td, summary, footer, svg text')]
                .filter(one => one.textContent.trim()).filter(one => {
                    const style = getComputedStyle(one);
                    const ink = light(one instanceof SVGElement ? style.fill : style.color);
                    const ground = light(behind(one));
                    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05) < 4.5;
                }).map(one => one.textContent);
        })()",
    );
    assert_eq!(weak, serde_json::json!([]), "too weak to be read");
}

#[test]
fn a_day_of_25_hours_has_25_columns_and_an_empty_one_has_no_chart_of_hours() {
    let shop = Shop::new(15);
    shop.database.psql("INSERT INTO orders VALUES (1, 1, 'x', 1, -5, '2026-10-25 01:30Z')");
    shop.report(&["--from=2026-10-24", "--to=2026-10-25", "--tz=Europe/Berlin"]);
    let mut browser = Browser::start();
    let mut columns = |file: &str| {
        browser.open(&shop.folder.path().join(file), PHONE);
        assert_eq!(browser.complaints(), [""; 0]);
        browser.evaluate("document.querySelectorAll('svg.columns rect.mark').length")
    };
    assert_eq!(columns("sales-20261025.html"), 25);
    assert_eq!(columns("sales-20261024.html"), 0);
    let page = String::from_utf8(shop.file("2026-10-25", "html")).unwrap();
    assert!(page.contains("a day of 25 hours"), "{page}");
    assert!(
        page.contains("<title>02:00 CET: -5</title>") || page.contains("02:00 CET: -5.00"),
        "{page}"
    );
}
