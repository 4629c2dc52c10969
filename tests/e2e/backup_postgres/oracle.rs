//! The oracle: what is restored from our backup is, to `pg_dump`, the database that was backed up.

use super::corpus;
use super::store::{Store, judged};
use tests::assert_same;

/// Backs up, restores with stock psql and with our own restore, compares both.
fn comes_back(corpus: &str, major: u32) {
    let source = corpus::source(corpus, major);
    let expected = judged(&source, corpus, &[]);
    let store = Store::backup(&source, &[]);
    let by_psql = store.restore_by_psql(&source, corpus);
    assert_same(&expected, &judged(&by_psql, corpus, &[]), "restored by psql, it differs");
    let by_ours = store.restore_by_ours(&source, corpus);
    assert_same(&expected, &judged(&by_ours, corpus, &[]), "restored by restore, it differs");
}

macro_rules! corpora {
    ($($corpus:ident),* $(,)?) => {
        $(
            mod $corpus {
                #[test]
                fn on_13_comes_back_the_same() {
                    super::comes_back(stringify!($corpus), 13);
                }

                #[test]
                fn on_14_comes_back_the_same() {
                    super::comes_back(stringify!($corpus), 14);
                }

                #[test]
                fn on_15_comes_back_the_same() {
                    super::comes_back(stringify!($corpus), 15);
                }

                #[test]
                fn on_16_comes_back_the_same() {
                    super::comes_back(stringify!($corpus), 16);
                }

                #[test]
                fn on_17_comes_back_the_same() {
                    super::comes_back(stringify!($corpus), 17);
                }

                #[test]
                fn on_18_comes_back_the_same() {
                    super::comes_back(stringify!($corpus), 18);
                }
            }
        )*
    };
}

corpora!(
    shop,
    empty,
    public_dropped,
    schemas,
    extensions,
    types,
    base_types,
    collations,
    casts,
    operators,
    text_search,
    unseen_needs,
    functions,
    tables,
    inheritance,
    inherited_order,
    inherited_not_null,
    partitions,
    sequences,
    unlogged_identity,
    views,
    rules,
    indexes,
    constraints,
    triggers,
    policies,
    privileges,
    hostile,
    foreign,
    statistics,
    replication,
    large_objects,
    changed_rights,
    labels,
    many,
    encoding,
    encoding_japanese,
    encoding_none,
    everything,
);

/// A gigabyte is compared by the server: neither of the two texts is worth reading.
#[test]
fn a_table_of_a_gigabyte_on_17_comes_back_the_same() {
    let source = corpus::source("big", 17);
    let size = source.psql("SELECT pg_total_relation_size('big') / 1000000");
    assert!(size.trim().parse::<u64>().unwrap() > 1000, "{size} MB");
    let sum = "SELECT count(*), sum(hashtextextended(big::text, 0)::numeric) FROM big";
    let expected = (judged(&source, "big", &["--schema-only"]), source.psql(sum));
    let store = Store::backup(&source, &[]);
    for way in [Store::restore_by_psql, Store::restore_by_ours] {
        let target = way(&store, &source, "big");
        let found = (judged(&target, "big", &["--schema-only"]), target.psql(sum));
        assert_same(&expected.0, &found.0, "the schema differs");
        assert_eq!(expected.1, found.1, "the rows differ");
    }
}

/// What the first restore made is backed up again: nothing may have been lost that neither we nor
/// `pg_dump` see in the first. Several workers would mix the order of tables.
#[test]
fn a_backup_of_what_was_restored_is_the_same_text() {
    let source = corpus::source("everything_but_inheritance", 17);
    let first = Store::backup(&source, &["--jobs=1"]);
    let target = first.restore_by_psql(&source, "everything_but_inheritance");
    let second = Store::backup(&target, &["--jobs=1"]);
    let text = |store: &Store| {
        let text =
            testkit::run(std::process::Command::new("gunzip").arg("-c").arg(store.artifact()));
        super::normaliser::normalise(&text.ok().replace(target.name(), source.name()))
    };
    assert_same(&text(&first), &text(&second), "the second backup differs");
}

/// Rows go through the root of such a table, and may lie elsewhere afterwards.
#[test]
fn rows_hashed_by_an_enum_find_their_partition() {
    let source = corpus::source("hash_of_enum", 17);
    let rows = "SELECT * FROM by_hash ORDER BY 1, 2";
    let expected = (judged(&source, "", &["--schema-only"]), source.psql(rows));
    let store = Store::backup(&source, &[]);
    for way in [Store::restore_by_psql, Store::restore_by_ours] {
        let target = way(&store, &source, "");
        assert_same(&expected.0, &judged(&target, "", &["--schema-only"]), "the schema differs");
        assert_same(&expected.1, &target.psql(rows), "the rows differ");
    }
}

/// Of classes that lie in no schema, or that go with none.
#[test]
fn clean_drops_what_has_no_schema() {
    let source = corpus::source("empty", 17);
    let store = Store::backup(&source, &[]);
    let target = corpus::source("casts", 17);
    for corpus in ["base_types", "collations", "operators", "text_search"] {
        corpus::load(&target, corpus);
    }
    target.psql(
        "CREATE TRANSFORM FOR pg_catalog.int8 LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal))",
    );
    store.restore_into(&source, &target, &["--clean"]);
    assert_same(&judged(&source, "", &[]), &judged(&target, "", &[]), "something is left");
}
