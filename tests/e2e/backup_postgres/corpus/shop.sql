-- What most people have: a small shop with a bit of everything.
CREATE TYPE order_status AS ENUM ('new', 'paid', 'sent', 'returned');
CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@]+@[^@]+$');

CREATE TABLE customers (
    id serial PRIMARY KEY,
    email email NOT NULL UNIQUE,
    name text NOT NULL,
    born date,
    settings jsonb DEFAULT '{}' NOT NULL,
    created timestamptz DEFAULT now() NOT NULL
);
CREATE TABLE products (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku varchar(20) NOT NULL UNIQUE,
    price numeric(10, 2) NOT NULL CHECK (price >= 0),
    tags text[] DEFAULT '{}' NOT NULL,
    picture bytea,
    weight double precision,
    gross numeric GENERATED ALWAYS AS (price * 1.19) STORED
);
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    customer int NOT NULL REFERENCES customers ON DELETE CASCADE,
    status order_status DEFAULT 'new' NOT NULL,
    placed timestamp DEFAULT '2026-01-01' NOT NULL,
    total numeric DEFAULT 0 NOT NULL
);
CREATE TABLE order_lines (
    "order" bigint REFERENCES orders,
    product bigint REFERENCES products,
    amount int DEFAULT 1 CHECK (amount > 0),
    PRIMARY KEY ("order", product)
);
CREATE INDEX orders_customer ON orders (customer);
CREATE INDEX orders_open ON orders (placed) WHERE status = 'new';
CREATE INDEX products_tags ON products USING gin (tags);
CREATE INDEX customers_lower ON customers (lower(name));

CREATE FUNCTION add_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- a comment; with 'quotes'
    UPDATE orders SET total = (
        SELECT coalesce(sum(amount * price), 0)
        FROM order_lines JOIN products ON products.id = product WHERE "order" = NEW."order"
    ) WHERE id = NEW."order";

    RETURN NEW;
END $$;
CREATE TRIGGER add_up AFTER INSERT OR UPDATE ON order_lines FOR EACH ROW EXECUTE FUNCTION add_up();
CREATE VIEW revenue AS
    SELECT date_trunc('month', placed) AS month, count(*), sum(total) FROM orders GROUP BY 1;
CREATE MATERIALIZED VIEW best AS
    SELECT product, sum(amount) AS sold FROM order_lines GROUP BY product ORDER BY sold DESC LIMIT 10;
CREATE UNIQUE INDEX ON best (product);

INSERT INTO customers (email, name, born, settings, created)
SELECT 'user' || n || '@example.com', E'Name \\ "' || n || E'"\t', date '1950-01-01' + n,
    jsonb_build_object('n', n, 'text', repeat('x', n % 50)), '2026-01-01'::timestamptz + n * interval '1 h'
FROM generate_series(1, 500) n;
INSERT INTO products (sku, price, tags, picture, weight)
SELECT 'sku-' || n, n * 1.01, ARRAY['tag' || n % 7, 'with "quote"', 'a,b', NULL], decode(md5(n::text), 'hex'),
    CASE n % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' ELSE n / 3.0::float8 END
FROM generate_series(1, 200) n;
INSERT INTO orders (customer, status, placed)
SELECT n % 500 + 1, (enum_range(NULL::order_status))[n % 4 + 1], timestamp '2026-01-01' + n * interval '7 min'
FROM generate_series(1, 2000) n;
INSERT INTO order_lines
SELECT n % 2000 + 1, n % 200 + 1, n % 9 + 1 FROM generate_series(1, 4000) n ON CONFLICT DO NOTHING;
REFRESH MATERIALIZED VIEW best;
COMMENT ON TABLE orders IS 'What was bought';
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
