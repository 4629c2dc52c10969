//! What `pg_dump` leaves behind: changes to what the server itself brought. The catalogs judge.

use super::corpus;
use super::store::Store;
use testkit::Postgres;
use tests::assert_same;

/// Loose members of the system's families, a language whose functions are not the user's, a
/// collation among the system's, the server's own text search with other dictionaries.
const CHANGES: &str = "
    CREATE SCHEMA s;
    CREATE FUNCTION s.less(int, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 < length($2)';
    CREATE FUNCTION s.compare(int, text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 - length($2)';
    CREATE OPERATOR s.<<< (function = s.less, leftarg = int, rightarg = text);
    ALTER OPERATOR FAMILY integer_ops USING btree ADD
        OPERATOR 1 s.<<< (int, text), FUNCTION 1 s.compare(int, text);
    ALTER OPERATOR FAMILY float_ops USING hash ADD OPERATOR 1 = (int, int);
    CREATE EXTENSION hstore;
    CREATE FUNCTION s.inside(hstore, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 ? $2::text';
    CREATE OPERATOR s.??? (function = s.inside, leftarg = hstore, rightarg = int);
    ALTER OPERATOR FAMILY gist_hstore_ops USING gist ADD OPERATOR 99 s.??? (hstore, int);
    CREATE TRUSTED LANGUAGE twin HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler
        VALIDATOR plpgsql_validator;
    CREATE COLLATION pg_catalog.imported (locale = 'C');
    CREATE EXTENSION unaccent;
    ALTER TEXT SEARCH CONFIGURATION english ALTER MAPPING FOR word, hword WITH unaccent, english_stem;
    CREATE TEXT SEARCH DICTIONARY s.own (TEMPLATE = simple);
    ALTER TEXT SEARCH CONFIGURATION russian ALTER MAPPING REPLACE english_stem WITH s.own;
    ALTER TEXT SEARCH CONFIGURATION simple DROP MAPPING FOR url;
    ALTER TEXT SEARCH DICTIONARY german_stem (stopwords = 'english');
    ALTER TEXT SEARCH DICTIONARY french_stem (stopwords);
    ALTER TEXT SEARCH DICTIONARY simple (accept = false, stopwords = 'english')";

const STATE: [&str; 5] = [
    "SELECT collname, collcollate, collnamespace::regnamespace FROM pg_collation WHERE oid >= 16384",
    "SELECT f.opfmethod, f.opfname, amopstrategy, amopopr::regoperator, amoplefttype::regtype
     FROM pg_amop a JOIN pg_opfamily f ON f.oid = amopfamily WHERE a.oid >= 16384 ORDER BY 2, 3, 4",
    "SELECT f.opfname, amprocnum, amproc::regprocedure FROM pg_amproc a
     JOIN pg_opfamily f ON f.oid = amprocfamily WHERE a.oid >= 16384 ORDER BY 1, 2, 3",
    "SELECT lanname, lanpltrusted, lanplcallfoid::regproc, laninline::regproc, lanvalidator::regproc
     FROM pg_language ORDER BY 1",
    "SELECT mapcfg::regconfig, maptokentype, mapseqno, mapdict::regdictionary, dictinitoption
     FROM pg_ts_config_map JOIN pg_ts_dict d ON d.oid = mapdict ORDER BY 1, 2, 3",
];

#[test]
fn changes_to_what_the_server_brought_come_back() {
    for major in corpus::MAJORS {
        let source = Postgres::start(major).create_database();
        let fresh = STATE.map(|query| source.psql(query));
        source.psql(CHANGES);
        let expected = STATE.map(|query| source.psql(query));
        let store = Store::backup(&source, &[]);
        for way in [Store::restore_by_psql, Store::restore_by_ours] {
            let target = way(&store, &source, "");
            for ((query, expected), fresh) in STATE.iter().zip(&expected).zip(&fresh) {
                assert_ne!(expected, fresh, "{query}");
                assert_same(expected, &target.psql(query), &format!("on {major}, {query}"));
            }
        }
    }
}

/// A server that nobody changed: nothing is written of what it brought.
#[test]
fn an_untouched_server_gives_nothing_of_its_own() {
    for major in 13..=18 {
        let source = Postgres::start(major).create_database();
        let store = Store::backup(&source, &[]);
        let mut gunzip = std::process::Command::new("gunzip");
        let text = testkit::run(gunzip.arg("-c").arg(store.artifact())).ok();
        assert!(!text.contains("TEXT SEARCH"), "on {major}: {text}");
    }
}

/// What is named as a commutator but never defined is no loss, and still said.
#[test]
fn an_operator_that_was_never_defined_is_named() {
    let source = Postgres::start(17).create_database();
    source.psql(
        "CREATE OPERATOR === (function = int48eq, leftarg = int, rightarg = int8, commutator = ====);
         DROP OPERATOR === (int, int8)",
    );
    let (ran, left) = Store::try_backup(&source);
    assert_eq!((ran.code, left), (0, 2), "{}", ran.stderr);
    assert!(ran.stderr.contains("===="), "{}", ran.stderr);
}
