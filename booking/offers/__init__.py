"""A slot is held for somebody, they are asked, and answer or not by a deadline.

One engine for lost clinics, for something sooner and for suspected cancer: who gets which slot
(`matching`), making an offer and telling it (`making`), the answer (`answering`), and its end
(`ending`). See docs/offers.md.
"""
