"""What the demo's phone sends: what is to become of a text, and what a patient writes back."""

from django import forms

ACTS = {"deliver": "delivered", "read": "read", "fail": "undelivered"}
"""What the phone may do with a text, and the status that Twilio would report."""
LONGEST_REPLY = 1600
"""Letters of a text, as Twilio takes them."""


class ActForm(forms.Form):
    """What the phone does with a text."""

    act = forms.ChoiceField(choices=list(ACTS.items()))


class ReplyForm(forms.Form):
    """Words from a number; none are a text, too."""

    number = forms.CharField(max_length=16)
    body = forms.CharField(max_length=LONGEST_REPLY, required=False, strip=False)
