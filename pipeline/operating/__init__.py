"""What a person does with a whole archive, and what tells when one is needed."""
