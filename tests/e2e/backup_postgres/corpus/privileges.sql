-- Owners, grants of all shapes, default privileges.
CREATE SCHEMA privileges;
GRANT USAGE, CREATE ON SCHEMA privileges TO owner_one, owner_two, granter, writer, reader;
SET search_path = privileges;
CREATE TABLE t (a int, b int, "C c" int);
ALTER TABLE t OWNER TO owner_one;
GRANT SELECT, INSERT ON t TO reader, writer;
GRANT UPDATE (a, "C c"), SELECT (b) ON t TO writer WITH GRANT OPTION;
GRANT REFERENCES (a) ON t TO PUBLIC;
GRANT ALL ON t TO granter WITH GRANT OPTION;
SET ROLE granter;
GRANT SELECT, DELETE ON privileges.t TO reader WITH GRANT OPTION;
GRANT UPDATE (b) ON privileges.t TO reader;
RESET ROLE;
SET ROLE reader;
GRANT DELETE ON privileges.t TO "Role ""x""", PUBLIC;
RESET ROLE;
-- Not even the owner: an empty list is not the same as none.
CREATE TABLE nobody (a int);
REVOKE ALL ON nobody FROM postgres;
CREATE TABLE owner_less (a int);
ALTER TABLE owner_less OWNER TO owner_two;
REVOKE DELETE, TRUNCATE ON owner_less FROM owner_two;
GRANT TRUNCATE ON owner_less TO reader;
\if :at17
GRANT MAINTAIN ON t TO reader;
\endif
CREATE TABLE default_rights (a int);
GRANT SELECT ON default_rights TO reader;
REVOKE SELECT ON default_rights FROM reader;
CREATE FUNCTION closed() RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION closed() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION closed() TO reader;
CREATE FUNCTION only_public() RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION only_public() FROM postgres;
CREATE TYPE e AS ENUM ('a');
REVOKE USAGE ON TYPE e FROM PUBLIC;
GRANT USAGE ON TYPE e TO reader WITH GRANT OPTION;
CREATE SEQUENCE s;
GRANT UPDATE ON SEQUENCE s TO reader WITH GRANT OPTION;
REVOKE SELECT ON SEQUENCE s FROM postgres;
CREATE VIEW v AS SELECT 1 AS a;
ALTER VIEW v OWNER TO owner_two;
GRANT SELECT ON v TO reader;

ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE owner_one GRANT ALL ON SEQUENCES TO writer WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE owner_one REVOKE ALL ON TABLES FROM owner_one;
ALTER DEFAULT PRIVILEGES FOR ROLE owner_one IN SCHEMA privileges GRANT INSERT ON TABLES TO "Role ""x""";
ALTER DEFAULT PRIVILEGES IN SCHEMA privileges GRANT EXECUTE ON ROUTINES TO writer;
ALTER DEFAULT PRIVILEGES IN SCHEMA privileges GRANT USAGE ON TYPES TO writer;
-- Made under those rights: what it got must come out the same again.
CREATE TABLE made_after (a int);
CREATE FUNCTION made_after() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE made_after_type AS ENUM ('x');
CREATE SCHEMA made_after;
