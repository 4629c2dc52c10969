-- Large objects: empty, small, of whole pages and not, with holes and cut off, with owners and grants.
SELECT lo_create(1001);
SELECT lo_from_bytea(1002, 'small');
SELECT lo_from_bytea(1003, decode(repeat('00ff5c275c2e0a0d', 256), 'hex'));
SELECT lo_from_bytea(1004, decode(repeat('ab', 2049), 'hex'));
SELECT lo_from_bytea(1005, decode(repeat('00', 5000), 'hex'));
-- Holes: before, between, and at the end; cut within a page, at its end, and in a hole.
SELECT lo_create(1006), lo_put(1006, 100000, 'after a hole'), lo_put(1006, 300000, 'and another');
SELECT lo_create(1007), lo_put(1007, 5000000, 'far');
SELECT lo_from_bytea(1008, decode(repeat('cd', 10000), 'hex'));
SELECT lo_truncate(lo_open(1008, 131072), 4096);
SELECT lo_create(1009), lo_put(1009, 10, 'x');
SELECT lo_truncate64(lo_open(1009, 131072), 1000000);
SELECT lo_create(1010);
SELECT lo_truncate64(lo_open(1010, 131072), 8192);
SELECT lo_from_bytea(1011, decode(repeat('ef', 10000), 'hex'));
SELECT lo_truncate(lo_open(1011, 131072), 3000), lo_put(1011, 9000, 'later');
SELECT lo_from_bytea(1012, decode(repeat('ef', 4096), 'hex'));
SELECT lo_truncate(lo_open(1012, 131072), 0);
-- With the numbers that the server chooses, and the largest that there is.
SELECT lo_create(4294967295), lo_put(4294967295, 0, 'last');
-- Larger than a member, and many small ones.
SELECT lo_from_bytea(2000, string_agg(sha512(n::text::bytea), '' ORDER BY n)) FROM generate_series(1, 50000) n;
SELECT count(lo_from_bytea((10000 + n)::oid, sha256(n::text::bytea))) FROM generate_series(1, 1200) n;
ALTER LARGE OBJECT 1002 OWNER TO owner_one;
ALTER LARGE OBJECT 1003 OWNER TO "role's";
GRANT SELECT ON LARGE OBJECT 1002, 1003 TO reader WITH GRANT OPTION;
GRANT UPDATE ON LARGE OBJECT 1004 TO PUBLIC;
REVOKE ALL ON LARGE OBJECT 1005 FROM postgres;
SET ROLE reader;
GRANT SELECT ON LARGE OBJECT 1002 TO "Role ""x""";
RESET ROLE;
COMMENT ON LARGE OBJECT 1001 IS E'it''s\nempty';
COMMENT ON LARGE OBJECT 10001 IS 'one of many';
