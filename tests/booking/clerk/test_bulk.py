"""One act on many rows of a list: each as it was seen, the others said by name."""

import re

import pytest
from django.db import transaction

from booking.models import AuditEntry, Patient, Referral, WorklistRow
from booking.worklists import rows, subjects
from notifications import opt_outs
from notifications.models import Message, OptOut
from tests.booking.clerk.conftest import problems, text

CODE_LETTERS = "23456789BCDFGHJKMNPQRSTVWXYZ"


@pytest.fixture
def make_rows(make_referral, now, clock):
    """Rows of as many patients, and what the boxes of their list carry."""

    def make_rows(count, **fields):
        first = make_referral(code="2222222B", given_name="Ann0", **fields)
        for n in range(1, count):
            person = Patient.objects.create(
                given_name=f"Ann{n}", family_name="Fell", born=first.patient.born,
                mobile=f"+4477009{n:05}",
            )  # fmt: skip
            first.pk, first.patient = None, person
            first.code = "33333" + "".join(CODE_LETTERS[n // 28**d % 28] for d in (2, 1, 0))
            first.save(force_insert=True)
        with transaction.atomic():
            for referral in Referral.objects.order_by("pk"):
                about = subjects.of_referral(referral)
                rows.open_row("not_booked", about, "Phone them.", now=now, actor="clock")
        return list(WorklistRow.objects.order_by("pk"))

    return make_rows


@pytest.fixture
def press(clerk):
    """Press a button under a list as `page` shows it, with these rows ticked; all, unless said."""

    def press(do, page=None, ticked=None, browser=clerk, **fields):
        page = page or text(browser.get("/staff/lists/not_booked/?many=1"))
        boxes = dict(re.findall(r'id="row-(\d+)" name="row" type="checkbox" value="([^"]+)"', page))
        listed = re.search(r'name="listed" value="([^"]*)"', page)[1]
        chosen = boxes.values() if ticked is None else [boxes[str(row.pk)] for row in ticked]
        sent = {"do": do, "kind": "not_booked", "row": list(chosen), "listed": listed, **fields}
        return browser.post("/staff/lists/bulk/", sent)

    return press


def plain(response):
    return " ".join(re.sub(r"<[^>]*>", " ", text(response)).split())


def page_of(clerk):
    return text(clerk.get("/staff/lists/not_booked/?many=1"))


def test_of_500_rows_3_changed_meanwhile_and_497_are_done(clerk, make_rows, press, now):
    made = make_rows(500)
    page = page_of(clerk)
    for row in made[10:13]:
        rows.give_back(row, now=now, actor="x")
        rows.take(row, clerk.staff.user, now=now, actor="staff 9")

    answer = press("mine", page)

    assert "497 rows are yours" in plain(answer)
    assert "3 changed meanwhile: nothing was done with them." in plain(answer)
    named = re.findall(r'href="/staff/lists/row/(\d+)/"', text(answer))
    assert named == [str(row.pk) for row in made[10:13]]
    assert WorklistRow.objects.filter(owner=clerk.staff.user).count() == 500
    assert WorklistRow.objects.filter(version=1).count() == 500, "none twice"
    again = press("mine", page)
    assert (again.status_code, "0 rows are yours" in plain(again)) == (409, True)


def test_ticked_rows_are_given_to_a_colleague_who_may_see_them(
    clerk, make_rows, press, sign_in, other_trust
):
    made = make_rows(3)
    bob = sign_in(username="bob").staff
    stranger = sign_in(trusts=("RXR",), username="sam").staff

    given = press("give", ticked=made[:2], colleague=bob.pk)
    refused = press("give", ticked=made[2:], colleague=stranger.pk)
    nobody = press("give", ticked=made[2:])

    assert "2 rows are given to bob" in plain(given)
    assert list(WorklistRow.objects.order_by("pk").values_list("owner", flat=True)) == [
        bob.pk, bob.pk, None,
    ]  # fmt: skip
    assert (refused.status_code, nobody.status_code) == (400, 400)
    assert problems(text(nobody)) == {"main-content": "Choose a colleague"}
    assert made[0].events.get(action="given").detail == "bob"


def test_a_colleague_does_not_get_rows_of_a_trust_that_is_not_theirs(
    sign_in, make_rows, press, other_trust
):
    made = make_rows(2)
    Referral.objects.filter(pk=made[0].referral_id).update(trust="RXR")
    WorklistRow.objects.filter(pk=made[0].pk).update(trust="RXR")
    both = sign_in(trusts=("RTX", "RXR"), username="bea")
    bob = sign_in(username="bob").staff

    answer = press("give", browser=both, colleague=bob.pk)

    assert "1 row is given to bob" in plain(answer)
    assert "1 was left as it is." in plain(answer)
    assert WorklistRow.objects.get(pk=made[0].pk).owner is None


def test_all_on_the_page_needs_no_tick_and_no_script(clerk, make_rows, press):
    make_rows(60)
    page = text(clerk.get("/staff/lists/not_booked/"))

    answer = press("mine", page, ticked=[], every="1")

    assert "50 rows are yours" in plain(answer), "what the page showed"
    assert "All 50 on this page, ticked or not" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ticked": []}, "Tick the rows first"),
        ({"row": "forged"}, "Tick the rows again"),
        ({"do": "close"}, "Press one of the buttons"),
    ],
    ids=["nothing", "not ours", "close is not for many"],
)
def test_a_press_that_cannot_be_done_says_why(make_rows, press, fields, said):
    make_rows(2)

    answer = press(**{"do": "mine", **fields})

    assert answer.status_code == 400
    assert problems(text(answer)) == {"main-content": said}
    assert not WorklistRow.objects.exclude(owner=None).exists()
    assert not WorklistRow.objects.exclude(closed_at=None).exists()


