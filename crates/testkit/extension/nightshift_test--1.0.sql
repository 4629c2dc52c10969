-- Rows above 100 are the user's; those below come with the extension. One table without a
-- condition, one that refers to it, a sequence; and objects that must not be dumped.
CREATE TABLE setting (id int PRIMARY KEY, value text);
INSERT INTO setting VALUES (1, 'default');
SELECT pg_catalog.pg_extension_config_dump('setting', 'WHERE id > 100');

CREATE SEQUENCE serial_number;
SELECT pg_catalog.pg_extension_config_dump('serial_number', '');

CREATE TABLE choice (setting int REFERENCES setting, note text DEFAULT 'none');
SELECT pg_catalog.pg_extension_config_dump('choice', '');

CREATE TABLE internal (id int);
INSERT INTO internal VALUES (1);
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
COMMENT ON FUNCTION twice(int) IS 'twice as much';
CREATE TYPE mood AS ENUM ('glad', 'sad');
