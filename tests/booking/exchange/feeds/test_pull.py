"""A trust that only hosts a $bulk-publish manifest, on a real server of this machine."""

import gzip
import json
from datetime import timedelta

import pytest

from booking.demo.publisher import Page, Publisher
from booking.exchange.feeds import freshness, pull
from booking.exchange.feeds.repairs import repaired
from booking.models import Feed, FeedCall, Schedule, Slot, WorklistRow
from tests.booking.exchange.feeds.conftest import location, schedule, slot

MANIFEST = "/$bulk-publish"


@pytest.fixture
def server(settings, trust):
    settings.FEEDS_MAY_BE_PRIVATE = True
    with Publisher() as publisher:
        Feed.objects.update(
            pull_url=publisher.url + MANIFEST, interval_minutes=2, last_contact_at=None
        )
        yield publisher


@pytest.fixture
def publish(server, furness):
    def publish(*slots, packed=False, **headers):
        files = {
            "Slot": [one if isinstance(one, bytes) else json.dumps(one).encode() for one in slots],
            "Location": [json.dumps(location(furness)).encode()],
            "Schedule": [json.dumps(schedule(furness)).encode()],
        }
        server.publish(files, packed=packed, **headers)

    return publish


@pytest.fixture
def two(publish, furness, trust, now):
    """Slots a and b were published and pulled; an hour has passed."""
    publish(slot(furness, "a"), slot(furness, "b", hour=15))
    pull.pull("RTX", now=now - timedelta(hours=1))


def open_slots():
    return sorted(Slot.objects.exclude(status="withdrawn").values_list("external_id", flat=True))


@pytest.mark.parametrize("packed", [False, True])
def test_all_files_of_a_manifest_come_in(publish, furness, now, packed):
    publish(slot(furness, "a"), slot(furness, "b", hour=15), packed=packed)

    report = pull.pull("RTX", now=now)

    assert report.created == 4
    feed = Feed.objects.get()
    assert (feed.last_contact_at, feed.pull_problem) == (now, "")
    assert FeedCall.objects.get().call == "pull"


def test_nothing_new_costs_no_body_and_counts_as_heard_from(two, server, now):
    server.statuses()

    report = pull.pull("RTX", now=now)

    assert server.statuses() == [304, 304, 304, 304]
    assert report.used == 0
    assert Feed.objects.get().last_contact_at == now


def test_a_slot_that_is_no_longer_published_is_withdrawn(two, publish, server, furness, now):
    publish(slot(furness, "b", hour=15))
    server.statuses()

    report = pull.pull("RTX", now=now)

    assert report.withdrawn == 1
    assert open_slots() == ["b"]
    assert server.statuses() == [304, 304, 304, 200, 200, 200]


@pytest.mark.parametrize("fault", ["error", "break_off", "drip"])
@pytest.mark.parametrize("path", [MANIFEST, "/Slot.ndjson", "/Location.ndjson"])
def test_what_does_not_come_whole_withdraws_nothing_and_is_written_down(
    two, publish, server, furness, settings, now, fault, path
):
    settings.FEED_PULL_SECONDS = 0.5
    publish(slot(furness, "b", hour=15), slot(furness, "c", hour=16))
    server.pages[path].body += b" "
    server.pages[path].fault = fault

    pull.pull("RTX", now=now)

    feed = Feed.objects.get()
    assert {"a", "b"} <= set(open_slots())
    assert feed.pull_problem
    assert feed.last_contact_at == now - timedelta(hours=1)
    assert FeedCall.objects.latest("pk").status == 502


def test_a_server_that_drips_a_byte_at_a_time_is_given_up_in_total_time(
    two, publish, server, furness, settings, now
):
    settings.FEED_PULL_SECONDS = 0.5
    publish(slot(furness, "b", hour=15))
    server.pages["/Slot.ndjson"].fault = "drip"

    pull.pull("RTX", now=now)

    assert "too long" in Feed.objects.get().pull_problem


def test_a_missing_file_withdraws_nothing(two, publish, server, furness, now):
    publish(slot(furness, "b", hour=15))
    del server.pages["/Slot.ndjson"]

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert "404" in Feed.objects.get().pull_problem


