//! Every extension that comes with the server, all in one database, with objects of a user's that
//! need them.

use super::store::{Store, judged};
use testkit::{Database, Postgres};
use tests::assert_same;

/// Of those that come with the server, so many must be there. The others want a library of Perl or
/// Python that the machine may not have, or a language that is no more; the server says which.
const FLOOR: usize = 45;

/// Makes all; what cannot be made is in a table, with the server's reason.
const MAKE: &str = "
    CREATE TABLE missing (name text, reason text);
    DO $$
    DECLARE
        one record;
    BEGIN
        FOR one IN SELECT * FROM pg_available_extensions ORDER BY name LOOP
            BEGIN
                EXECUTE format('CREATE EXTENSION IF NOT EXISTS %I CASCADE', one.name);
            EXCEPTION WHEN OTHERS THEN
                INSERT INTO missing VALUES (one.name, SQLERRM);
            END;
        END LOOP;
    END $$";

const REASONS: [&str; 2] = ["could not load library ", "could not open extension control file "];

const USE: &str = "
    CREATE TABLE uses (
        a citext PRIMARY KEY, b hstore, c ltree, d cube, e seg, f isbn13, g int[], h lo,
        EXCLUDE USING gist (g WITH =, e WITH &&) WHERE (e IS NOT NULL)
    );
    INSERT INTO uses VALUES ('A', 'x=>1', 'top.sub', '(1,2),(3,4)', '1.5 .. 2', '978-0-393-04002-9', '{1,2}', NULL);
    CREATE INDEX ON uses USING gin (g gin__int_ops);
    CREATE INDEX ON uses USING gist (c, d, b);
    CREATE INDEX ON uses USING gin ((a::text) gin_trgm_ops);
    CREATE TABLE filtered (i int, t text);
    CREATE INDEX ON filtered USING bloom (i, t) WITH (length = 80, col1 = 3);
    CREATE VIEW far AS SELECT earth_distance(ll_to_earth(1, 2), ll_to_earth(2, 3)) AS d;
    CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
    ALTER TEXT SEARCH CONFIGURATION plain ALTER MAPPING FOR word, asciiword WITH unaccent, intdict, simple;
    CREATE TEXT SEARCH DICTIONARY short (TEMPLATE = intdict_template, maxlen = 4);
    CREATE OPERATOR CLASS backwards FOR TYPE hstore USING btree AS
        OPERATOR 1 #>#, OPERATOR 2 #>=#, OPERATOR 3 =, OPERATOR 4 #<=#, OPERATOR 5 #<#,
        FUNCTION 1 hstore_cmp(hstore, hstore);
    CREATE TRIGGER stamped BEFORE UPDATE ON uses FOR EACH ROW EXECUTE FUNCTION moddatetime(a);
    INSERT INTO extended.setting VALUES (101, 'ours');
    INSERT INTO extended.choice VALUES (101, 'of ours');
    SELECT nextval('extended.serial_number')";

fn with_all(major: u32) -> Database {
    let database = Postgres::start(major).create_database();
    database.psql("CREATE SCHEMA extended");
    database.psql(MAKE);
    for line in database.psql("TABLE missing").lines() {
        let reason = line.split_once('|').map_or("", |(_, reason)| reason);
        assert!(REASONS.iter().any(|known| reason.starts_with(known)), "{line}");
    }
    let made = database.psql("SELECT extname FROM pg_extension").lines().count();
    assert!(made >= FLOOR, "only {made} extensions could be made");
    database.psql(USE);
    database
}

fn comes_back(major: u32) {
    let source = with_all(major);
    // To pg_dump an extension is one line: versions and members are counted besides.
    let extensions = |database: &Database| {
        database.psql(
            "SELECT extname, extversion, nspname, count(*) FROM pg_extension x
             JOIN pg_namespace n ON n.oid = extnamespace
             LEFT JOIN pg_depend d ON refobjid = x.oid AND refclassid = 'pg_extension'::regclass
             GROUP BY 1, 2, 3 ORDER BY 1",
        )
    };
    let expected = (judged(&source, "", &[]), extensions(&source));
    let store = Store::backup(&source, &[]);
    for way in [Store::restore_by_psql, Store::restore_by_ours] {
        let target = way(&store, &source, "");
        assert_same(&expected.0, &judged(&target, "", &[]), "the dumps differ");
        assert_same(&expected.1, &extensions(&target), "the extensions differ");
    }
}

macro_rules! majors {
    ($($name:ident: $major:literal),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                comes_back($major);
            }
        )*
    };
}

majors!(
    all_of_13_come_back: 13,
    all_of_14_come_back: 14,
    all_of_15_come_back: 15,
    all_of_16_come_back: 16,
    all_of_17_come_back: 17,
    all_of_18_come_back: 18,
);
