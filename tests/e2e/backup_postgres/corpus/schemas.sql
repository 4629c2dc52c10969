-- Schemas, and the changes made to the one that is there from the start.
COMMENT ON SCHEMA public IS 'no longer the standard one';
ALTER SCHEMA public OWNER TO owner_one;
GRANT CREATE ON SCHEMA public TO reader;
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA plain;
CREATE SCHEMA owned AUTHORIZATION owner_one;
COMMENT ON SCHEMA owned IS 'it''s owned';
GRANT USAGE ON SCHEMA owned TO reader;
GRANT ALL ON SCHEMA owned TO writer WITH GRANT OPTION;
CREATE SCHEMA "Quoted Schema.with dot";
CREATE TABLE "Quoted Schema.with dot"."select" ("from" int, "UPPER" text);
INSERT INTO "Quoted Schema.with dot"."select" VALUES (1, 'a');
