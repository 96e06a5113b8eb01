"""Fields that render themselves: tied together, with what was typed, errors in order."""

from datetime import date

import html5lib
import pytest
from django.http import QueryDict

from booking.identifiers.dates import DayKind
from booking.pages.fields import (
    CheckboxesField,
    DayBoxesField,
    DayField,
    HiddenField,
    RadiosField,
    SelectField,
    TextareaField,
    TextField,
)
from booking.pages.forms import NhsForm, summary_of

TODAY = date(2026, 11, 24)


class Form(NhsForm):
    parameters = {"first_day": "from"}

    name = TextField(
        label="Name", hint="As on the letter", missing="Enter a name", longest=5,
        autocomplete="name", inputmode="text", classes="wide", width=10,
    )  # fmt: skip
    born = DayBoxesField(
        label="Date of birth", kind=DayKind.BIRTHDAY, missing="Enter your date of birth",
        label_size="l", is_page_heading=True,
    )  # fmt: skip
    first_day = DayField(label="First day", kind=DayKind.TO_COME, type="date")
    sort = RadiosField(label="Order", choices=[("near", "Nearest"), ("soon", "Soonest")])
    need = CheckboxesField(label="Needs", choices=[("hoist", "A hoist"), ("loop", "A loop")])
    scan = SelectField(label="Scan", choices=[("", "Any"), ("MR", "MRI")])
    note = TextareaField(label="Note", rows=3)
    seen = HiddenField()


GOOD = {"name": "Jane", "born[day]": "12", "born[month]": "3", "born[year]": "61",
        "from": "1/12/26", "sort": "soon", "scan": "MR", "note": "x", "seen": "7"}  # fmt: skip


def form(**changed):
    data = QueryDict(mutable=True)
    for name, value in {**GOOD, **changed}.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return Form(data, today=TODAY)


def tree(printed):
    return html5lib.parse(str(printed), namespaceHTMLElements=False)


def by_id(root, name):
    return next(one for one in root.iter() if one.get("id") == name)


def words(element):
    return " ".join("".join(element.itertext()).split())


def described(element, root):
    return " ".join(words(by_id(root, one)) for one in element.get("aria-describedby", "").split())


def values(root, path, attribute):
    return [one.get(attribute) for one in root.findall(path)]


def test_values_are_read():
    sent = form(need=["hoist,loop"])

    assert sent.is_valid(), sent.errors
    assert sent.cleaned_data == {
        "name": "Jane", "born": date(1961, 3, 12), "first_day": date(2026, 12, 1), "sort": "soon",
        "need": ["hoist", "loop"], "scan": "MR", "note": "x", "seen": "7",
    }  # fmt: skip
    assert sent.error_summary == ""


def test_a_box_has_its_label_hint_error_and_attributes():
    root = tree(form(name="")["name"])
    box = by_id(root, "name")

    assert words(root.find(".//label[@for='name']")) == "Name"
    assert described(box, root) == "As on the letter Error: Enter a name"
    assert box.get("autocomplete") == "name"
    assert box.get("inputmode") == "text"
    assert {"wide", "nhsuk-input--width-10", "nhsuk-input--error"} <= set(box.get("class").split())


def test_a_box_without_hint_and_error_is_described_by_nothing():
    root = tree(form()["note"])

    assert by_id(root, "note").get("aria-describedby") is None
    assert by_id(root, "note").text == "x"
    assert by_id(root, "note").get("rows") == "3"


def test_what_was_typed_is_kept_cut_and_escaped():
    root = tree(form(name='"><b>&\0x')["name"])

    assert by_id(root, "name").get("value") == '"><b>'
    assert root.find(".//b") is None
    assert form(name="a\0b").is_valid()
    assert form(name="x" * 99).fields["name"].clean("x" * 99) == "xxxxx"


def test_the_three_boxes_keep_what_was_typed_and_mark_the_wrong_one():
    sent = form(**{"born[month]": "13"})
    root = tree(sent["born"])

    assert values(root, ".//input", "id") == ["born-day", "born-month",
                                                                "born-year"]  # fmt: skip
    assert values(root, ".//input", "value") == ["12", "13", "61"]
    assert values(root, ".//input", "autocomplete") == [
        "bday-day", "bday-month", "bday-year"]  # fmt: skip
    assert [
        one.get("id") for one in root.iter() if "nhsuk-input--error" in one.get("class", "")
    ] == ["born-month"]
    assert sent["born"].href == "#born-month"
    assert "the month is a number from 1 to 12" in described(root.find(".//fieldset"), root)
    assert words(root.find(".//h1")) == "Date of birth"


