-- Inheritance: single and multiple, local and inherited columns, defaults and checks of children.
CREATE SCHEMA inheritance;
SET search_path = inheritance;
CREATE TABLE parent (a int NOT NULL, b text DEFAULT 'parent', c int, CONSTRAINT positive CHECK (a > 0),
    CONSTRAINT mine CHECK (c > 0) NO INHERIT);
CREATE TABLE second (d numeric, c int);
CREATE TABLE child (e int) INHERITS (parent);
CREATE TABLE changed (b text DEFAULT 'child', a int, CONSTRAINT positive CHECK (a > 0)) INHERITS (parent);
CREATE TABLE both_of (f text COLLATE "C") INHERITS (parent, second);
CREATE TABLE grandchild (g serial) INHERITS (child);
CREATE TABLE nothing_new () INHERITS (parent);
ALTER TABLE nothing_new ALTER b SET DEFAULT 'other';
CREATE TABLE no_default () INHERITS (parent);
ALTER TABLE no_default ALTER b DROP DEFAULT;
ALTER TABLE ONLY child ALTER COLUMN b SET STATISTICS 77;
ALTER TABLE child ALTER b SET STORAGE EXTERNAL;
CREATE TABLE joined (a int NOT NULL, b text, c int, extra int, CONSTRAINT positive CHECK (a > 0));
ALTER TABLE joined INHERIT parent;
CREATE TABLE left_alone () INHERITS (parent);
ALTER TABLE left_alone NO INHERIT parent;
ALTER TABLE parent ADD COLUMN added int;
CREATE TABLE generated_parent (a int, b int GENERATED ALWAYS AS (a * 2) STORED);
CREATE TABLE generated_child (c int) INHERITS (generated_parent);
CREATE TABLE dropping (x int, y int);
CREATE TABLE dropping_child () INHERITS (dropping);
ALTER TABLE ONLY dropping DROP COLUMN x;
INSERT INTO parent (a, b, c) VALUES (1, 'p', 1);
INSERT INTO child (a, e) VALUES (2, 20);
INSERT INTO changed (a) VALUES (3);
INSERT INTO both_of (a, d, f) VALUES (4, 1.5, 'f');
INSERT INTO grandchild (a) VALUES (5);
INSERT INTO nothing_new (a, c) VALUES (6, 1);
INSERT INTO joined (a, extra) VALUES (7, 1);
INSERT INTO generated_child (a, c) VALUES (1, 2);
INSERT INTO dropping_child VALUES (1, 2);
CREATE INDEX ON parent (a);
CREATE VIEW over_all AS SELECT * FROM parent;
CREATE VIEW over_one AS SELECT * FROM ONLY parent;
\if :at18
CREATE TABLE named_parent (a int CONSTRAINT parent_must NOT NULL);
CREATE TABLE named_child () INHERITS (named_parent);
CREATE TABLE named_other (a int CONSTRAINT child_must NOT NULL) INHERITS (named_parent);
CREATE TABLE key_parent (a int PRIMARY KEY);
CREATE TABLE key_child () INHERITS (key_parent);
CREATE TABLE enforced_parent (a int CONSTRAINT loose CHECK (a > 0) NOT ENFORCED);
CREATE TABLE enforced_child () INHERITS (enforced_parent);
-- Never validated in the parent, valid in a child that was made later.
CREATE TABLE loose_parent (a int);
CREATE TABLE loose_first () INHERITS (loose_parent);
ALTER TABLE loose_parent ADD CONSTRAINT loose_must NOT NULL a NOT VALID;
CREATE TABLE loose_child () INHERITS (loose_parent);
\endif
