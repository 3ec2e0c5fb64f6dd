"""What a person decided on two texts <-> its event (pure)."""

from collections.abc import Mapping
from typing import cast, get_args

from archive.events import Event
from archive.model import CaptureKey, Judgement, Verdict
from archive.times import from_iso, to_iso

KIND = "judgement"


def to_event(judgement: Judgement) -> Event:
    """The event that keeps a judgement, by the captures that the two texts were read from."""
    return Event(kind=KIND, at=judgement.at, by=judgement.by, data={
        "verdict": judgement.verdict, "copy": _side(judgement.copy), "exemplar": _side(judgement.exemplar),
        "note": judgement.note,
    })


def from_event(event: Event) -> Judgement:
    """The judgement that an event keeps. Raises ValueError with what is wrong with it."""
    verdict, note = event.data.get("verdict"), event.data.get("note")
    if verdict not in get_args(Verdict):
        raise ValueError(f"a judgement's verdict is one of {', '.join(get_args(Verdict))}, not {verdict!r}")
    if not event.by:
        raise ValueError("a judgement is somebody's; this one says nobody's")
    return Judgement(
        verdict=cast(Verdict, verdict), copy=_key(event.data.get("copy")), exemplar=_key(event.data.get("exemplar")),
        by=event.by, at=event.at, note=str(note) if note else None,
    )


def _side(key: CaptureKey) -> dict[str, str]:
    return {"url": key.url, "captured_at": to_iso(key.captured_at), "payload_digest": key.payload_digest}


def _key(side: object) -> CaptureKey:
    if not isinstance(side, Mapping) or not {"url", "captured_at", "payload_digest"} <= side.keys():
        raise ValueError("a judgement names each text by url, captured_at and payload_digest of a capture")
    return CaptureKey(url=str(side["url"]), captured_at=from_iso(str(side["captured_at"])),
                      payload_digest=str(side["payload_digest"]))
