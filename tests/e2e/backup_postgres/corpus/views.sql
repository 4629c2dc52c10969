-- Views, materialized views, and the knots they make with keys, functions and each other.
CREATE SCHEMA views;
SET search_path = views;
CREATE TABLE base (id int PRIMARY KEY, name text, n numeric, "Odd Col" int);
INSERT INTO base SELECT i, 'name ' || i, i / 2.0, i % 3 FROM generate_series(1, 20) i;
CREATE VIEW simple AS SELECT id, name FROM base WHERE id > 5;
CREATE VIEW on_view AS SELECT s.name || 'x' AS name, count(*) FROM simple s GROUP BY 1;
CREATE VIEW renamed (a, "B b", "select") AS SELECT id, name, 1 FROM base;
-- Legal only because of the primary key, which is made after the data.
CREATE VIEW grouped_by_key AS SELECT id, name, sum(n) AS total FROM base GROUP BY id;
CREATE VIEW over_grouped AS SELECT * FROM grouped_by_key WHERE total > 1;
CREATE MATERIALIZED VIEW stored_grouped AS SELECT * FROM over_grouped;
CREATE VIEW secure WITH (security_barrier) AS SELECT * FROM base WHERE n > 1;
CREATE VIEW checked AS SELECT * FROM base WHERE id < 100 WITH LOCAL CHECK OPTION;
CREATE VIEW checked_all WITH (security_barrier = true) AS SELECT * FROM checked WITH CASCADED CHECK OPTION;
\if :at15
CREATE VIEW invoking WITH (security_invoker = true, security_barrier) AS SELECT * FROM base;
\endif
CREATE VIEW with_defaults AS SELECT id, name FROM base;
ALTER VIEW with_defaults ALTER COLUMN name SET DEFAULT 'from the ''view''';
CREATE RECURSIVE VIEW counting (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM counting WHERE n < 5;
CREATE VIEW windowed AS SELECT id, rank() OVER w AS r, lag(name, 1, '-') OVER w AS l FROM base WINDOW w AS (PARTITION BY "Odd Col" ORDER BY n DESC);
CREATE VIEW constants AS SELECT 1 AS a, 'text'::text AS b, NULL::int AS c, E'back\\slash\nline' AS d, '{1,2}'::int[] AS e,
    (ARRAY[1, 2, 3])[1:2] AS f, B'101' AS g, interval '1 day' AS h;
CREATE VIEW "Odd ""View""" AS SELECT 1 AS "a b", 2 AS "c""d", 3 AS "\!", 4 AS ":x", 5 AS "e'f";
CREATE VIEW no_columns AS SELECT FROM base;
CREATE VIEW lateral_join AS SELECT b.id, g.i FROM base b CROSS JOIN LATERAL generate_series(1, b.id) g(i) LEFT JOIN base c USING (id);
CREATE VIEW sampled AS SELECT * FROM base TABLESAMPLE SYSTEM (50) REPEATABLE (1);
CREATE VIEW with_values AS VALUES (1, 'a'), (2, 'b');
CREATE VIEW with_cte AS WITH a AS MATERIALIZED (SELECT 1 AS x), b AS (SELECT 2 AS x) SELECT * FROM a UNION SELECT * FROM b ORDER BY 1;
CREATE VIEW sets AS SELECT id FROM base INTERSECT (SELECT id FROM base EXCEPT SELECT 3) ORDER BY id DESC LIMIT 5 OFFSET 1;
CREATE VIEW row_lock AS SELECT id FROM base FOR UPDATE;
CREATE VIEW whole_row AS SELECT base, (base).name FROM base;
CREATE VIEW filtered AS SELECT count(*) FILTER (WHERE id > 3) AS c, percentile_cont(0.5) WITHIN GROUP (ORDER BY n) AS p,
    GROUPING("Odd Col") AS g FROM base GROUP BY ROLLUP ("Odd Col");

-- A function on a view's rows, and a view on that function.
CREATE VIEW source AS SELECT id, name FROM base;
CREATE FUNCTION of_view() RETURNS SETOF source LANGUAGE sql STABLE AS 'SELECT * FROM views.source';
CREATE FUNCTION takes_view(source) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ($1).name';
CREATE VIEW over_function AS SELECT f.name, takes_view(f) AS again FROM of_view() f;
CREATE FUNCTION of_over() RETURNS SETOF over_function LANGUAGE sql AS 'SELECT * FROM views.over_function';
-- Each refers to the other: only CREATE OR REPLACE can make it, and a placeholder restore it.
CREATE VIEW first AS SELECT 1 AS a, 'x'::text COLLATE "C" AS b;
CREATE VIEW other AS SELECT a, b FROM first;
CREATE OR REPLACE VIEW first AS SELECT 1 AS a, 'x'::text COLLATE "C" AS b WHERE NOT EXISTS (SELECT FROM other);
-- The same through a function with a view's row type.
CREATE VIEW knot AS SELECT 1 AS a;
CREATE FUNCTION untie(knot) RETURNS int LANGUAGE sql STABLE AS 'SELECT ($1).a';
CREATE OR REPLACE VIEW knot AS SELECT 1 AS a WHERE untie(ROW(1)::knot) > 0;

CREATE MATERIALIZED VIEW stored AS SELECT id, name, n FROM base WHERE id < 10;
CREATE UNIQUE INDEX stored_id ON stored (id);
CREATE INDEX stored_name ON stored (lower(name)) WHERE n > 1;
CREATE MATERIALIZED VIEW a_stored_over AS SELECT count(*) AS c FROM stored;
CREATE MATERIALIZED VIEW unpopulated AS SELECT * FROM base WITH NO DATA;
CREATE MATERIALIZED VIEW over_view WITH (fillfactor = 80) AS SELECT * FROM on_view;
CREATE VIEW over_stored AS SELECT * FROM stored;
CREATE MATERIALIZED VIEW z_over_over AS SELECT * FROM over_stored, a_stored_over;
ALTER MATERIALIZED VIEW stored CLUSTER ON stored_id;
ALTER MATERIALIZED VIEW stored ALTER name SET STATISTICS 33, ALTER name SET STORAGE EXTERNAL;
ALTER MATERIALIZED VIEW stored OWNER TO owner_one;
ALTER MATERIALIZED VIEW stored OWNER TO postgres;
COMMENT ON MATERIALIZED VIEW stored IS 'kept';
COMMENT ON COLUMN stored.name IS 'a column that is kept';
COMMENT ON VIEW simple IS 'a view';
COMMENT ON COLUMN simple.name IS 'a column of a view';
COMMENT ON INDEX stored_id IS 'an index of it';
GRANT USAGE ON SCHEMA views TO owner_two;
GRANT SELECT ON base TO owner_two;
ALTER VIEW simple OWNER TO owner_two;
GRANT SELECT ON simple TO reader;
GRANT SELECT (id) ON simple TO writer;
GRANT INSERT ON checked TO writer WITH GRANT OPTION;
