"""A trust's feed on the staff's pages: set, tried without a trace, and its keys made."""

import json
import re

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from booking.appointments import booking, holds
from booking.exchange.feeds import dry_run, pull
from booking.exchange.feeds import settings as feed_settings
from booking.exchange.feeds.fetch import Fetched
from booking.exchange.feeds.keys import find_key
from booking.models import AuditEntry, Feed, FeedKey, Slot
from sites.models import Trust
from tests.booking.exchange.feeds.conftest import location, schedule, slot

ADDRESS = "https://scans.example/$bulk-publish"
PAGE = "/staff/feeds/RTX/"


@pytest.fixture
def lead(sign_in):
    return sign_in("lead")


def text(answer):
    return answer.content.decode()


def carried(page, name="seen"):
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def fields(page, **changes):
    return {"how": "on", "pull_url": ADDRESS, "interval_minutes": "5", "limit_minutes": "60",
            "seen": carried(page), **changes}  # fmt: skip


def test_a_lead_sets_where_a_feed_is_read_from_and_it_is_written_down(lead):
    page = text(lead.get(PAGE))

    answer = lead.post(PAGE, fields(page))

    feed = Feed.objects.get()
    assert answer.status_code == 302
    assert (feed.pull_url, feed.pull_off) == (ADDRESS, False)
    assert (feed.interval_minutes, feed.limit_minutes) == (5, 60)
    entry = AuditEntry.objects.get(action="feed set")
    assert entry.detail["changes"]["pull_url"] == ["", ADDRESS]
    assert lead.staff.name in text(lead.get(PAGE))
    assert pull.due(timezone.now()) == ["RTX"]


def test_a_feed_is_switched_off_and_keeps_its_address(lead):
    Feed.objects.update(pull_url=ADDRESS)

    lead.post(PAGE, fields(text(lead.get(PAGE)), how="off"))

    assert (Feed.objects.get().pull_url, Feed.objects.get().pull_off) == (ADDRESS, True)
    assert pull.due(timezone.now()) == []
    assert not pull.ask_again("RTX", now=timezone.now())
    assert "switched off" in text(lead.get(PAGE))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://scans.example/x", "must start with https"),
        ("https://me:word@scans.example/x", "no user name"),
        ("https://10.0.0.5/x", "not on the public internet"),
        ("https://[::1]/x", "not on the public internet"),
        ("https://localhost/x", "not on the public internet"),
        ("https://intranet/x", "not on the public internet"),
        ("https://scans.example/x?api_key=1", "must not hold a key"),
        ("https://scans.example/x?sig=1", "must not hold a key"),
        ("https://scans.example/x#y", "before #"),
        ("https://scans.example/" + "x" * 500, "500 characters"),
        ("", "Type the address"),
    ],
)
def test_an_address_that_we_would_not_read_is_refused_everywhere(lead, url, says):
    page = text(lead.get(PAGE))

    answer = lead.post(PAGE, fields(page, pull_url=url))
    tried = lead.post(f"{PAGE}try/", {"address": url, "lines": "" if url else "x\n", "file": ""})

    assert answer.status_code == 400
    assert says in text(answer)
    assert Feed.objects.get().pull_url == ""
    if url:
        assert tried.status_code == 400
        with pytest.raises(CommandError):
            call_command("set_feed", "RTX", "--pull", url)


@pytest.mark.parametrize("changes", [
    {"interval_minutes": "0"}, {"interval_minutes": "x"}, {"limit_minutes": "99999"},
    {"interval_minutes": "30", "limit_minutes": "60"}, {"how": ""},
], ids=str)  # fmt: skip
def test_minutes_that_cannot_be_are_refused(lead, changes):
    before = Feed.objects.values().get()

    answer = lead.post(PAGE, fields(text(lead.get(PAGE)), **changes))

    assert answer.status_code == 400
    assert Feed.objects.values().get() == before


def test_of_two_who_set_a_feed_at_once_the_second_reads_it_again(lead, sign_in):
    first, second = text(lead.get(PAGE)), text(lead.get(PAGE))
    lead.post(PAGE, fields(first))

    answer = lead.post(PAGE, fields(second, interval_minutes="7"))

    assert answer.status_code == 409
    assert Feed.objects.get().interval_minutes == 5
    assert lead.post(PAGE, fields(second)).status_code == 302  # the same, pressed twice


