-- One table of a gigabyte, whose rows change their width.
CREATE TABLE big (id bigint PRIMARY KEY, at timestamptz NOT NULL, amount numeric(12, 2), code uuid, note text);
INSERT INTO big
SELECT n, timestamptz '2026-01-01' + n * interval '1 s', (n * 7919 % 1000000) / 100.0, md5(n::text)::uuid,
    repeat(md5((n * 31)::text) || ' ', (n % 8)::int)
FROM generate_series(1::bigint, 4700000) n;
CREATE INDEX ON big (at);
CREATE TABLE small_one (a int);
INSERT INTO small_one VALUES (1);
