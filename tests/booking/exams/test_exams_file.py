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


NUMBERS = [
    ("minutes", 1, 480, None),
    ("visits", 1, 2, 1),
    ("gap_min_minutes", 0, 720, 0),
    ("gap_max_minutes", 0, 720, 0),
    ("second_minutes", 0, 480, 0),
    ("notice_days", 0, 60, 0),
    ("arrive_minutes", 0, 120, 15),
    ("visit_minutes", 0, 1440, 0),
]


@pytest.mark.parametrize(("name", "least", "most", "empty"), NUMBERS)
def test_a_number_is_within_its_bounds_and_has_a_usual_one(name, least, most, empty):
    said = f"line 2: {name} is '{{}}'; type a whole number from {least} to {most}"
    assert faults({**GOOD, name: str(most + 1)}) == [said.format(most + 1)]
    assert faults({**GOOD, name: str(least - 1)}) == [said.format(least - 1)]
    two = {**GOOD, **TWICE, "gap_max_minutes": "720", "minutes": "1"}
    assert read_one({**two, "visit_minutes": "1440", name: str(most)})[name] == most
    if empty is not None:
        assert only(**{name: ""})[name] == empty
        assert read_one({**GOOD, "bring": "x", name: str(least)})[name] == least


def read_one(cells):
    (row,) = exams_file.read(file_of(cells))
    return row.fields


A_CODE = "type capital letters, digits and hyphens, as MR-KNEE"


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"code": "X" * 33}, f"code is '{'X' * 33}'; {A_CODE}"),
        ({"code": "x" * 50}, f"code is '{'x' * 40}'; {A_CODE}"),
        ({"code": "A-"}, f"code is 'A-'; {A_CODE}"),
        ({"name": "a\0b"}, "name holds characters that cannot be shown; type it again"),
        ({"name": ""}, "name is empty; type its words"),
        ({"body_part": "x" * 61}, "body_part is 61 characters long; 60 are allowed"),
        ({"modality": "P" * 50}, f"modality is '{'P' * 40}'; type one of {', '.join(MODALITIES)}"),
        ({"minutes": "x" * 50}, f"minutes is '{'x' * 40}'; type a whole number from 1 to 480"),
        ({"contrast": ""}, "contrast is ''; type one of none, iodinated, gadolinium"),
        ({"fasting": "maybe"}, "fasting is 'maybe'; type one of yes, no"),
        ({"preparation": ""},
         "preparation is empty; type what to do, or: You do not need to prepare"),
        ({"preparation": "Fine|" + "x" * 201},
         "preparation has a sentence of 201 characters; 200 are allowed"),
        ({**TWICE, "visits": "1"},
         "visits is 1: leave gap_min_minutes, gap_max_minutes, second_minutes empty, or type 2"),
        ({**TWICE, "second_minutes": ""},
         "visits is 2 and second_minutes is empty: type its minutes"),
        ({**TWICE, "gap_max_minutes": ""},
         "visits is 2 and gap_max_minutes is empty: type its minutes"),
        ({**TWICE, "gap_min_minutes": "2", "gap_max_minutes": "1"},
         "gap_min_minutes 2 is more than gap_max_minutes 1"),
        ({**TWICE, "gap_min_minutes": "241"},
         "gap_min_minutes 241 is more than gap_max_minutes 240"),
        ({"visit_minutes": "1"}, "visit_minutes is 1; the scan alone takes 30"),
        ({**TWICE, "visit_minutes": "209"}, "visit_minutes is 209; the scan alone takes 210"),
        ({"fasting": "yes", "preparation": "6h: Do not eat from {time}"},
         "fasting is yes, and no line of preparation says from when: type one like"
         " 6h: Do not eat after {time}"),
        ({"preparation": "6h: Eat|2d: Eat after {time}"},
         "preparation '6h: Eat': it must say where its time stands, like: Do not eat after {time};"
         " '2d: Eat after {time}': of days type: from {time}"),
        ({"preparation": "NIL BY MOUTH"},
         "preparation says not to eat: type yes at fasting, so that diabetes is thought of"),
    ],
)  # fmt: skip
def test_a_fault_is_said_in_full(cells, fault):
    assert faults({**GOOD, **cells}) == [f"line 2: {fault}"]


