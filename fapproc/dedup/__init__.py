"""Near-duplicates: methods, encodings, search, decision, groups. Arrays in, values out."""
