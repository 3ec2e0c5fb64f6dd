"""Who copied whom: reasons out of two texts and their times, what people decided, and all of it in words."""
