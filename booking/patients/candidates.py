"""Who may be calling: a bounded number of patients, by one query, the same on both databases.

Each source is a lookup by an index with a limit. What is exact comes first (a number, a birthday, a
postcode); the words of a name are found by how they sound and, if nothing else was said, by letters
in a row: an index of trigrams, pg_trgm's on PostgreSQL and FTS5's on SQLite. Both answer whether a
word contains some letters, so both find the same. A source that has more than its limit is not
cut at random: nothing of it is used, and `Candidates.cut` says so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection

from booking.identifiers.names import LONGEST_WORD, sound
from booking.identifiers.slips import days_near
from booking.models import Patient
from booking.patients.said import Said, spellings_of
from sealed.fields import Kept
from sealed.lookups import number_condition, number_values

DAY_AT_MOST = 1_000
"""Patients of one birthday that are compared: 1 January is that of many who were never told."""
LIKE_AT_MOST = 400
"""Patients of one postcode, or found by letters, or by a sound and one of fifty birthdays."""
AT_MOST = 100
"""Patients of any other source that are compared."""
WORDS_AT_MOST = 3
"""Words of a name alone that are looked for."""
SHORTEST_IN_HALVES = 8
"""Letters of a word that is looked for by its halves."""


class By(Enum):
    """By what a patient was found."""

    CODE = "code"
    CODE_NEAR = "code, one letter away"
    NHS_NUMBER = "NHS number"
    PHONE = "phone"
    DAY = "birthday"
    NEAR_DAY = "birthday, one slip away, and a word of the name that sounds so"
    POSTCODE = "postcode"
    WORD = "a word of the name"
    SOUND = "a word of the name that sounds so"
    LETTERS = "letters in a row of a word of the name"


SLIPS = frozenset({By.CODE_NEAR, By.NEAR_DAY})
"""What is looked for only where nobody has all that was said: hundreds of codes, dozens of days."""


@dataclass(frozen=True)
class Source:
    """A statement that finds patients' keys, and how many of them are read."""

    by: By
    sql: str
    values: tuple[Any, ...]
    limit: int = AT_MOST


@dataclass(slots=True)
class Candidate:
    """A patient to compare, and by what they were found.

    No Patient yet: of a birthday's seventy one is meant, and to make one takes longer than to
    compare it.
    """

    key: int
    given_name: str
    family_name: str
    family_key: str
    born: date
    mobile: str | Kept
    """As it is kept: the patient that is made of it opens it when it is asked for."""
    postcode: str
    died_at: datetime | None
    merged_into_id: int | None = None
    former_names: str = ""
    by: set[By] = field(default_factory=set)
    """By what the person was found: by this record, or by another that is joined with it."""

    @property
    def person(self) -> int:
        """The key of the patient's own record, also where this one was joined to it."""
        return self.merged_into_id or self.key

    def patient(self) -> Patient:
        """Return the patient; what tells nobody apart is read when it is asked for."""
        if self.merged_into_id:
            return Patient.objects.get(pk=self.merged_into_id)
        return Patient.from_db(DEFAULT_DB_ALIAS, COLUMNS, [getattr(self, name) for name in FIELDS])


FIELDS = (
    "key", "given_name", "family_name", "family_key", "born", "mobile", "postcode", "died_at",
    "merged_into_id", "former_names",
)  # fmt: skip
COLUMNS = ("id", *FIELDS[1:])
"""In the order of the model's fields, as from_db wants them."""


@dataclass(frozen=True)
class Candidates:
    """Whom to compare; `cut` are the sources that had more than their limit.

    `is_common` if a name was said alone and each word of it is the name of too many.
    """

    found: list[Candidate]
    cut: frozenset[By]
    is_common: bool


def find_candidates(said: Said, today: date, *, with_slips: bool) -> Candidates:
    """Return the patients that may be meant by what was said. One query.

    `with_slips` also who has a code one letter away, or a birthday one slip away.
    """
    sources = [one for one in _sources(said, today) if with_slips or one.by not in SLIPS]
    if not sources:
        return Candidates([], frozenset(), False)
    union = " UNION ALL ".join(
        f"SELECT {number} AS source, one.key FROM ({source.sql} LIMIT {source.limit + 1}) AS one"
        for number, source in enumerate(sources)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT found.source, {', '.join(f'p.{name}' for name in COLUMNS)}"
            f" FROM ({union}) AS found JOIN booking_patient AS p ON p.id = found.key",
            [value for source in sources for value in source.values],
        )
        found = cursor.fetchall()
    counts = Counter(row[0] for row in found)
    full = {number for number, count in counts.items() if count > sources[number].limit}
    people: dict[int, Candidate] = {}
    by: dict[int, set[By]] = {}
    for number, key, *values in found:
        if number not in full:
            if key not in people:
                one = people[key] = _candidate(key, *values)
                one.by = by.setdefault(one.person, one.by)
            people[key].by.add(sources[number].by)
    by_word = {number for number, source in enumerate(sources) if source.by is By.WORD}
    return Candidates(
        list(people.values()),
        frozenset(sources[number].by for number in full),
        bool(by_word) and by_word <= full,
    )


def _candidate(key: int, *values: Any) -> Candidate:
    """Return a row as values; SQLite has dates as text and times without their zone."""
    given_name, family_name, family_key, born, mobile, postcode, died_at, *others = values
    if isinstance(born, str):
        born = date.fromisoformat(born)
    if died_at and died_at.tzinfo is None:
        died_at = died_at.replace(tzinfo=UTC)
    return Candidate(
        key,
        given_name,
        family_name,
        family_key,
        born,
        mobile and Kept(mobile),
        postcode,
        died_at,
        *others,
    )


