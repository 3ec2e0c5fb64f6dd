"""A topic's own names as tokens (pure)."""

from archive.topic import Topic
from pipeline.copies.reading import read


def own_tokens(topic: Topic) -> frozenset[str]:
    """The tokens of the names in the gazetteer, which tell no article on the topic from another."""
    spellings = " . ".join(spelling for name in topic.gazetteer for _, listed in name.spellings for spelling in listed)
    return frozenset(token for sentence in read(spellings).sentences for token in sentence.tokens)
