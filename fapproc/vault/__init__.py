"""Files of the archive, by digest: blobs and thumbnails. Knows no database and no picture."""
