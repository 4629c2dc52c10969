//! Options that leave things out: the same is missing as with the same options of `pg_dump`.

use super::corpus;
use super::store::{Store, judged};
use tests::assert_same;

/// `pg_dump` with the options, of the source, is what a whole dump of the target must say.
fn leaves_out_the_same(corpus: &str, options: &[&str]) {
    let source = corpus::source(corpus, 17);
    let target = Store::backup(&source, options).restore_by_psql(&source, corpus);
    // Owners and rights of the target are those of who restored it, if they were left out.
    let shown: Vec<_> =
        options.iter().copied().filter(|option| option.starts_with("--no-")).collect();
    let (expected, found) = (judged(&source, corpus, options), judged(&target, corpus, &shown));
    assert_same(&expected, &found, &format!("{options:?}"));
}

#[test]
fn no_owner() {
    // Where the owner has the rights that any owner has: others are relative to who owns it.
    leaves_out_the_same("tables", &["--no-owner"]);
    leaves_out_the_same("partitions", &["--no-owner"]);
    leaves_out_the_same("operators", &["--no-owner"]);
    leaves_out_the_same("text_search", &["--no-owner"]);
}

#[test]
fn no_privileges() {
    leaves_out_the_same("privileges", &["--no-privileges"]);
    leaves_out_the_same("casts", &["--no-privileges"]);
    leaves_out_the_same("base_types", &["--no-privileges"]);
    leaves_out_the_same("views", &["--no-owner", "--no-privileges"]);
}

/// To `pg_dump`, the table without its rows is an empty table: the rows are counted.
#[test]
fn exclude_table_data() {
    let source = corpus::source("shop", 17);
    for (option, left_out) in [
        ("--exclude-table-data=order_l*", "order_lines"),
        ("--exclude-table-data=public.order*", "orders"),
    ] {
        let target = Store::backup(&source, &[option]).restore_by_psql(&source, "shop");
        let dump = |database| judged(database, "shop", &[option]);
        assert_same(&dump(&source), &dump(&target), option);
        assert_eq!(target.psql(&format!("TABLE {left_out}")), "", "{left_out} is empty");
    }
}

#[test]
fn exclude_table() {
    leaves_out_the_same("many", &["--exclude-table=t1??", "--exclude-table=public.t200"]);
    leaves_out_the_same("shop", &["--exclude-table=order_lines", "--exclude-table=best"]);
}

#[test]
fn schema() {
    let source = corpus::source("everything", 17);
    for schema in ["tables", "views", "partitions", "constraints", "collations", "alone"] {
        let option = format!("--schema={schema}");
        let target = Store::backup(&source, &[&option]).restore_by_psql(&source, "everything");
        assert_same(
            &judged(&source, "everything", &[&option]),
            &judged(&target, "everything", &[&option]),
            &option,
        );
        let others = "SELECT count(*) FROM pg_namespace \
                      WHERE oid >= 16384 AND nspname NOT LIKE 'pg\\_%' AND nspname <> ";
        assert_eq!(target.psql(&format!("{others} '{schema}'")).trim(), "0", "no other schema");
    }
}
