-- Types: enum, composite, domain, range, shell.
CREATE SCHEMA types;
SET search_path = types;
CREATE TYPE mood AS ENUM ('sad', 'ok');
ALTER TYPE mood ADD VALUE 'so-so' BEFORE 'ok';
ALTER TYPE mood ADD VALUE 'it''s \ "great"' AFTER 'ok';
CREATE TYPE nothing AS ENUM ();
COMMENT ON TYPE mood IS 'how one feels';
ALTER TYPE mood OWNER TO owner_one;
GRANT USAGE ON TYPE mood TO reader;
REVOKE USAGE ON TYPE mood FROM PUBLIC;

CREATE TYPE address AS (street text COLLATE "C", zip varchar(10), gone int, at mood, "Odd Name" numeric(5, 2)[]);
ALTER TYPE address DROP ATTRIBUTE gone;
COMMENT ON TYPE address IS 'where';
COMMENT ON COLUMN address.zip IS 'post code';
CREATE TYPE empty_type AS ();
CREATE TYPE nested AS (a address, b address[]);

CREATE DOMAIN positive AS int DEFAULT 1 NOT NULL CONSTRAINT above_zero CHECK (VALUE > 0) CHECK (VALUE < 1000);
COMMENT ON DOMAIN positive IS 'a domain';
COMMENT ON CONSTRAINT above_zero ON DOMAIN positive IS 'its check';
CREATE DOMAIN small AS positive CHECK (VALUE < 10);
CREATE DOMAIN words AS text[] CHECK (array_length(VALUE, 1) < 5);
CREATE DOMAIN code AS varchar(5) COLLATE "C" DEFAULT 'x''y';
CREATE DOMAIN here AS address CHECK ((VALUE).zip <> 'x');
ALTER DOMAIN code ADD CONSTRAINT later CHECK (VALUE <> '') NOT VALID;
CREATE DOMAIN named AS text CONSTRAINT must_be NOT NULL;
ALTER DOMAIN small OWNER TO owner_two;
GRANT USAGE ON DOMAIN small TO reader WITH GRANT OPTION;

CREATE FUNCTION distance(float8, float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2';
CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = distance);
CREATE TYPE texts AS RANGE (subtype = text, collation = "C", subtype_opclass = text_pattern_ops);
CREATE TYPE days;
CREATE FUNCTION canonical(days) RETURNS days LANGUAGE internal IMMUTABLE STRICT AS 'daterange_canonical';
CREATE TYPE days AS RANGE (subtype = date, canonical = canonical);
CREATE TYPE prices AS RANGE (subtype = numeric);
COMMENT ON TYPE floats IS 'a range';
ALTER TYPE floats OWNER TO owner_one;
\if :at14
CREATE TYPE spans AS RANGE (subtype = timestamp, multirange_type_name = many_spans);
CREATE TABLE multi (b many_spans);
\endif
CREATE TYPE lonely;
COMMENT ON TYPE lonely IS 'a shell';

CREATE TABLE uses (
    a mood DEFAULT 'ok', b mood[], c address, d nested, e small, f words, g code, h floats, i days, j texts,
    k nothing, l here
);
INSERT INTO uses VALUES
    ('it''s \ "great"', '{sad,so-so}', ROW('a "b"', 'c,d', 'ok', '{1.5}'), NULL, 3, '{a,NULL,"b c"}', 'z',
     '[1.5,2)', '[2026-01-01,2026-01-02]', '["a b",c)', NULL, ROW('s', 'z', NULL, NULL)),
    (DEFAULT, NULL, NULL, ROW(NULL, ARRAY[ROW('x', 'y', 'sad', '{}')::address]), 1, NULL, DEFAULT, 'empty', NULL,
     NULL, NULL, NULL);
-- A row type as a column of another table, and as an argument.
CREATE TABLE rows_of_uses (u uses, all_of uses[]);
INSERT INTO rows_of_uses SELECT u, ARRAY[u] FROM uses u;
CREATE FUNCTION takes(uses, address) RETURNS SETOF uses LANGUAGE sql AS 'SELECT $1';

-- A multirange that lives in another schema than its range.
\if :at14
CREATE SCHEMA types_elsewhere;
CREATE TYPE types.across AS RANGE (subtype = int, multirange_type_name = types_elsewhere.across_many);
\endif
