"""Something sooner: who would come sooner than booked is asked when a time comes free.

`wishes` is the list; `fitting` who may have a slot, in which order; `waves` asks them; `outcomes`
what their answers mean for the list; `fed` the times that feeds bring; `figures` what leads see.
See docs/sooner.md.
"""
