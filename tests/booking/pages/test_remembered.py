"""What fields keep in memory of what they print: nothing that is of one person."""

import pytest

from booking.clerk.forms.booking import BookForm
from booking.clerk.forms.call import CallForm
from booking.clerk.forms.merge import UnmergeForm
from booking.models import Contact
from booking.pages.fields import base
from booking.pages.fields.choices import SelectField
from booking.pages.fields.text import TextField
from booking.pages.forms import NhsForm


@pytest.fixture
def printed(monkeypatch):
    """Return the macros that were printed anew, and not taken from memory."""
    base._remember_macro.cache_clear()
    printed, call = [], base.call_macro
    monkeypatch.setattr(
        base, "call_macro", lambda *given: printed.append(str(given)) or call(*given)
    )
    return printed


class Form(NhsForm):
    name = TextField(label="Name", hint="As on the letter", missing="Type a name")
    place = SelectField(label="Place", for_all=True)
    whose = SelectField(label="Whose")


def test_an_empty_box_is_printed_once_for_all(printed):
    assert str(Form()["name"]) == str(Form()["name"])

    assert len(printed) == 1


@pytest.mark.parametrize(
    ("data", "change"),
    [
        ({"name": "Jane Fell"}, {}),
        ({"name": ""}, {}),  # an error, which may say what was typed
        (None, {"label": "Jane's name"}),
        (None, {"hint": "As on Jane's letter"}),
    ],
    ids=["typed", "error", "label", "hint"],
)
def test_a_box_with_something_of_its_own_is_not_kept(printed, data, change):
    for _ in range(2):
        form = Form(data)
        for name, words in change.items():
            setattr(form.fields["name"], name, words)
        str(form["name"])

    assert len(printed) == 2
    assert not base._remember_macro.cache_info().currsize


def test_a_box_whose_words_the_page_changes_is_not_kept(printed):
    for _ in range(2):
        Form()["name"].as_nhsuk({"hint": {"text": "Jane, say"}})

    assert not base._remember_macro.cache_info().currsize


def test_choices_that_a_form_gives_are_kept_only_if_they_are_for_all(printed):
    for _ in range(2):
        form = Form()
        for name in ("place", "whose"):
            form.fields[name].choices = [("1", "One"), ("2", "Two")]
            str(form[name])

    assert len([one for one in printed if "'place'" in one]) == 1
    assert len([one for one in printed if "'whose'" in one]) == 2


def test_a_field_that_is_added_to_one_form_is_not_kept(printed):
    for _ in range(2):
        form = Form()
        form.fields["added"] = SelectField(label="Could Jane be pregnant?", choices=[("1", "Yes")])
        str(form["added"])

    assert len(printed) == 2


def test_no_patient_stands_in_memory(printed, jane, now):
    contact = Contact.objects.create(patient=jane.patient, name="Ann Moss", relationship="Sister")
    form = CallForm(patient=jane.patient, contacts=[contact], now=now)
    assert "Ann Moss" in str(form["caller"])
    two = UnmergeForm(number="9434765919", names=("Jane Fell", "Jan Fell"))
    assert "943 476 5919" in str(two["number"]).replace("\xa0", " ")

    assert not base._remember_macro.cache_info().currsize


def test_why_a_clerk_books_is_printed_once_for_all(printed):
    for _ in range(2):
        str(BookForm(is_change=True)["reason"])

    assert len(printed) == 1