@pytest.mark.parametrize(
    "words",
    ["not eat", "nothing to eat", "no food", "eat nothing", "nil by mouth", "fast", "Fasting"],
)
def test_words_for_a_fast_are_known(words):
    assert len(faults({**GOOD, "preparation": f"You may {words} today"})) == 1
    assert only(preparation=f"You may{words.replace(' ', '')}x")


@pytest.mark.parametrize(
    "cells",
    [
        {"code": "A"},
        {"code": "X" * 32},
        {"name": "x" * 120},
        {"body_part": "x" * 60},
        {"preparation": "x" * 200},
        {"visit_minutes": "30"},
        {**TWICE, "gap_max_minutes": "120", "visit_minutes": "210"},
    ],
)
def test_at_the_edges_a_cell_is_right(cells):
    fields = only(**cells)

    assert {name: str(fields[name]) for name in cells} == cells


def test_what_is_written_is_read_as_the_same():
    rows = [
        {**GOOD, **TWICE, "preparation": "6h: Do not eat after {time}|Drink, please",

         "fasting": "yes", "bring": "This|That", "contrast": "iodinated",
         "notice_days": "3", "visit_minutes": "300"},
        {**GOOD, "code": "MR-ARM"},
    ]  # fmt: skip
    read = [row.fields for row in exams_file.read(file_of(*rows))]

    text = exams_file.write([Exam(**fields) for fields in read])

    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert "\r" not in text
    again = [row.fields for row in exams_file.read(text.encode())]
    assert [{**row, **fields} for row, fields in zip(again, read, strict=True)] == again
    assert text.splitlines()[2].startswith("MR-ARM,an MRI scan of your toe,MR,limb,toe,30,none,1,")


def test_the_first_line_may_be_in_capitals_and_cells_at_the_end_left_out():
    header = " Code ,NAME,modality,region,body_part,minutes,contrast,preparation,bring,fasting"
    line = "MR-TOE,a scan,MR,limb,toe,30,none,You can eat"

    first, second = exams_file.read(f"{header}\n{line}\n,,\n{line.replace('TOE', 'ARM')}".encode())

    assert (first.line, second.line) == (2, 4)
    assert (first.fields["bring"], first.fields["fasting"]) == ("", False)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"code,name\n",
         "The first line has no column named modality, region, body_part, minutes, contrast,"
         " preparation."),
        (file_of(GOOD).replace(b'"code"', b'"code","colour","size"', 1),
         f"There is no column 'colour', 'size'. Known: {', '.join(COLUMNS)}."),
        (file_of(GOOD).replace(b'"code","name"', b'"code","name","name","code"', 1),
         "The first line names code, name twice."),
        (file_of(GOOD).split(b"\n")[0], "The file has no exam."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table_is_said_in_full(content, words):
    with pytest.raises(FileRefused) as refused:
        exams_file.read(content)

    assert str(refused.value) == words


def test_a_line_with_too_many_cells_says_how_to_write_a_comma():
    content = file_of(GOOD).replace(b'"You can eat"', b"Take off rings, watches")

    with pytest.raises(FileFaulty) as refused:
        exams_file.read(content)

    assert refused.value.faults == [
        "line 2: it has 9 cells, the first line 8: put a cell that has a comma in it between"
        ' quotes, "like, this"'
    ]


def test_two_codes_that_cannot_be_read_are_not_one_code():
    with pytest.raises(FileFaulty) as refused:
        exams_file.read(file_of({**GOOD, "code": "a"}, {**GOOD, "code": "b"}))

    assert [one.split(";")[0] for one in refused.value.faults] == [
        "line 2: code is 'a'",
        "line 3: code is 'b'",
    ]
    assert str(refused.value) == "\n".join(refused.value.faults)
