"""A second look at two pictures: lay the one over the other, and compare what lies together.

`alignment` proposes how the one may lie in the other, `agreement` says how well they agree then,
`substance` whether their areas differ. `look` decides, and says in what way they are the same
picture. Arrays in, values out.
"""

LOOKER = 14
"""To be raised when looks give other results: then all pairs are looked at again."""
