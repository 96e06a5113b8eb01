"""Triggers: a link of the audit's chain is never changed, and neither table is ever truncated.

The function of 0002 is used again. SQLite has no TRUNCATE: a DELETE without a condition, which it
would do as one, fires the triggers like any other.
"""

from django.db import migrations

LINK, ENTRY = "booking_auditlink", "booking_auditentry"
SQLITE = """
CREATE TRIGGER audit_link_no_{verb} BEFORE {verb} ON booking_auditlink
BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END
"""
ROWS = """
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()
"""
WHOLE = """
CREATE TRIGGER audit_never_truncated BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
"""


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for verb in ("update", "delete"):
            schema_editor.execute(SQLITE.format(verb=verb))
        return
    schema_editor.execute(ROWS.format(table=LINK))
    for table in (LINK, ENTRY):
        schema_editor.execute(WHOLE.format(table=table))


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for verb in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER audit_link_no_{verb}")
        return
    schema_editor.execute(f"DROP TRIGGER audit_append_only ON {LINK}")
    for table in (LINK, ENTRY):
        schema_editor.execute(f"DROP TRIGGER audit_never_truncated ON {table}")


class Migration(migrations.Migration):
    dependencies = [("booking", "0087_audit_link")]
    operations = [migrations.RunPython(add, remove)]
