"""`python -m pipeline` is `stemma`."""

from pipeline.cli import main

main()
