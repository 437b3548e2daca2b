"""Data sets of texts: reviews known by name, texts of the user's own, and their encoding."""
