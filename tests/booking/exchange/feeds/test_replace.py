"""A body that is authoritative for the Schedules that it names."""

import json
from datetime import timedelta

import pytest
from django.db import connection

from booking.appointments import booking, holds
from booking.exchange.feeds.importer import import_lines
from booking.models import Appointment, Slot, WorklistRow
from tests.booking.exchange.feeds.conftest import location, schedule, slot
from tests.booking.exchange.feeds.test_import import book


@pytest.fixture
def replace(trust, now):
    def replace(*resources, at=now, then=None):
        def lines():
            for number, r in enumerate(resources, 1):
                yield number, r if isinstance(r, bytes) else json.dumps(r).encode()
            if then:
                raise then

        return import_lines(trust.code, lines(), now=at, replace=True)

    return replace


def open_slots():
    return sorted(Slot.objects.exclude(status="withdrawn").values_list("external_id", flat=True))


def test_slots_that_a_full_body_does_not_name_are_withdrawn(push, replace, fed):
    push(fed(name="a"), fed(name="b", hour=15), fed(name="c", hour=16))

    report = replace(fed(name="b", hour=15))

    assert (report.unchanged, report.withdrawn, report.kept) == (1, 2, "")
    assert open_slots() == ["b"]
    assert Slot.objects.filter(free_at__isnull=False).count() == 1


def test_only_schedules_that_are_named_lose_slots(push, replace, fed, furness):
    push(schedule(furness, "DX"), fed(name="mr"))
    push(fed(name="dx", schedule={"reference": "Schedule/furness-DX"}))

    replace(schedule(furness, "DX"))

    assert open_slots() == ["mr"]


def test_a_booked_slot_that_goes_missing_is_displaced_and_a_clerk_is_told(
    push, replace, fed, jane, now
):
    push(fed(name="a", capacity=2), fed(name="b", hour=15))
    book(jane, now)

    report = replace(fed(name="b", hour=15))

    assert (report.withdrawn, report.displaced) == (1, 1)
    assert Appointment.objects.get().status == "displaced"
    assert WorklistRow.objects.get(closed_at=None).kind == "displaced"
    assert open_slots() == ["b"]


def test_a_slot_that_comes_back_with_its_old_stamp_is_free_again(push, replace, fed):
    push(fed(name="a"), fed(name="b", hour=15))
    replace(fed(name="b", hour=15))

    report = replace(fed(name="a"), fed(name="b", hour=15))

    assert report.updated == 1
    assert open_slots() == ["a", "b"]
    assert Slot.objects.filter(free_at__isnull=False).count() == 2


def test_a_body_that_breaks_off_withdraws_nothing(push, replace, fed):
    push(fed(name="a"), fed(name="b", hour=15))

    with pytest.raises(ConnectionError):
        replace(fed(name="b", hour=15), then=ConnectionError)

    assert open_slots() == ["a", "b"]


@pytest.mark.parametrize("broken", [b'{"resourceType": "Slot", "id": "z", "sta', b"{", b"\xff"])
def test_a_line_that_cannot_be_read_withdraws_nothing_and_says_so(push, replace, fed, broken):
    push(fed(name="a"), fed(name="b", hour=15))

    report = replace(fed(name="b", hour=15), broken)

    assert open_slots() == ["a", "b"]
    assert "could not be read" in report.kept


@pytest.mark.parametrize(
    "wrong",
    [
        {"capacity": 0},
        {"name": "", "hour": 16},
        {"name": None, "hour": 16},
        {"name": ["c"], "hour": 16},
        {"name": "x" * 65, "hour": 16},
        {"start": "2026-12-02T24:00:00Z"},
        {"status": "gone"},
        {"resourceType": "slot"},
        {"resourceType": "Location"},
        {"resourceType": "Schedule"},
        {"resourceType": None},
    ],
    ids=str,
)
def test_one_refused_line_keeps_the_schedule_that_it_names(push, replace, fed, furness, wrong):
    push(schedule(furness, "DX"), fed(name="a"), fed(name="b", hour=15), fed(name="c", hour=16))
    push(fed(name="dx", schedule={"reference": "Schedule/furness-DX"}))

    refused = fed(**{"name": "a", **wrong})
    report = replace(fed(name="b", hour=15), schedule(furness, "DX"), refused)

    assert (report.refused, report.kept_all) == (1, False)
    assert "Schedule/furness-MR (line 3 was refused)" in report.kept
    assert open_slots() == ["a", "b", "c"], "the other schedule was whole"


