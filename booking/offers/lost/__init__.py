"""A clinic is lost: whoever was booked there gets another time held, is asked, and nobody twice.

`what` says what is lost, `preview` who it would touch, `freezing` takes it off sale, `finding`
holds other times, `changing` lets a lead swap and take out, `confirming` decides, `telling` asks
each person, `ends` follows what becomes of them, `back` undoes it, and `resume` does whatever of
this is left to do, whoever died meanwhile. See docs/lost-clinic.md.
"""
