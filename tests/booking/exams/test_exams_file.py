"""The file of exams: every fault of every line is said, with what to type instead."""

import pytest

from booking.exams import exams_file
from booking.exams.exams_file import COLUMNS, FileFaulty
from booking.management.commands.load_exams import FILE
from booking.models import Exam
from received.csv_table import FileRefused
from sites.models import MODALITIES

GOOD = {
    "code": "MR-TOE", "name": "an MRI scan of your toe", "modality": "MR", "region": "limb",
    "body_part": "toe", "minutes": "30", "contrast": "none", "preparation": "You can eat",
}  # fmt: skip
TWICE = {
    "visits": "2", "gap_min_minutes": "120", "gap_max_minutes": "240", "second_minutes": "60",
}  # fmt: skip


def file_of(*rows):
    columns = [name for name in COLUMNS if any(name in row for row in rows)]
    lines = [columns, *([row.get(name, "") for name in columns] for row in rows)]
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    return "\n".join(quoted).encode()


def faults(*rows):
    with pytest.raises(FileFaulty) as refused:
        exams_file.read(file_of(*rows))
    return refused.value.faults


def only(**cells):
    (row,) = exams_file.read(file_of({**GOOD, **cells}))
    return row.fields


def test_the_file_that_comes_with_the_service_is_fit():
    exams = [row.fields for row in exams_file.read(FILE.read_bytes())]

    assert {exam["modality"] for exam in exams} == set(MODALITIES)
    assert 50 <= len(exams) <= 80
    names = [exam["name"] for exam in exams]
    assert len(set(names)) == len(names), "staff choose by name"
    old = {
        "MR-KNEE", "MR-LSPINE", "MR-HEAD", "CT-CHEST", "CT-ABDO", "DX-CHEST", "DX-HAND",
        "US-ABDO", "US-NECK", "BMD-HIP", "NM-BONE",
    }  # fmt: skip
    assert old <= {exam["code"] for exam in exams}


def test_cells_are_read_and_what_is_left_out_is_as_usual():
    fields = only(preparation="6h: Do not eat after {time}|\n Drink  water ", fasting="Yes")

    assert fields["preparation"] == "6h: Do not eat after {time}\nDrink water"
    assert (fields["prepare_minutes"], fields["fasting"]) == (360, True)
    assert only()["contrast"] == Exam.Contrast.NONE
    rest = only(arrive_minutes="", visits="", notice_days="", bring="")
    assert (rest["arrive_minutes"], rest["visits"], rest["notice_days"]) == (15, 1, 0)


def test_semicolons_marks_and_windows_letters_of_a_spreadsheet_are_read():
    text = ";".join(GOOD) + "\n" + ";".join(GOOD.values()) + "\n;;;;;;;\n"
    for content in (text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("cp1252")):
        assert exams_file.read(content)[0].fields["code"] == "MR-TOE"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"code": "mr knee"}, "code is 'mr knee'; type capital letters"),
        ({"name": ""}, "name is empty; type its words"),
        ({"name": "x" * 121}, "name is 121 characters long; 120 are allowed"),
        ({"name": "a\0b"}, "name holds characters that cannot be shown"),
        ({"body_part": "\ufffd"}, "body_part holds characters that cannot be shown"),
        ({"modality": "PET"}, "modality is 'PET'; type one of CT, MR"),
        ({"region": "toe"}, "region is 'toe'; type one of head"),
        ({"contrast": ""}, "contrast is ''; type one of none, iodinated, gadolinium"),
        ({"contrast": "yes"}, "contrast is 'yes'; type one of none"),
        ({"minutes": "0"}, "minutes is '0'; type a whole number from 1 to 480"),
        ({"minutes": "481"}, "type a whole number from 1 to 480"),
        ({"minutes": "half"}, "type a whole number from 1 to 480"),
        ({"minutes": ""}, "type a whole number from 1 to 480"),
        ({"visits": "3"}, "visits is '3'; type a whole number from 1 to 2"),
        ({**TWICE, "gap_min_minutes": ""}, "visits is 2 and gap_min_minutes is empty"),
        ({**TWICE, "second_minutes": "0"}, "visits is 2 and second_minutes is empty"),
        ({**TWICE, "gap_min_minutes": "241"}, "gap_min_minutes 241 is more than"),
        ({**TWICE, "visits": "1"}, "visits is 1: leave gap_min_minutes"),
        ({"visit_minutes": "29"}, "visit_minutes is 29; the scan alone takes 30"),
        ({**TWICE, "visit_minutes": "209"}, "the scan alone takes 210"),
        ({"notice_days": "61"}, "notice_days is '61'"),
        ({"arrive_minutes": "-5"}, "arrive_minutes is '-5'"),
        ({"fasting": "maybe"}, "fasting is 'maybe'; type one of yes, no"),
        ({"fasting": "yes"}, "type one like 6h: Do not eat after {time}"),
        ({"preparation": "2h: Do not eat after {time}"}, "type yes at fasting"),
        ({"preparation": "Nil by mouth"}, "type yes at fasting"),
        ({"preparation": ""}, "preparation is empty; type what to do"),
        ({"preparation": "6h: Do not eat"}, "must say where its time stands"),
        ({"preparation": "x" * 201}, "a sentence of 201 characters; 200 are allowed"),
        ({"bring": "a\0"}, "bring holds characters"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_said_with_its_line_and_what_to_type(cells, words):
    (fault,) = faults({**GOOD, "code": "MR-ARM"}, {**GOOD, **cells})

    assert fault.startswith("line 3: ")
    assert words in fault


def test_every_fault_of_every_line_is_said_at_once():
    wrong = {**GOOD, "minutes": "0", "region": "", "preparation": "6h: Eat|2d: Eat after {time}"}

    found = faults(wrong, {**GOOD, "code": "A"}, {**GOOD, "code": "B", "contrast": "dye"})

    assert [one.split(":")[0] for one in found] == ["line 2", "line 2", "line 2", "line 4"]
    assert "'6h: Eat'" in found[2]
    assert "'2d: Eat after {time}'" in found[2]


def test_a_code_that_stands_twice_is_said_with_both_lines():
    assert faults(GOOD, GOOD) == ["line 3: code MR-TOE is on line 2 already; give each exam one"]


def test_a_comma_without_quotes_is_not_taken_for_another_cell():
    content = file_of(GOOD).replace(b'"You can eat"', b"Take off rings, watches")

    with pytest.raises(FileFaulty, match="it has 9 cells, the first line 8"):
        exams_file.read(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"code,name\n", "no column named modality, region"),
        (file_of(GOOD).replace(b'"code"', b'"code","colour"', 1), "'colour'"),
        (file_of(GOOD).replace(b'"code"', b'"code","code"', 1), "twice"),
        (file_of(GOOD).split(b"\n")[0], "no exam"),
        (b'"code,name\n' + b"x" * 200_000, "not CSV"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_whole(content, words):
    with pytest.raises(FileRefused, match=words):
        exams_file.read(content)
