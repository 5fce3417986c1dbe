"""One module a job: what a command, a spider or a page asks of an archive."""
