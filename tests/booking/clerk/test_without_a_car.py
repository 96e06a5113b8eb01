"""How the caller travels: at the desk, beside where from."""

import pytest

from sites.models import Postcode
from tests.booking.clerk.conftest import text
from tests.sites.travel import timetables


@pytest.fixture
def timetable(furness, lancaster, tmp_path):
    Postcode.objects.get_or_create(
        code="LA14 4LF", defaults={"outward": "LA14", "sector": "LA14 4", "lat": 54.1, "lon": -3.2}
    )
    timetables.put(
        tmp_path,
        "LA14 4,lancaster,weekday-day,55,1,8,19:10",
        "LA14 4,lancaster,weekday-evening,65,1,8,19:10",
    )


def screen(clerk, referral, extra=""):
    address = f"/staff/patient/{referral.patient_id}/?referral={referral.pk}{extra}"
    return text(clerk.get(address))


def test_the_desk_asks_once_there_is_a_timetable(at_desk, clerk, jane):
    assert 'name="way"' not in screen(clerk, jane)


def test_the_list_and_the_held_time_are_those_of_the_bus(
    timetable, at_desk, clerk, jane, lancaster, make_slot
):
    make_slot(day=8)
    late = make_slot(site=lancaster, day=8, hour=19)
    assert 'name="way"' in screen(clerk, jane)

    at_desk("from", place="LA14 4LF", way="public")
    page = screen(clerk, jane)
    assert page.index("Lancaster</h3>") < page.index("Furness</h3>")
    assert "About 55 minutes by bus or train, 1 change, 8 minutes’ walk" in page
    assert "no bus or train home</span>" in page

    at_desk("hold", slot=late.pk)
    held = screen(clerk, jane)
    assert "The last bus or train home goes at 7:10pm. This scan ends at 7:30pm." in held
    assert "about 65" not in held.lower()

    at_desk("from", place="LA14 4LF", way="car")
    assert "last bus" not in screen(clerk, jane)


def test_hospital_transport_on_the_record_stands_in_the_form(timetable, at_desk, clerk, jane):
    jane.patient.needs = ["transport"]
    jane.patient.save()

    assert 'value="hospital" selected' in screen(clerk, jane)


def test_only_times_with_a_way_home_can_be_asked_for(
    timetable, at_desk, clerk, jane, lancaster, make_slot
):
    evenings = [make_slot(site=lancaster, day=8 + n, hour=19) for n in range(20)]
    home_by_bus = make_slot(site=lancaster, day=27, hour=14)  # a Monday
    assert home_by_bus.start.weekday() == 0
    at_desk("from", place="LA14 4LF", way="public")
    whole = screen(clerk, jane)
    assert "Only times with a way home" in whole
    assert f'id="slot-{evenings[0].pk}"' in whole

    page = screen(clerk, jane, "&home=1")

    assert f'id="slot-{home_by_bus.pk}"' in page
    assert not any(f'id="slot-{one.pk}"' in page for one in evenings)
    assert "Furness</h3>" not in page, "no way there was found"
    assert "1 place has times like this" in page

    at_desk("from", place="LA14 4LF", way="car")
    assert f'id="slot-{evenings[0].pk}"' in screen(clerk, jane, "&home=1"), "by car it says nothing"
