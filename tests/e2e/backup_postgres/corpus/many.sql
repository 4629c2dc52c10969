-- Two hundred tables that refer to each other.
DO $$
BEGIN
    FOR n IN 1..200 LOOP
        EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, v text, up int)', n);
        EXECUTE format('INSERT INTO t%s (v, up) SELECT md5(i::text), i FROM generate_series(1, 20) i', n);
        EXECUTE format('CREATE INDEX ON t%s (v)', n);
        IF n > 1 THEN
            EXECUTE format('ALTER TABLE t%s ADD FOREIGN KEY (up) REFERENCES t%s', n, n / 2);
        END IF;
    END LOOP;
END $$;
