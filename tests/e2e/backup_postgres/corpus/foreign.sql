-- Foreign-data wrappers, servers, user mappings, foreign tables: definitions only, never their rows.
CREATE SCHEMA far;
SET search_path = far;
CREATE EXTENSION postgres_fdw SCHEMA far;
CREATE EXTENSION file_fdw SCHEMA far;

CREATE FOREIGN DATA WRAPPER bare;
CREATE FOREIGN DATA WRAPPER "own ""wrapper" HANDLER postgres_fdw_handler VALIDATOR postgres_fdw_validator;
CREATE FUNCTION accepts(text[], oid) RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
CREATE FOREIGN DATA WRAPPER optional VALIDATOR accepts OPTIONS (debug 'true', "Odd ""key" E'it''s \\ odd\n\\! x', empty '');
COMMENT ON FOREIGN DATA WRAPPER optional IS 'of our own';
GRANT USAGE ON FOREIGN DATA WRAPPER optional TO reader WITH GRANT OPTION;

CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'no''where');
CREATE SERVER "a ""server" TYPE E'ty''pe\n' VERSION '1.\0' FOREIGN DATA WRAPPER optional OPTIONS ("a" 'b=c');
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
ALTER SERVER away OWNER TO owner_one;
COMMENT ON SERVER away IS 'far off';
GRANT USAGE ON FOREIGN SERVER away TO reader, writer WITH GRANT OPTION;
SET ROLE reader;
GRANT USAGE ON FOREIGN SERVER away TO "Role ""x""";
RESET ROLE;

CREATE SERVER U&"new\000aline \005c! $$ it''s" FOREIGN DATA WRAPPER optional;
CREATE FOREIGN TABLE U&"new\000aline \005c! $$ it''s" (U&"new\000aline \005c! $$" int OPTIONS (a E'new\nline \\! x'))
    SERVER U&"new\000aline \005c! $$ it''s" OPTIONS (U&"new\000aline \005c! $$" E'\n\\! x');
CREATE USER MAPPING FOR U&"role\000anew line" SERVER U&"new\000aline \005c! $$ it''s" OPTIONS (a E'\n\\! x');

CREATE USER MAPPING FOR PUBLIC SERVER away;
CREATE USER MAPPING FOR owner_one SERVER away OPTIONS (user 'them', password E'se''cret\\');
CREATE USER MAPPING FOR "role-- ;" SERVER "a ""server" OPTIONS ("x y" '');

CREATE TYPE mood AS ENUM ('a', 'b');
CREATE SEQUENCE counter;
CREATE FOREIGN TABLE plain (
    id int OPTIONS (column_name 'ID') NOT NULL,
    "Name ""x" text OPTIONS (column_name E'na\\me') COLLATE "C" DEFAULT 'x',
    m mood DEFAULT 'a',
    n int DEFAULT nextval('counter'),
    g int GENERATED ALWAYS AS (id * 2) STORED,
    CONSTRAINT positive CHECK (id > 0)
) SERVER away OPTIONS (schema_name 'public', table_name 'what''s');
ALTER FOREIGN TABLE plain ADD CONSTRAINT later CHECK (n > 0) NOT VALID;
ALTER FOREIGN TABLE plain ALTER id SET STATISTICS 50;
ALTER FOREIGN TABLE plain ALTER id SET (n_distinct = 5);
ALTER FOREIGN TABLE plain ALTER m SET STORAGE PLAIN;
ALTER FOREIGN TABLE plain OWNER TO owner_two;
COMMENT ON FOREIGN TABLE plain IS 'elsewhere';
COMMENT ON COLUMN plain.id IS 'a number';
COMMENT ON CONSTRAINT positive ON plain IS 'more than nought';
GRANT SELECT, INSERT ON plain TO reader WITH GRANT OPTION;
GRANT UPDATE (id) ON plain TO writer;
CREATE FOREIGN TABLE "no\! columns" () SERVER files OPTIONS (filename '/nowhere');
CREATE FOREIGN TABLE serial_there (id serial, a int GENERATED ALWAYS AS IDENTITY) SERVER away;
-- A function of our own in a default, and a domain.
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE DOMAIN small AS int CHECK (VALUE < 100);
CREATE FOREIGN TABLE with_ours (a int DEFAULT one(), b small) SERVER away;

CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER noted BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER off AFTER UPDATE ON plain FOR EACH ROW EXECUTE FUNCTION note();
ALTER FOREIGN TABLE plain DISABLE TRIGGER off;
CREATE VIEW seen AS SELECT id FROM plain;
CREATE MATERIALIZED VIEW not_filled AS SELECT id FROM plain WITH NO DATA;
CREATE STATISTICS plain_statistics ON id, n FROM plain;

-- Children and parents, and partitions.
CREATE TABLE parent (a int NOT NULL CHECK (a > 0), b text DEFAULT 'p');
CREATE FOREIGN TABLE child (c int OPTIONS (column_name 'see')) INHERITS (parent) SERVER away;
CREATE TABLE grandchild (e int) INHERITS (child);
INSERT INTO parent VALUES (1, 'here');
INSERT INTO grandchild (a, e) VALUES (2, 3);
CREATE TABLE parts (k int NOT NULL, v text) PARTITION BY RANGE (k);
CREATE TABLE parts_here PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE FOREIGN TABLE parts_far PARTITION OF parts (v DEFAULT 'far')
    FOR VALUES FROM (10) TO (20) SERVER away OPTIONS (table_name 'x');
ALTER FOREIGN TABLE parts_far ALTER v OPTIONS (column_name 'w');
CREATE TRIGGER on_parts AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION note();
ALTER FOREIGN TABLE parts_far DISABLE TRIGGER on_parts;
INSERT INTO parts VALUES (1, 'one');
\if :at18
CREATE FOREIGN TABLE named_not_null (a int CONSTRAINT filled NOT NULL, b int CONSTRAINT local_only NOT NULL NO INHERIT) SERVER away;
ALTER FOREIGN TABLE named_not_null ADD c int, ADD CONSTRAINT unproven NOT NULL c NOT VALID;
CREATE FOREIGN TABLE computed (a int, v int GENERATED ALWAYS AS (a + 1) VIRTUAL) SERVER away;
\endif
