-- Constraints of all kinds.
CREATE SCHEMA constraints;
SET search_path = constraints;
CREATE TABLE parent (a int, b int, c text, CONSTRAINT parent_key PRIMARY KEY (a) INCLUDE (c), UNIQUE (a, b),
    CONSTRAINT deferred UNIQUE (b) DEFERRABLE INITIALLY DEFERRED, CONSTRAINT by_c UNIQUE (c, a) WITH (fillfactor = 50));
INSERT INTO parent SELECT i, i, 'c' || i FROM generate_series(1, 10) i;
CREATE TABLE child (
    id int PRIMARY KEY, a int REFERENCES parent ON DELETE CASCADE ON UPDATE RESTRICT, b int, c int,
    CONSTRAINT two FOREIGN KEY (a, b) REFERENCES parent (a, b) MATCH FULL DEFERRABLE INITIALLY IMMEDIATE,
    FOREIGN KEY (c) REFERENCES parent ON DELETE SET DEFAULT ON UPDATE SET NULL
);
INSERT INTO child VALUES (1, 1, 1, NULL), (2, NULL, NULL, NULL);
\if :at15
CREATE TABLE set_some (a int, b int, FOREIGN KEY (a, b) REFERENCES parent (a, b) ON DELETE SET NULL (b),
    UNIQUE NULLS NOT DISTINCT (a, b));
\endif
CREATE TABLE itself (id int PRIMARY KEY, up int REFERENCES itself DEFERRABLE);
INSERT INTO itself VALUES (1, 2), (2, 3), (3, 1);
CREATE TABLE checks (a int CHECK (a > 0), b int, c text CONSTRAINT "Odd ""check""" CHECK (c ~ '^\d+$' AND c <> 'it''s'),
    CHECK (a < b), CONSTRAINT mine CHECK (b > 0) NO INHERIT);
INSERT INTO checks VALUES (1, 2, '3');
CREATE TABLE not_valid (a int, b int);
INSERT INTO not_valid VALUES (-1, 99);
ALTER TABLE not_valid ADD CONSTRAINT later CHECK (a > 0) NOT VALID;
ALTER TABLE not_valid ADD CONSTRAINT later_key FOREIGN KEY (b) REFERENCES parent NOT VALID;
CREATE TABLE excluded (a int, r int4range, b box, t text, EXCLUDE USING gist (r WITH &&),
    CONSTRAINT complex EXCLUDE USING gist (b WITH &&, r WITH -|-) INCLUDE (a) WITH (fillfactor = 80) WHERE (a > 0) DEFERRABLE,
    EXCLUDE (t WITH =, lower(t) COLLATE "C" WITH =));
INSERT INTO excluded VALUES (1, '[1,2)', '(0,0),(1,1)', 'a'), (2, '[3,4)', NULL, 'b');
-- Rows in a circle: only possible with the keys made after the data.
CREATE TABLE hen (id int PRIMARY KEY, egg int NOT NULL);
CREATE TABLE egg (id int PRIMARY KEY, hen int NOT NULL REFERENCES hen DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE hen ADD FOREIGN KEY (egg) REFERENCES egg DEFERRABLE INITIALLY DEFERRED;
BEGIN;
INSERT INTO hen VALUES (1, 1);
INSERT INTO egg VALUES (1, 1);
COMMIT;
-- A check through a function that reads another table.
CREATE FUNCTION known(int) RETURNS bool LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT FROM constraints.parent WHERE a = $1)';
CREATE TABLE a_checked_early (a int, CONSTRAINT known CHECK (constraints.known(a)) NOT VALID);
COMMENT ON CONSTRAINT deferred ON parent IS 'a constraint';
COMMENT ON CONSTRAINT two ON child IS 'a foreign key';
COMMENT ON CONSTRAINT mine ON checks IS 'a check';
COMMENT ON CONSTRAINT complex ON excluded IS 'an exclusion';
\if :at18
CREATE TABLE periods (id int4range, during daterange, CONSTRAINT periods_key PRIMARY KEY (id, during WITHOUT OVERLAPS),
    UNIQUE (during, id WITHOUT OVERLAPS));
INSERT INTO periods VALUES ('[1,2)', '[2026-01-01,2027-01-01)');
CREATE TABLE in_period (a int4range, p daterange, FOREIGN KEY (a, PERIOD p) REFERENCES periods (id, PERIOD during));
INSERT INTO in_period VALUES ('[1,2)', '[2026-02-01,2026-03-01)');
CREATE TABLE loose (a int, b int, CONSTRAINT loose_check CHECK (a > 0) NOT ENFORCED,
    CONSTRAINT loose_key FOREIGN KEY (b) REFERENCES parent NOT ENFORCED);
INSERT INTO loose VALUES (-1, 99);
\endif
