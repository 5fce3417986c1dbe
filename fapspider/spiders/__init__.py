"""One spider a job: `favorites` archives."""
