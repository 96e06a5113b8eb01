"""What the database's users may do to the audit: the service's own may add to it, and no more.

On PostgreSQL two users share the work. The owner made the tables, and migrates them. The service
runs as another, which reads and writes the rows of all tables, but of the audit's it may read and
add rows only: no UPDATE, DELETE or TRUNCATE; and as it owns no table, it can drop no trigger and
alter nothing. SQLite has no users.
"""

import re
from collections.abc import Iterable

from django.db import connection

APPEND_ONLY = ("booking_auditentry", "booking_auditlink")
READ_ONLY = ("django_migrations",)
"""What only migrating writes."""
NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
"""What a user may be called: it goes into SQL as it is."""
CHANGING = ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER")


class NoRoles(ValueError):
    """The rights cannot be given; the text says why."""


def grants(role: str, owner: str) -> list[str]:
    """Return the SQL that gives the service's user its rights, all of them and no others; the
    owner runs it after each migration. Raises NoRoles.
    """
    for name in (role, owner):
        if not NAME.fullmatch(name):
            raise NoRoles(f"“{name}” is no name for a user: small letters, digits and _")
    if role == owner:
        raise NoRoles("The service’s user must be another one than the owner of the tables")
    future = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
    return [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON SCHEMA public FROM {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"{future} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        f"{future} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
        *(f"REVOKE UPDATE, DELETE, TRUNCATE ON {name} FROM {role}, PUBLIC" for name in APPEND_ONLY),
        *(f"REVOKE INSERT, UPDATE, DELETE ON {name} FROM {role}" for name in READ_ONLY),
    ]


def too_much() -> list[str]:
    """Return what the user whom the service runs as may do to the audit, and should not; in words,
    each with what to do. Empty on SQLite, which has no users.
    """
    if connection.vendor != "postgresql":
        return []
    found = [words for table in APPEND_ONLY for words in _too_much(table)]
    return [f"{words}. See docs/audit.md: manage.py database_roles" for words in found]


def _too_much(table: str) -> Iterable[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, pg_has_role(current_user, relowner, 'USAGE'),"
            " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
            " FROM pg_class WHERE oid = %s::regclass",
            [table],
        )
        user, owns, is_super = cursor.fetchone()
        if is_super:
            yield f"The service runs as {user}, who may do anything, also to {table}"
            return
        if owns:
            yield f"The service runs as {user}, who owns {table} and can drop what guards it"
            return
        for right in CHANGING:
            cursor.execute("SELECT has_table_privilege(%s, %s)", [table, right])
            if cursor.fetchone()[0]:
                yield f"The service runs as {user}, who has the right to {right} on {table}"
