"""The compiled epoch, and what is measured while it trains."""