def test_truncated_gzip_withdraws_nothing(two, publish, server, furness, now):
    body = gzip.compress(b"\n".join(json.dumps(slot(furness, f"n{i}")).encode() for i in range(9)))
    publish()
    server.pages["/Slot.ndjson"] = Page(body[:-12], headers={"Content-Encoding": "gzip"})

    pull.pull("RTX", now=now)

    assert {"a", "b"} <= set(open_slots())
    assert "gzip" in Feed.objects.get().pull_problem


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b'{"output": [{"type": "Slot", "url": "http:',
        b"[]",
        b'{"output": []}',
        b'{"output": [{"type": "Schedule", "url": "/Schedule.ndjson"}]}',
        b'{"output": [{"type": "Slot", "url": "file:///etc/passwd"}]}',
        b'{"output": [{"type": "Slot", "url": "http://user@127.0.0.1/"}]}',
        b'{"output": [{"type": "Slot", "url": "http://127.0.0.1:99999/"}]}',
        b'{"output": ' + b"[" * 50_000,
        json.dumps({"output": [{"type": "Slot", "url": "/x"}] * 201}).encode(),
        b" " * (pull.MAX_MANIFEST + 1),
    ],
)
def test_half_a_manifest_or_a_strange_one_withdraws_nothing(two, server, now, manifest):
    server.pages[MANIFEST] = Page(manifest)

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert Feed.objects.get().pull_problem


def test_an_empty_slot_file_withdraws_nothing(two, publish, now):
    publish()

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert "empty" in Feed.objects.get().pull_problem


def test_a_file_larger_than_we_take_is_given_up(two, publish, furness, settings, now):
    publish(slot(furness, "b", hour=15, comment="x" * 2000))
    settings.IMPORT_MAX_BODY_BYTES = 1000

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert "larger" in Feed.objects.get().pull_problem


def test_a_feed_that_recovers_says_so(two, publish, server, furness, now):
    server.pages["/Slot.ndjson"].fault = "error"
    pull.pull("RTX", now=now)
    publish(slot(furness, "b", hour=15))

    pull.pull("RTX", now=now + timedelta(minutes=2))

    assert Feed.objects.get().pull_problem == ""
    assert open_slots() == ["b"]


def test_what_real_publishers_get_wrong_is_read_all_the_same(publish, furness, now):
    publish(
        json.dumps(slot(furness, "odd_id of theirs")).encode(),
        json.dumps(
            slot(furness, "west", start="2026-12-02T09:00:00-05", end="2026-12-02T09:30:00-0500")
        ).encode(),
        json.dumps(slot(furness, "X")).replace('"X"', "12345").encode(),
        json.dumps(slot(furness, "tab", comment="X")).replace('"X"', '"a\tb"').encode(),
        json.dumps(slot(furness, "status", extension=[{"url": "state", "valueString": "MA"}]))
        .encode() + b"\r",
    )  # fmt: skip

    report = pull.pull("RTX", now=now)

    assert open_slots() == ["12345", "odd_id of theirs", "status", "tab", "west"]
    assert report.refused == 0
    assert Slot.objects.get(external_id="west").start.hour == 14


def test_a_manifest_may_say_its_state_as_a_string(publish, server, furness, now):
    publish(slot(furness))
    manifest = json.loads(server.pages[MANIFEST].body)
    for output in manifest["output"]:
        output["extension"] = {"state": "Lancashire"}
    server.pages[MANIFEST] = Page(b"\xef\xbb\xbf" + json.dumps(manifest).encode())

    assert pull.pull("RTX", now=now).created == 3


def published(*resources):
    return b"\n".join(json.dumps(one).encode() for one in resources)


@pytest.mark.parametrize("said", [True, False], ids=["said", "not said"])
def test_a_packed_manifest_is_read(publish, server, furness, now, said):
    publish(slot(furness))
    headers = {"Content-Encoding": "gzip"} if said else {}
    server.pages[MANIFEST] = Page(gzip.compress(server.pages[MANIFEST].body), headers=headers)

    assert pull.pull("RTX", now=now).created == 3
    assert Feed.objects.get().pull_problem == ""


def test_a_manifest_that_unpacks_to_too_much_is_given_up(two, server, now):
    server.pages[MANIFEST] = Page(gzip.compress(b" " * (pull.MAX_MANIFEST + 1)))

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert "larger" in Feed.objects.get().pull_problem


def test_all_members_of_a_file_are_read(two, server, furness, now):
    lines = [published(slot(furness, "b", hour=15)) + b"\n", published(slot(furness, "c", hour=16))]
    server.pages["/Slot.ndjson"] = Page(b"".join(gzip.compress(line) for line in lines))

    assert pull.pull("RTX", now=now).created == 1
    assert open_slots() == ["b", "c"]


