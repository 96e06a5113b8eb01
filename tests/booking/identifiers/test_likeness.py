"""Names as a clerk hears them, beside names as they are kept."""

import pytest

from booking.identifiers.likeness import LIKELY, Way, name_likeness
from booking.identifiers.names import edits, sound, words_of

ALIKE = [
    # as said, given name, family name, in what way
    ("Clark", "Ann", "Clarke", Way.SOUND),
    ("Obrian", "Pat", "O’Brian", Way.SAME),
    ("O`Brian", "Pat", "O'Brian", Way.SAME),
    ("O Brien", "Pat", "O’Brian", Way.SOUND),
    ("Smith", "Ann", "Smith-Jones", Way.SAME),
    ("Jones", "Ann", "Smith-Jones", Way.SAME),
    ("Jones Smith", "Ann", "Smith–Jones", Way.SAME),
    ("Smithjones", "Ann", "Smith-Jones", Way.SPELLING),
    ("Luczak", "Ewa", "Łuczak", Way.SAME),
    ("Lutchak", "Ewa", "Łuczak", Way.SOUND),
    ("Wojchowska", "Ewa", "Wojciechowska", Way.SOUND),
    ("Mueller", "Hans", "Müller", Way.SPELLING),
    ("Muller", "Hans", "Müller", Way.SAME),
    ("Gross", "Hans", "Groß", Way.SAME),
    ("Sorensen", "Kai", "Sørensen", Way.SAME),
    ("Soerensen", "Kai", "Sørensen", Way.SPELLING),
    ("Haakon Aas", "Håkon", "Ås", Way.SPELLING),
    ("MacDonald", "Flo", "McDonald", Way.SAME),
    ("MC DONALD", "Flo", "MacDonald", Way.SAME),
    ("Hussain", "Ali", "Al-Hussain", Way.SAME),
    ("al hussein", "Ali", "Al-Hussain", Way.SOUND),
    ("Alhussain", "Ali", "Hussain", Way.PART),
    ("Vanderberg", "Jo", "van der Berg", Way.SPELLING),
    ("Berg", "Jo", "van der Berg", Way.SAME),
    ("Muhamad Kahn", "Mohammed", "Khan", Way.SOUND),
    ("Zia Rehman", "Zia", "Ur-Rehman", Way.SAME),
    ("IŞIK", "Nur", "Işık", Way.SAME),
    ("Isik", "Nur", "IŞIK", Way.SAME),
    ("Zhang Wei", "Wei", "Zhang", Way.SAME),
    ("Wei Zhang", "Zhang", "Wei", Way.SAME),
    ("Thanh Le", "Thanh", "Le", Way.SAME),
    ("Fell, Jane", "Jane", "Fell", Way.SAME),
    ("Mrs Fell", "Jane", "Fell", Way.SAME),
    ("J Fell", "Jane", "Fell", Way.PART),
    ("Suharto", "", "Suharto", Way.SAME),
    ("Suharto", "Suharto", "", Way.SAME),
    ("Clsrke", "Ann", "Clarke", Way.LETTERS),
    ("العربية", "Nur", "العَرَبِيَّة", Way.SAME),
]


@pytest.mark.parametrize(("said", "given", "family", "way"), ALIKE)
def test_a_name_is_known_however_it_is_said(said, given, family, way):
    found = name_likeness(said, given, family)

    assert found.score >= LIKELY
    assert found.way == way


@pytest.mark.parametrize(
    ("said", "given", "family"),
    [
        ("Smith", "Ann", "Schmidt"),
        ("Jane Smith", "Jane", "Fell"),
        ("Clark", "Ann", "Hargreaves"),
        ("Ng", "Ann", "Wu"),
        ("", "Ann", "Fell"),
        ("'", "Ann", "Fell"),
        ("Fell", "", ""),
    ],
)
def test_other_names_are_not_alike(said, given, family):
    assert name_likeness(said, given, family).score < LIKELY


def test_the_surer_a_name_is_the_higher_it_scores():
    said = [("Ann Clarke", "Clarke"), ("Ann Clark", "Clarke"), ("Ann Clsrke", "Clarke"),
            ("Tom Clarke", "Clarke"), ("Ann Fell", "Clarke")]  # fmt: skip

    scores = [name_likeness(name, "Ann", family).score for name, family in said]

    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [("fell", "fell", 0), ("fell", "fel", 1), ("fell", "flel", 1), ("fell", "bell", 1),
     ("fell", "bill", 2), ("fell", "smith", 3), ("ab", "ba", 1), ("", "ab", 2)],
)  # fmt: skip
def test_letters_that_differ_are_counted_to_two(one, other, differ):
    assert edits(one, other) == edits(other, one) == differ


def test_a_name_that_is_very_long_is_cut_and_compared():
    assert len(words_of("n " * 500)) == 12
    assert len(sound("n" * 9_000)) <= 40
    assert name_likeness("n" * 200, "Ann", "N" * 200).way is Way.SAME
