-- Extended statistics.
CREATE SCHEMA statistics;
SET search_path = statistics;
CREATE SCHEMA statistics_elsewhere;
CREATE TABLE t (a int, b int, "C ""c" text, d date);
INSERT INTO t SELECT n % 5, n % 5, n % 7, date '2026-01-01' + n % 3 FROM generate_series(1, 100) n;
CREATE STATISTICS every_kind ON a, b, "C ""c" FROM t;
CREATE STATISTICS "one kind ""x" (ndistinct) ON a, b FROM t;
CREATE STATISTICS statistics_elsewhere.two_kinds (dependencies, mcv) ON b, a FROM t;
ALTER STATISTICS every_kind SET STATISTICS 100;
ALTER STATISTICS "one kind ""x" SET STATISTICS 0;
ALTER STATISTICS statistics_elsewhere.two_kinds SET STATISTICS 7;
ALTER STATISTICS statistics_elsewhere.two_kinds SET STATISTICS -1;
GRANT ALL ON SCHEMA statistics TO owner_one;
ALTER STATISTICS every_kind OWNER TO owner_one;
COMMENT ON STATISTICS "one kind ""x" IS E'it''s\none';
CREATE TABLE parts (a int, b int) PARTITION BY LIST (a);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE STATISTICS of_parts ON a, b FROM parts;
CREATE STATISTICS of_one_part (mcv) ON a, b FROM parts_1;
CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
CREATE STATISTICS of_view ON a, b FROM m;
\if :at14
CREATE STATISTICS expression ON (a + 1) FROM t;
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE STATISTICS of_expressions (mcv, ndistinct) ON a, twice(b), lower("C ""c") FROM t;
\endif
CREATE STATISTICS U&"new\000aline \005c! $$ it''s" ON a, d FROM t;
ANALYZE t;