def test_a_trust_without_a_feed_is_set_up(sign_in):
    Trust.objects.create(code="RXR", name="East Lancashire Hospitals")
    browser = sign_in("lead", trusts=("RXR",))
    assert 'href="/staff/feeds/RXR/"' in text(browser.get("/staff/feeds/"))
    page = text(browser.get("/staff/feeds/RXR/"))
    assert not Feed.objects.filter(pk="RXR").exists()

    browser.post("/staff/feeds/RXR/", fields(page))

    assert Feed.objects.get(pk="RXR").pull_url == ADDRESS
    assert browser.get(PAGE).status_code == 404


def test_the_commands_set_the_same(trust):
    call_command("set_feed", "RTX", "--pull", ADDRESS, "--interval", "3", "--limit", "90")
    call_command("set_feed", "RTX", "--pull-off")
    feed = Feed.objects.get()
    assert feed_settings.settings_of(feed) == feed_settings.FeedSettings(ADDRESS, True, 3, 90)
    call_command("set_feed", "RTX", "--no-pull")
    assert Feed.objects.get().pull_url == ""
    for wrong in (["--interval", "0"], ["--pull", ""], ["--limit", "1"]):
        with pytest.raises(CommandError):
            call_command("set_feed", "RTX", *wrong)
    assert AuditEntry.objects.filter(actor="command", action="feed set").count() == 3


@pytest.mark.parametrize("kind", ["key", "client"])
def test_a_key_is_made_and_shown_once(sign_in, kind, now):
    admin = sign_in("trust_admin")
    page = text(admin.get(f"{PAGE}keys/"))
    sent = {"kind": kind, "label": "PACS", "seen": carried(page)}

    shown = text(admin.post(f"{PAGE}keys/", sent))
    again = admin.post(f"{PAGE}keys/", sent)

    key = FeedKey.objects.get()
    secret = re.findall(r'<code class="finder-secret">([^<]+)', shown)[-1]
    assert again.status_code == 409  # loaded again, it makes no second one
    assert key.label == "PACS"
    if kind == "key":
        assert find_key(secret, now=now) == key
    entry = AuditEntry.objects.get(action="feed key made")
    assert entry.detail["key"] == key.prefix
    assert secret not in json.dumps(entry.detail)
    assert secret not in text(admin.get(PAGE))
    admin.post(f"/staff/feeds/keys/{key.prefix}/revoke")
    assert AuditEntry.objects.filter(action="feed key revoked").exists()


def test_there_are_no_more_than_two_keys(sign_in):
    admin = sign_in("trust_admin")
    for expected in (200, 200, 400):
        page = text(admin.get(f"{PAGE}keys/"))
        answer = admin.post(f"{PAGE}keys/", {"kind": "key", "seen": carried(page)})
        assert answer.status_code == expected
    assert "Revoke one first" in text(answer)


# --- a try writes nothing ---------------------------------------------------------------------


def everything():
    """Every row of every table of ours, and of what else a page might write."""
    return {
        model._meta.label: sorted(map(repr, model.objects.values_list()))
        for app in ("booking", "sites", "notifications", "auth", "oauth2_provider")
        for model in apps.get_app_config(app).get_models()
    }


@pytest.fixture
def stored(furness, jane, now):
    """Two slots as they were sent, one booked, and a body that does all that a body can."""
    from booking.exchange.feeds.importer import import_lines

    parents = [location(furness), schedule(furness)]
    old = [slot(furness, "s1"), slot(furness, "s2", hour=15), slot(furness, "s3", hour=16)]
    lines = [json.dumps(one).encode() for one in [*parents, *old]]
    import_lines("RTX", list(enumerate(lines, 1)), now=now)
    kept = Slot.objects.get(external_id="s1")
    holds.hold(jane, kept.pk, now=now)
    booking.book(jane, kept.pk, now=now, actor="patient")
    moved = slot(furness, "s2", hour=17, stamp="2026-11-23T03:00:00Z")
    # Of a Schedule that we do not have: it keeps nothing else from being withdrawn.
    other = {"schedule": {"reference": "Schedule/elsewhere"}, "end": "2026-12-02T01:00:00Z"}
    new = [slot(furness, "s4", hour=18), slot(furness, "bad", **other)]
    body = [*parents, slot(furness, "s3", hour=16), moved, *new]
    return b"\n".join(json.dumps(one).encode() for one in body)


