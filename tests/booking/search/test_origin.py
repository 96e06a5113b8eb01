"""Where somebody travels from, in their session."""

from booking.search.origin import keep_origin, kept_origin
from sites.postcodes import Origin


def test_where_from_is_kept_for_oneself_and_for_each_patient_of_a_clerk():
    session = {}
    keep_origin(session, Origin("LA14 4LF", 54.1, -3.2, approximate=False))
    keep_origin(session, Origin("Kendal", 54.3, -2.7, approximate=True), 12)

    assert kept_origin(session).postcode == "LA14 4LF"
    assert kept_origin(session, 12) == Origin("Kendal", 54.3, -2.7, approximate=True)
    assert kept_origin(session, 13) is None
