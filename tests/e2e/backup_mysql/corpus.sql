-- What MySQL and MariaDB both have: every class of object and every type of column.
SET NAMES utf8mb4;
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone = '+00:00', foreign_key_checks = 0;

CREATE TABLE numbers (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    t TINYINT, tu TINYINT UNSIGNED ZEROFILL, s SMALLINT, m MEDIUMINT, i INT ZEROFILL, b BIGINT,
    d DECIMAL(65,30), dz DECIMAL(10,2) ZEROFILL, f FLOAT, fd FLOAT(7,2), r DOUBLE, rd DOUBLE(20,3),
    bits BIT(64), one BIT(1) NOT NULL DEFAULT b'0', flag BOOLEAN, y YEAR,
    PRIMARY KEY (id)
) COMMENT 'every kind of number; it''s \\ a\nlong `one`' AUTO_INCREMENT = 1000;
INSERT INTO numbers VALUES
    (0, -128, 255, -32768, 8388607, 4294967295, -9223372036854775808,
     -99999999999999999999999999999999999.999999999999999999999999999999, 1.5, 3.4028235e38, -99999.99,
     1.7976931348623157e308, 99999999999999999.999, b'1111', b'1', TRUE, 1901),
    (18446744073709551614, 0, 7, 0, -8388608, 0, 9223372036854775807, 0.000000000000000000000000000001,
     99999999.99, 1.1754944e-38, 0.01, 2.2250738585072014e-308, -0.001, 0xFFFFFFFFFFFFFFFF, b'0', FALSE, 2155),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, b'0', NULL, NULL),
    (3, 1, 1, 1, 1, 1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0, b'0', 1, 0),
    (4, 1, 1, 1, 1, 1, 1, 1, 1, 16777217, 1, 123456789.123456789, 1, 1, b'0', 1, 2000),
    (5, 1, 1, 1, 1, 1, 1, 1, 1, -1e-30, 1, 4.9e-324, 1, 1, b'0', 1, 1999),
    (6, 1, 1, 1, 1, 1, 1, 1, 1, -0e0, 1, -0e0, 1, 1, b'0', 1, 1999);

CREATE TABLE moments (
    id INT PRIMARY KEY, d DATE, t TIME, t6 TIME(6), dt DATETIME, dt6 DATETIME(6),
    ts TIMESTAMP NULL, ts3 TIMESTAMP(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)
);
INSERT INTO moments VALUES
    (1, '0000-00-00', '-838:59:59', '838:59:58.999999', '0000-00-00 00:00:00', '9999-12-31 23:59:59.999999',
     '1970-01-01 00:00:01', '2038-01-19 03:14:07.999'),
    (2, '2024-02-31', '00:00:00', '-00:00:00.000001', '1000-01-01 00:00:00', '2024-10-27 02:30:00.5',
     '2024-10-27 00:30:00', NULL),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, '2024-03-31 01:30:00');

