"""Why a scan cannot be done in a slot, or why nobody knows whether it can."""

from django.db.models import TextChoices

_ASK = "We do not know if"
_PHONE = "Phone us and we will find out"


class Misfit(TextChoices):
    """Why a scan cannot be done in a slot, in words for patients and staff alike.

    Those that begin with `ask` are of what nobody has told us: a person finds out. In this order
    the first counts where there are several: what is certain goes before what is not known.
    """

    MODALITY = "modality", "That time is not for this kind of scan"
    EXAM = "exam", "The scanner there does not do this scan"
    CONTRAST = "contrast", "This scan needs a dye (contrast), and the scanner there cannot give it"
    WEIGHT = "weight", "The table of the scanner there is not strong enough"
    NARROW = "narrow", "The opening of the scanner there is too narrow"
    HOIST = "hoist", "There is no hoist there to lift people onto the scanner"
    STEPS = "steps", "There are steps to the scanner there, and no lift"
    TRANSFER = "transfer", "Nobody there can help people move from a wheelchair to the scanner"
    UNDER_16 = "under_16", "The scanner there does not scan people under 16"
    ANAESTHETIC = "anaesthetic", "Nobody can be put to sleep for a scan there"
    ASK_CONTRAST = "ask_contrast", f"{_ASK} the scanner there can give a dye (contrast). {_PHONE}"
    ASK_WEIGHT = "ask_weight", f"{_ASK} the table of the scanner there is strong enough. {_PHONE}"
    ASK_WIDE = "ask_wide", f"{_ASK} the opening of the scanner there is wide enough. {_PHONE}"
    ASK_HOIST = "ask_hoist", f"{_ASK} the scanner there has a hoist. {_PHONE}"
    ASK_STEPS = "ask_steps", f"{_ASK} people can get to the scanner there without steps. {_PHONE}"
    ASK_TRANSFER = (
        "ask_transfer",
        f"{_ASK} staff there can help people move from a wheelchair to the scanner. {_PHONE}",
    )
    ASK_UNDER_16 = "ask_under_16", f"{_ASK} the scanner there scans people under 16. {_PHONE}"
    ASK_ANAESTHETIC = (
        "ask_anaesthetic",
        f"{_ASK} people can be put to sleep for a scan there. {_PHONE}",
    )
    RESERVED = "reserved", "That time is kept for people who must be scanned first"
    TOO_SHORT = "too_short", "This scan takes longer than that time"
    TOO_SOON = "too_soon", "That time is too soon to prepare for the scan and to travel there"

    @property
    def is_unknown(self) -> bool:
        """Whether it may be done there: nobody has told us."""
        return self.value.startswith("ask_")

    @property
    def plainly(self) -> str:
        """The reason for staff, who are the ones to phone."""
        return str(self.label).removesuffix(f". {_PHONE}")


ORDER = {misfit: place for place, misfit in enumerate(Misfit)}
