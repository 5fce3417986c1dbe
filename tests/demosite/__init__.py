"""A faithful local imitation of the picture site: a real HTTP server with known truth."""
