-- The schema that every new database has, but this one no longer.
DROP SCHEMA public;
CREATE SCHEMA alone;
CREATE TABLE alone.t (a int);
INSERT INTO alone.t VALUES (1);
