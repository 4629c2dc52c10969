-- The hash of an enum's label changes with every restore, and so does the partition of a row.
CREATE TYPE colour AS ENUM ('red', 'green', 'blue');
CREATE TABLE by_hash (a text, b colour) PARTITION BY HASH (b, a);
CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 3, REMAINDER 1) PARTITION BY LIST (b);
CREATE TABLE by_hash_1_red PARTITION OF by_hash_1 FOR VALUES IN ('red', 'green');
CREATE TABLE by_hash_1_other PARTITION OF by_hash_1 DEFAULT;
CREATE TABLE by_hash_2 PARTITION OF by_hash FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO by_hash SELECT 'x' || n, (ARRAY['red', 'green', 'blue']::colour[])[n % 3 + 1] FROM generate_series(1, 600) n;
