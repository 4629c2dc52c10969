-- Functions, procedures, window functions and aggregates of all kinds.
CREATE SCHEMA functions;
SET search_path = functions;
CREATE FUNCTION plain(a int, b int DEFAULT 2, c text DEFAULT 'x''y\z') RETURNS int LANGUAGE sql
    IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 7 AS 'SELECT a + b';
CREATE FUNCTION rows_of(n int, OUT a int, OUT "B b" text) RETURNS SETOF record LANGUAGE sql
    STABLE ROWS 42 PARALLEL RESTRICTED AS $$ SELECT i, i::text FROM generate_series(1, n) i $$;
CREATE FUNCTION as_table(n int) RETURNS TABLE (x int, y text) LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET work_mem = '10MB' SET datestyle TO 'ISO, DMY'
    SET search_path FROM CURRENT
    AS $body$
BEGIN
    -- $$ inside, and a \ backslash

    RETURN QUERY SELECT n, 'a''b';
END
$body$;
CREATE FUNCTION odd_paths() RETURNS int LANGUAGE sql
    SET search_path = "Odd, Schema", '', "$user", functions SET application_name = 'it''s, "one"'
    AS 'SELECT 1';
CREATE FUNCTION any_of(VARIADIC anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT $1[1]';
CREATE FUNCTION many(VARIADIC names text[] DEFAULT '{}') RETURNS int LANGUAGE sql AS 'SELECT cardinality(names)';
CREATE FUNCTION in_out(INOUT a int, IN b text, OUT c text) LANGUAGE sql AS 'SELECT a, b';
CREATE FUNCTION unnamed(int, text) RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION no_arguments() RETURNS timestamptz LANGUAGE internal STABLE STRICT AS 'now';
CREATE FUNCTION in_c(cstring) RETURNS int4 LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION my_nth(anyelement, int) RETURNS anyelement LANGUAGE internal WINDOW IMMUTABLE STRICT
    AS 'window_nth_value';
CREATE FUNCTION overloaded(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION overloaded(text) RETURNS int LANGUAGE sql AS 'SELECT 2';
CREATE FUNCTION overloaded(int, int) RETURNS int LANGUAGE sql AS 'SELECT 3';
CREATE FUNCTION supported(text, text) RETURNS bool LANGUAGE internal IMMUTABLE STRICT
    SUPPORT pg_catalog.textlike_support AS 'textlike';
CREATE FUNCTION dollars() RETURNS text LANGUAGE sql AS 'SELECT ''$$ $_$ $body$ $''';
CREATE FUNCTION "Odd (name)"("Odd arg" int, "select" int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION to_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION with_carriage() RETURNS text LANGUAGE sql AS E'SELECT ''a\r\nb''\r\n';
CREATE PROCEDURE act(INOUT a int, b text DEFAULT NULL) LANGUAGE plpgsql AS 'BEGIN a := a + 1; END';
CREATE PROCEDURE secured() LANGUAGE sql SECURITY DEFINER SET search_path = functions AS 'SELECT 1';

SET check_function_bodies = off;
CREATE FUNCTION later_table() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM functions.used_late';
CREATE TABLE used_late (id int PRIMARY KEY, v text DEFAULT functions.dollars(), CHECK (functions.plain(id) > 0));
INSERT INTO used_late VALUES (1, 'y'), (2, 'x');
CREATE FUNCTION of_row(used_late) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ($1).v';
CREATE FUNCTION set_of_row() RETURNS SETOF used_late LANGUAGE sql AS 'SELECT * FROM functions.used_late';
CREATE INDEX by_row ON used_late (functions.of_row(used_late));
CREATE FUNCTION copies(used_late.v%TYPE) RETURNS used_late.id%TYPE LANGUAGE sql AS 'SELECT 1';

\if :at14
CREATE FUNCTION body_return(a int) RETURNS int LANGUAGE sql RETURN a + 1;
CREATE FUNCTION body_atomic(a int) RETURNS bigint LANGUAGE sql BEGIN ATOMIC
    SELECT count(*) FROM functions.used_late WHERE id = a;
    SELECT a::bigint;
END;
-- Depends on the primary key, which comes long after the functions.
CREATE FUNCTION body_grouped() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC
    SELECT v FROM functions.used_late GROUP BY id;
END;
CREATE VIEW over_body AS SELECT functions.body_return(1) AS a, functions.body_grouped() AS b;
CREATE PROCEDURE out_only(IN a int, OUT b int) LANGUAGE sql AS 'SELECT a';
CREATE PROCEDURE body_procedure(a int) LANGUAGE sql BEGIN ATOMIC
    INSERT INTO functions.used_late VALUES (a, 'from ''procedure''');
END;
\endif

CREATE FUNCTION add_state(numeric, int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE FUNCTION remove_state(numeric, int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2';
CREATE FUNCTION finish(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION finish_with(numeric, int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE AGGREGATE simple(int) (sfunc = add_state, stype = numeric);
CREATE AGGREGATE whole(int) (sfunc = add_state, stype = numeric, sspace = 100, finalfunc = finish_with,
    finalfunc_extra, finalfunc_modify = read_write, combinefunc = numeric_add, initcond = '0',
    msfunc = add_state, minvfunc = remove_state, mstype = numeric, msspace = 50, mfinalfunc = finish,
    mfinalfunc_modify = shareable, minitcond = '0', parallel = safe);
CREATE AGGREGATE smallest(int) (sfunc = int4smaller, stype = int, sortop = OPERATOR(pg_catalog.<));
CREATE AGGREGATE internal_state(numeric) (sfunc = numeric_avg_accum, stype = internal, finalfunc = numeric_avg,
    combinefunc = numeric_avg_combine, serialfunc = numeric_avg_serialize, deserialfunc = numeric_avg_deserialize,
    parallel = restricted);
CREATE AGGREGATE counted(*) (sfunc = int8inc, stype = int8, initcond = '0');
CREATE AGGREGATE my_percentile(float8 ORDER BY anyelement) (sfunc = ordered_set_transition, stype = internal,
    finalfunc = percentile_disc_final, finalfunc_extra, finalfunc_modify = read_write);
CREATE AGGREGATE my_rank(VARIADIC "any" ORDER BY VARIADIC "any") (sfunc = ordered_set_transition_multi,
    stype = internal, finalfunc = rank_final, finalfunc_extra, hypothetical);
COMMENT ON AGGREGATE simple(int) IS 'sums';
COMMENT ON AGGREGATE my_percentile(float8 ORDER BY anyelement) IS 'ordered';
COMMENT ON FUNCTION plain(int, int, text) IS 'a function';
COMMENT ON FUNCTION overloaded(text) IS 'one of three';
COMMENT ON PROCEDURE act(int, text) IS 'a procedure';
ALTER FUNCTION plain(int, int, text) OWNER TO owner_one;
ALTER PROCEDURE act(int, text) OWNER TO owner_two;
ALTER AGGREGATE simple(int) OWNER TO owner_one;
REVOKE EXECUTE ON FUNCTION plain(int, int, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION plain(int, int, text) TO reader WITH GRANT OPTION;
GRANT EXECUTE ON PROCEDURE act(int, text) TO reader;
REVOKE ALL ON PROCEDURE act(int, text) FROM PUBLIC, owner_two;
REVOKE EXECUTE ON FUNCTION simple(int) FROM PUBLIC;
