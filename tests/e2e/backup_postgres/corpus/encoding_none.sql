-- SQL_ASCII takes any bytes; these are UTF-8 in the names and Latin-1 in the rows.
CREATE TABLE plain (a text, b bytea);
INSERT INTO plain VALUES (convert_from('\x737472615fdf65', 'SQL_ASCII'), '\xdf'), ('ascii', NULL);
CREATE VIEW v AS SELECT a FROM plain WHERE a = 'ascii';
