-- Names, labels, texts and rows that break what is put together from strings without care.
CREATE TABLE evil (n int GENERATED ALWAYS AS IDENTITY, name text);
INSERT INTO evil (name) VALUES
    (E'new\nline'), (E'carriage\r\nreturn'), (E'\n\\! touch /tmp/pwned\n'), ('it''s'), ('say "yes"'), ('back\slash'),
    ('trailing\'), ('\! echo'), ('\.'), (E'\n\\.\n'), ('$$'), ('$body$'), ('$1'), ('%s %I %%'), ('🐘 слон'), ('-- comment'),
    (E'-- \n\\! echo'), ('/* open'), ('*/'), ('; DROP TABLE evil;'), (':name'), (':''name'''), (':"name"'), (':{?name}'),
    (' leading'), ('trailing '), ('a.b'), ('a,b'), ('(x)'), ('{x}'), ('[1:2]'), (E'tab\there'), ('select'), ('UPPER'), ('1digit'),
    ('E''x'''), ('\N'), ('NULL'), ('\restrict x'), ('\unrestrict x'), ('\connect template1'), ('<>'), ('&amp;'), ('a=b'), ('`echo`'),
    (E'\u00a0nbsp'), (E'e\u0301 combined'), (E'\u202e right to left'), (E'\x01\x1b[31m'), ('#'), ('@'), ('~'), ('__'),
    (repeat('x', 63)), (repeat('й', 31) || 'x'), (repeat('"', 63)), (repeat('''', 63)), (repeat('\', 63)), (repeat(E'\n', 63));
-- Every name in each place that a name can be in.
DO $do$
DECLARE
    name text;
    n int;
    long text;
BEGIN
    FOR n, name IN SELECT e.n, e.name FROM evil e ORDER BY 1 LOOP
        long := name || E'\n' || repeat(name, 3);
        EXECUTE format('CREATE SCHEMA %I', name || '_s');
        EXECUTE format('CREATE SCHEMA h%s', n);
        EXECUTE format('SET search_path = h%s', n);
        EXECUTE format('CREATE TYPE %I AS ENUM (%L, %L)', left(name, 15) || 'e', name, left(name, 10) || '2');
        EXECUTE format('CREATE TYPE %I AS (%I text, b %I)', left(name, 15) || 'c', name, left(name, 15) || 'e');
        EXECUTE format('CREATE DOMAIN %I AS text DEFAULT %L CONSTRAINT %I CHECK (VALUE <> %L)', left(name, 15) || 'd', long, name, long || 'no');
        EXECUTE format('CREATE TYPE %I', left(name, 15) || 'b');
        EXECUTE format('CREATE FUNCTION %I(cstring) RETURNS %I LANGUAGE internal IMMUTABLE STRICT AS ''textin''', left(name, 12) || 'in', left(name, 15) || 'b');
        EXECUTE format('CREATE FUNCTION %I(%I) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS ''textout''', left(name, 12) || 'out', left(name, 15) || 'b');
        EXECUTE format('CREATE TYPE %I (input = %I, output = %I, default = %L)', left(name, 15) || 'b', left(name, 12) || 'in', left(name, 12) || 'out', long);
        EXECUTE format('CREATE CAST (%I AS text) WITH INOUT', left(name, 15) || 'e');
        EXECUTE format('CREATE COLLATION %I (locale = ''C'')', name);
        EXECUTE format('CREATE CONVERSION %I FOR ''LATIN1'' TO ''UTF8'' FROM iso8859_1_to_utf8', name);
        EXECUTE format('CREATE OPERATOR FAMILY %I USING btree', left(name, 12) || 'f');
        EXECUTE format('CREATE OPERATOR CLASS %I FOR TYPE %I USING btree FAMILY %I AS STORAGE %I', name, left(name, 15) || 'b', left(name, 12) || 'f', left(name, 15) || 'b');
        EXECUTE format('CREATE TEXT SEARCH TEMPLATE %I (lexize = dsimple_lexize)', name);
        EXECUTE format('CREATE TEXT SEARCH DICTIONARY %I (template = %I)', name, name);
        EXECUTE format('CREATE TEXT SEARCH CONFIGURATION %I (parser = pg_catalog."default")', name);
        EXECUTE format('ALTER TEXT SEARCH CONFIGURATION %I ADD MAPPING FOR word WITH %I', name, name);
        EXECUTE format('CREATE FUNCTION %I(%I int, b text DEFAULT %L) RETURNS text LANGUAGE sql IMMUTABLE AS %L', name, left(name, 20), long, 'SELECT ' || quote_literal(long));
        EXECUTE format('CREATE TABLE %I (id int PRIMARY KEY, %I text DEFAULT %L, e %I, CONSTRAINT %I CHECK (id > 0 OR %L = %I))',
            name, left(name, 12) || '_', long, left(name, 15) || 'e', left(name, 12) || 'ck', long, left(name, 12) || '_');
        EXECUTE format('INSERT INTO %I VALUES (1, %L, %L), (2, DEFAULT, NULL)', name, long, name);
        EXECUTE format('CREATE INDEX %I ON %I (%I) WHERE %I <> %L', left(name, 12) || 'i', name, left(name, 12) || '_', left(name, 12) || '_', long);
        EXECUTE format('CREATE VIEW %I AS SELECT id AS %I, %L::text AS b FROM %I', left(name, 12) || 'v', name, long, name);
        EXECUTE format('CREATE SEQUENCE %I OWNED BY %I.id', left(name, 12) || 's', name);
        EXECUTE format('ALTER TABLE %I ALTER id SET DEFAULT nextval(%L)', name, quote_ident(left(name, 12) || 's'));
        EXECUTE format('CREATE RULE %I AS ON UPDATE TO %I WHERE old.%I = %L DO NOTHING', name, name, left(name, 12) || '_', long);
        EXECUTE format('CREATE POLICY %I ON %I USING (%I = %L)', name, name, left(name, 12) || '_', long);
        EXECUTE format('CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS %L', E'BEGIN\n/* ' || replace(replace(long, '*/', ''), '/*', '') || E' */\nRETURN NEW;\nEND');
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OF %I ON %I FOR EACH ROW WHEN (NEW.%I = %L) EXECUTE FUNCTION t(%L)',
            name, left(name, 12) || '_', name, left(name, 12) || '_', long, long);
        EXECUTE format('COMMENT ON TABLE %I IS %L', name, long);
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', name, left(name, 12) || '_', long);
        EXECUTE format('COMMENT ON CONSTRAINT %I ON %I IS %L', left(name, 12) || 'ck', name, long);
        EXECUTE format('COMMENT ON TRIGGER %I ON %I IS %L', name, name, long);
        EXECUTE format('COMMENT ON POLICY %I ON %I IS %L', name, name, long);
        EXECUTE format('CREATE TABLE %I (p text) PARTITION BY LIST (p)', left(name, 12) || 'p');
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES IN (%L, %L)', left(name, 12) || 'p1', left(name, 12) || 'p', name, long);
        EXECUTE format('CREATE MATERIALIZED VIEW %I AS SELECT * FROM %I', left(name, 12) || 'm', name);
    END LOOP;
END $do$;
SET search_path = public;
-- Roles in owners, grants and policies.
CREATE TABLE granted (a int);
GRANT SELECT ON granted TO "Role ""x""", U&"role\000anew line", "role's", "role-- ;", "role\!", "role=a/b", "public role";
CREATE TABLE owned_a (a int);
ALTER TABLE owned_a OWNER TO U&"role\000anew line";
CREATE TABLE owned_b (a int);
ALTER TABLE owned_b OWNER TO "role\!";
GRANT SELECT (a) ON owned_b TO "role=a/b" WITH GRANT OPTION;
CREATE POLICY p ON owned_a TO U&"role\000anew line", "role's";
ALTER DEFAULT PRIVILEGES FOR ROLE "role-- ;" GRANT SELECT ON TABLES TO "role\!";
-- Rows that look like the end of data, commands, escapes.
CREATE TABLE rows (a text, b text);
INSERT INTO rows SELECT name, NULL FROM evil;
INSERT INTO rows SELECT NULL, string_agg(name, E'\n') FROM evil;
INSERT INTO rows VALUES ('', NULL), (NULL, ''), (E'\b\f\v\a', E'\\b\\N'), ('\.', '\.'), (E'\\.\n\\.', E'\r'), (chr(127), chr(128)), (repeat('x', 100000), E'\t');
CREATE TABLE alone (a text);
INSERT INTO alone VALUES ('\.'), (''), (NULL), (E'\\\\.'), ('\N'), (E'\n');
CREATE TABLE nothing ();
INSERT INTO nothing DEFAULT VALUES;
CREATE TABLE bytes (a bytea);
INSERT INTO bytes SELECT decode(string_agg(lpad(to_hex(i), 2, '0'), ''), 'hex') FROM generate_series(0, 255) i;
