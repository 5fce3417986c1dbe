"""Pictures: their formats, safe decoding, facts and thumbnails. No archive, no SQL."""
