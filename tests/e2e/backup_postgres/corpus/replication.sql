-- Event triggers, publications, subscriptions.
CREATE SCHEMA replication_elsewhere;
CREATE TABLE replication_elsewhere.t (a int);
CREATE SCHEMA replication;
SET search_path = replication;
CREATE FUNCTION observe() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO replication.seen VALUES (tg_event, tg_tag); END $$;
CREATE TABLE seen (event text, tag text);
CREATE EVENT TRIGGER at_end ON ddl_command_end EXECUTE FUNCTION observe();
CREATE EVENT TRIGGER "at ""start" ON ddl_command_start WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION observe();
CREATE EVENT TRIGGER at_drop ON sql_drop EXECUTE FUNCTION observe();
CREATE EVENT TRIGGER at_rewrite ON table_rewrite EXECUTE FUNCTION observe();
ALTER EVENT TRIGGER at_end DISABLE;
ALTER EVENT TRIGGER at_drop ENABLE REPLICA;
ALTER EVENT TRIGGER at_rewrite ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER at_end IS 'what was done';
\if :at17
CREATE EVENT TRIGGER at_login ON login EXECUTE FUNCTION observe();
ALTER EVENT TRIGGER at_login DISABLE;
\endif
-- It would note every command of a restore that comes after it.
ALTER EVENT TRIGGER "at ""start" DISABLE;
TRUNCATE seen;

CREATE TABLE t (id int PRIMARY KEY, a text, b int, "C ""c" int);
CREATE TABLE u (id int PRIMARY KEY, g int GENERATED ALWAYS AS (id + 1) STORED);
CREATE TABLE parts (k int PRIMARY KEY) PARTITION BY RANGE (k);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE PUBLICATION nothing;
CREATE PUBLICATION U&"new\000aline \005c! $$ it''s" FOR TABLE t;
CREATE EVENT TRIGGER U&"new\000aline \005c! $$ it''s" ON sql_drop EXECUTE FUNCTION observe();
ALTER EVENT TRIGGER U&"new\000aline \005c! $$ it''s" DISABLE;
CREATE SUBSCRIPTION U&"new\000aline \005c! $$ it''s" CONNECTION E'host=x password=\'it is\n\\\\! secret\'' PUBLICATION U&"new\000aline \005c! $$ it''s"
    WITH (connect = false, slot_name = NONE);
CREATE PUBLICATION "every ""thing" FOR ALL TABLES;
CREATE PUBLICATION several FOR TABLE t, ONLY u WITH (publish = 'insert, delete');
CREATE PUBLICATION parted FOR TABLE parts WITH (publish_via_partition_root = true, publish = '');
CREATE PUBLICATION one_part FOR TABLE parts_1 WITH (publish = 'truncate');
ALTER PUBLICATION several OWNER TO owner_one;
COMMENT ON PUBLICATION several IS E'some\nof it';
\if :at15
CREATE PUBLICATION chosen FOR TABLE t (id, "C ""c", b) WHERE (b > 5 AND "C ""c" <> ALL ('{1,2}')), u WHERE (true);
CREATE SCHEMA "replication of ""x";
CREATE PUBLICATION of_schemas FOR TABLES IN SCHEMA replication, "replication of ""x", TABLE replication_elsewhere.t;
\endif
\if :at18
CREATE PUBLICATION generated FOR TABLE u WITH (publish_generated_columns = stored);
CREATE PUBLICATION generated_column FOR TABLE u (id, g);
\endif

CREATE SUBSCRIPTION plain CONNECTION 'dbname=nowhere password=''it is secret''' PUBLICATION one, "two ""2" WITH (connect = false);
CREATE SUBSCRIPTION "a ""sub" CONNECTION 'host=x' PUBLICATION p WITH (connect = false, slot_name = NONE);
CREATE SUBSCRIPTION slotted CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = 'other_slot', synchronous_commit = remote_apply);
COMMENT ON SUBSCRIPTION plain IS 'from nowhere';
\if :at14
CREATE SUBSCRIPTION streamed CONNECTION 'host=x' PUBLICATION p WITH (connect = false, binary = true, streaming = true);
CREATE SUBSCRIPTION not_streamed CONNECTION 'host=x' PUBLICATION p WITH (connect = false, streaming = false);
\endif
\if :at15
CREATE SUBSCRIPTION phased CONNECTION 'host=x' PUBLICATION p WITH (connect = false, two_phase = true, disable_on_error = true);
\endif
\if :at16
CREATE SUBSCRIPTION newer CONNECTION 'host=x' PUBLICATION p
    WITH (connect = false, streaming = parallel, password_required = false, run_as_owner = true, origin = none);
\endif
\if :at17
CREATE SUBSCRIPTION failing_over CONNECTION 'host=x' PUBLICATION p WITH (connect = false, failover = true);
\endif
