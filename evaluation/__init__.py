"""How well duplicates are found: photographs, what may happen to them, and what comes of it."""
