-- Extensions, and the rows of their configuration tables.
CREATE SCHEMA tools;
CREATE EXTENSION hstore SCHEMA tools;
CREATE EXTENSION citext SCHEMA tools;
CREATE EXTENSION pg_trgm;
COMMENT ON EXTENSION citext IS 'our own words about citext';

CREATE SCHEMA extended;
CREATE EXTENSION nightshift_test;
INSERT INTO extended.setting VALUES (101, 'ours'), (102, NULL);
INSERT INTO extended.choice VALUES (1, 'of theirs'), (101, 'of ours'), (NULL, DEFAULT);
SELECT nextval('extended.serial_number');

CREATE SCHEMA extensions_user;
CREATE TABLE extensions_user.t (
    a tools.citext PRIMARY KEY,
    b tools.hstore DEFAULT 'a=>1'::tools.hstore,
    c extended.mood,
    d int DEFAULT extended.twice(2)
);
CREATE INDEX trigrams ON extensions_user.t USING gin ((a::text) gin_trgm_ops);
CREATE INDEX pairs ON extensions_user.t USING gist (b);
INSERT INTO extensions_user.t VALUES ('Ab', DEFAULT, 'glad'), ('b', 'x=>NULL', 'sad');
CREATE VIEW extensions_user.v AS SELECT a, b OPERATOR(tools.->) 'x' AS x FROM extensions_user.t WHERE a = 'ab';