@pytest.mark.parametrize(
    ("boxes", "says", "href"),
    [
        (("", "", ""), "Enter your date of birth", "#born-day"),
        (("12", "", "1961"), "Date of birth must include a month", "#born-month"),
        (("", "3", ""), "Date of birth must include a day and a year", "#born-day"),
        (("1", "1", "2030"), "Date of birth must be in the past", "#born-year"),
    ],
)
def test_the_boxes_say_what_is_missing_or_wrong(boxes, says, href):
    sent = form(**{f"born[{n}]": v for n, v in zip(("day", "month", "year"), boxes, strict=True)})

    assert sent["born"].error == says
    assert sent["born"].href == href


def test_a_calendar_box_shows_what_was_typed_as_the_browser_wants_it():
    assert by_id(tree(form()["first_day"]), "from").get("value") == "2026-12-01"
    assert form()["first_day"].html_name == "from"
    assert values(tree(form(**{"from": "soon"})["first_day"]), ".//input", "value") == ["soon"]
    empty = form(**{"from": ""})
    assert empty.is_valid()
    assert empty.cleaned_data["first_day"] is None


def test_choices_keep_what_was_chosen_and_have_ids_by_value():
    sent = form(need=["loop"])

    assert values(tree(sent["need"]), ".//input[@checked]", "id") == ["need-loop"]
    assert values(tree(sent["sort"]), ".//input[@checked]", "id") == ["sort-soon"]
    assert values(tree(sent["scan"]), ".//option[@selected]", "value") == ["MR"]
    assert values(tree(Form()["sort"]), ".//input[@checked]", "id") == []
    first = tree(Form(initial={"sort": "soon"})["sort"])
    assert values(first, ".//input[@checked]", "id") == ["sort-soon"]
    assert words(first.find(".//legend")) == "Order"


def test_a_choice_that_is_none_is_an_error_linked_to_the_first():
    sent = form(need=["stairs"], sort="far")

    assert sent["need"].href == "#need-hoist"
    assert sent["sort"].href == "#sort-near"
    root = tree(sent["sort"])
    assert described(root.find(".//fieldset"), root) == "Error: Choose one of these"


def test_the_summary_lists_errors_in_the_order_of_the_fields():
    sent = form(**{"name": "", "born[day]": "", "from": "x", "sort": "far"})
    sent.add_errors({"seen": "Changed meanwhile", "other": "Not now"})
    assert sent["seen"].error == "Changed meanwhile"
    links = tree(sent.error_summary).findall(".//li/a")

    assert [link.get("href") for link in links] == [
        "#name", "#born-day", "#from", "#sort-near", "#main-content", "#main-content"]  # fmt: skip
    assert words(links[-1]) == "Not now"
    assert sent.errors_by_parameter["from"].startswith("First day must be")


def test_a_summary_of_errors_without_fields_has_no_links():
    root = tree(summary_of(form(name=""), form(sort="far"), linked=False))

    assert [words(one) for one in root.findall(".//li")] == ["Enter a name", "Choose one of these"]
    assert root.find(".//a") is None


def test_a_button_set_at_first_stays_set_and_a_hidden_choice_is_taken_but_not_shown():
    class Sorted(NhsForm):
        sort = RadiosField(choices=[("near", "N"), ("soon", "S")], initial="near", hides=("soon",))

    assert values(tree(Sorted({})["sort"]), ".//input[@checked]", "id") == ["sort-near"]
    assert values(tree(Sorted({})["sort"]), ".//input", "id") == ["sort-near"]
    assert Sorted({"sort": "soon"}).is_valid()


def test_a_hidden_field_is_an_input_alone():
    assert str(form(seen='"7')["seen"]) == '<input type="hidden" name="seen" value="&quot;7">'


def test_a_template_may_override_a_part():
    group = str(form()["name"].as_nhsuk({"hint": {"html": "<b>Bold</b>"}}))

    assert "<b>Bold</b>" in group
    assert "As on the letter" not in group


def test_a_form_with_choices_of_its_own_leaves_those_of_the_next_as_they_were():
    class Ways(NhsForm):
        way = SelectField(choices=[("car", "By car"), ("bus", "By bus")])

    first = Ways()
    first.fields["way"].choices = [("foot", "On foot")]
    first.fields["way"].widget.attrs["data-own"] = "1"

    second = Ways({"way": "bus"})
    assert second.is_valid()
    assert "On foot" not in str(second["way"])
    assert "By car" in str(second["way"])
    assert "data-own" not in second.fields["way"].widget.attrs
    assert not Ways({"way": "foot"}).is_valid()
