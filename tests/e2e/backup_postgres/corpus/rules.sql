-- Rules: instead, also, conditional, several actions, disabled.
CREATE SCHEMA rules;
SET search_path = rules;
CREATE TABLE t (a int, b text);
CREATE TABLE log (at int, what text);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE RULE add AS ON INSERT TO v DO INSTEAD INSERT INTO t VALUES (new.a, new.b) RETURNING a, b;
CREATE RULE change AS ON UPDATE TO v WHERE old.a > 3 DO INSTEAD NOTHING;
CREATE RULE change_else AS ON UPDATE TO v DO INSTEAD (UPDATE t SET b = new.b WHERE a = old.a; INSERT INTO log VALUES (old.a, 'it''s'));
CREATE RULE also AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (new.a, 'added');
CREATE RULE "Odd rule" AS ON DELETE TO t WHERE old.b = '\' DO NOTHING;
CREATE RULE disabled AS ON UPDATE TO t DO ALSO NOTHING;
CREATE RULE replica AS ON UPDATE TO t DO ALSO NOTIFY changed;
CREATE RULE always AS ON UPDATE TO t DO ALSO SELECT 1;
ALTER TABLE t DISABLE RULE disabled;
ALTER TABLE t ENABLE REPLICA RULE replica;
ALTER TABLE t ENABLE ALWAYS RULE always;
COMMENT ON RULE also ON t IS 'a rule';
COMMENT ON RULE add ON v IS 'a rule of a view';
-- Data must not pass through the rules again when it is restored.
INSERT INTO t VALUES (1, 'x');
