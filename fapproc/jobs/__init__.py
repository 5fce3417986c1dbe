"""One file a job: what a command, a spider or a page asks for, from archive to archive."""
