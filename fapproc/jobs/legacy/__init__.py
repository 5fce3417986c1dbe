"""What import-legacy writes: shelves, then pictures, then groups; nothing is replaced."""
