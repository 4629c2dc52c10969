-- Sequences of every type and state.
CREATE SCHEMA sequences;
SET search_path = sequences;
CREATE SEQUENCE plain;
CREATE SEQUENCE small AS smallint;
CREATE SEQUENCE integers AS int START 5 MINVALUE -5 MAXVALUE 50 INCREMENT 3 CYCLE CACHE 10;
CREATE SEQUENCE down INCREMENT -1;
CREATE SEQUENCE down_small AS smallint INCREMENT -2 MINVALUE -100 MAXVALUE -1 START -3;
CREATE SEQUENCE full_range MINVALUE -9223372036854775808 MAXVALUE 9223372036854775807 START 0;
CREATE SEQUENCE changed START 10;
ALTER SEQUENCE changed RESTART WITH 77;
CREATE SEQUENCE called;
SELECT nextval('called'), nextval('called');
CREATE SEQUENCE set_not_called;
SELECT setval('set_not_called', 42, false);
CREATE SEQUENCE "Odd ""seq""";
SELECT nextval('"Odd ""seq"""');
CREATE TABLE owner_table (a int, b int DEFAULT nextval('sequences.plain'), "C c" serial);
CREATE SEQUENCE owned OWNED BY owner_table.a;
SELECT nextval('owned');
ALTER SEQUENCE small OWNER TO owner_one;
GRANT USAGE, SELECT ON SEQUENCE small TO reader;
GRANT ALL ON SEQUENCE plain TO writer;
COMMENT ON SEQUENCE plain IS 'a sequence';
-- Uses the sequence of another table.
CREATE TABLE shares (a int DEFAULT nextval('sequences."owner_table_C c_seq"'));
\if :at15
CREATE UNLOGGED SEQUENCE unlogged;
SELECT nextval('unlogged');
\endif
