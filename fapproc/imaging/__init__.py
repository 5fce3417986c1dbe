"""Pictures: what their bytes are, a safe decode, facts and thumbnails. No archive, no SQL."""
