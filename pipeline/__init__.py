"""What is derived: text, versions, reuse and families, each stage a pure function over values."""

PROGRAM = "0.1.0"
"""The program's version, as runs, failures and WARC files name it; a test holds that pyproject.toml says the same."""
