-- Collations of each provider.
CREATE SCHEMA collations;
GRANT USAGE, CREATE ON SCHEMA collations TO owner_one;
SET search_path = collations;
CREATE COLLATION plain (provider = libc, locale = 'C');
CREATE COLLATION parts (provider = libc, lc_collate = 'C', lc_ctype = 'C.UTF-8');
CREATE COLLATION "it's ""german""" (provider = icu, locale = 'de-u-co-phonebk');
CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION copied FROM "ucs_basic";
COMMENT ON COLLATION plain IS 'plain';
ALTER COLLATION plain OWNER TO owner_one;
\if :at16
CREATE COLLATION ruled (provider = icu, locale = 'und', rules = '& V << w <<< W & ''x'' < y');
\endif
\if :at17
CREATE COLLATION built_in (provider = builtin, locale = 'C.UTF-8');
CREATE COLLATION built_in_c (provider = builtin, locale = 'C');
\endif
\if :at18
CREATE COLLATION unicode (provider = builtin, locale = 'PG_UNICODE_FAST');
\endif
CREATE DOMAIN aa_name AS text COLLATE nocase;
CREATE TYPE aa_row AS (a text COLLATE "it's ""german""");
CREATE TABLE aa (a text COLLATE nocase UNIQUE, b text COLLATE parts, c aa_name, d aa_row);
INSERT INTO aa VALUES ('ab', 'b', 'c', ROW('d'));
CREATE INDEX ON aa (b COLLATE "it's ""german""");
CREATE VIEW seen AS SELECT a FROM aa ORDER BY b COLLATE plain;
CREATE TYPE texts AS RANGE (subtype = text, collation = nocase);
