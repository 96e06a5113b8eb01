"""What is kept and told of each reply, exactly."""

from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError
from django.dispatch import Signal

from notifications import dead_numbers, opt_outs, replies
from notifications.attention import Notice, Reason, needs_person, reached
from notifications.models import DeadNumber, Inbound, OptOut
from notifications.replies import Reply
from tests.notifications.conftest import NOON, NUMBER

SECOND = timedelta(seconds=1)


def keep(body="YES 7567", sid="SM1", number=NUMBER, opt_out_type="", now=NOON):
    return replies.keep(sid, number=number, body=body, opt_out_type=opt_out_type, now=now)


@pytest.fixture
def heard(monkeypatch):
    """Play booking, in its place: collect what goes up."""
    found, signal = [], Signal()
    monkeypatch.setattr(replies, "reply_received", signal)

    def hear(sender, reply, now, **kwargs):
        found.append((sender, reply, now))
        return "heard"

    signal.connect(hear, weak=False)
    return found


@pytest.mark.django_db
class TestKept:
    def test_a_reply_is_kept_as_it_came_and_as_it_was_read(self):
        kept = keep("Yes\0 7567", opt_out_type="start and more")
        kept.refresh_from_db()
        assert (kept.message_sid, kept.number, kept.body) == ("SM1", NUMBER, "Yes 7567")
        assert kept.number_hash == opt_outs.hash_of(NUMBER)
        assert (kept.opt_out_type, kept.command, kept.code) == ("START AN", "yes", "7567")
        assert (kept.received_at, kept.handled_at, kept.tries) == (NOON, None, 0)

    def test_one_that_came_before_stays_as_it_was(self):
        first = keep()
        again = keep("CANCEL", now=NOON + SECOND)
        assert (again.pk, again.command, again.received_at) == (first.pk, "yes", NOON)
        assert keep(sid="SM2").pk != first.pk

    @pytest.mark.parametrize(
        ("number", "kept"),
        [
            ("+123456", "+123456"),
            ("+12345", ""),
            ("+" + "1" * 15, "+" + "1" * 15),
            ("+" + "1" * 16, ""),
            ("447700900123", ""),
            ("VODAFONE", ""),
            ("+44770090012x", ""),
        ],
    )
    def test_what_is_no_number_is_not_kept(self, number, kept):
        found = keep(number=number)
        assert (found.number, found.number_hash) == (kept, opt_outs.hash_of(kept))

    def test_a_body_is_cut_where_twilio_would(self):
        assert len(keep("x" * 1700).body) == 1600


