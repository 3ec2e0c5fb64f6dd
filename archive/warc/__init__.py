"""WARC files: exchanges in, records out; the only home of the WARC library, beside archive.foreign.

Each record is one gzip member, so a RecordRef reads with one seek, and a file that was cut off is mended by cutting
it back to its last whole member. Role and source of a record, which no standard field holds, are extension fields
(`Stemma-Role`, `Stemma-Source`), so that a database can be rebuilt from the files alone. So is what others captured:
`Stemma-Via` says who, `Stemma-Original-URI` and `Stemma-Captured-At` what a memento is a capture of. Of a sitemap that
was read for what it has of a span of days, `Stemma-Asked-Days` says which.

    values     response heads and fields of records -> values
    write      exchanges -> records
    stretches  where records begin and end, also in damaged files
    read       records -> what they mean
    erase      records -> as many other bytes
"""

from archive.warc.erase import beside, overwrite, unfilled
from archive.warc.read import (
    MAX_FOREIGN_BYTES,
    Damage,
    Meaning,
    WarcRecord,
    asked_days,
    meaning_at,
    parse_record,
    read_bytes,
    read_payload,
    read_record,
    records,
)
from archive.warc.stretches import files, mend_tail, stretches
from archive.warc.values import LIST_TYPE, NOT_MODIFIED_PROFILE, PREFIX, VIA, parse_head
from archive.warc.write import ROTATE_BYTES, WarcWriter, capture_if_written, list_name, list_payload

__all__ = [
    "LIST_TYPE", "MAX_FOREIGN_BYTES", "NOT_MODIFIED_PROFILE", "PREFIX", "ROTATE_BYTES", "VIA", "Damage", "Meaning",
    "WarcRecord", "WarcWriter",
    "asked_days", "beside", "capture_if_written", "files", "list_name", "list_payload", "meaning_at", "mend_tail",
    "overwrite", "parse_head", "parse_record", "read_bytes", "read_payload", "read_record", "records", "stretches",
    "unfilled",
]
