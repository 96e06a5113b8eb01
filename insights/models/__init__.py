"""What is counted, and what it is compared with: one file each."""

from insights.models.area import Area
from insights.models.breach import BreachToCome
from insights.models.counted import CountedDay, Counting, Rebuild
from insights.models.dm01_month import Dm01Month
from insights.models.feed_look import FeedLook
from insights.models.figures import DayFigure, NeedMonth, PersonMonth, PlaceMonth, TrustMonth
from insights.models.invented import Invented
from insights.models.postcode_area import PostcodeArea
from insights.models.rebase import Rebase
from insights.models.successor import Successor
from insights.models.target import Target
from insights.models.travelled import Travelled
from insights.models.wait import Wait

__all__ = [
    "Area",
    "BreachToCome",
    "CountedDay",
    "Counting",
    "DayFigure",
    "Dm01Month",
    "FeedLook",
    "Invented",
    "NeedMonth",
    "PersonMonth",
    "PlaceMonth",
    "PostcodeArea",
    "Rebase",
    "Rebuild",
    "Successor",
    "Target",
    "Travelled",
    "TrustMonth",
    "Wait",
]