@pytest.mark.parametrize(
    "line",
    [
        {"resourceType": "Slot", "id": "z"},
        {"resourceType": "Slot", "id": "z", "schedule": {"reference": "#furness"}},
        {"resourceType": "Slot", "schedule": {"reference": "Schedule/nowhere"}},
        {"resourceType": "Schedule", "id": "é"},
        {"resourceType": "Slott", "id": "z"},
        {"resourceType": "OperationOutcome", "issue": [{"severity": "fatal", "code": "exception"}]},
        {"id": "z"},
        {"resourceType": "Bundle", "type": "searchset", "total": 9, "entry": []},
        {"resourceType": "Bundle", "link": [{"relation": "next", "url": "?page=2"}]},
        {"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE", "url": "Slot/z"}}]},
        {"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:1"}]},
        {"resourceType": "Bundle", "entry": 3},
        [3],
        "text",
        None,
    ],
    ids=str,
)  # fmt: skip
def test_a_line_that_could_be_about_any_schedule_keeps_all(push, replace, fed, line):
    push(fed(name="a"), fed(name="b", hour=15))

    report = replace(fed(name="b", hour=15), line)

    assert report.kept_all
    assert open_slots() == ["a", "b"]


@pytest.mark.parametrize(
    "says",
    [{"link": [{"relation": "self"}, {"relation": "next"}]}, {"total": 2}, {"entry": []}],
    ids=["next page", "total", "empty"],
)
def test_a_bundle_that_is_not_all_of_it_keeps_all(push, replace, fed, says):
    push(fed(name="a"), fed(name="b", hour=15))
    bundle = {"resourceType": "Bundle", "entry": [{"resource": fed(name="b", hour=15)}]}

    assert replace(fed(name="b", hour=15), {**bundle, **says}).kept_all
    assert open_slots() == ["a", "b"]
    fits = {"link": [{"relation": "self"}], "total": 1}
    assert replace({**bundle, **fits}).withdrawn == 1


@pytest.mark.parametrize("kind", ["Organization", "HealthcareService", "Location"])
def test_a_refused_line_that_can_name_no_slot_keeps_none(push, replace, fed, kind):
    push(fed(name="a"), fed(name="b", hour=15))

    report = replace(fed(name="b", hour=15), {"resourceType": kind, "id": "z"})

    assert (report.refused, report.withdrawn, report.kept) == (1, 1, "")


def test_slots_of_a_schedule_that_we_do_not_have_keep_no_other(push, replace, fed):
    push(fed(name="a"), fed(name="b", hour=15), fed(name="c", hour=16))

    report = replace(
        fed(name="b", hour=15), fed(name="c", schedule={"reference": "Schedule/nowhere"})
    )

    assert (report.refused, report.withdrawn, report.kept) == (1, 1, "")
    assert open_slots() == ["b", "c"], "c is kept: its line was not understood"


def test_a_refused_schedule_line_keeps_that_schedule(push, replace, fed, furness):
    push(fed(name="a"), fed(name="b", hour=15))

    report = replace(schedule(furness, actor=[]), fed(name="b", hour=15))

    assert "Schedule/furness-MR (line 1" in report.kept
    assert open_slots() == ["a", "b"]


def test_one_id_at_two_times_may_be_two_slots(push, replace, fed):
    push(fed(name="a"), fed(name="b", hour=15), fed(name="c", hour=16))

    report = replace(fed(name="b", hour=15), fed(name="b", hour=14))

    assert "one id at two times" in report.kept
    assert open_slots() == ["a", "b", "c"]
    assert Slot.objects.get(external_id="b").start.hour == 14, "the later counts"
    assert replace(fed(name="b"), fed(name="b", status="busy")).withdrawn == 2


OTHERS = {
    "contained": [{"resourceType": "Schedule", "id": "of another"}],
    "extension": [{"id": "e1", "url": "urn:x", "valueIdentifier": {"id": "i1"}}],
}


