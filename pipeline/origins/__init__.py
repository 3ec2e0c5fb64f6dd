"""Where a text may come from that somebody asks about: what it says itself, and what would find its kin."""
