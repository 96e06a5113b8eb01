"""Triggers: whatever changes a place, and by whichever door, gives the places another version.

A migration that makes one of these tables anew on SQLite (AlterField does) drops its triggers: it
must run `add` again. tests/sites/test_version.py asks each table.
"""

from django.db import migrations

TABLES = ("sites_trust", "sites_site", "sites_openhours", "sites_scanner", "sites_stop")
DRAW = """
INSERT INTO sites_placesversion (id, value) VALUES (1, {number})
ON CONFLICT (id) DO UPDATE SET value = excluded.value
"""
SQLITE = """
CREATE TRIGGER {table}_{verb}_version AFTER {verb} ON {table} BEGIN {statement}; END
"""
FUNCTION = """
CREATE FUNCTION places_have_changed() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS
$$ BEGIN {statement}; RETURN NULL; END $$
"""
POSTGRESQL = """
CREATE TRIGGER places_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION places_have_changed()
"""
AT_RANDOM = "hashtextextended(gen_random_uuid()::text, 0)"


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        statement = DRAW.format(number="random()")
        for table in TABLES:
            for verb in ("insert", "update", "delete"):
                schema_editor.execute(SQLITE.format(table=table, verb=verb, statement=statement))
        schema_editor.execute(statement)
        return
    statement = DRAW.format(number=AT_RANDOM)
    schema_editor.execute(FUNCTION.format(statement=statement))
    for table in TABLES:
        schema_editor.execute(POSTGRESQL.format(table=table))
    schema_editor.execute(statement)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for table in TABLES:
            for verb in ("insert", "update", "delete"):
                schema_editor.execute(f"DROP TRIGGER {table}_{verb}_version")
        return
    schema_editor.execute("DROP FUNCTION places_have_changed() CASCADE")


class Migration(migrations.Migration):
    dependencies = [("sites", "0005_places_version")]
    operations = [migrations.RunPython(add, remove)]