@pytest.mark.parametrize("broken", [False, True])
def test_a_refused_line_is_named_by_its_own_id(push, replace, fed, broken):
    push(fed(name="a"), fed(name="b", hour=15))
    line = json.dumps({**OTHERS, **fed(name="a", status="gone")}, sort_keys=True).encode()
    line = line.replace(b'"gone"', b"gone") if broken else line

    report = replace(fed(name="b", hour=15), line)

    assert report.refusals[0].item == "Slot/a"
    assert open_slots() == ["a", "b"]


def text(resource, **how):
    return json.dumps(resource, **how).encode()


def shapes(resources):
    """Ways in which systems send the same resources, as lines."""
    entries = [{"fullUrl": f"urn:{n}", "resource": one} for n, one in enumerate(resources)]
    put = [{**one, "request": {"method": "PUT", "url": "x"}} for one in entries]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    first, *others = [text(one) for one in resources]
    return {
        "array": [text(resources)],
        "printed array": text(resources, indent=2).split(b"\n"),
        "array, a line each": [b"[", *(b",\n".join([first, *others])).split(b"\n"), b"]"],
        "array with commas first": [b"[" + first, *[b"," + one for one in others], b"]"],
        "array of a Bundle": [text([bundle])],
        "array in an array": [text([resources])],
        "Bundle": [text(bundle)],
        "keys sorted": [text({**bundle, "entry": put}, sort_keys=True)],
        "printed Bundle": text({**bundle, "entry": put}, indent=1).split(b"\n"),
        "two Bundles": [text({**bundle, "entry": some}) for some in (entries[:2], entries[2:])],
        "printed resources": b"\n".join(text(one, indent=1) for one in resources).split(b"\n"),
        "a mark and line ends": [b"\xef\xbb\xbf" + first + b"\r", *[o + b"\r" for o in others]],
    }


SHAPES = sorted(shapes([{}, {}]))


@pytest.mark.parametrize("shape", SHAPES)
def test_arrays_and_bundles_are_read_in_every_shape(replace, furness, shape):
    lines = [location(furness), schedule(furness), slot(furness, "a"), slot(furness, "b", hour=15)]

    report = replace(
        *[line if isinstance(line, bytes) else line.encode() for line in shapes(lines)[shape]]
    )

    assert (report.created, report.refused, report.kept) == (4, 0, "")
    assert open_slots() == ["a", "b"]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_that_ends_too_early_withdraws_nothing(push, replace, fed, furness, shape):
    everything = [location(furness), schedule(furness), fed(name="a"), fed(name="b", hour=15)]
    replace(*everything)
    lines = shapes(everything)[shape]

    replace(*lines[:-1], lines[-1][: len(lines[-1]) // 2])

    assert open_slots() == ["a", "b"]


def test_a_broken_line_before_good_ones_loses_only_itself(push, replace, fed):
    push(fed(name="a"), fed(name="b", hour=15))

    report = replace(b'{"resourceType": "Slot", "extension": [', fed(name="n1"), fed(name="n2"))

    assert (report.created, report.refused) == (2, 1)
    assert open_slots() == ["a", "b", "n1", "n2"]


def test_what_was_is_left_alone_and_so_is_what_came_in_meanwhile(push, replace, fed, now):
    push(fed(name="past", start="2026-11-20T10:00:00Z", end="2026-11-20T10:30:00Z"))
    push(fed(name="new", hour=15, stamp=(now + timedelta(minutes=2)).isoformat()))

    replace(fed(name="b", hour=16))

    assert open_slots() == ["b", "new", "past"]


def test_a_hold_on_a_slot_that_went_missing_is_lost(push, replace, fed, jane, now):
    push(fed(name="a"), fed(name="b", hour=15))
    held = holds.hold(jane, Slot.objects.get(external_id="a").pk, now=now)

    replace(fed(name="b", hour=15))

    with pytest.raises(holds.SlotTaken):
        booking.book(jane, held.pk, now=now, actor="patient")


def test_a_full_body_over_many_chunks_keeps_all_that_it_names(push, replace, furness, monkeypatch):
    monkeypatch.setattr("booking.exchange.feeds.importer.CHUNK", 7)
    monkeypatch.setattr("booking.exchange.feeds.authoritative.BATCH", {connection.vendor: 3})
    everything = [location(furness), schedule(furness)]
    everything += [slot(furness, name=f"s{i:02}", hour=i % 24) for i in range(40)]
    replace(*everything)

    report = replace(*everything[:22])

    assert report.withdrawn == 20
    assert open_slots() == [f"s{i:02}" for i in range(20)]
