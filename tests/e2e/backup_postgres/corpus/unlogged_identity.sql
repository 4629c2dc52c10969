-- Before 15 such a sequence is logged, though its table is not; pg_dump says so in words that
-- those servers do not know.
CREATE UNLOGGED TABLE unlogged_owner (a int GENERATED ALWAYS AS IDENTITY, b serial);
INSERT INTO unlogged_owner DEFAULT VALUES;