CREATE TABLE texts (
    id INT PRIMARY KEY,
    c CHAR(20), v VARCHAR(200), tt TINYTEXT, t TEXT, mt MEDIUMTEXT, lt LONGTEXT,
    l1 VARCHAR(100) CHARACTER SET latin1, l2 VARCHAR(100) CHARACTER SET latin2, u3 VARCHAR(100) CHARACTER SET utf8mb3,
    gb VARCHAR(100) CHARACTER SET gbk, sj VARCHAR(100) CHARACTER SET sjis, cp VARCHAR(100) CHARACTER SET cp932,
    u2 VARCHAR(100) CHARACTER SET ucs2, u16 VARCHAR(100) CHARACTER SET utf16, u16l VARCHAR(100) CHARACTER SET utf16le,
    u32 VARCHAR(100) CHARACTER SET utf32, sw VARCHAR(100) CHARACTER SET swe7, ko VARCHAR(100) CHARACTER SET koi8r,
    a VARCHAR(100) CHARACTER SET ascii, bin VARCHAR(100) COLLATE utf8mb4_bin
) CHARACTER SET utf8mb4;
INSERT INTO texts VALUES
    (1, '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', ''),
    (2, ' a  ', 'it''s "quoted" `so` \\ \n\r\0\Z\t%_', 'ä€😀', '\n', '\\', '-- x', 'Grüße € ™', 'ąęł', 'äöü€',
     '中文啊', 'ソ表', 'ソ表①', 'ä€', 'ä😀', 'ä😀', 'ä😀', 'a', 'привет', 'plain', '; \\g \\! ls'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, 'DELIMITER //', '*/ ; /*', '#', '$$', ';;', '''', 0x81808D, 'a', 'a', 0xBF5C, 0x835C, 0xFA54,
     'a', 'a', 'a', 'a', 0x5B7D, 'a', 'a', 'a');
INSERT INTO texts (id, lt) VALUES (5, REPEAT('long text, and more of it; ', 60000));

CREATE TABLE bytes (
    id INT PRIMARY KEY, b BINARY(4), v VARBINARY(300), tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb LONGBLOB
);
INSERT INTO bytes VALUES (1, 0x00, '', '', '', '', ''), (2, 0xFF, 0x00FF27225C0A0D1A, 0x00, '''', 0x5C, 0x0A),
    (3, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO bytes (id, lb) VALUES (4, REPEAT(0x00010203FF, 300000));

CREATE TABLE choices (
    id INT PRIMARY KEY,
    e ENUM('a', 'b''c', 'd,e'), ee ENUM('', 'x'), el ENUM('ä', 'ö') CHARACTER SET latin1,
    s SET('r', 'g', 'b'), se SET('', 'x')
);
INSERT IGNORE INTO choices VALUES (1, 'a', 'x', 'ä', 'r,b', 'x'), (2, 'b''c', '', 'ö', '', ''), (3, 'wrong', 'wrong', 'wrong', 'r', ''),
    (4, NULL, NULL, NULL, NULL, NULL), (5, 'd,e', 2, 1, 7, 3), (6, 'a', 1, 1, 1, 1);

CREATE TABLE shapes (
    id INT PRIMARY KEY, g GEOMETRY, p POINT NOT NULL, l LINESTRING, pg POLYGON, mp MULTIPOINT, gc GEOMETRYCOLLECTION,
    SPATIAL KEY (p)
);
INSERT INTO shapes VALUES (1, ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('POINT(1.5 -2)'),
    ST_GeomFromText('LINESTRING(0 0,1 1)'), ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'),
    ST_GeomFromText('MULTIPOINT(0 0,1 1)'), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1))')),
    (2, NULL, ST_GeomFromText('POINT(0 0)'), NULL, NULL, NULL, NULL);

CREATE TABLE documents (id INT PRIMARY KEY, j JSON);
INSERT INTO documents VALUES (1, '{"a": [1, 2.5, "x\\n\\u00e4", null, true], "ü": {"\\"": "\\\\"}}'), (2, 'null'), (3, NULL), (4, '[]'),
    (5, '"it''s"'), (6, '12345678901234567890'), (7, '0.1');

CREATE TABLE computed (
    id INT PRIMARY KEY, a INT, `b` INT AS (a * 2) STORED, c VARCHAR(20) AS (CONCAT('x', a)) VIRTUAL, d INT INVISIBLE DEFAULT 7,
    e INT DEFAULT (1 + 2), KEY (b), CHECK (a < 1000), CONSTRAINT named CHECK (a <> 13)
);
INSERT INTO computed (id, a, d) VALUES (1, 2, 3), (2, NULL, NULL), (3, 999, 1);

CREATE TABLE parents (a INT, b INT, PRIMARY KEY (a, b), UNIQUE KEY (b)) ENGINE = InnoDB;
CREATE TABLE children (
    id INT PRIMARY KEY, a INT, b INT, up INT,
    CONSTRAINT to_parents FOREIGN KEY (a, b) REFERENCES parents (a, b) ON DELETE CASCADE ON UPDATE SET NULL,
    FOREIGN KEY (up) REFERENCES children (id)
);
-- It refers to a table that comes after it in every order of names but one.
CREATE TABLE aaa (id INT PRIMARY KEY, z INT, FOREIGN KEY (z) REFERENCES zzz (id));
CREATE TABLE zzz (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES aaa (id));
INSERT INTO parents VALUES (1, 1), (2, 2);
INSERT INTO children VALUES (1, 1, 1, 2), (2, NULL, NULL, 1);
INSERT INTO aaa VALUES (1, 1);
INSERT INTO zzz VALUES (1, 1);

CREATE TABLE parts (id INT NOT NULL, d DATE NOT NULL, PRIMARY KEY (id, d))
    PARTITION BY RANGE (YEAR(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2
    (PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN MAXVALUE);
INSERT INTO parts VALUES (1, '1999-01-01'), (2, '2024-01-01'), (3, '1990-01-01');
CREATE TABLE listed (id INT NOT NULL) PARTITION BY LIST (id) (PARTITION a VALUES IN (1, 2), PARTITION b VALUES IN (3));
INSERT INTO listed VALUES (3), (1);

CREATE TABLE keyless (a INT, t TEXT, FULLTEXT KEY (t));
INSERT INTO keyless VALUES (1, 'one'), (1, 'one'), (NULL, NULL);
CREATE TABLE prefixed (t TEXT, PRIMARY KEY (t(10)));
INSERT INTO prefixed VALUES ('b'), ('a');
CREATE TABLE empty_one (id INT);
CREATE TABLE compressed (id INT PRIMARY KEY, t TEXT) ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8;
CREATE TABLE ordinary (id INT PRIMARY KEY, v INT) ENGINE = MyISAM;
INSERT INTO ordinary VALUES (2, 2), (1, 1);
CREATE TABLE kept_in_memory (id INT PRIMARY KEY) ENGINE = MEMORY;
INSERT INTO kept_in_memory VALUES (1);
CREATE TABLE values_by_comma (id INT NOT NULL, v VARCHAR(20) NOT NULL) ENGINE = CSV;
INSERT INTO values_by_comma VALUES (1, 'a,"b');
CREATE TABLE archived (id INT) ENGINE = ARCHIVE;
INSERT INTO archived VALUES (1);
CREATE TABLE under_it (id INT, v INT, KEY (id)) ENGINE = MyISAM;
INSERT INTO under_it VALUES (1, 1);
CREATE TABLE merged (id INT, v INT, KEY (id)) ENGINE = MERGE UNION = (under_it);

CREATE TABLE `-rf; $(ls) "it's" ``so```  (`a``b` INT PRIMARY KEY, `'; DROP TABLE x; --` TEXT, `VALUES
(` INT, `a
b` INT);
INSERT INTO `-rf; $(ls) "it's" ``so``` VALUES (1, 'x', 2, 3);

CREATE TABLE counted (id INT AUTO_INCREMENT PRIMARY KEY, n INT DEFAULT 0);
CREATE TABLE journal (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(100));
INSERT INTO counted (n) VALUES (1), (2);

CREATE VIEW zz_first AS SELECT id, n FROM counted;
CREATE VIEW aa_second AS SELECT z.id, (SELECT COUNT(*) FROM zz_first) AS c FROM zz_first z;
CREATE ALGORITHM = MERGE SQL SECURITY INVOKER VIEW checked AS SELECT * FROM counted WHERE n > 0 WITH CASCADED CHECK OPTION;
CREATE ALGORITHM = TEMPTABLE VIEW `strange ``view```  (`co``l`, `x y`) AS SELECT 'it''s \\ "', 2;
CREATE DEFINER = 'nobody'@'nowhere' VIEW of_another AS SELECT 1 AS a;

DELIMITER //
CREATE FUNCTION doubled(n INT) RETURNS INT DETERMINISTIC RETURN n * 2//
CREATE FUNCTION quoted(t VARCHAR(20) CHARACTER SET latin1) RETURNS TEXT CHARSET utf8mb4 NO SQL COMMENT 'it''s'
BEGIN
    -- a comment; with ' a quote
    /* and ; another */
    # and ;; a third
    RETURN CONCAT(t, 'it''s; "x" \\', "d");
END//
CREATE PROCEDURE many(IN a INT, INOUT b INT, OUT c INT) MODIFIES SQL DATA SQL SECURITY INVOKER
BEGIN
    DECLARE done INT DEFAULT 0;
    label: WHILE done < a DO
        INSERT INTO journal (what) VALUES (CONCAT('many ', done));
        SET done = done + 1;
    END WHILE;
    SET b = b + 1, c = done;
END//
CREATE TRIGGER second BEFORE INSERT ON counted FOR EACH ROW SET NEW.n = NEW.n + 1//
CREATE TRIGGER first BEFORE INSERT ON counted FOR EACH ROW PRECEDES second SET NEW.n = NEW.n * 10//
CREATE TRIGGER after_it AFTER UPDATE ON counted FOR EACH ROW
BEGIN
    INSERT INTO journal (what) VALUES (CONCAT('was; ', OLD.n));
END//
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01 02:00:00' ENDS '2036-01-01 00:00:00'
    ON COMPLETION PRESERVE COMMENT 'it''s' DO BEGIN DELETE FROM journal; SELECT 'ENABLE'; END//
CREATE EVENT sleeping ON SCHEDULE AT '2035-01-01 00:00:00' DISABLE DO DELETE FROM journal//
SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'//
CREATE FUNCTION ansi() RETURNS TEXT CHARSET utf8mb4 NO SQL RETURN 'a\' || 'b'//
SET sql_mode = ''//
SET time_zone = '+05:30'//
CREATE EVENT elsewhere ON SCHEDULE EVERY 1 HOUR STARTS '2035-01-01 02:00:00' DO SELECT 1//
SET time_zone = '+00:00'//
CREATE VIEW calls AS SELECT doubled(n) AS d FROM counted//
DELIMITER ;
SET NAMES latin1;
CREATE PROCEDURE in_latin1() SELECT 'gr��e', _utf8mb4'x';
CREATE VIEW by_latin1 AS SELECT '�' AS a;
