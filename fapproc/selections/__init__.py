"""Selections: which images a person means, as values (`selection`), and how they are written.

`grammar` is the one for shell and addresses, `amounts` reads sizes and days. Text in, values out:
whom a name means is looked up in `jobs.selection`, and `db.selected` asks for the images.
"""
