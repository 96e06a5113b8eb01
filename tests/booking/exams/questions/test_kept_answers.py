"""Which answers are kept as another, which count, and what follows from all of them together."""

from datetime import timedelta

import pytest

from booking.exams.questions import asking, file, outcomes
from booking.exams.questions.answering import (
    AskedLater,
    Carer,
    NoSuchAnswer,
    QuestionNotAsked,
    answer,
)
from booking.exams.questions.needing import needed_by_answers
from booking.exams.questions.overriding import override
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.models import Answer
from sites.models import Scanner
from tests.answers import answered

TRUST = Actor(ActorKind.KEY, "abc")
CLERK = Actor(ActorKind.STAFF, 7)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)

HEAD = """version = 1
days = 100
[due]
stop = 1
hold = 1
before = 1
"""
QUESTION = """[[question]]
id = "{0}"
kind = "yes_no"
{1}
words = "{0}?"
for_other = "{0} of {{name}}?"
answers = [
  {{ value = "yes", words = "Yes", outcome = "tell", staff = "S", patient = "P" }},
  {{ value = "no", words = "No", outcome = "ok" }},
  {{ value = "dont_know", words = "Not sure", outcome = "hold", staff = "S", patient = "P" }},
]
"""
AFTER = 'after = {{ question = "{}", answers = ["yes"] }}'
CHAIN = HEAD + "".join(
    QUESTION.format(*one)
    for one in (("a", ""), ("b", AFTER.format("a")), ("c", AFTER.format("b")), ("d", ""))
)


@pytest.fixture
def ann(make_referral):
    return make_referral(is_answered=False)


@pytest.fixture
def say(ann, now):
    def say(question, value, actor=PATIENT, at=now, **more):
        version = file.current().version
        return answer(ann, question, value, version=version, now=at, actor=actor, **more)

    return say


@pytest.fixture
def chain(monkeypatch):
    """Questions that follow each on the one before: a, b, c; and d by itself."""
    questions = file.parse(CHAIN)
    monkeypatch.setattr(file, "current", lambda: questions)


def current(referral):
    answers = Answer.objects.filter(referral=referral, is_current=True)
    return dict(answers.values_list("question", "value"))


def test_the_same_said_by_somebody_else_is_kept_as_theirs(say):
    ways = [
        {},
        {"actor": CLERK},
        {"actor": Actor(ActorKind.STAFF, 8)},
        {"carer": Carer("Bo Fell", "daughter")},
        {"carer": Carer("Bo Fell", "friend")},
        {"carer": Carer("Al Fell", "friend")},
    ]

    kept = [say("pacemaker", "no", **way).pk for way in ways]

    assert len(set(kept)) == len(ways)
    assert say("pacemaker", "no", **ways[-1]).pk == kept[-1]


@pytest.mark.parametrize(("later", "is_new"), [(DAY - SECOND, False), (DAY, True)])
def test_a_day_later_the_same_answer_is_given_anew(say, now, later, is_new):
    first = say("pacemaker", "no")

    assert (say("pacemaker", "no", at=now + later) != first) is is_new


def test_an_answer_that_has_just_expired_is_given_anew(say, now):
    first = say("pacemaker", "no")
    Answer.objects.update(expires_at=now + SECOND)

    assert say("pacemaker", "no", at=now) == first
    assert say("pacemaker", "no", at=now + SECOND) != first


@pytest.mark.parametrize("value", ["yes", "no"])
def test_what_a_person_said_as_gravely_stays_when_a_trust_speaks(ann, say, value):
    person = say("pacemaker", "yes")

    trusts = say("pacemaker", value, actor=TRUST)

    assert not trusts.is_current
    assert Answer.objects.get(referral=ann, question="pacemaker", is_current=True) == person


@pytest.mark.parametrize(
    "spoil", [{"expires_at": None}, {"digest": "x"}, {"who": "trust"}], ids=str
)
def test_a_trust_replaces_what_does_not_count_or_what_a_trust_said(ann, say, now, spoil):
    say("pacemaker", "yes")
    Answer.objects.update(**{name: value or now for name, value in spoil.items()})

    assert say("pacemaker", "no", actor=TRUST).is_current
    assert current(ann) == {"pacemaker": "no"}


def test_a_person_may_say_something_milder(ann, say):
    say("pacemaker", "yes")

    assert say("pacemaker", "no", actor=CLERK).is_current
    assert current(ann) == {"pacemaker": "no"}


def test_what_follows_by_way_of_another_is_dropped_with_it(ann, say, chain):
    for question in "abcd":
        say(question, "yes")

    say("a", "dont_know")

    assert current(ann) == {"a": "dont_know", "d": "yes"}


