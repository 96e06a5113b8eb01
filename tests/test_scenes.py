"""A scene that is made once is the same for each test, and no test sees what another did to it."""

import pytest
from django.test import Client

from sites.models import Trust
from tests import scenes


def make_scene(make_staff):
    """Rows that quoting could spoil, and a clerk's browser that is signed in."""
    trust = Trust.objects.create(code="RTX", name="O'Neill's \\ 100% “Trust”\n")
    browser = Client()
    browser.staff = make_staff()
    browser.force_login(browser.staff.user)
    return {"trust": trust, "browser": browser, "made": []}


@pytest.fixture
def scene(made_once):
    return made_once(make_scene)


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_every_test_begins_with_the_scene_as_it_was_made(scene, turn):
    trust = Trust.objects.get()
    assert (trust.code, trust.name) == ("RTX", "O'Neill's \\ 100% “Trust”\n")
    assert list(scene["browser"].staff.trusts.all()) == [trust]
    assert scene["browser"].get("/staff/lists/").status_code == 200
    assert scene["made"] == []

    Trust.objects.create(code="RXR", name="Another")  # its key is free: nothing of before is left
    scene["made"].append(turn)
    scene["trust"].name = "changed"
    scene["browser"].logout()


def test_what_makes_a_scene_is_played_once(db):
    played = []

    def make():
        played.append(Trust.objects.create(code="RTX", name="Bay"))

    scenes.made_once("a scene of its own", make)
    Trust.objects.all().delete()
    scenes.made_once("a scene of its own", make)

    assert (len(played), Trust.objects.get().name) == (1, "Bay")
