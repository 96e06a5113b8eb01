"""The board's pack: the right quarter, and a PDF that a screen reader can read."""

import re
import sys
import zlib
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from booking.models import AuditEntry
from insights import pdf
from insights.models import Dm01Month
from insights.pack import pack_html, pack_pdf, pages
from insights.quarters import NoQuarter, Quarter, last_whole, read_quarter
from tests.insights.invented_network import make_invented

Q2 = Quarter(2026, 2)
MISSING = pdf.why_not()
needs_pango = pytest.mark.skipif(bool(MISSING), reason=MISSING or "Pango is here")


@pytest.fixture
def network(made_once):
    return made_once(make_invented)


@pytest.mark.parametrize(
    ("moment", "name", "words"),
    [
        (datetime(2026, 11, 24, tzinfo=UTC), "2026/27 Q2", "July to September 2026"),
        (datetime(2026, 3, 31, 22, 59, tzinfo=UTC), "2025/26 Q3", "October to December 2025"),
        (datetime(2026, 3, 31, 23, 30, tzinfo=UTC), "2025/26 Q4", "January to March 2026"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2025/26 Q3", "October to December 2025"),
        (datetime(2026, 7, 1, tzinfo=UTC), "2026/27 Q1", "April to June 2026"),
    ],
)
def test_the_last_whole_quarter_is_by_englands_clock(moment, name, words):
    assert (last_whole(moment).name, last_whole(moment).words) == (name, words)


@pytest.mark.parametrize("typed", ["2026/27 Q2", "2026-27-Q2", "2026/27-q2", "2026Q2"])
def test_a_quarter_is_read_as_people_write_it(typed, now):
    assert read_quarter(typed, now=now) == Q2


@pytest.mark.parametrize(
    "typed", ["", "Q2", "2026/28 Q2", "2026/27 Q5", "2026-07", "٢٠٢٦Q2", "2026/27 Q3", "0000Q1"]
)
def test_what_is_no_quarter_that_is_over_is_refused_with_one_that_is(typed, now):
    with pytest.raises(NoQuarter, match="2026/27 Q2"):
        read_quarter(typed, now=now)


def test_a_quarter_shows_what_was_known_when_it_was_over(network):
    page = next(one for one in pages(Q2) if one.title == "Scans against 2019/20: CT")
    assert list(page.months)[-1] == date(2026, 9, 1)
    assert page.at(date(2026, 10, 1)) == "not known"
    assert next(iter(page.months)) == date(2024, 11, 1), "not before anything was counted"


def test_what_is_not_known_has_no_page(network):
    titles = [one.title for one in pages(Q2)]

    assert "Cost of texts" not in titles, "no price is set"
    assert "Scans a working day against 2019/20" in titles
    Dm01Month.objects.all().delete()
    assert "Scans a working day against 2019/20" not in [one.title for one in pages(Q2)]


def test_every_page_has_a_heading_a_drawing_a_table_and_says_that_it_is_invented(network, now):
    html = pack_html(Q2, now=now)
    shown = re.findall(r"<section.*?</section>", html, re.S)
    assert len(shown) == 1 + len(pages(Q2)) > 8
    for one in shown:
        assert one.count("<h2>") == 1
        assert "Invented figures" in one
        assert "<caption>" in one
    assert all("<svg" in one and "<title" in one for one in shown[1:])
    assert '<html lang="en-GB">' in html
    assert "<title>Imaging network: 2026/27 Q2</title>" in html


def test_before_anything_is_counted_the_pack_says_so(db, now):
    assert "Nothing was counted up to September 2026" in pack_html(Q2, now=now)


def test_a_drawing_brings_its_style_and_says_all_in_its_title():
    said = pdf.say_charts(
        '<svg class="x"><title id="a">Waits</title><desc>Falls.</desc></svg>', "p"
    )
    assert said == '<svg class="x"><style>p</style><title>Waits. Falls.</title></svg>'


@pytest.fixture
def objects(network, now):
    """All that stands in the PDF, unpacked."""
    made = pack_pdf(Q2, now=now)
    unpacked = [made]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.S):
        try:
            unpacked.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(unpacked)


