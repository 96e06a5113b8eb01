"""What a patient needs: said by themselves, by a clerk for them, or by the trust that referred.

Whoever changes it says what their page showed, so that only what they ticked or took away is
changed, and nothing that came meanwhile is lost. Needs are health data: the audit says that they
changed, not which. `now` is passed in, aware, UTC. `actor` is who does it, as AuditEntry says it.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from booking.appointments import read_again, safety
from booking.changes import audit, transactions
from booking.identifiers.actors import Actor
from booking.models import AuditAction, Patient
from booking.models.needs import in_order


def change_needs(
    patient: Patient,
    ticked: Collection[str],
    *,
    shown: Collection[str],
    now: datetime,
    actor: Actor,
) -> bool:
    """Write down what was ticked and was not `shown`, and what was shown and is not ticked.

    What is taken away is remembered, so that no referral that is sent again brings it back.
    Return whether anything changed. Trusts that scan the patient read it with the appointment.
    """
    added, gone = set(ticked) - set(shown), set(shown) - set(ticked)
    with transaction.atomic():
        locked = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        before = locked.needs, locked.needs_declined
        locked.needs = in_order({*locked.needs, *added} - gone)
        locked.needs_declined = in_order({*locked.needs_declined, *gone} - {*locked.needs})
        patient.needs, patient.needs_declined = locked.needs, locked.needs_declined
        if before == (locked.needs, locked.needs_declined):
            return False
        locked.save(update_fields=["needs", "needs_declined"])
        audit.write(AuditAction.NEEDS_CHANGED, now=now, actor=actor, patient=patient)
        tell_trusts(patient, before[0], now=now, actor=actor)
    return True


def tell_trusts(patient: Patient, before: Collection[str], *, now: datetime, actor: Actor) -> None:
    """Let trusts read the patient's appointments to come again, if other needs were there `before`.

    Somebody sees to those at a scanner that cannot do what is needed now.
    The version stays: nothing about the time is new, and the code of a text that asked for an
    answer still stands. Belongs at the end of the transaction (see commit_numbers.next_numbers).
    """
    transactions.must_be_in_transaction("Telling trusts of needs")
    is_same = Patient.objects.get(pk=patient.pk).needs == list(before)
    if is_same:
        return
    for one in read_again.to_come(Q(referral__patient=patient), now=now):
        safety.follow_needs(referral=one.referral, now=now, actor=actor)
    read_again.let_trusts_read_again(Q(referral__patient=patient), now=now)
