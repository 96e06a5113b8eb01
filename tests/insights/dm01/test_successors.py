"""Trusts that were renamed or merged: whose months theirs are now."""

import io

import pytest
from django.core.management import CommandError, call_command

from insights.dm01.loading import default_providers
from insights.dm01.providers import codes_of, trust_now, trusts_now
from insights.models import Successor


def say(code, trust, why="merged on 1 April 2027"):
    out = io.StringIO()
    call_command("set_successor", code, trust, "--who", "Ann Hill", "--why", why, stdout=out)
    return out.getvalue()


def test_who_says_so_and_why_are_kept(trusts, now):
    assert "months of RMB count for RXL" in say("rmb", "rxl")

    kept = Successor.objects.get()
    assert (kept.code, kept.trust, kept.who) == ("RMB", "RXL", "Ann Hill")
    assert (kept.why, kept.said_at) == ("merged on 1 April 2027", now)


def test_said_again_it_is_replaced(trusts, now):
    say("RMB", "RXL")
    say("RMB", "RXR")

    assert Successor.objects.get().trust == "RXR"


def test_a_chain_is_followed_to_the_trust_of_now(trusts, now):
    say("RMB", "RXL")
    say("RM1", "RMB")

    assert codes_of(["RXL"]) == {"RXL": "RXL", "RMB": "RXL", "RM1": "RXL"}
    assert codes_of(["RXR"]) == {"RXR": "RXR"}
    assert default_providers() == {"RXL", "RXR", "RMB", "RM1"}


def test_one_of_our_trusts_may_go_into_another(trusts, now):
    say("RXR", "RXL")

    assert trusts_now() == ["RXL"]
    assert codes_of(trusts_now()) == {"RXL": "RXL", "RXR": "RXL"}


@pytest.mark.parametrize(
    ("code", "trust", "why", "refusal"),
    [
        ("RXL", "RXL", "x", "RXL would come after itself"),
        ("RXL", "RMB", "x", "RXL would come after itself"),
        ("RXR", "RJ1", "x", "“RJ1” is none of our trusts"),
        ("R-L", "RXL", "x", "“R-L” is no ODS code"),
        ("RXR", "RXL", " ", "Say who says so, and why"),
    ],
)
def test_what_cannot_be_is_refused(trusts, now, code, trust, why, refusal):
    say("RMB", "RXL")

    with pytest.raises(CommandError, match=refusal):
        say(code, trust, why)
    assert Successor.objects.count() == 1


def test_a_circle_in_the_table_ends_all_the_same():
    assert trust_now("A", {"A": "B", "B": "A"}) == "B"