def test_the_same_answer_of_somebody_else_drops_nothing(ann, say, chain):
    for question in "abc":
        say(question, "yes")

    say("a", "yes", actor=CLERK)

    assert current(ann) == {"a": "yes", "b": "yes", "c": "yes"}


def test_what_comes_later_is_refused_as_that_until_all_before_it_is_answered(say, chain):
    with pytest.raises(AskedLater) as refused:
        say("c", "yes")
    assert refused.value.question == "c"
    say("a", "yes")
    with pytest.raises(AskedLater):
        say("c", "yes")
    say("b", "no")
    with pytest.raises(QuestionNotAsked) as refused:
        say("c", "yes")
    assert refused.value.question == "c"


@pytest.mark.parametrize(
    ("typed", "kg"),
    [
        ("20", "20"), ("400", "400"), ("99.001", "100"), ("99 kg", "99"), ("99 kilo", "99"),
        ("99 kilograms", "99"), ("3 st 3", "21"), ("15 stones and 4 lbs", "98"), ("15st4lb", "98"),
        ("62 stone 13 pounds", "400"),
    ],
)  # fmt: skip
def test_a_weight_is_read_as_people_write_it(say, typed, kg):
    say("heavy", "yes")

    assert say("weight", typed).value == kg


@pytest.mark.parametrize("typed", ["12345", "99.0001", "1000 st", "15 st 123", "400.1", "19 kg"])
def test_what_nobody_weighs_is_refused_with_its_question(say, typed):
    say("heavy", "yes")

    with pytest.raises(NoSuchAnswer) as refused:
        say("weight", typed)
    assert refused.value.question == "weight"


def test_the_gravest_comes_first_and_is_what_the_patient_is_told(ann, say, now):
    answered(ann)
    say("hearing", "yes")
    say("operation", "yes")
    say("pump", "yes")
    say("pacemaker", "yes")

    result = outcomes.outcome_of(ann, now=now)

    ids = [one.question.id for one in result.findings]
    assert ids == ["pacemaker", "pump", "operation", "hearing"]
    assert [one.outcome for one in result.findings] == ["stop", "stop", "hold", "tell"]
    by_id = file.current().by_id
    assert result.reasons == [by_id[one].choice("yes").staff for one in ids]
    told = [by_id[one].choice("yes").patient for one in ids[:2]]
    assert result.told == list(dict.fromkeys(told))
    assert result.unanswered == ()


def test_where_all_is_well_nothing_is_said(ann, now):
    answered(ann)

    assert outcomes.outcome_of(ann, now=now) == outcomes.Result("ok", (), ())


def test_what_staff_have_overridden_asks_nothing_of_a_scanner(ann, say, now, furness):
    Scanner.objects.update(wide=True)
    answered(ann)
    wide = say("wide", "yes")
    assert needed_by_answers(ann, now=now) == {"wide": True}

    override(wide, "tell", "It is fine", now=now, actor=CLERK)

    assert needed_by_answers(ann, now=now) == {}
    (finding,) = outcomes.outcome_of(ann, now=now).findings
    assert (finding.outcome, finding.staff) == (
        "tell", file.current().by_id["wide"].choice("yes").staff
    )  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        ({"table_kg": 120}, "filter"),
        ({"table_kg": 119}, "stop"),
    ],
)
def test_a_table_that_just_carries_it_will_do(ann, say, now, furness, limits, outcome):
    Scanner.objects.update(**limits)
    answered(ann)
    say("heavy", "yes")
    say("weight", "120")

    result = outcomes.outcome_of(ann, now=now)

    assert result.outcome == outcome
    if outcome == "stop":
        assert result.told == [
            "We do not know a place yet that can do this."
            " A person will look for one, and phone you."
        ]


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        ({"bore_cm": 70}, "filter"),
        ({"bore_cm": 69}, "stop"),
        ({"wide": True, "bore_cm": 60}, "filter"),
        ({"wide": True, "bore_cm": 70, "modality": "CT"}, "stop"),
    ],
)
def test_a_wide_scanner_is_one_that_says_so_or_has_the_opening(
    ann, say, now, furness, limits, outcome
):
    Scanner.objects.filter(modality="MR").update(**limits)
    answered(ann)
    say("wide", "yes")

    assert outcomes.outcome_of(ann, now=now).outcome == outcome


@pytest.mark.parametrize(
    ("born", "age"), [((2010, 11, 24), 16), ((2010, 11, 25), 15), ((2010, 12, 1), 15)]
)
def test_an_age_is_in_whole_years(now, born, age):
    today = now.date()

    assert asking.age_of(today.replace(year=born[0], month=born[1], day=born[2]), today) == age
