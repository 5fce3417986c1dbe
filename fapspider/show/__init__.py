"""What a crawl shows of itself to the person in front of it."""
