"""What is kept: the nouns, the database, the WARC files, the topic. Imports nothing else of ours."""
