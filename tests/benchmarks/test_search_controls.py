"""The search's controls find what ours does, in every scene; the scenes leave nothing changed."""

import pytest

from benchmarks import scene, search, search_controls, search_scenes
from benchmarks.search_asked import bare, ours
from booking.models import Slot
from sites import places

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tiny(monkeypatch):
    """The benchmarks' scene with twenty slots a schedule."""
    monkeypatch.setattr(scene, "SLOTS", 2400)
    # Its extension would stay in the database of the tests; each run of the benchmark looks itself.
    monkeypatch.setattr(search_controls, "_has_postgis", lambda: False)
    places.clear()
    scene.build()
    yield
    places.clear()


def test_each_control_finds_what_ours_does_or_what_it_says_in_every_scene(tiny):
    before = sorted(Slot.objects.values_list("pk", "free_at"))
    seen = {}
    for name, taken in search_scenes.SCENES.items():
        with search_scenes.without(taken):
            controls = search_controls.controls()
            seen[name] = search._check(name, controls)
            assert bare() == ours()
            for control in controls:
                if control.order is None:
                    assert list(control.act().items()) == list(ours().items()), control.name
    assert len(seen["full"]) == 10
    assert not set(seen["full"]) & set(seen["twenty nearest empty"])
    assert seen["nothing free"] == {}
    assert sorted(Slot.objects.values_list("pk", "free_at")) == before


def test_a_control_that_finds_something_else_ends_the_run(tiny):
    wrong = search_controls.controls()[0]._replace(act=dict)
    with pytest.raises(SystemExit, match="naive, a site measured once does not find"):
        search._check("full", [*search_controls.controls()[1:], wrong])
