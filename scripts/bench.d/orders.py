#!/usr/bin/env python3
"""orders.py ROWS: the rows of a wide table, as COPY takes them; the same ones every time.

What a shop's order events look like to a compressor: random identifiers, names and words of uneven
frequency, times that rise, a JSON document, notes that are sometimes missing. About 360 bytes each.
"""
import random
import sys
import time

TABLE = """
CREATE TABLE orders (
    id bigint NOT NULL, token uuid NOT NULL, customer int NOT NULL, email text NOT NULL,
    status text NOT NULL, amount numeric(12,2) NOT NULL, currency char(3) NOT NULL,
    created timestamptz NOT NULL, updated timestamptz NOT NULL, payload json NOT NULL, notes text
);
"""
INDEXES = """
ALTER TABLE orders ADD PRIMARY KEY (id);
CREATE INDEX orders_customer ON orders (customer);
CREATE INDEX orders_created ON orders (created);
"""

STATES = ["pending", "paid", "shipped", "delivered", "refunded", "cancelled"]
EVENTS = ["checkout", "view", "search", "login", "refund_request"]
DOMAINS = ["example.com", "example.org", "mail.example.net", "corp.example"]
TEXTS = 1 << 16


def rows(count):
    source = random.Random(1)
    draw = source.getrandbits
    letters = "eeeeettttaaaooiinnsshhrrddlucmfwypvbgk"

    def word(shortest, longest):
        return "".join(source.choices(letters, k=source.randint(shortest, longest)))

    words = [word(2, 10) for _ in range(4000)]
    text = source.choices(words, [1 / (rank + 3) for rank in range(len(words))], k=TEXTS + 32)
    states = source.choices(STATES, [5, 20, 15, 50, 4, 6], k=TEXTS)
    currencies = source.choices(["EUR", "USD", "GBP", "JPY"], [50, 30, 15, 5], k=TEXTS)
    names = [word(3, 9) for _ in range(5000)]
    second = 1704067200
    created = updated = ""
    for number in range(1, count + 1):
        step = draw(3)
        if step or not created:
            second += step
            created = time.strftime("%F %T", time.gmtime(second))
            updated = time.strftime("%F %T", time.gmtime(second + draw(17)))
        token = "%032x" % draw(128)
        bits = draw(96)
        customer = bits & 0x3FFFF
        place = (bits >> 18) % TEXTS
        notes = "\\N" if bits >> 94 == 0 else " ".join(text[place : place + 6 + (bits >> 34) % 16])
        payload = (
            '{"event": "%s", "items": [{"sku": "SKU-%05d", "qty": %d, "price": %d.%02d}], '
            '"ip": "10.%d.%d.%d", "campaign": "%s", "ok": %s}'
        ) % (
            EVENTS[(bits >> 40) % 5], (bits >> 43) % 20000, 1 + (bits >> 58) % 4,
            (bits >> 60) % 400, (bits >> 69) % 100, bits >> 8 & 255, bits >> 16 & 255,
            bits >> 24 & 255, text[(bits >> 50) % TEXTS], "true" if bits & 7 else "false",
        )
        yield "%d\t%s-%s-%s-%s-%s\t%d\t%s.%d@%s\t%s\t%d.%02d\t%s\t%s.%06d+00\t%s+00\t%s\t%s\n" % (
            number, token[:8], token[8:12], token[12:16], token[16:20], token[20:], customer,
            names[customer % 5000], customer % 997, DOMAINS[customer & 3],
            states[(bits >> 20) % TEXTS], (bits >> 30) % 5000, (bits >> 64) % 100,
            currencies[(bits >> 5) % TEXTS], created, (bits >> 44) % 1000000, updated, payload, notes,
        )


if __name__ == "__main__":
    sys.stdout.writelines(rows(int(sys.argv[1])))
