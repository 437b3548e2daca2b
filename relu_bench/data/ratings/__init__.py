"""Data sets of ratings: MovieLens 100K, and made-up ones whose best reachable error is known."""