@needs_pango
def test_the_pdf_is_tagged_and_has_a_language_a_title_headings_and_headers(objects):
    assert objects.startswith(b"%PDF-")
    assert re.search(rb"/Marked true", objects)
    assert re.search(rb"/Lang \(en-GB\)", objects)
    assert re.search(rb"/Title \(Imaging network: 2026/27 Q2\)", objects)
    assert re.search(rb"pdfuaid:part[^>]*>1<|pdfuaid:part=\"1\"", objects)
    for tag, least in ((b"H1", 1), (b"H2", 10), (b"Table", 10), (b"TH", 40), (b"Figure", 9)):
        assert len(re.findall(rb"/S /%s\b" % tag, objects)) >= least, tag
    figures = len(re.findall(rb"/S /Figure\b", objects))
    assert len(re.findall(rb"/Alt \(", objects)) == figures
    assert re.search(rb"/Headers \[", objects)


@needs_pango
def test_the_command_writes_the_file_and_says_where(network, tmp_path, now, time_machine):
    time_machine.move_to(now, tick=False)
    said = StringIO()
    call_command("insights_pack", to=tmp_path / "pack.pdf", stdout=said)
    assert (tmp_path / "pack.pdf").read_bytes().startswith(b"%PDF-")
    assert "2026/27 Q2 (July to September 2026)" in said.getvalue()
    [entry] = AuditEntry.objects.filter(action="table taken as a file")
    assert (entry.actor, entry.detail) == ("command", {"table": "quarterly pack"})
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("insights_pack", to=tmp_path / "no" / "pack.pdf", stdout=said)


def test_the_command_refuses_what_is_no_quarter(db):
    with pytest.raises(CommandError, match="Name a quarter like"):
        call_command("insights_pack", "last")


@pytest.fixture
def admin(make_staff, network, now, time_machine):
    time_machine.move_to(now, tick=False)
    browser = Client()
    browser.force_login(make_staff("network_admin", ("RTX",)).user)
    return browser


@needs_pango
def test_the_button_gives_a_file_and_writes_down_who_took_it(admin):
    assert (
        "2026/27 Q2: July to September 2026" in admin.get("/staff/insights/pack/").content.decode()
    )
    assert not AuditEntry.objects.filter(action="table taken as a file").exists()

    answer = admin.get("/staff/insights/pack/?quarter=2026-27-Q2")

    assert answer["Content-Type"] == "application/pdf"
    assert 'filename="imaging-network-2026-27-Q2.pdf"' in answer["Content-Disposition"]
    assert answer.content.startswith(b"%PDF-")
    assert AuditEntry.objects.get(action="table taken as a file").detail == {
        "table": "quarterly pack"
    }


@pytest.mark.parametrize("asked", ["2026-27-Q3", "x", "2010-11-Q1"])
def test_another_quarter_is_refused(admin, asked):
    answer = admin.get(f"/staff/insights/pack/?quarter={asked}")
    assert answer.status_code == 400
    assert "Choose one of the quarters in the list" in answer.content.decode()


@pytest.fixture
def no_pango(monkeypatch, tmp_path):
    """A WeasyPrint that does not find its library, as it fails on such a machine."""
    (tmp_path / "weasyprint.py").write_text('raise OSError("cannot load library libpango-1.0-0")')
    for name in [one for one in sys.modules if one.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)


def test_without_pango_the_page_and_the_command_say_what_to_install(no_pango, admin):
    page = admin.get("/staff/insights/pack/?quarter=2026-27-Q2")
    assert page.status_code == 200
    assert "apt-get install libpango-1.0-0" in page.content.decode()
    assert "Make the PDF" not in page.content.decode()
    with pytest.raises(CommandError, match="apt-get install libpango"):
        call_command("insights_pack")
    assert admin.get("/staff/insights/map/").status_code == 200
    assert admin.get("/performance/").status_code == 200


def test_without_weasyprint_it_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert "pip install" in pdf.why_not()
