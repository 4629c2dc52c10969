-- Indexes of all kinds.
CREATE SCHEMA indexes;
SET search_path = indexes;
CREATE TABLE t (a int, b text, c int[], d point, e tsvector, f int, "G g" text, h jsonb);
INSERT INTO t SELECT i, 'b' || i, ARRAY[i], point(i, i), to_tsvector('simple', 'b' || i), i, 'G', '{}' FROM generate_series(1, 50) i;
CREATE INDEX plain ON t (a);
CREATE UNIQUE INDEX uniq ON t (a, b DESC NULLS LAST, f ASC NULLS FIRST);
CREATE INDEX expression ON t (lower(b), (a + f), ("G g" || 'x''y'));
CREATE INDEX partial ON t (a) WHERE b <> 'it''s' AND a > 3;
CREATE INDEX including ON t (a) INCLUDE (b, f);
CREATE INDEX classes ON t (b text_pattern_ops, "G g" COLLATE "POSIX");
CREATE INDEX hashed ON t USING hash (a);
CREATE INDEX inverted ON t USING gin (c) WITH (fastupdate = off, gin_pending_list_limit = 128);
CREATE INDEX paths ON t USING gin (h jsonb_path_ops);
CREATE INDEX spatial ON t USING gist (d);
CREATE INDEX quad ON t USING spgist (d kd_point_ops);
CREATE INDEX blocks ON t USING brin (a) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX options ON t (f) WITH (fillfactor = 60, deduplicate_items = off);
CREATE INDEX documents ON t USING gist (e tsvector_ops (siglen = 100));
ALTER INDEX expression ALTER COLUMN 1 SET STATISTICS 400;
ALTER INDEX expression ALTER COLUMN 2 SET STATISTICS 200;
CREATE INDEX "Odd ""index""" ON t ("G g");
\if :at15
CREATE UNIQUE INDEX no_two_nulls ON t (a, f) NULLS NOT DISTINCT;
\endif
\if :at14
CREATE INDEX minmax ON t USING brin (a int4_minmax_multi_ops (values_per_range = 16));
\endif
COMMENT ON INDEX plain IS 'an index';
ALTER TABLE t CLUSTER ON plain;
-- Left over by a failed CONCURRENTLY: the judge leaves it out, too.
CREATE TABLE doubles (a int);
INSERT INTO doubles VALUES (1), (1);
\set ON_ERROR_STOP off
CREATE UNIQUE INDEX CONCURRENTLY invalid ON doubles (a);
\set ON_ERROR_STOP on
CREATE TABLE keyed (a int PRIMARY KEY, b int UNIQUE);
ALTER TABLE keyed CLUSTER ON keyed_b_key;
CREATE TABLE from_index (a int NOT NULL, b int);
CREATE UNIQUE INDEX made_first ON from_index (a) INCLUDE (b) WITH (fillfactor = 77);
ALTER TABLE from_index ADD CONSTRAINT made_first PRIMARY KEY USING INDEX made_first;
ALTER TABLE from_index REPLICA IDENTITY USING INDEX made_first;
CREATE TABLE identity_by_index (a int NOT NULL, b int);
CREATE UNIQUE INDEX for_replica ON identity_by_index (a);
ALTER TABLE identity_by_index REPLICA IDENTITY USING INDEX for_replica;
