-- A child whose own columns are older than its parent's, and of another order.
CREATE SCHEMA inherited_order;
SET search_path = inherited_order;
CREATE TABLE parent (a int, b text);
CREATE TABLE child (z int, b text, a int);
INSERT INTO child VALUES (1, 'two', 3), (4, 'five', 6);
ALTER TABLE child INHERIT parent;
CREATE TABLE growing (a int);
CREATE TABLE growing_child (z int) INHERITS (growing);
INSERT INTO growing_child VALUES (1, 2);
ALTER TABLE growing ADD b text DEFAULT 'late';
CREATE VIEW all_columns AS SELECT * FROM growing_child;
