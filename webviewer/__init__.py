"""The viewer (being built)."""
