"""Answers: which are taken, which count, and what is kept of those before."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest

from booking.exams.questions import answering, asking, file, outcomes
from booking.exams.questions.answering import (
    AskedLater,
    Carer,
    NoSuchAnswer,
    QuestionNotAsked,
    QuestionsChanged,
    answer,
)
from booking.exams.questions.needing import needed_by_answers
from booking.identifiers.actors import PATIENT, Actor, ActorKind
from booking.models import Answer, AuditEntry, Exam, Patient, Referral
from sites.models import Scanner
from tests.answers import answered, harmless
from tests.booking.exams.questions.test_file import GOOD

TRUST = Actor(ActorKind.KEY, "abc")
CLERK = Actor(ActorKind.STAFF, 7)


@pytest.fixture
def ann(make_referral):
    """A patient of an MRI who has answered nothing."""
    return make_referral(is_answered=False)


@pytest.fixture
def say(ann, now):
    def say(question, value, actor=PATIENT, at=now, **more):
        version = more.pop("version", file.current().version)
        return answer(ann, question, value, version=version, now=at, actor=actor, **more)

    return say


def current(referral):
    answers = Answer.objects.filter(referral=referral, is_current=True)
    return dict(answers.values_list("question", "value"))


def test_each_question_is_the_next_once_until_none_is_left(ann, say, now):
    asked = []
    while question := asking.next_question(ann, now=now):
        asked.append(question.id)
        say(question.id, "no")

    assert asked[0] == "pacemaker"
    assert asked == [one.id for one in asking.questions_of(ann, now=now)]
    assert outcomes.outcome_of(ann, now=now).outcome == "ok"


def test_what_follows_on_an_answer_comes_after_it(ann, say, now):
    with pytest.raises(AskedLater):
        say("metal_eye_cleared", "yes")
    say("metal_eye", "yes")
    say("metal_eye_cleared", "no")

    assert outcomes.outcome_of(ann, now=now).outcome == "stop"


@pytest.mark.parametrize("becomes", ["no", "dont_know"])
def test_a_changed_answer_drops_what_followed_on_it_and_keeps_it_all(ann, say, now, becomes):
    say("metal_eye", "yes")
    say("metal_eye_cleared", "yes")
    say("metal_eye", becomes)

    assert current(ann) == {"metal_eye": becomes}
    assert Answer.objects.filter(referral=ann).count() == 3
    say("metal_eye", "yes")
    assert [one.id for one in asking.asking_of(ann, now=now).unanswered].count(
        "metal_eye_cleared"
    ) == 1


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        ("breast_feeding", QuestionNotAsked),
        ("metformin", QuestionNotAsked),
        ("with_adult", QuestionNotAsked),
        ("metal_eye_cleared", QuestionNotAsked),
        ("shoes", QuestionNotAsked),
        ("' OR 1=1", QuestionNotAsked),
    ],
)
def test_what_is_not_asked_of_this_referral_is_refused(ann, say, question, refusal):
    say("metal_eye", "no")

    with pytest.raises(refusal):
        say(question, "yes")
    assert current(ann) == {"metal_eye": "no"}


@pytest.mark.parametrize("value", ["", "maybe", "YES", "yes\x00", "130", "stop", "1" * 5000])
def test_what_is_none_of_the_answers_is_refused(ann, say, value):
    with pytest.raises(NoSuchAnswer):
        say("pacemaker", value)
    assert not current(ann)


@pytest.mark.parametrize("version", [0, 2, 99])
def test_a_page_of_another_version_is_refused(ann, say, version):
    with pytest.raises(QuestionsChanged):
        say("pacemaker", "no", version=version)
    assert not current(ann)


def test_nothing_is_asked_once_the_request_has_ended(ann, say, now):
    type(ann).objects.filter(pk=ann.pk).update(ended_at=now, end_reason="done")

    with pytest.raises(QuestionNotAsked):
        say("pacemaker", "no")


@pytest.mark.parametrize(
    ("typed", "kg"),
    [
        ("130", "130"), ("0130", "130"), ("130 kg", "130"), ("130kg", "130"), ("130.2", "131"),
        ("130,5 kilos", "131"), ("20 stone 7", "131"), ("20st 7lb", "131"), ("20 st", "128"),
        ("20 Stone, 7 pounds", "131"), (" 400 ", "400"),
    ],
)  # fmt: skip
def test_a_weight_is_whole_kilograms_never_less_than_was_said(ann, say, typed, kg):
    say("heavy", "yes")

    assert say("weight", typed).value == kg


@pytest.mark.parametrize(
    "typed", ["19", "401", "-130", "1e2", "heavy", "130 lb", "٢٠٠", "63 st", "9" * 400, "kg"]
)
def test_a_weight_that_is_none_is_refused(ann, say, typed):
    say("heavy", "yes")

    with pytest.raises(NoSuchAnswer):
        say("weight", typed)


def test_a_doubled_press_makes_one_answer(ann, say, now):
    first = say("pacemaker", "no")

    assert say("pacemaker", "no", at=now + timedelta(seconds=1)) == first
    assert Answer.objects.filter(referral=ann).count() == 1
    later = say("pacemaker", "no", at=now + timedelta(days=2))
    assert later != first


def test_an_answer_says_who_gave_it_and_what_was_asked(ann, say, now):
    ours = say("pacemaker", "no")
    carer = say("pump", "no", carer=Carer("Bo Fell", "daughter"))
    clerk = say("hearing", "no", actor=CLERK)
    trust = say("wide", "no", actor=TRUST)

    assert [one.who for one in (ours, carer, clerk, trust)] == [
        "patient", "carer", "clerk", "trust",
    ]  # fmt: skip
    assert (carer.carer_name, carer.carer_relation) == ("Bo Fell", "daughter")
    assert (ours.version, ours.digest) == (1, file.current().by_id["pacemaker"].digest)
    assert ours.expires_at == now + timedelta(days=180)


def test_the_audit_says_what_was_asked_and_not_what_was_answered(ann, say):
    made = say("pacemaker", "yes")

    entry = AuditEntry.objects.get(action="question answered", referral=ann)
    assert entry.detail == {"question": "pacemaker", "answer": made.pk, "version": 1}


def test_an_answer_that_has_expired_is_asked_again_and_nothing_else_is(ann, say, now):
    Patient.objects.update(born=now.date().replace(year=1990))
    Exam.objects.update(contrast="gadolinium")
    ann = Referral.objects.get(pk=ann.pk)
    while question := asking.next_question(ann, now=now):
        say(question.id, "no")

    def open_after(days):
        later = now + timedelta(days=days)
        return [one.id for one in asking.asking_of(ann, now=later).unanswered]

    assert open_after(13) == []
    assert open_after(14) == ["pregnant_dye"]
    assert open_after(28) == ["operation", "pregnant_dye"]
    with pytest.raises(outcomes.QuestionsOpen):
        outcomes.must_allow_booking(ann, now=now + timedelta(days=14), actor=PATIENT)


def test_of_a_new_file_only_what_changed_is_asked_again(ann, now, monkeypatch):
    monkeypatch.setattr(file, "current", lambda: file.parse(GOOD))
    answer(ann, "metal", "yes", version=3, now=now, actor=PATIENT)
    answer(ann, "out", "yes", version=3, now=now, actor=PATIENT)
    answer(ann, "weight", "90", version=3, now=now, actor=PATIENT)
    newer = GOOD.replace("version = 3", "version = 4").replace("Is it out?", "Is it all out?")
    monkeypatch.setattr(file, "current", lambda: file.parse(newer))

    assert [one.id for one in asking.asking_of(ann, now=now).unanswered] == ["out"]
    with pytest.raises(QuestionsChanged):
        answer(ann, "out", "yes", version=3, now=now, actor=PATIENT)
    answer(ann, "out", "yes", version=4, now=now, actor=PATIENT)
    assert asking.next_question(ann, now=now) is None


def test_another_exam_makes_answers_idle_that_it_does_not_ask(ann, say, now):
    say("pacemaker", "yes")
    Exam.objects.update(modality="US")
    ann.refresh_from_db()
    assert outcomes.outcome_of(ann, now=now).outcome == "ok"

    Exam.objects.update(modality="MR")
    ann.refresh_from_db()
    assert outcomes.outcome_of(ann, now=now).outcome == "stop"


def test_a_trust_does_not_make_milder_what_a_person_said(ann, say, now):
    say("pacemaker", "yes")
    milder = say("pacemaker", "no", actor=TRUST)

    assert not milder.is_current
    assert current(ann) == {"pacemaker": "yes"}
    say("pump", "no")
    say("pump", "yes", actor=TRUST)
    assert current(ann)["pump"] == "yes"


def test_whatever_way_the_answers_came_to_be_the_same_follows(ann, say, now):
    chance = random.Random(4)
    wanted = {"metal_eye": "yes", "metal_eye_cleared": "yes", "operation": "dont_know",
              "hoist": "no", "transfer": "yes"}  # fmt: skip

    def settle(question, value):
        with suppress(AskedLater, QuestionNotAsked):  # what it follows on was changed before it
            say(question.id, value)

    def ends_as():
        for _ in range(2):  # first what others follow on, then all
            for question in asking.questions_of(ann, now=now):
                settle(question, wanted.get(question.id, harmless(question)))
        result = outcomes.outcome_of(ann, now=now)
        return result.outcome, [one.question.id for one in result.findings], current(ann)

    straight = ends_as()
    for _ in range(3):
        for question in chance.sample(asking.questions_of(ann, now=now), 6):
            settle(question, chance.choice([one.value for one in question.choices if one.value]))
        assert ends_as() == straight
    assert straight[0] == "hold"


def test_what_a_scanner_must_have_comes_from_the_answers(ann, say, now, furness):
    Scanner.objects.filter(modality="MR").update(table_kg=150, bore_cm=70, hoist=True)
    answered(ann)
    for question, value in [("heavy", "yes"), ("weight", "140"), ("wide", "yes"),
                            ("transfer", "yes"), ("hoist", "yes")]:  # fmt: skip
        say(question, value)

    assert needed_by_answers(ann, now=now) == {"weight_kg": 140, "wide": True, "hoist": True}
    assert outcomes.outcome_of(ann, now=now).outcome == "filter"


@pytest.mark.parametrize(
    ("question", "value", "limits"),
    [
        ("weight", "151", {"table_kg": 150}),
        ("weight", "130", {"table_kg": None}),
        ("wide", "yes", {"bore_cm": 60}),
        ("wide", "yes", {"bore_cm": 80, "wide": False}),
        ("step_free", "yes", {"step_free": None}),
        ("hoist", "yes", {"hoist": False}),
    ],
)
def test_what_no_scanner_is_known_to_do_is_a_person_s_to_find(
    ann, say, now, furness, question, value, limits
):
    Scanner.objects.update(**limits)
    answered(ann)
    say("heavy", "yes")
    say("transfer", "yes")
    say("weight", "120" if question != "weight" else value)
    say(question, value)

    result = outcomes.outcome_of(ann, now=now)

    assert result.outcome == "stop"
    assert "No scanner of this kind is known to do that." in " ".join(result.reasons)


def test_values_of_one_question_are_of_no_other(ann, say):
    with pytest.raises(NoSuchAnswer):
        say("heavy", "130")
    assert answering.read_value(file.current().by_id["weight"], "dont_know") == "dont_know"
