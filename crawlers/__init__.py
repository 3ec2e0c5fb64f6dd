"""How it comes in: sources to discoveries, discoveries to fetches, fetches to WARC records."""
