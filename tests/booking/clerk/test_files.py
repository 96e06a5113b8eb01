"""The files of exams and of questions by page: taken, checked, looked at, published."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from booking.appointments import booking, holds
from booking.exams import catalogue, exams_file, publishing
from booking.exams.questions import file
from booking.exams.questions.answering import answer
from booking.models import Answer, AuditEntry, Exam, QuestionFile, Referral
from tests.booking.clerk.conftest import text
from tests.booking.exams.test_exams_file import GOOD, file_of

TOE = {**GOOD, "region": "limb"}
EVIL = {**TOE, "code": "MR-EVIL", "bring": "=cmd|' /C calc'!A0"}


@pytest.fixture
def admin(sign_in, trust, clock):
    return sign_in("network_admin", username="nina")


@pytest.fixture
def catalogue_of_ours(db):
    catalogue.load(exams_file.read(file_of(TOE)), is_own=True)


def check(browser, which, content, name="own"):
    sent = {"file": SimpleUploadedFile(name, content)}
    return browser.post(f"/staff/files/{which}/check/", sent)


def publish(browser, page, which, **other):
    """Press the button of the page that shows what the file would do."""
    found = re.findall(r'name="(content|seen)" value="([^"]*)"', text(page))
    return browser.post(f"/staff/files/{which}/publish/", {**dict(found), **other})


def taken(browser, which):
    answer = browser.get(f"/staff/files/{which}/export/")
    streamed = getattr(answer, "streaming_content", None)
    return b"".join(streamed) if streamed else answer.content


def questions_with(old, new, version=2):
    was = file.current().version
    changed = file.text_of_current().replace(f"version = {was}", f"version = {was + version - 1}")
    assert old in changed
    return changed.replace(old, new, 1).encode()


def test_exams_are_taken_changed_looked_at_and_published(admin, catalogue_of_ours):
    file_then = taken(admin, "exams")
    assert exams_file.read(file_then)[0].fields["code"] == "MR-TOE"

    looked = check(admin, "exams", file_of({**TOE, "minutes": "45"}, {**TOE, "code": "MR-ARM"}))

    said = text(looked)
    assert f"minutes: {TOE['minutes']} → 45" in said
    assert "New: 1" in said
    assert not Exam.objects.filter(code="MR-ARM").exists(), "nothing is changed yet"
    assert publish(admin, looked, "exams")["Location"] == "/staff/files/"
    assert Exam.objects.get(code="MR-TOE").minutes == 45
    entry = AuditEntry.objects.get(action="exams published")
    assert (entry.actor, entry.detail["created"], entry.detail["changed"]) == (
        admin.staff.actor, 1, 1,
    )  # fmt: skip
    page = text(admin.get("/staff/files/"))
    assert "your file is published" in page
    assert re.search("Published at .* by <bdi>nina", page)


def test_every_fault_is_named_and_nothing_is_changed(admin, catalogue_of_ours):
    wrong = check(admin, "exams", file_of({**TOE, "minutes": "many"}, {**TOE, "modality": "XX"}))

    assert wrong.status_code == 400
    assert "line 2: minutes is &#39;many&#39;" in text(wrong)
    assert "line 3: modality is &#39;XX&#39;" in text(wrong)
    assert Exam.objects.get().minutes == int(TOE["minutes"])


@pytest.mark.parametrize(
    ("which", "content", "said"),
    [
        ("exams", b"", "The file is empty"),
        ("exams", b"\x00\xff\x00", "has no column"),
        ("questions", b"", "there is no question"),
        ("questions", b"version = 99\n[[question]", "this is not TOML"),
        ("questions", b"version = 9 # \xff", "not UTF-8"),
        ("questions", b"#" * 1_000_001, "over 1 MB"),
        ("exams", b"#" * 1_000_001, "over 1 MB"),
    ],
)
def test_what_is_no_such_file_is_said(admin, which, content, said):
    answer = check(admin, which, content)

    assert answer.status_code == 400
    assert said in text(answer)
    assert "Nothing was changed" in text(answer)


def test_without_a_file_one_is_asked_for(admin):
    answer = admin.post("/staff/files/exams/check/", {})
    assert (answer.status_code, "Choose a file" in text(answer)) == (400, True)


def test_a_file_that_did_not_arrive_whole_is_published_by_nobody(admin, catalogue_of_ours):
    looked = check(admin, "exams", file_of({**TOE, "minutes": "45"}))

    for broken in ("", "no base64!", "AAA"):
        assert publish(admin, looked, "exams", content=broken).status_code == 400
    assert Exam.objects.get().minutes == int(TOE["minutes"])


def test_who_published_second_sees_what_theirs_would_do_now(admin, sign_in, catalogue_of_ours):
    other = sign_in("network_admin", username="noor")
    mine = check(admin, "exams", file_of({**TOE, "minutes": "45"}))
    theirs = check(other, "exams", file_of({**TOE, "minutes": "50"}))
    publish(other, theirs, "exams")

    late = publish(admin, mine, "exams")

    assert late.status_code == 409
    assert "Nothing of yours was done" in text(late)
    assert "minutes: 50 → 45" in text(late)
    assert Exam.objects.get().minutes == 50
    assert publish(admin, late, "exams").status_code == 302
    assert Exam.objects.get().minutes == 45


def test_the_button_pressed_twice_publishes_once(admin, catalogue_of_ours):
    looked = check(admin, "exams", file_of({**TOE, "minutes": "45"}))
    for _ in range(2):
        assert publish(admin, looked, "exams").status_code == 302
    asked = check(admin, "questions", questions_with("[due]", "# Ours\n[due]"))
    for _ in range(2):
        assert publish(admin, asked, "questions").status_code == 302

    assert AuditEntry.objects.filter(action__endswith="published").count() == 2


def test_an_exam_that_goes_says_how_many_requests_have_it_and_who_is_booked(
    admin, jane, make_slot, now
):
    def said():
        page = text(check(admin, "exams", file_of(TOE)))
        return re.search(r"(\d+) open requests? .* changes or goes; (\d+) of them", page).groups()

    assert "1 open request keeps it" in text(check(admin, "exams", file_of(TOE)))
    assert said() == ("1", "0")
    slot = make_slot(day=2)
    holds.hold(jane, slot.pk, now=now)
    booked = booking.book(jane, slot.pk, now=now, actor="patient")
    assert said() == ("1", "1")
    passed = publishing.look_at_exams(file_of(TOE), now=booked.end)
    assert (passed.referrals, passed.booked) == (1, 0), "a time that has passed is none to come"


def test_no_cell_of_the_taken_file_is_run_and_it_reads_as_the_same(admin, db):
    catalogue.load(exams_file.read(file_of(EVIL)), is_own=True)

    file_then = taken(admin, "exams")

    assert b",'=cmd" in file_then.replace(b'"', b"")
    assert "It says what is there already" in text(check(admin, "exams", file_then))


def test_questions_are_published_with_the_answers_that_count_no_more(
    admin, jane, now, django_capture_on_commit_callbacks
):
    words = file.current().by_id["pacemaker"].words
    version = file.current().version
    assert Answer.objects.filter(referral=jane, question="pacemaker", is_current=True).exists()

    looked = check(admin, "questions", questions_with(words, f"{words} Really?"))

    assert "Asked in other words, or with other answers: 1" in text(looked)
    assert "Answers of 1 open request would count no more" in text(looked)
    Referral.objects.update(ended_at=now, end_reason="done", ended_by="clock")
    ended = check(admin, "questions", questions_with(words, f"{words} Really?"))
    assert "would count no more" not in text(ended)
    Referral.objects.update(ended_at=None, end_reason="", ended_by="")
    with django_capture_on_commit_callbacks(execute=True):
        assert publish(admin, looked, "questions").status_code == 302
    assert file.current().by_id["pacemaker"].words == f"{words} Really?"
    assert QuestionFile.objects.get().version == version + 1
    assert f"Version {version + 1}" in text(admin.get("/staff/files/"))
    assert "Really?" in taken(admin, "questions").decode()
    answer(jane, "pacemaker", "no", version=version + 1, now=now, actor=admin.staff.actor)


def test_of_two_files_of_questions_the_second_is_looked_at_again(
    admin, sign_in, django_capture_on_commit_callbacks
):
    other = sign_in("network_admin", username="noor")
    mine = check(admin, "questions", questions_with("[due]", "# Mine\n[due]", version=3))
    theirs = check(other, "questions", questions_with("[due]", "# Theirs\n[due]"))
    with django_capture_on_commit_callbacks(execute=True):
        publish(other, theirs, "questions")

    assert publish(admin, mine, "questions").status_code == 409
    assert "# Theirs" in QuestionFile.objects.get().text


def test_a_version_that_was_asked_before_is_refused(admin, db):
    same = check(admin, "questions", questions_with("[due]", "# Ours\n[due]", version=1))

    assert same.status_code == 400
    assert "type a higher" in text(same)


def test_what_another_process_published_is_asked_here_after_a_minute(
    admin, monkeypatch, now, django_capture_on_commit_callbacks
):
    clock = [1000.0]
    monkeypatch.setattr(file, "monotonic", lambda: clock[0])
    before = file.current()
    content = questions_with("[due]", "# Ours\n[due]")
    publishing.publish_questions(
        content, seen=publishing.questions_standing(), now=now, actor=admin.staff.actor
    )  # on_commit does not run here: as in another process

    assert file.current() is before
    clock[0] += file.KEPT
    after = file.current()
    assert after.version == before.version + 1
    clock[0] += file.KEPT
    assert file.current() is after, "the same file is not read anew"


def test_a_lead_sees_and_takes_but_publishes_nothing(sign_in, trust, db):
    lead = sign_in("lead", username="lena")

    page = text(lead.get("/staff/files/"))

    assert "A network administrator can publish" in page
    assert "Check this file" not in page
    assert taken(lead, "questions").decode() == file.text_of_current()
    assert check(lead, "exams", file_of(TOE)).status_code == 403
    assert lead.get("/staff/files/nothing/export/").status_code == 404
    assert AuditEntry.objects.filter(action="table taken as a file").count() == 1


def test_the_service_still_starts_with_its_own_exams_after_a_publication(admin, catalogue_of_ours):
    publish(admin, check(admin, "exams", file_of({**TOE, "minutes": "45"})), "exams")
    call_command("load_exams", verbosity=0)
    assert Exam.objects.get(retired=False).minutes == 45
    assert not Referral.objects.exists()
