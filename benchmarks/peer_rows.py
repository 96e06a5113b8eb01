"""`python -m benchmarks.peer_rows`: the 60,000 slots, and on PostgreSQL the control's copy of them.

As UNIVAF keeps them: a row a place (here each schedule is one), and all its slots as one array of
JSON in the row of its availability. A place has a page to book at and no phone, and no slot says
how many places it has: its lines are then as long as those of the server itself (24 MB).
"""

import django

TABLES = """
DROP SCHEMA IF EXISTS peer CASCADE;
CREATE SCHEMA peer;
CREATE TABLE peer.place (
  id varchar PRIMARY KEY, name text NOT NULL, state text, address_lines text[], city text,
  postal_code text, booking_phone text, booking_url text, meta jsonb,
  is_public boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE peer.availability (
  id serial PRIMARY KEY, place_id varchar NOT NULL REFERENCES peer.place, source text NOT NULL,
  available text NOT NULL, valid_at timestamptz NOT NULL, checked_at timestamptz NOT NULL,
  meta jsonb, is_public boolean NOT NULL DEFAULT true, slots jsonb[], UNIQUE (place_id, source));
"""
PLACES = """
INSERT INTO peer.place (id, name, state, booking_url)
SELECT CAST(id AS text), external_id, 'all', 'http://localhost:8000/' FROM booking_schedule
"""
INSTANT = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
SLOTS = f"""
INSERT INTO peer.availability (place_id, source, available, valid_at, checked_at, slots)
SELECT CAST(schedule_id AS text), 'benchmark', 'YES', now(), now(), array_agg(jsonb_build_object(
  'start', {INSTANT.format("start")}, 'end', {INSTANT.format('"end"')},
  'available', CASE WHEN free_at IS NULL THEN 'NO' ELSE 'YES' END) ORDER BY start, id)
FROM booking_slot GROUP BY schedule_id
"""


def main() -> None:
    """Fill the database that the environment names."""
    django.setup()
    from django.db import connection

    from benchmarks import scene

    scene.build()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for statement in (TABLES, PLACES, SLOTS, "VACUUM ANALYZE"):
                cursor.execute(statement)


if __name__ == "__main__":
    main()
