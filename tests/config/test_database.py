"""What the settings ask of a database."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_postgresql_compiles_no_statement():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite compiles nothing")
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
