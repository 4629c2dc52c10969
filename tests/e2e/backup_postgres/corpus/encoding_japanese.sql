-- Text in the database's own encoding; psql sends it as UTF-8.
SET client_encoding = 'UTF8';
CREATE TABLE "表" ("列" text DEFAULT '既定', n int);
INSERT INTO "表" VALUES ('日本語のテキスト', 1), (DEFAULT, 2), ('ソ表能', 3);
COMMENT ON TABLE "表" IS '注釈';
CREATE VIEW "景色" AS SELECT '値'::text AS "名";
