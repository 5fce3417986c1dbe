"""One spider a job: `favorites` archives, `get` saves, `retry` tries again, `audit` checks."""
