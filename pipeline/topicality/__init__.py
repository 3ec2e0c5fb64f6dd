"""How a text is found to be on the topic: its terms and names in every form, and those that must stand together."""