@pytest.mark.parametrize("kind", ["array", "Bundle"])
def test_a_file_may_be_an_array_or_a_bundle(two, server, furness, now, kind):
    slots = [slot(furness, "b", hour=15), slot(furness, "c", hour=16)]
    entries = [{"resource": one} for one in slots]
    whole = slots if kind == "array" else {"resourceType": "Bundle", "entry": entries}
    server.pages["/Slot.ndjson"] = Page(json.dumps(whole, indent=1).encode())

    pull.pull("RTX", now=now)

    assert open_slots() == ["b", "c"]
    assert Feed.objects.get().pull_problem == ""


@pytest.mark.parametrize(
    "body", [b"[]", b'{"resourceType": "Bundle", "entry": []}', b"<html>Sign in</html>", b"{}"]
)
def test_a_slot_file_without_a_slot_withdraws_nothing(two, server, now, body):
    server.pages["/Slot.ndjson"] = Page(body)

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert "No slot could be used" in Feed.objects.get().pull_problem


def test_a_refused_line_keeps_its_schedule_is_said_and_is_read_again(two, server, furness, now):
    good, bad = slot(furness, "b", hour=15), slot(furness, "c", hour=16, capacity=0)
    server.pages["/Slot.ndjson"] = Page(published(good, bad))

    for minutes in (0, 2):
        pull.pull("RTX", now=now + timedelta(minutes=minutes))
        feed = Feed.objects.get()
        assert "Nothing was withdrawn of Schedule/furness-MR" in feed.pull_problem
        assert feed.last_contact_at == now + timedelta(minutes=minutes), "the others are fresh"
    assert open_slots() == ["a", "b"]


def test_a_line_that_could_be_anything_makes_the_feed_late(two, server, furness, now):
    server.pages["/Slot.ndjson"] = Page(published(slot(furness, "b", hour=15)) + b"\n{oops")

    pull.pull("RTX", now=now)

    assert open_slots() == ["a", "b"]
    assert Feed.objects.get().last_contact_at == now - timedelta(hours=1)


def test_mending_leaves_a_good_line_as_it_is(furness):
    line = json.dumps(slot(furness)).encode()

    assert repaired(line) == (line, [])


@pytest.mark.parametrize(("said", "minutes"), [
    ("max-age=180", 3), ("max-age=5", 1), ("max-age=99999", 5), ("no-store", 2),
])  # fmt: skip
def test_when_to_come_again_is_the_publishers_max_age_within_one_to_five_minutes(
    publish, furness, now, said, minutes
):
    publish(slot(furness), **{"Cache-Control": said})

    pull.pull("RTX", now=now)

    assert Feed.objects.get().pull_next_at == now + timedelta(minutes=minutes)


def test_a_feed_is_due_once_an_interval_and_only_for_one_worker(server, now):
    assert pull.due(now) == ["RTX"]
    assert pull.due(now) == []
    assert pull.due(now + timedelta(minutes=2)) == ["RTX"]


def test_staff_may_ask_for_a_pull_now(two, server, now):
    Feed.objects.update(pull_next_at=now + timedelta(minutes=2))

    assert pull.ask_again("RTX", now=now)
    assert pull.due(now) == ["RTX"]


def test_a_feed_that_pushes_is_never_pulled(trust, now):
    assert pull.due(now) == []
    assert not pull.ask_again("RTX", now=now)


DX = {"schedule": {"reference": "Schedule/furness-DX"}}


@pytest.fixture
def both(publish, server, furness, now):
    """Times of two schedules were pulled; give what publishes some of them again."""

    def both(*slots, schedules=("MR", "DX"), **headers):
        publish(*slots, **headers)
        lines = [json.dumps(schedule(furness, modality)).encode() for modality in schedules]
        server.pages["/Schedule.ndjson"] = Page(b"\n".join(lines))

    both(slot(furness, "mr"), slot(furness, "dx", **DX))
    pull.pull("RTX", now=now - timedelta(minutes=9))
    return both


def test_a_schedule_that_no_manifest_names_any_more_is_not_on_sale(both, furness, now):
    both(slot(furness, "mr"), schedules=["MR"])

    report = pull.pull("RTX", now=now)

    assert (report.withdrawn, open_slots()) == (1, ["mr"])


def test_a_schedule_that_was_pushed_is_not_the_manifests_to_miss(both, push, furness, now):
    Schedule.objects.filter(modality="DX").update(is_pulled=False)
    both(slot(furness, "mr"), schedules=["MR"])

    assert pull.pull("RTX", now=now).withdrawn == 0


