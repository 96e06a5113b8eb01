"""Two years of an invented network, so that the pages show something from the first minute.

The story: two months as before, then a cliff as in April 2020, and the way back; a new centre, a
scanner that is away for a month, more evenings and weekends. Nothing in it ever happened.
"""
