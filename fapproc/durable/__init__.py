"""Files of a folder, written so that a crash leaves whole ones or none. Knows no picture."""