@pytest.mark.parametrize("gone", ["lines", "file", "all files"])
def test_a_manifest_without_a_time_is_held_however_little_it_takes(two, publish, server, now, gone):
    publish()
    manifest = json.loads(server.pages[MANIFEST].body)
    if gone != "lines":
        keep = [one for one in manifest["output"] if one["type"] != "Slot" and gone == "file"]
        server.pages[MANIFEST] = Page(json.dumps({**manifest, "output": keep}).encode())

    pull.pull("RTX", now=now)

    feed = Feed.objects.get()
    assert open_slots() == ["a", "b"]
    assert not Slot.objects.filter(free_at__lte=now).exists()
    assert "empty" in feed.pull_problem
    assert "Held: 2 times" in feed.pull_problem
    assert feed.last_contact_at == now - timedelta(hours=1)
    assert WorklistRow.objects.get().kind == "feed_held"


def test_times_that_are_back_are_on_sale_again(two, publish, server, furness, now):
    publish()
    pull.pull("RTX", now=now)
    publish(slot(furness, "a"), slot(furness, "b", hour=15))

    pull.pull("RTX", now=now + timedelta(minutes=2))

    assert Slot.objects.filter(free_at__lte=now).count() == 2
    assert Feed.objects.get().pull_problem == ""


def test_what_is_held_is_said_for_as_long_as_it_is_though_nothing_is_new(
    two, publish, settings, furness, now
):
    settings.FEED_BRAKE_TIMES = 0
    publish(slot(furness, "b", hour=15))
    pull.pull("RTX", now=now)

    pull.pull("RTX", now=now + timedelta(minutes=2))

    feed = Feed.objects.get()
    assert feed.pull_problem.startswith("Held: 1 times")
    assert feed.last_contact_at == now + timedelta(minutes=2)


def set_stamp(server, at):
    manifest = json.loads(server.pages[MANIFEST].body)
    if at is None:
        del manifest["transactionTime"]
    else:
        manifest["transactionTime"] = at.isoformat()
    server.pages[MANIFEST] = Page(json.dumps(manifest).encode())


def test_a_manifest_of_last_week_is_of_last_week(publish, server, furness, now):
    publish(slot(furness))
    set_stamp(server, now - timedelta(days=7))

    pull.pull("RTX", now=now)

    feed = Feed.objects.get()
    assert (feed.last_contact_at, feed.checked_at) == (now, now - timedelta(days=7))
    assert feed.is_late(now)
    assert feed.is_unknown(now)
    freshness.watch(now=now)
    row = WorklistRow.objects.get()
    assert (row.kind, row.reason) == (
        "feed_late",
        "University Hospitals of Morecambe Bay still sends its times as they were at 10am, "
        "Tuesday 17 November.",
    )


def test_a_stamp_ahead_of_our_clock_says_nothing(publish, server, furness, now):
    publish(slot(furness))
    set_stamp(server, now + timedelta(days=700))
    pull.pull("RTX", now=now)
    assert Feed.objects.get().checked_at == now

    later = now + timedelta(days=4)
    pull.pull("RTX", now=later)

    assert Feed.objects.get().checked_at == now


@pytest.mark.parametrize(("days", "as_of"), [(3, 3), (4, 0)])
def test_a_file_that_says_nothing_of_itself_is_believed_for_three_days(
    publish, server, furness, now, days, as_of
):
    publish(slot(furness))
    set_stamp(server, None)
    pull.pull("RTX", now=now)

    pull.pull("RTX", now=now + timedelta(days=days))

    assert Feed.objects.get().checked_at == now + timedelta(days=as_of)


def test_without_a_stamp_the_files_own_last_change_counts(publish, server, furness, now):
    publish(slot(furness))
    set_stamp(server, None)
    server.pages["/Slot.ndjson"].headers["Last-Modified"] = "Mon, 23 Nov 2026 10:00:00 GMT"

    pull.pull("RTX", now=now)

    assert Feed.objects.get().checked_at == now - timedelta(days=1)


def test_new_content_under_an_old_tag_is_read_within_the_hour(two, publish, server, furness, now):
    etags = {path: page.etag for path, page in server.pages.items()}
    publish(slot(furness, "b", hour=15), slot(furness, "c", hour=16))
    for path, page in server.pages.items():
        page.tag = etags[path]

    pull.pull("RTX", now=now)
    assert open_slots() == ["a", "b"]
    pull.pull("RTX", now=now + timedelta(minutes=1))

    assert open_slots() == ["b", "c"]


def test_lines_that_are_all_refused_are_a_problem_and_no_contact(two, publish, furness, now):
    publish(*(slot(furness, name, capacity=0) for name in "ab"))

    pull.pull("RTX", now=now)

    feed = Feed.objects.get()
    assert feed.pull_problem.startswith("No slot could be used: 2 lines were refused.")
    assert feed.last_contact_at == now - timedelta(hours=1)
    assert open_slots() == ["a", "b"]