def _sources(said: Said, today: date) -> Iterator[Source]:
    if said.is_number:
        yield from _by_number(said)
    if not said.words:
        return
    if said.born:
        yield from _by_birthday(said, said.born, today)
    if said.postcode:
        one, other = spellings_of(said.postcode)
        sql = "SELECT id AS key FROM booking_patient WHERE postcode IN (%s, %s)"
        yield Source(By.POSTCODE, sql, (one, other), LIKE_AT_MOST)
    if not (said.born or said.postcode or said.is_number):
        yield from _by_name(said)


def _by_number(said: Said) -> Iterator[Source]:
    for by, codes in ((By.CODE, [said.code]), (By.CODE_NEAR, sorted(said.codes))):
        if any(codes):
            # PostgreSQL reads and plans four hundred values slowly, and one array fast.
            one_array = connection.vendor == "postgresql"
            among = "= ANY(%s)" if one_array else f"IN ({_marks(codes)})"
            yield Source(
                by,
                f"SELECT patient_id AS key FROM booking_referral WHERE code {among}"
                " UNION SELECT r.patient_id FROM booking_appointment a JOIN booking_referral r"
                f" ON r.id = a.referral_id WHERE a.reference {among}",
                (codes, codes) if one_array else (*codes, *codes),
            )
    if said.nhs_number:
        which = number_condition("nhs_number", connection)
        sql = f"SELECT id AS key FROM booking_patient WHERE {which}"
        yield Source(By.NHS_NUMBER, sql, number_values(said.nhs_number))
    if said.phone:
        sql = (
            f"SELECT id AS key FROM booking_patient WHERE {number_condition('mobile', connection)}"
            " UNION SELECT patient_id FROM booking_otherphone"
            f" WHERE {number_condition('number', connection)}"
        )
        yield Source(By.PHONE, sql, number_values(said.phone) * 2)


def _by_birthday(said: Said, born: date, today: date) -> Iterator[Source]:
    """Everybody of the birthday; and who has it, or one a slip away, with a word that sounds so.

    So who sounds right is found even on a day that too many were born on.
    """
    as_kept = connection.ops.adapt_datefield_value
    sql = "SELECT id AS key FROM booking_patient WHERE born = %s"
    yield Source(By.DAY, sql, (as_kept(born),), DAY_AT_MOST)
    sounds = sorted({sound(word) for word in [*said.main, *_in_one_word(said)]})
    near = sorted(days_near(born, today))
    for by, days, most in ((By.DAY, [born], AT_MOST), (By.NEAR_DAY, near, LIKE_AT_MOST)):
        yield Source(
            by,
            "SELECT patient_id AS key FROM booking_nameword"
            f" WHERE sound IN ({_marks(sounds)}) AND born IN ({_marks(days)})",
            (*sounds, *map(as_kept, days)),
            most,
        )


def _by_name(said: Said) -> Iterator[Source]:
    # In the order of the index, so that a limit is never an invitation to read the whole table.
    same = "SELECT patient_id AS key FROM booking_nameword WHERE {} = %s ORDER BY born"
    for word in said.main[:WORDS_AT_MOST]:
        yield Source(By.WORD, same.format("word"), (word,))
        yield Source(By.SOUND, same.format("sound"), (sound(word),))
        if halves := _halves(word):
            yield _by_letters(halves, sound(word))
    for word in _in_one_word(said):
        yield Source(By.LETTERS, same.format("sound"), (sound(word),))


def _by_letters(halves: tuple[str, str], heard: str) -> Source:
    """Return whose word has one of two halves in it, looked for only if no word sounds so.

    PostgreSQL would read the whole table for a limit; WITH ... MATERIALIZED leaves it its index.
    """
    unless = "NOT EXISTS (SELECT 1 FROM booking_nameword WHERE sound = %s)"
    if connection.vendor == "sqlite":
        sql = (
            "SELECT w.patient_id AS key FROM booking_nameword_grams g JOIN booking_nameword w"
            f" ON w.id = g.rowid WHERE booking_nameword_grams MATCH %s AND {unless}"
        )
        return Source(By.LETTERS, sql, (f'"{halves[0]}" OR "{halves[1]}"', heard), LIKE_AT_MOST)
    sql = (
        "WITH alike AS MATERIALIZED (SELECT patient_id AS key FROM booking_nameword"
        f" WHERE (word LIKE %s OR word LIKE %s) AND {unless}) SELECT key FROM alike"
    )
    return Source(By.LETTERS, sql, (*(f"%{half}%" for half in halves), heard), LIKE_AT_MOST)


def _in_one_word(said: Said) -> list[str]:
    """Return a name that was said in two or three words as one, as it may be kept."""
    return ["".join(said.words)[:LONGEST_WORD]] if 1 < len(said.words) < 4 else []


def _halves(word: str) -> tuple[str, str] | None:
    """Return the two halves of a word: with one letter wrong, one half of it is right still.

    None of a word in another alphabet, of which not every database has trigrams, and of a short
    one, whose halves are in too many names: a birthday finds it.
    """
    if not word.isascii() or len(word) < SHORTEST_IN_HALVES:
        return None
    middle = len(word) // 2
    return word[:middle], word[-middle:]


def _marks(values: Iterable[object]) -> str:
    return ", ".join("%s" for _ in values)