def test_another_trusts_row_is_not_touched_nor_named(make_rows, press, clerk, sign_in, other_trust):
    made = make_rows(1)
    page = page_of(clerk)
    stranger = sign_in(trusts=("RXR",), username="sam")

    for do in ("mine", "print", "csv", "ask", "text"):
        answer = press(do, page, browser=stranger)
        body = answer.getvalue().decode()
        assert "Ann0" not in body, do
    made[0].refresh_from_db()
    assert (made[0].owner, made[0].version) == (None, 0)


def test_a_phone_list_is_a_file_of_which_no_cell_is_run_and_is_written_down(
    make_rows, press, clerk
):
    made = make_rows(2, family_name='=HYPERLINK("http://x")')
    Patient.objects.filter(pk=made[1].referral.patient_id).update(mobile="")
    rows_seen = page_of(clerk)

    file = press("csv", rows_seen).getvalue().decode("utf-8-sig")
    shown = plain(press("print", rows_seen, ticked=made[:1]))

    first, *lines = file.splitlines()
    assert first == "List,Urgency,Patient,Phone,Why,Due,Who has it"
    assert any(line.startswith('Not booked,routine,"Ann0 =HYPER') for line in lines)
    assert "07700 900461 (mobile)" in file
    assert "'" not in file.replace("'=", ""), "names and numbers as they are"
    assert "07700 900461 (mobile)" in shown
    assert "Ann1" not in shown
    taken = AuditEntry.objects.filter(action="phone list taken")
    assert sorted(taken.values_list("patient", flat=True)) == sorted(
        [made[0].referral.patient_id, made[1].referral.patient_id, made[0].referral.patient_id]
    )


def test_a_name_that_is_a_formula_is_not_run(make_rows, press):
    made = make_rows(1)
    Patient.objects.filter(pk=made[0].referral.patient_id).update(given_name="=1+1")

    assert ",'=1+1 Fell," in press("csv").getvalue().decode()


def test_a_text_is_shown_first_and_goes_once_a_day_to_who_can_get_it(make_rows, press, clerk):
    made = make_rows(4)
    Patient.objects.filter(pk=made[3].referral.patient_id).update(mobile="")
    asked = press("ask")
    assert "Text 3 people to phone us" in plain(asked)
    assert "1 of those that you ticked cannot be texted" in plain(asked)
    assert not Message.objects.exists(), "nothing went yet"

    tokens = re.search(r'name="row" value="([^"]+)"', text(asked))[1]
    answer = press("text", row=tokens)
    again = press("text", row=tokens)
    other_press = press("text", ticked=made[:1])

    assert "3 rows are asked by text to phone us" in plain(answer)
    assert again.status_code == 409
    assert "1 row is asked" in plain(other_press)
    assert Message.objects.count() == 3, "one a person and day"
    body = Message.objects.order_by("created_at").first().body
    assert "please phone us on" in body
    assert made[0].events.filter(action="texted").count() == 2


def test_who_wrote_stop_is_left_and_named(make_rows, press, now):
    made = make_rows(1)
    OptOut.objects.create(
        number_hash=opt_outs.hash_of(made[0].referral.patient.mobile), source="reply", at=now
    )

    answer = press("text")

    assert "No text can go to them: phone or write." in plain(answer)
    assert not Message.objects.exists()
