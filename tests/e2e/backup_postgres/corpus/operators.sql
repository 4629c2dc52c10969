-- Operators, families, classes, access methods.
CREATE SCHEMA operators;
CREATE SCHEMA "Operators 2";
GRANT USAGE, CREATE ON SCHEMA operators TO owner_one, owner_two;
SET search_path = operators;

CREATE FUNCTION same(int, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = length($2)';
CREATE FUNCTION same(text, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $2 = length($1)';
CREATE FUNCTION not_same(int, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 <> length($2)';
CREATE FUNCTION restrict(internal, oid, internal, int) RETURNS float8 LANGUAGE internal STABLE STRICT AS 'eqsel';
CREATE FUNCTION joins(internal, oid, internal, smallint, internal) RETURNS float8 LANGUAGE internal STABLE STRICT AS 'eqjoinsel';
-- The commutator is made first as a shell and then for real, the negator lies in another schema.
CREATE OPERATOR === (function = same, leftarg = int, rightarg = text, commutator = OPERATOR(operators.===),
    negator = OPERATOR("Operators 2".!==), restrict = restrict, join = joins, merges, hashes);
CREATE OPERATOR === (function = same, leftarg = text, rightarg = int, commutator = OPERATOR(operators.===), restrict = eqsel);
CREATE OPERATOR "Operators 2".!== (function = not_same, leftarg = int, rightarg = text, negator = OPERATOR(operators.===),
    restrict = pg_catalog.neqsel, join = pg_catalog.neqjoinsel);
ALTER OPERATOR === (int, text) OWNER TO owner_one;
COMMENT ON OPERATOR === (int, text) IS 'as long as';
-- Prefix, every character, and one whose commutator is never defined.
CREATE FUNCTION up(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
CREATE OPERATOR @#@ (function = up, rightarg = int);
COMMENT ON OPERATOR @#@ (NONE, int) IS 'prefix';
CREATE FUNCTION odd(point, point) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR ~!@#%^&|`?+-*/<>= (function = odd, leftarg = point, rightarg = point, commutator = <%%%>);
\if :at14
\else
CREATE OPERATOR @#@ (function = up, leftarg = int);
COMMENT ON OPERATOR @#@ (int, NONE) IS 'postfix';
\endif
CREATE TABLE uses (a int, b text, CHECK (a OPERATOR(operators.===) b), CHECK (OPERATOR(operators.@#@) a > 0));
INSERT INTO uses VALUES (2, 'ab');
CREATE VIEW seen AS SELECT a FROM uses WHERE a OPERATOR("Operators 2".!==) b OR b OPERATOR(operators.===) a;

-- Families: empty, with loose members, shared by two classes, and with the name of a class.
CREATE OPERATOR FAMILY "Empty Family" USING hash;
COMMENT ON OPERATOR FAMILY "Empty Family" USING hash IS 'nothing';
ALTER OPERATOR FAMILY "Empty Family" USING hash OWNER TO owner_two;
CREATE OPERATOR FAMILY numbers USING btree;
CREATE OPERATOR CLASS shorts FOR TYPE money USING btree FAMILY numbers AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 cash_cmp(money, money);
\if :at14
ALTER OPERATOR FAMILY numbers USING btree ADD FUNCTION 4 (money, money) btequalimage(oid);
\endif
CREATE OPERATOR CLASS ints FOR TYPE int USING btree FAMILY numbers AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
    FUNCTION 1 btint4cmp(int, int), FUNCTION 2 btint4sortsupport(internal), FUNCTION 3 in_range(int, int, int, boolean, boolean),
    FUNCTION 4 btequalimage(oid);
CREATE OPERATOR CLASS bigs FOR TYPE bigint USING btree FAMILY numbers AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint8cmp(bigint, bigint);
ALTER OPERATOR FAMILY numbers USING btree ADD
    OPERATOR 1 < (int, bigint), OPERATOR 2 <= (int, bigint), OPERATOR 3 = (int, bigint), OPERATOR 4 >= (int, bigint),
    OPERATOR 5 > (int, bigint), FUNCTION 1 (int, bigint) btint48cmp(int, bigint),
    OPERATOR 1 < (bigint, int), OPERATOR 2 <= (bigint, int), OPERATOR 3 = (bigint, int), OPERATOR 4 >= (bigint, int),
    OPERATOR 5 > (bigint, int), FUNCTION 1 (bigint, int) btint84cmp(bigint, int),
    FUNCTION 3 (int, bigint) in_range(int, int, bigint, boolean, boolean);
\if :at18
ALTER OPERATOR FAMILY numbers USING btree ADD FUNCTION 6 (int, int) btint4skipsupport(internal);
\endif
ALTER OPERATOR CLASS ints USING btree OWNER TO owner_one;
COMMENT ON OPERATOR CLASS ints USING btree IS 'ints''s class';
CREATE OPERATOR CLASS hashed FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(int), FUNCTION 2 hashint4extended(int, bigint);
CREATE FUNCTION options(internal) RETURNS void LANGUAGE internal AS 'gtsvector_options';
-- Storage, ordering operators, support functions with options, for each built-in method.
CREATE OPERATOR CLASS circles FOR TYPE circle USING gist AS
    OPERATOR 1 <<, OPERATOR 15 <-> (circle, point) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 gist_circle_consistent(internal, circle, smallint, oid, internal), FUNCTION 2 gist_box_union(internal, internal),
    FUNCTION 3 gist_circle_compress(internal), FUNCTION 5 gist_box_penalty(internal, internal, internal),
    FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal),
    FUNCTION 8 gist_circle_distance(internal, circle, smallint, oid, internal), FUNCTION 10 (circle) options(internal),
    STORAGE box;
CREATE OPERATOR CLASS arrays FOR TYPE anyarray USING gin AS
    OPERATOR 1 && (anyarray, anyarray), OPERATOR 2 @> (anyarray, anyarray),
    FUNCTION 2 ginarrayextract(anyarray, internal, internal), FUNCTION 3 ginqueryarrayextract(anyarray, internal, smallint, internal, internal, internal, internal),
    FUNCTION 4 ginarrayconsistent(internal, smallint, anyarray, int, internal, internal, internal, internal),
    FUNCTION 6 ginarraytriconsistent(internal, smallint, anyarray, int, internal, internal, internal),
    STORAGE anyelement;
CREATE OPERATOR CLASS points FOR TYPE point USING spgist AS
    OPERATOR 1 <<, FUNCTION 1 spg_quad_config(internal, internal), FUNCTION 2 spg_quad_choose(internal, internal),
    FUNCTION 3 spg_quad_picksplit(internal, internal), FUNCTION 4 spg_quad_inner_consistent(internal, internal),
    FUNCTION 5 spg_quad_leaf_consistent(internal, internal);
CREATE OPERATOR CLASS blocks FOR TYPE int USING brin AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
    FUNCTION 1 brin_minmax_opcinfo(internal), FUNCTION 2 brin_minmax_add_value(internal, internal, internal, internal),
    FUNCTION 3 brin_minmax_consistent(internal, internal, internal), FUNCTION 4 brin_minmax_union(internal, internal, internal);
-- A class without anything of its own, in a family of the system's.
CREATE OPERATOR CLASS "No ""members""" FOR TYPE varchar USING btree FAMILY pg_catalog.text_ops AS STORAGE varchar;

CREATE TABLE indexed (a int, b bigint, c circle, d int[], e point);
INSERT INTO indexed SELECT n, n, circle(point(n, n), 1), ARRAY[n], point(n, n) FROM generate_series(1, 20) n;
CREATE INDEX by_ints ON indexed (a ints, b bigs DESC);
CREATE INDEX by_hash ON indexed USING hash (a hashed);
CREATE INDEX by_circle ON indexed USING gist (c circles (siglen = 100));
CREATE INDEX by_array ON indexed USING gin (d arrays);
CREATE INDEX by_point ON indexed USING spgist (e points);
CREATE INDEX by_block ON indexed USING brin (a blocks);
CREATE TABLE cut (a int) PARTITION BY RANGE (a ints);
CREATE TABLE cut_1 PARTITION OF cut FOR VALUES FROM (1) TO (9);
INSERT INTO cut VALUES (2);
CREATE TYPE bounds AS RANGE (subtype = int, subtype_opclass = ints);

-- Access methods for tables and indexes.
CREATE ACCESS METHOD "my heap" TYPE TABLE HANDLER heap_tableam_handler;
COMMENT ON ACCESS METHOD "my heap" IS 'a heap';
CREATE FUNCTION handler(internal) RETURNS index_am_handler LANGUAGE internal AS 'gisthandler';
CREATE ACCESS METHOD gist2 TYPE INDEX HANDLER handler;
CREATE OPERATOR CLASS box_ops DEFAULT FOR TYPE box USING gist2 AS
    OPERATOR 1 <<, OPERATOR 2 &<, OPERATOR 3 &&, FUNCTION 1 gist_box_consistent(internal, box, smallint, oid, internal),
    FUNCTION 2 gist_box_union(internal, internal), FUNCTION 5 gist_box_penalty(internal, internal, internal),
    FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal);
CREATE TABLE stored (b box) USING "my heap";
INSERT INTO stored SELECT box(point(n, n), point(n + 1, n + 2)) FROM generate_series(1, 100) n;
CREATE INDEX on_boxes ON stored USING gist2 (b);
CREATE MATERIALIZED VIEW kept USING "my heap" AS SELECT count(*) FROM stored;

-- One of each in a schema that needs no other.
CREATE SCHEMA alone;
SET search_path = alone;
CREATE TYPE number;
CREATE FUNCTION number_in(cstring) RETURNS number LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION number_out(number) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE number (input = number_in, output = number_out, like = int);
CREATE FUNCTION compares(number, number) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
CREATE FUNCTION less(number, number) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
CREATE OPERATOR < (function = less, leftarg = number, rightarg = number);
CREATE OPERATOR CLASS number_ops DEFAULT FOR TYPE number USING btree AS OPERATOR 1 <, FUNCTION 1 compares(number, number);
CREATE OPERATOR FAMILY loose USING btree;
ALTER OPERATOR FAMILY loose USING btree ADD OPERATOR 1 < (number, number), FUNCTION 1 compares(number, number);
CREATE COLLATION plain (provider = libc, locale = 'C');
CREATE CONVERSION turn FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH PARSER parser (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE template (init = dsimple_init, lexize = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY dictionary (template = template);
CREATE TEXT SEARCH CONFIGURATION configuration (parser = parser);
ALTER TEXT SEARCH CONFIGURATION configuration ADD MAPPING FOR asciiword WITH dictionary, simple;
