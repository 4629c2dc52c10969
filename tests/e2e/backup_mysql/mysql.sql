-- What only MySQL has.
CREATE TABLE with_srid (id INT PRIMARY KEY, p POINT NOT NULL SRID 4326, SPATIAL KEY (p));
INSERT INTO with_srid VALUES (1, ST_GeomFromText('POINT(48.1 11.5)', 4326));
CREATE TABLE functional (id INT PRIMARY KEY, j JSON, KEY ((CAST(j ->> '$.a' AS UNSIGNED))), KEY hidden (id) INVISIBLE);
INSERT INTO functional VALUES (1, '{"a": 5}');
CREATE TABLE many_valued (id INT PRIMARY KEY, j JSON, KEY ((CAST(j -> '$' AS UNSIGNED ARRAY))));
INSERT INTO many_valued VALUES (1, '[1, 2]');
CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3));
INSERT INTO vectors VALUES (1, TO_VECTOR('[1, 2.5, -3]')), (2, NULL);
CREATE TABLE unenforced (a INT CHECK (a > 0) NOT ENFORCED);
INSERT INTO unenforced VALUES (-1);
