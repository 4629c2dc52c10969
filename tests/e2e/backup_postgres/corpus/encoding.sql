-- Text in the database's own encoding; psql sends it as UTF-8.
SET client_encoding = 'UTF8';
CREATE TABLE "tëxt" ("cölumn" text DEFAULT 'é', n int);
INSERT INTO "tëxt" VALUES ('straße', 1), (DEFAULT, 2);
CREATE TYPE "ënum" AS ENUM ('ä', 'ö');
COMMENT ON TABLE "tëxt" IS 'ünder';
CREATE FUNCTION "fünction"() RETURNS text LANGUAGE sql AS 'SELECT ''ü''::text';
CREATE VIEW "vïew" AS SELECT 'î'::text AS "ï";
