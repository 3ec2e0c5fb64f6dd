"""How copies are found: words to what survives translation, texts that meet, sentences aligned, what that proves."""
