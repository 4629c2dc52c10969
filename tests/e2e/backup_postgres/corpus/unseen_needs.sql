-- What must be there before another thing can be read again, though nothing in the catalogs says so: a
-- cast, whose function alone is noted, and the operator class for DISTINCT in a body that is parsed
-- when its function is made (14 and later).
CREATE SCHEMA unseen_needs;
SET search_path = unseen_needs;
CREATE TYPE weight AS (grams int);
CREATE FUNCTION to_weight(int) RETURNS weight LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1)::unseen_needs.weight';
CREATE CAST (int AS weight) WITH FUNCTION to_weight(int);
CREATE DOMAIN aa_heavy AS weight DEFAULT 7::weight;
CREATE FUNCTION aa_default(weight DEFAULT 5::weight) RETURNS int LANGUAGE sql AS 'SELECT ($1).grams';
CREATE TABLE heavy (h aa_heavy);
CREATE TYPE number;
CREATE FUNCTION number_in(cstring) RETURNS number LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION number_out(number) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE number (input = number_in, output = number_out, like = int);
CREATE FUNCTION z_compares(number, number) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
CREATE FUNCTION z_equal(number, number) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4eq';
CREATE FUNCTION z_less(number, number) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
CREATE OPERATOR < (function = z_less, leftarg = number, rightarg = number);
CREATE OPERATOR = (function = z_equal, leftarg = number, rightarg = number, commutator = =);
CREATE OPERATOR CLASS number_ops DEFAULT FOR TYPE number USING btree AS
    OPERATOR 1 <, OPERATOR 3 =, FUNCTION 1 z_compares(number, number);
CREATE CAST (int AS number) WITHOUT FUNCTION;
CREATE TABLE numbers (n number);
\if :at14
CREATE FUNCTION a_distinct() RETURNS SETOF number BEGIN ATOMIC SELECT DISTINCT n FROM unnest(ARRAY['1'::number, 7::number]) AS n ORDER BY n; END;
CREATE FUNCTION a_return(int) RETURNS number RETURN $1::number;
CREATE VIEW a_view AS SELECT * FROM a_distinct();
\endif
