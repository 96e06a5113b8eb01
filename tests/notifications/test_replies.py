"""How replies are read, kept and acted on."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import dispatch, opt_outs, replies
from notifications.models import Inbound, OptOut
from notifications.reading import COMMANDS, Reading, read
from notifications.replies import reply_received
from tests.notifications.conftest import NOON, NUMBER

MINUTE = timedelta(minutes=1)
ORDERS = ["yes", "ok", "cancel", "no", "change", "help", "stop", "end", "start"]


@pytest.mark.parametrize(
    ("body", "word", "code"),
    [
        ("YES 7567", "yes", "7567"),
        ("yes", "yes", ""),
        ("Y 7567", "yes", "7567"),
        ("7567 yes", "yes", "7567"),
        ("Yes7567", "yes", "7567"),
        ("  yes,\n7567!!", "yes", "7567"),
        ("\uff39\uff25\uff33\u3000\uff17\uff15\uff16\uff17", "yes", "7567"),  # full width
        ("yes please", "yes", ""),
        ("Yes please 7567, thank you", "yes", "7567"),
        ("YES \N{THUMBS UP SIGN}", "yes", ""),
        ("\u201cYES 7567\u201d", "yes", "7567"),
        ("YES 0000", "yes", "0000"),
        ("CANCEL 7567.", "cancel", "7567"),
        ("CANCEL 75O7.", "cancel", "7507"),
        ("yes 7l6I", "yes", "7161"),
        ("cancel", "cancel", ""),
        ("No", "no", ""),
        ("change 7567", "change", "7567"),
        ("STOP", "stop", ""),
        ("Stop.", "stop", ""),
        ("stop all", "stop", ""),
        ("STOP please", "stop", ""),
        ("unsubscribe", "stop", ""),
        ("Start", "start", ""),
        ("HELP", "help", ""),
        ("help 7567", "help", "7567"),
        ("help?", "help", ""),
    ],
)
def test_an_order_is_read_whatever_it_is_dressed_in(body, word, code):
    assert read(body) == Reading(word, code)


@pytest.mark.parametrize(
    "body",
    [
        "", " ", "7567", "YES CANCEL", "yes no 7567", "CANCEL YES 7567",
        "YES 7567 8901", "YES 75", "YES 75678", "YES 75 67",
        "please stop sending these to my old house", "Do I have to STOP my tablets?",
        "I cannot cancel", "yes I can but not before 3pm", "don't cancel",
        "I am out of the office until Monday. For urgent matters phone 01632 960 200.",
        "Y E S", "N\u00c3O", "<script>yes</script>",
        "yes; DROP TABLE message", "y" * 2000,
    ],
)  # fmt: skip
def test_anything_else_is_unclear_and_never_an_order(body):
    assert read(body).command == "unclear"


def test_every_command_is_some_replys():
    bodies = [
        "yes", "cancel", "no", "change", "sooner", "later", "help", "stop", "start", "thanks",
        "what",
    ]  # fmt: skip
    assert tuple(read(body).command for body in bodies) == COMMANDS


@pytest.mark.parametrize(
    ("body", "reading"),
    [
        # A yes, and what stands beside it.
        ("yes 7567 by bus", ("yes", "7567", True)),
        ("yes by bus", ("unclear", "", False)),
        ("yes 7567 at 2pm", ("yes", "7567", True)),
        ("yes at 2pm", ("unclear", "", False)),
        ("I'll be there 7567", ("yes", "7567", False)),
        ("I\u2019ll be there", ("yes", "", False)),
        ("yes 7567 no problem", ("yes", "7567", False)),
        ("yes 7567 no", ("unclear", "7567", False)),
        ("yes 7567 but late", ("unclear", "7567", False)),
        ("bus 7567", ("unclear", "7567", False)),
        ("yes 7567" + " bus" * 39, ("yes", "7567", True)),
        ("yes 7567" + " bus" * 40, ("unclear", "7567", False)),
        ("yes" + " please" * 60, ("yes", "", False)),
        # Thanks, and nothing else.
        ("Thank you so much", ("thanks", "", False)),
        ("thank u x", ("thanks", "", False)),
        ("thanks 7567", ("thanks", "7567", False)),
        ("thanks 15", ("unclear", "", False)),
        ("thanks for nothing", ("unclear", "", False)),
        ("very much", ("unclear", "", False)),
        # A question is no order.
        ("cancel 7567?", ("unclear", "7567", False)),
        ("yes?", ("unclear", "", False)),
        ("help 7567?", ("help", "7567", False)),
        ("help 15?", ("unclear", "", False)),
        ("help me please?", ("help", "", False)),
        ("cancel \N{WHITE QUESTION MARK ORNAMENT}", ("unclear", "", False)),
        # Pictures are words.
        ("\N{THUMBS DOWN SIGN}", ("no", "", False)),
        ("\N{PERSON WITH FOLDED HANDS}", ("thanks", "", False)),
        ("7567\N{HEAVY CHECK MARK}", ("yes", "7567", False)),
        # Which number is the code.
        ("cancel 7567 7567", ("cancel", "7567", False)),
        ("cancel 7567 15", ("unclear", "7567", False)),
        ("please cancel 7567 thank you", ("cancel", "7567", False)),
        ("yes 7567 1430", ("yes", "7567", True)),
        ("yes 2026 7567", ("yes", "7567", True)),
        ("yes 3200 1999", ("yes", "3200", True)),
        ("yes 3199 1999", ("unclear", "", False)),
        ("yes 4000 5000 1999", ("unclear", "", False)),
        ("yes 1999", ("yes", "1999", False)),
        ("yes 7,567", ("yes", "7567", False)),
        ("yes 7,5678", ("yes", "5678", True)),
        ("cancel 17,567", ("unclear", "", False)),
        # Digits in words: four, no more and no fewer.
        ("yes seven five six seven", ("yes", "7567", False)),
        ("cancel seven five six seven please", ("cancel", "7567", False)),
        ("seven five six seven yes", ("yes", "7567", False)),
        ("yes five six seven", ("unclear", "", False)),
        ("yes one seven five six seven", ("unclear", "", False)),
        ("yes 7567 one two three", ("yes", "7567", True)),
        ("cancel one seven five six seven", ("unclear", "", False)),
        # What phones add.
        ("Yes 7567 Sent from my iPhone", ("yes", "7567", False)),
        ("cancel 7567\nSent from my iPhone\n", ("cancel", "7567", False)),
        ("YES 7567\n> CANCEL 8421", ("yes", "7567", False)),
        ("CANCEL 7567\nOn Monday the hospital wrote:\n> YES 8421", ("cancel", "7567", False)),
        ("yes\n> x\n7567", ("yes", "7567", False)),
        ("cancel_7567", ("cancel", "7567", False)),
        # Twilio hands on 1,600 characters.
        (" " * 1599 + "y", ("yes", "", False)),
        (" " * 1600 + "y", ("unclear", "", False)),
    ],
    ids=lambda one: ascii(one[:30]) if isinstance(one, str) else "",
)  # fmt: skip
def test_what_stands_beside_an_order(body, reading):
    assert read(body) == Reading(*reading)


@given(st.text(max_size=300))
def test_any_body_can_be_read(body):
    word, code, _ = read(body)
    assert word in COMMANDS
    assert code == "" or (len(code) == 4 and code.isdecimal() and code.isascii())


@given(
    word=st.sampled_from(["yes", "cancel", "change", "no"]),
    code=st.integers(1000, 9999).map(str),
    before=st.sampled_from(["", " ", "\n", "...", "'"]),
    between=st.sampled_from(["", " ", ", ", " - ", "\t", ": "]),
    after=st.sampled_from(
        ["", ".", "!!!", " please", " thanks", " \N{SMILING FACE WITH SMILING EYES}"]
    ),
    upper=st.booleans(),
)
def test_every_dressing_of_an_order_means_the_same(word, code, before, between, after, upper):
    written = word.upper() if upper else word
    assert read(f"{before}{written}{between}{code}{after}") == Reading(word, code)


@given(st.text(alphabet="abcdefghij ", min_size=1, max_size=40), st.sampled_from(ORDERS))
def test_an_order_inside_a_sentence_is_none(sentence, word):
    if sentence.strip():
        assert read(f"{sentence} {word} qqq").command == "unclear"


# --- what is done about them


@pytest.fixture
def heard():
    """Play booking: collect what goes up."""
    replies_heard = []

    def hear(sender, reply, now, **kwargs):
        replies_heard.append(reply)
        return "heard"

    reply_received.connect(hear)
    yield replies_heard
    reply_received.disconnect(hear)


def write(body, sid="SM1", number=NUMBER, opt_out_type="", now=NOON):
    reply = replies.keep(sid, number=number, body=body, opt_out_type=opt_out_type, now=now)
    replies.handle_safely(reply, now)
    reply.refresh_from_db()
    return reply


@pytest.mark.django_db
class TestActing:
    def test_an_order_goes_up_once_however_often_it_comes(self, heard):
        for _ in range(3):
            reply = write("CANCEL 7567")
        assert [(one.command, one.code, one.number) for one in heard] == [
            ("cancel", "7567", NUMBER)
        ]
        assert "heard" in reply.outcome

    def test_stop_ends_texts_and_calls_for_a_person(
        self, enqueue, provider, heard, calls_for_a_person
    ):
        reminder = enqueue(kind="reminder_2_days", due_at=NOON + MINUTE)
        write("STOP")
        dispatch.run_scheduled_steps(NOON + MINUTE)
        dispatch.dispatch_due(NOON + MINUTE)
        reminder.refresh_from_db()
        assert (reminder.state, provider.calls, heard) == ("suppressed", [], [])
        assert (calls_for_a_person[0].reason, calls_for_a_person[0].number) == ("opted_out", NUMBER)

    def test_a_text_written_after_stop_is_kept_but_not_sent(self, enqueue, calls_for_a_person):
        write("STOP")
        message = enqueue(kind="changed")
        assert (message.state, message.error) == (
            "suppressed",
            "The patient asked for no more texts.",
        )
        assert [notice.subject for notice in calls_for_a_person] == ["", "7KQ49CRB"]

    def test_a_text_that_a_dispatcher_holds_is_not_sent_after_stop(self, enqueue, provider):
        enqueue()
        (held,) = dispatch.claim(NOON, 1)
        write("STOP")
        assert not dispatch._send(held, lambda: NOON)
        assert provider.calls == []

    def test_start_brings_them_back(self, enqueue, provider):
        write("STOP")
        write("START", sid="SM2")
        assert enqueue().state == "ready"
        assert OptOut.objects.get().revoked_at == NOON

    def test_stop_twice_and_from_two_phones(self):
        for sid, number in (("SM1", NUMBER), ("SM2", NUMBER), ("SM3", "+447700900124")):
            write("STOP", sid=sid, number=number)
        assert OptOut.objects.count() == 2
        assert NUMBER not in str(OptOut.objects.values())

    def test_a_bare_cancel_that_twilio_took_for_stop_is_both(self, heard):
        write("CANCEL", opt_out_type="STOP")
        assert [one.command for one in heard] == ["cancel"]
        assert opt_outs.has_opted_out(opt_outs.hash_of(NUMBER))

    def test_a_yes_that_twilio_took_for_start_is_both(self, heard):
        write("STOP")
        write("YES", sid="SM2", opt_out_type="START")
        assert [one.command for one in heard] == ["yes"]
        assert not opt_outs.has_opted_out(opt_outs.hash_of(NUMBER))

    def test_stop_inside_a_sentence_is_no_opt_out(self, heard):
        write("please stop sending these to my old house")
        assert not OptOut.objects.exists()
        assert [one.command for one in heard] == ["unclear"]

    def test_help_that_twilio_answered_is_marked(self, heard):
        write("HELP", opt_out_type="HELP")
        assert heard[0].twilio_answered

    def test_a_reply_whose_handling_failed_is_tried_again_by_the_tick(self, heard, monkeypatch):
        def fail(*args):
            raise RuntimeError

        tell = replies._tell_booking
        monkeypatch.setattr(replies, "_tell_booking", fail)
        reply = write("YES 7567")
        assert reply.handled_at is None
        replies.handle_left(NOON + MINUTE)
        monkeypatch.setattr(replies, "_tell_booking", tell)
        replies.handle_left(NOON + 2 * MINUTE)
        replies.handle_left(NOON + 3 * MINUTE)
        assert len(heard) == 1
        assert Inbound.objects.get().handled_at == NOON + 2 * MINUTE

    def test_one_that_always_fails_is_left_after_five_tries(self, monkeypatch):
        calls = []

        def fail(*args):
            calls.append(args)
            raise RuntimeError

        monkeypatch.setattr(replies, "_tell_booking", fail)
        write("YES 7567")
        for minute in range(1, 20):
            replies.handle_left(NOON + minute * MINUTE)
        assert len(calls) == 6
