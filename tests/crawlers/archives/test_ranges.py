"""Parts of files, as servers give them and as they do not."""

import pytest

from crawlers.archives.ranges import Absent, Busy, NoRanges, stretch, wished
from crawlers.errors import Unreadable


def test_a_part_says_where_it_begins_how_big_the_file_is_and_whether_it_is_the_last() -> None:
    assert wished(10, 5) == "bytes=10-14"
    part = stretch(status=206, content_range="bytes 10-14/100", body=b"abcde", start=10, is_whole=True)
    assert (part.body, part.size, part.is_end) == (b"abcde", 100, False)
    cut = stretch(status=206, content_range="bytes 95-99/100", body=b"ab", start=95, is_whole=False)
    assert (cut.body, cut.is_end) == (b"ab", False), "what was cut off on the way is a shorter part"
    assert stretch(status=206, content_range="bytes 95-99/100", body=b"abcde", start=95, is_whole=True).is_end
    assert stretch(status=206, content_range="bytes 0-4/*", body=b"abcde", start=0, is_whole=True).size is None
    assert stretch(status=416, content_range="bytes */100", body=b"<html>", start=100, is_whole=True).is_end


def test_a_whole_file_in_the_place_of_a_part_is_taken_only_if_it_came_whole() -> None:
    assert stretch(status=200, content_range="", body=b"0123456789", start=4, is_whole=True).body == b"456789"
    with pytest.raises(NoRanges, match="no part of a file"):
        stretch(status=200, content_range="", body=b"0123456789", start=4, is_whole=False)


@pytest.mark.parametrize(("status", "content_range", "error"), [
    (404, "", Absent), (410, "", Absent), (429, "", Busy), (503, "", Busy), (403, "", Unreadable),
    (206, "bytes 0-4/100", Unreadable), (206, "", Unreadable), (206, "bytes x", Unreadable),
])
def test_every_other_answer_is_refused_with_its_reason(status: int, content_range: str, error: type) -> None:
    with pytest.raises(error):
        stretch(status=status, content_range=content_range, body=b"abcde", start=10, is_whole=True)
