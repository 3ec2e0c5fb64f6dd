"""What leaves the archive: citations, lineages, packages, excerpts, publications."""
