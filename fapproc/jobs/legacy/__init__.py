"""What import-legacy writes: users, albums, tags, then pictures, then groups; replaces nothing."""
