"""docs/model.mmd is the data model as it is now."""

from tools import model


def test_the_picture_is_current():
    assert model.PICTURE.read_text(encoding="utf-8") == model.picture(), "run `make model`"


def test_the_picture_has_tables_columns_and_references_of_all_apps():
    picture = model.picture()

    for line in (
        "    Slot {",
        "        DateTime free_at",
        "    Site }o--|| Trust : trust",
        "    Slot }o--o| Referral : held_by",
        "    Staff }o--o{ Trust : trusts",
        "    Message {",
        "    Target {",
    ):
        assert f"{line}\n" in picture
