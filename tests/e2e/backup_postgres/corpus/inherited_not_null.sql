-- A child that is stricter than its parent: pg_dump 18 writes what only 18 understands.
CREATE SCHEMA inherited_not_null;
SET search_path = inherited_not_null;
CREATE TABLE parent (a int, b int NOT NULL, c int);
CREATE TABLE child (d int) INHERITS (parent);
ALTER TABLE child ALTER c SET NOT NULL;
CREATE TABLE grandchild () INHERITS (child);
ALTER TABLE grandchild ALTER a SET NOT NULL;
CREATE TABLE keyed (PRIMARY KEY (a)) INHERITS (parent);
INSERT INTO child (b, c) VALUES (1, 2);
CREATE TABLE whole (a int, b int) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF whole FOR VALUES IN (1);
ALTER TABLE part ALTER b SET NOT NULL;
