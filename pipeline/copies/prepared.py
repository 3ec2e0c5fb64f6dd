"""A text -> all by which it is compared with others in an epoch (pure): the same for an update, a batch and a trace."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.copies.alignment import Profile, profile
from pipeline.copies.epoch import Epoch
from pipeline.copies.indexing import indexed
from pipeline.copies.openings import keys
from pipeline.copies.reading import read
from pipeline.copies.sketches import Sketch, sketch_of, worth_of
from pipeline.copies.vectors import Encoder


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text's keys with their worth, by which it meets others; its sketch, by which these are sifted; its profile."""

    worth: Mapping[int, float]
    sketch: Sketch
    profile: Profile


def prepared(text: str, language: str | None, epoch: Epoch, made: Encoder | None) -> Prepared:
    """Read a text; `made` encodes its opening, where the extra `vectors` is there."""
    reading = read(text, language)
    worth, told = keys(reading, epoch, made), profile(indexed(reading), epoch)
    return Prepared(worth, sketch_of(told.index, told.weighed, worth_of(worth.values())), told)
