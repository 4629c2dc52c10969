-- Base types with input and output functions of their own, and every option that they can have.
CREATE SCHEMA base_types;
CREATE SCHEMA base_types_functions;
GRANT USAGE, CREATE ON SCHEMA base_types TO owner_one;
SET search_path = base_types, base_types_functions;

CREATE TYPE number;
CREATE FUNCTION base_types_functions.number_in(cstring) RETURNS number LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION base_types_functions.number_out(number) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE number (input = number_in, output = number_out, internallength = 4, passedbyvalue, alignment = int4,
    category = 'N', delimiter = ';', default = '42');
COMMENT ON TYPE number IS 'a number';
COMMENT ON FUNCTION base_types_functions.number_out(number) IS 'prints it';
ALTER TYPE number OWNER TO owner_one;
GRANT USAGE ON TYPE number TO reader WITH GRANT OPTION;
REVOKE USAGE ON TYPE number FROM PUBLIC;

-- Everything at once.
CREATE TYPE words;
CREATE FUNCTION words_in(cstring, oid, int) RETURNS words LANGUAGE internal IMMUTABLE STRICT AS 'varcharin';
CREATE FUNCTION words_out(words) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varcharout';
CREATE FUNCTION words_receive(internal, oid, int) RETURNS words LANGUAGE internal STABLE STRICT AS 'varcharrecv';
CREATE FUNCTION words_send(words) RETURNS bytea LANGUAGE internal STABLE STRICT AS 'varcharsend';
CREATE FUNCTION words_modifier_in(cstring[]) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodin';
CREATE FUNCTION words_modifier_out(int) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodout';
CREATE TYPE words (input = words_in, output = words_out, receive = words_receive, send = words_send,
    typmod_in = words_modifier_in, typmod_out = words_modifier_out,
    internallength = variable, storage = extended, category = 'S', preferred = true, collatable = true,
    default = E'it''s \\ "fine"\n');

-- Each storage and alignment, and a type that is made like another.
CREATE TYPE "Odd ""Type""";
CREATE FUNCTION "odd in"(cstring) RETURNS "Odd ""Type""" LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION "odd out"("Odd ""Type""") RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE "Odd ""Type""" (input = "odd in", output = "odd out", storage = main, category = '''', delimiter = '\');
CREATE TYPE aside;
CREATE FUNCTION aside_in(cstring) RETURNS aside LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION aside_out(aside) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE aside (input = aside_in, output = aside_out, storage = external, alignment = double);
CREATE TYPE letter;
CREATE FUNCTION letter_in(cstring) RETURNS letter LANGUAGE internal IMMUTABLE STRICT AS 'charin';
CREATE FUNCTION letter_out(letter) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'charout';
CREATE TYPE letter (input = letter_in, output = letter_out, like = "char");
CREATE TYPE small;
CREATE FUNCTION small_in(cstring) RETURNS small LANGUAGE internal IMMUTABLE STRICT AS 'int2in';
CREATE FUNCTION small_out(small) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int2out';
CREATE TYPE small (input = small_in, output = small_out, like = int2);

-- Of a fixed length, with elements.
CREATE TYPE pair;
CREATE FUNCTION pair_in(cstring) RETURNS pair LANGUAGE internal IMMUTABLE STRICT AS 'point_in';
CREATE FUNCTION pair_out(pair) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'point_out';
CREATE TYPE pair (input = pair_in, output = pair_out, internallength = 16, alignment = double, element = float8);
\if :at14
CREATE TYPE many;
CREATE FUNCTION many_in(cstring, oid, int) RETURNS many LANGUAGE internal STABLE STRICT AS 'array_in';
CREATE FUNCTION many_out(many) RETURNS cstring LANGUAGE internal STABLE STRICT AS 'array_out';
CREATE FUNCTION many_subscript(internal) RETURNS internal LANGUAGE internal IMMUTABLE STRICT AS 'array_subscript_handler';
CREATE TYPE many (input = many_in, output = many_out, subscript = many_subscript, element = number, storage = extended);
\endif
CREATE TYPE analyzed;
CREATE FUNCTION analyzed_in(cstring) RETURNS analyzed LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION analyzed_out(analyzed) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE FUNCTION analyzed_analyze(internal) RETURNS boolean LANGUAGE internal STRICT AS 'ts_typanalyze';
CREATE TYPE analyzed (input = analyzed_in, output = analyzed_out, analyze = analyzed_analyze);

-- Whatever uses them, rows included.
CREATE DOMAIN positive AS number DEFAULT '1';
CREATE TYPE bundle AS (n number, w words(7), others number[]);
CREATE FUNCTION twice(number) RETURNS number LANGUAGE internal IMMUTABLE STRICT AS 'int4abs';
CREATE TABLE uses (
    n number, n_list number[], w words(10) COLLATE "C" DEFAULT 'x', p pair, o "Odd ""Type""", d positive, b bundle,
    l letter, s small, a aside
);
INSERT INTO uses VALUES
    ('1', '{1;2;NULL}', 'a b', '(1,2)', 'it''s', '3', ROW('4', 'w', '{5;6}'), 'c', '7', 'aside'),
    (DEFAULT, NULL, DEFAULT, NULL, NULL, DEFAULT, NULL, NULL, NULL, NULL);
CREATE VIEW seen AS SELECT twice(n) AS n, w, p[0] AS x FROM uses;

-- A range of them: its operator class, its canonical function and both types wait for each other.
CREATE FUNCTION compares(number, number) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
CREATE FUNCTION less(number, number) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
CREATE FUNCTION less_equal(number, number) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4le';
CREATE FUNCTION equal(number, number) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4eq';
CREATE FUNCTION more_equal(number, number) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4ge';
CREATE FUNCTION more(number, number) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4gt';
CREATE OPERATOR < (function = less, leftarg = number, rightarg = number, commutator = >, negator = >=);
CREATE OPERATOR <= (function = less_equal, leftarg = number, rightarg = number, commutator = >=, negator = >);
CREATE OPERATOR = (function = equal, leftarg = number, rightarg = number, commutator = =);
CREATE OPERATOR >= (function = more_equal, leftarg = number, rightarg = number, commutator = <=, negator = <);
CREATE OPERATOR > (function = more, leftarg = number, rightarg = number, commutator = <, negator = <=);
CREATE OPERATOR CLASS number_ops DEFAULT FOR TYPE number USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 compares(number, number);
CREATE TYPE spans;
CREATE FUNCTION spans_canonical(spans) RETURNS spans LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
CREATE TYPE spans AS RANGE (subtype = number, canonical = spans_canonical);
CREATE TABLE holds (s spans PRIMARY KEY, n number UNIQUE);
INSERT INTO holds VALUES ('(1,5]', '7');
CREATE INDEX ON uses (n DESC);
-- Nothing depends on the operator class that DISTINCT asks for.
CREATE VIEW aa_distinct AS SELECT DISTINCT n FROM uses ORDER BY n;