def slot_line(name, **changes):
    about = {"id": "furness"}
    site = type("Site", (), {"slug": about["id"]})
    return json.dumps(slot(site, name, stamp="2026-11-23T03:00:00Z", **changes))


def try_it(staff, **fields):
    return staff.post(f"{PAGE}try/", fields)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["file", "lines", "address"])
def test_a_try_says_what_would_happen_and_writes_nothing_at_all(lead, stored, way, monkeypatch):
    def fetched(url, into, **_):
        manifest = {"output": [{"type": "Slot", "url": "all.ndjson"}]}
        into.write(stored if url.endswith("ndjson") else json.dumps(manifest).encode())
        return Fetched(True, "", None)

    monkeypatch.setattr(pull, "fetch", fetched)
    sent = {
        "file": {"file": SimpleUploadedFile("x.ndjson", stored), "mode": "replace"},
        "lines": {"lines": stored.decode(), "mode": "replace"},
        "address": {"address": ADDRESS},
    }[way]
    lead.get(f"{PAGE}try/")
    before = everything()

    answer = try_it(lead, **sent)

    assert everything() == before
    assert answer.status_code == 200
    shown = re.sub(r"<[^>]+>|\s+", " ", text(answer))
    assert "1 created" in shown
    assert "1 updated" in shown
    assert re.search(r"to another hour or place:\s+1\b", shown)
    assert "1 withdrawn" in shown
    assert re.search(r"1\s+person\s+would lose their time", shown)
    assert "Slot/bad" in shown
    assert "send this Schedule first" in shown


@pytest.mark.django_db(transaction=True)
def test_a_try_says_what_would_be_held_and_writes_nothing(lead, stored, settings):
    settings.FEED_BRAKE_PEOPLE = 0
    gone = slot_line("s1", status="entered-in-error")
    lead.get(f"{PAGE}try/")
    before = everything()

    shown = re.sub(r"<[^>]+>|\s+", " ", text(try_it(lead, lines=gone)))

    assert everything() == before
    assert "1 line held for a lead" in shown
    assert "Held: 1 times, 1 of them booked" in shown
    assert "Nobody would lose a time" in shown


@pytest.mark.django_db(transaction=True)
def test_what_was_said_is_what_then_happens(stored, now):
    from booking.exchange.feeds.importer import import_lines

    tried = dry_run.try_body("RTX", stored, now=now, replace=True)

    done = import_lines("RTX", list(enumerate(stored.split(b"\n"), 1)), now=now, replace=True)
    assert tried.report.counts == done.counts


@pytest.mark.django_db(transaction=True)
def test_a_try_that_takes_long_ends_and_changes_nothing(stored, now, monkeypatch):
    monkeypatch.setattr(dry_run, "LOCKED_AT_MOST", -1)
    before = everything()

    with pytest.raises(dry_run.TryFailed, match="too large"):
        dry_run.try_body("RTX", stored, now=now, replace=True)

    assert everything() == before


@pytest.mark.parametrize(
    ("body", "says"),
    [(b"\x1f\x8bnot gzip", "not whole gzip"), (b"x" * (3 * 1024 * 1024), "MB")],
    ids=["gzip", "large"],
)
def test_a_file_that_cannot_be_tried_is_said(lead, body, says):
    answer = try_it(lead, file=SimpleUploadedFile("x", body))

    assert answer.status_code == 400
    assert says in text(answer)


@pytest.mark.parametrize("sent", [{}, {"address": ADDRESS, "lines": "{}"}], ids=["none", "two"])
def test_one_thing_is_tried_at_a_time(lead, sent):
    answer = try_it(lead, **sent)

    assert answer.status_code == 400
    assert "Give one of these" in text(answer)
