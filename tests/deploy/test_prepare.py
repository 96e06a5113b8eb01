"""`manage.py prepare` in a container: static files lie in the image, whose root is not written."""

import pytest
from django.core.management import call_command

from booking.management.commands import prepare


@pytest.mark.parametrize(("given", "collects"), [([], True), (["--without-static"], False)])
def test_static_files_are_collected_unless_they_are_there(monkeypatch, given, collects):
    ran = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **how: ran.append(name))

    call_command("prepare", *given)

    wanted = [name for name, _ in prepare.STEPS + prepare.DEMO_STEPS]
    assert ran == [name for name in wanted if collects or name != "collectstatic"]