@pytest.mark.django_db
class TestHandled:
    def test_booking_hears_all_there_is(self, heard):
        kept = keep()
        assert replies.handle(kept, NOON + SECOND)
        assert not replies.handle(kept, NOON + 2 * SECOND)

        told = Reply(
            inbound_id=str(kept.pk),
            number=NUMBER,
            number_hash=opt_outs.hash_of(NUMBER),
            command="yes",
            code="7567",
            twilio_answered=False,
        )
        assert heard == [(Inbound, told, NOON + SECOND)]
        kept.refresh_from_db()
        assert (kept.handled_at, kept.outcome) == (NOON + SECOND, "heard")

    @pytest.mark.parametrize("type_", ["HELP", "STOP", ""])
    def test_whether_twilio_answered(self, heard, type_):
        replies.handle(keep("HELP", opt_out_type=type_), NOON)
        assert [reply.twilio_answered for _, reply, _ in heard] == [type_ == "HELP"]

    def test_without_a_number_nobody_is_told(self, heard):
        kept = keep("STOP", number="")
        replies.handle(kept, NOON)
        kept.refresh_from_db()
        assert (heard, kept.outcome) == ([], "no number")
        assert not OptOut.objects.exists()

    @pytest.mark.parametrize(
        ("body", "type_", "outcome"),
        [
            ("STOP", "", "opted out"),
            ("START", "", "opted in"),
            ("CANCEL", "STOP", "opted out, heard"),
            ("YES", "START", "opted in, heard"),
            ("HELP", "HELP", "heard"),
        ],
    )
    def test_what_was_done_is_kept(self, heard, body, type_, outcome):
        kept = keep(body, opt_out_type=type_)
        replies.handle(kept, NOON)
        kept.refresh_from_db()
        assert kept.outcome == outcome

    def test_what_was_done_is_kept_to_forty_letters(self, heard):
        def long(sender, **kwargs):
            return "x" * 60

        replies.reply_received.connect(long)
        kept = keep()
        replies.handle(kept, NOON)
        kept.refresh_from_db()
        assert kept.outcome == ("heard, " + "x" * 60)[:40]

    def test_stop_is_noted_with_its_source_and_said_once(self, calls_for_a_person):
        for number in range(2):
            replies.handle(keep("STOP", sid=f"SM{number}"), NOON + number * SECOND)

        known = OptOut.objects.values_list("number_hash", "source", "at", "revoked_at")
        assert list(known) == [(opt_outs.hash_of(NUMBER), "reply", NOON, None)]
        assert calls_for_a_person == [Notice(reason=Reason.OPTED_OUT, number=NUMBER)]
        replies.handle(keep("START", sid="SM9"), NOON + 9 * SECOND)
        assert OptOut.objects.get().revoked_at == NOON + 9 * SECOND

    @pytest.mark.parametrize(("body", "more"), [("YES 7567", False), ("YES 7567 by bus", True)])
    def test_whether_a_yes_says_more(self, heard, body, more):
        replies.handle(keep(body), NOON)
        assert [(reply.command, reply.more) for _, reply, _ in heard] == [("yes", more)]

    def test_who_writes_from_a_number_has_it(self, heard):
        dead_numbers.mark(opt_outs.hash_of(NUMBER), 30005, now=NOON)
        dead_numbers.mark(opt_outs.hash_of("+447700900999"), 30005, now=NOON)
        replies.handle(keep(), NOON + SECOND)
        known = DeadNumber.objects.order_by("pk").values_list("cleared_at", flat=True)
        assert list(known) == [NOON + SECOND, None]

    def test_stop_and_start_are_told_once_each_with_who_and_when(self):
        told = []

        def hear(sender, signal, now, **said):
            told.append((sender, now, said))

        needs_person.connect(hear), reached.connect(hear)
        try:
            for number, body in enumerate(["START", "STOP", "STOP", "START", "START"]):
                replies.handle(keep(body, sid=f"SM{number}"), NOON + number * SECOND)
        finally:
            needs_person.disconnect(hear), reached.disconnect(hear)

        stop = {"notice": Notice(reason=Reason.OPTED_OUT, number=NUMBER)}
        start = {"subject": "", "number": NUMBER}
        assert told == [
            (Inbound, NOON + SECOND, stop),
            (Inbound, NOON + 3 * SECOND, start),
        ]

    @pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
    def test_a_database_that_is_away_is_no_fault_of_the_reply(self, monkeypatch, fault):
        def fail(*args):
            raise fault

        monkeypatch.setattr(replies, "_tell_booking", fail)
        kept = keep()
        with pytest.raises(fault):
            replies.handle_safely(kept, NOON)
        assert Inbound.objects.get().handled_at is None

    def test_a_fault_is_logged_without_the_reply(self, monkeypatch, caplog):
        def fail(*args):
            raise RuntimeError(NUMBER)

        monkeypatch.setattr(replies, "_tell_booking", fail)
        kept = keep()
        replies.handle_safely(kept, NOON)
        assert caplog.messages == [f"reply {kept.pk} was not handled: RuntimeError"]
        assert NUMBER not in caplog.text


@pytest.mark.django_db
class TestLeft:
    def test_only_what_is_a_minute_old_unhandled_and_not_tried_too_often(self, heard):
        old, tried = keep(sid="A"), keep(sid="B")
        keep(sid="C", now=NOON + SECOND)
        done = keep(sid="D")
        Inbound.objects.filter(pk=tried.pk).update(tries=5)
        Inbound.objects.filter(pk=done.pk).update(handled_at=NOON)

        replies.handle_left(NOON + timedelta(minutes=1))

        assert [reply.inbound_id for _, reply, _ in heard] == [str(old.pk)]
        assert heard[0][2] == NOON + timedelta(minutes=1)
        assert Inbound.objects.get(pk=old.pk).tries == 1

    def test_the_oldest_hundred_go_first(self, heard):
        later = keep(sid="later", now=NOON + SECOND)
        first = [keep(sid=f"S{number}") for number in range(100)]

        replies.handle_left(NOON + 2 * replies.LEFT)

        assert {reply.inbound_id for _, reply, _ in heard} == {str(one.pk) for one in first}
        assert Inbound.objects.get(pk=later.pk).handled_at is None
        replies.handle_left(NOON + 2 * replies.LEFT)
        assert Inbound.objects.get(pk=later.pk).handled_at, "what is done stands in nobody's way"

    def test_one_that_another_worker_tried_meanwhile_is_left_for_the_next_tick(self, monkeypatch):
        keep(sid="A"), keep(sid="B", now=NOON + SECOND)
        tried = []

        def fail(reply, now):
            tried.append(reply.message_sid)
            if len(tried) == 1:
                replies.handle_left(now)  # another worker, while this one is at its first

        monkeypatch.setattr(replies, "handle_safely", fail)
        replies.handle_left(NOON + 2 * replies.LEFT)
        assert tried == ["A", "A", "B"]

    def test_one_that_another_worker_is_at_is_left(self, heard, monkeypatch):
        kept = keep()
        handle = replies.handle_safely

        def busy(reply, now):
            replies.handle_left(now)  # meanwhile another worker looks
            handle(reply, now)

        monkeypatch.setattr(replies, "handle_safely", busy)
        Inbound.objects.update(tries=4)
        replies.handle_left(NOON + replies.LEFT)
        assert len(heard) == 1
        assert Inbound.objects.get(pk=kept.pk).tries == 5
