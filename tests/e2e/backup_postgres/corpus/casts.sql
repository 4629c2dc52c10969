-- Casts, languages, transforms, conversions.
CREATE SCHEMA casts;
GRANT USAGE, CREATE ON SCHEMA casts TO owner_one;
SET search_path = casts;

CREATE TYPE weight AS (grams int);
CREATE TYPE "Odd ""Kind""" AS ENUM ('a', 'b');
CREATE DOMAIN code AS text;
CREATE FUNCTION weight(int) RETURNS weight LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1)::casts.weight';
CREATE FUNCTION grams(weight) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT ($1).grams';
CREATE FUNCTION sized(weight, int, boolean) RETURNS weight LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION "Odd ""Function"""(int) RETURNS "Odd ""Kind""" LANGUAGE sql IMMUTABLE AS $$SELECT 'a'::casts."Odd ""Kind"""$$;
CREATE CAST (int AS weight) WITH FUNCTION weight(int) AS ASSIGNMENT;
CREATE CAST (weight AS int) WITH FUNCTION grams(weight) AS IMPLICIT;
CREATE CAST (weight AS weight) WITH FUNCTION sized(weight, int, boolean);
CREATE CAST (int AS "Odd ""Kind""") WITH FUNCTION "Odd ""Function"""(int);
CREATE CAST (weight AS text) WITH INOUT AS ASSIGNMENT;
CREATE CAST (bigint AS "Odd ""Kind""") WITH INOUT AS IMPLICIT;
-- Of built-in types and functions alone.
CREATE CAST (text AS bytea) WITHOUT FUNCTION;
CREATE CAST (bytea AS text) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (date AS tstzrange) WITH INOUT;
CREATE CAST (box AS float8) WITH FUNCTION pg_catalog.area(box);
COMMENT ON CAST (int AS weight) IS 'so many "grams"';

-- Who uses a cast depends on its function only.
CREATE TABLE aa (w weight DEFAULT 1::weight, n int DEFAULT ROW(3)::weight::int, CHECK (w::int > 0));
INSERT INTO aa DEFAULT VALUES;
CREATE VIEW aa_view AS SELECT w::int AS n, 1::"Odd ""Kind""" AS k, 'x'::text::bytea AS b FROM aa;

-- Languages: trusted or not, with and without what may be missing.
CREATE FUNCTION handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION "the inline"(internal) RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE FUNCTION validator(oid) RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE TRUSTED LANGUAGE "Lang ""x""" HANDLER handler INLINE "the inline" VALIDATOR validator;
CREATE LANGUAGE plain HANDLER handler;
CREATE LANGUAGE checked HANDLER handler VALIDATOR validator;
COMMENT ON LANGUAGE "Lang ""x""" IS 'ours';
ALTER LANGUAGE "Lang ""x""" OWNER TO owner_one;
GRANT USAGE ON LANGUAGE "Lang ""x""" TO reader WITH GRANT OPTION;
REVOKE USAGE ON LANGUAGE "Lang ""x""" FROM PUBLIC;
CREATE FUNCTION aa_spoken(int) RETURNS int LANGUAGE "Lang ""x""" AS 'BEGIN RETURN $1 + 1; END';
CREATE PROCEDURE aa_said() LANGUAGE plain AS 'BEGIN END';

-- Transforms, both ways or one.
CREATE FUNCTION from_sql(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'prsd_lextype';
CREATE FUNCTION to_sql(internal) RETURNS weight LANGUAGE internal IMMUTABLE AS 'int4recv';
CREATE TRANSFORM FOR weight LANGUAGE sql (FROM SQL WITH FUNCTION from_sql(internal), TO SQL WITH FUNCTION to_sql(internal));
CREATE TRANSFORM FOR "Odd ""Kind""" LANGUAGE "Lang ""x""" (FROM SQL WITH FUNCTION from_sql(internal));
CREATE TRANSFORM FOR int LANGUAGE sql (TO SQL WITH FUNCTION pg_catalog.int4recv(internal));
COMMENT ON TRANSFORM FOR weight LANGUAGE sql IS 'both ways';
CREATE FUNCTION aa_transformed("Odd ""Kind""") RETURNS int TRANSFORM FOR TYPE "Odd ""Kind""" LANGUAGE "Lang ""x""" AS 'BEGIN RETURN 1; END';

-- Conversions. The functions lie in libraries that the server knows by itself.
CREATE CONVERSION "my latin" FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE DEFAULT CONVERSION back FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
COMMENT ON CONVERSION "my latin" IS 'latin';
ALTER CONVERSION "my latin" OWNER TO owner_one;
