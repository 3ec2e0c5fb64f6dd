"""The nouns of the archive, as frozen values in the order of the data's path.

Times are aware and in UTC; a name in `_at` is a moment, in `_digest` a digest; ordinals start at 1.
What is not known is None. Offsets into texts count characters of `"\\n\\n".join(paragraphs)`.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

SourceKind = Literal["feed", "sitemap", "section", "list"]
Role = Literal["article", "feed", "sitemap", "section", "list", "robots", "other"]
Outcome = Literal["new", "unchanged", "gone", "blocked", "redirected", "failed"]
Truncated = Literal["length", "disconnect", "time"]
ChangeClass = Literal["first", "headline", "byline", "body", "correction"]
Part = Literal["headline", "byline", "body"]
Difference = Literal["markup", "surroundings", "typography", "unread"]
Relation = Literal["identical", "near-duplicate", "excerpt", "translation", "rewrite"]
BlockKind = Literal["challenge", "consent", "paywall", "missing", "refused"]
Direction = Literal["decided", "undecided"]
LinkPlace = Literal["credit", "text", "list"]
Verdict = Literal["confirm", "reject", "reverse", "add", "undo"]

PARAGRAPH_BREAK = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """One announcement of one URL by one source; the rest is what the source declared.

    The date is verbatim; headline, lead and byline are plain text, and the lead may be cut.
    """

    url: str
    source: str
    found_at: datetime
    title: str | None = None
    published: str | None = None
    lead: str | None = None
    byline: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    def meets(self, other: "Days") -> bool:
        """Whether the two have a day in common."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One HTTP request and its answer, as received; heads are raw bytes without the final blank line.

    `head_is_raw` is False where the server's own bytes were not to be had and the head was rebuilt from parsed
    headers: the WARC record then says so. `body` is the entity body with its Content-Encoding, without chunking.

    `via` names who captured it, None for this program. A memento has the archive's address as `url`, and says in
    `original_url` and `captured_at` what the archive captured, and when. An imported exchange may lack its request.
    `asked_days` are those that a list was read for: it announces what it has of them, and nothing else.
    """

    url: str
    fetched_at: datetime
    request_head: bytes
    request_body: bytes = b""
    response_head: bytes
    body: bytes
    role: Role
    source: str | None = None
    ip_address: str | None = None
    head_is_raw: bool = True
    truncated: Truncated | None = None
    via: str | None = None
    original_url: str | None = None
    captured_at: datetime | None = None
    asked_days: Days | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedFetch:
    """A look at a URL that got no answer, kept as a WARC metadata record."""

    url: str
    at: datetime
    role: Role
    source: str | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRef:
    """Where a WARC record lies.

    path is relative to the WARC folder; offset and length count bytes of the compressed file, so one seek and
    one gzip member give the record.
    """

    path: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """An exchange kept in a WARC record.

    A revisit (`is_revisit`) holds the head only: its payload lies in the earlier capture of the same URL with the
    same `payload_digest` ("sha1:" + base32). `via` says who captured it: "stemma", or a web archive's name.
    """

    url: str
    captured_at: datetime
    via: str
    role: Role
    source: str | None
    status: int
    media_type: str | None
    charset: str | None
    content_encoding: str | None
    location: str | None
    payload_digest: str
    payload_sha256: str
    payload_length: int
    record: RecordRef
    etag: str | None = None
    last_modified: str | None = None
    is_revisit: bool = False
    truncated: Truncated | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one look at a URL found; `error` says why where the outcome is blocked or failed."""

    url: str
    at: datetime
    outcome: Outcome
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time as an interval: `earliest` and `latest` in UTC, equal where a minute or better was given.

    A day is an interval, not midnight. `offset` is the declared UTC offset in minutes; without one the interval is
    widened to what any inhabited time zone allows. `iso` is what was declared, as ISO 8601: a day, a local time, or
    a time with its offset. `agreement` is the share of the page's kinds of readings that can be the same time.
    """

    verbatim: str
    iso: str
    earliest: datetime
    latest: datetime
    offset: int | None
    basis: str
    agreement: float = 1.0

    @property
    def is_guess(self) -> bool:
        """Read by htmldate anywhere on the page, where its markup declares nothing."""
        return self.basis == "htmldate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One reading of one field of a page and where it was read, e.g. ("title", "...", "json-ld headline")."""

    field: str
    value: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post of a live blog; `key` names it as long as it is there: its anchor, else its own time as declared."""

    key: str
    at: str | None
    title: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A link of a text to a page of another host: its canonical address, and where it stands.

    place: a line that credits a source, the text, or a line that is all links. paragraph is the number of the text's
    paragraph, from 1; None of a credit line that is no part of the text.
    """

    url: str
    place: LinkPlace
    paragraph: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Text and metadata that one extractor version read from one payload under one URL and charset.

    `authors` are persons, then `organisations`; `agencies` those that are credited anywhere. `credits` and `notices`
    are lines that name another source, and that tell of a correction or an update. `alternates` are (language,
    address) of translations; `outgoing` are links to other hosts, in order; `is_free` is None where the page does not
    say; `is_noarchive`: the page, or its answer's head, asks not to be shown from an archive.
    """

    payload_digest: str
    url: str
    charset: str | None
    extractor: str
    title: str | None
    byline: str | None
    authors: tuple[str, ...]
    published: Moment | None
    modified: Moment | None
    language: str | None
    site_name: str | None
    section: str | None
    canonical: str | None
    paragraphs: tuple[str, ...]
    credits: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    organisations: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    alternates: tuple[tuple[str, str], ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    posts: tuple[Post, ...] = ()
    is_free: bool | None = None
    is_noarchive: bool = False
    text_digest: str = ""
    body_digest: str = ""
    state_digest: str = ""

    @property
    def text(self) -> str:
        return PARAGRAPH_BREAK.join(self.paragraphs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A payload that stands in an article's place; title, lead, byline and date are those of the page's own preview.

    kind: a test for robots, a consent wall, a paywall's stub, a "not found" with status 200, or `refused`: a page with
    a status that says so. reason is what told it.
    """

    payload_digest: str
    url: str
    charset: str | None
    extractor: str
    kind: BlockKind
    reason: str
    title: str | None = None
    lead: str | None = None
    byline: str | None = None
    published: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relevance:
    """Whether a document is on the topic, with the terms that decided, each with its weight and place."""

    score: float
    on_topic: bool
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One look at one of an article's addresses that found it in one state.

    surface is the digest of all words that a reader of the page sees; None where nobody needed it.
    """

    captured_at: datetime
    via: str
    url: str = ""
    state_digest: str
    payload_digest: str
    title: str | None
    byline: str | None
    text_digest: str
    text: str = ""
    surface: str | None = None
    posts: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPassage:
    """Words that changed from one version to the next, within one paragraph: what was there, and what is there now.

    earlier and later are the paragraph's numbers in the two texts, from 1; None in the one that lacks it, and for
    headline and byline. is_notice: the paragraph is a correction notice that the earlier version does not have.
    """

    part: Part
    earlier: int | None = None
    later: int | None = None
    was: str
    now: str
    is_notice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A maximal run of sightings of an article in one state; `ordinal` is for display, `public_id` to cite.

    passages are what changed since the version before. payloads counts the distinct ones of the run; differences say
    of each but the first how it differs from the one before it: in `markup` that nobody sees, in the `surroundings` of
    the text (boxes, clocks, counters), in the text's `typography`, or `unread` where the page could not be compared.
    """

    public_id: str
    article: str
    ordinal: int
    state_digest: str
    payload_digest: str
    first_seen: datetime
    last_seen: datetime
    sightings: int
    change: tuple[ChangeClass, ...]
    passages: tuple[ChangedPassage, ...] = ()
    payloads: int = 1
    differences: tuple[tuple[str, Difference], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch that two texts share: character offsets, end excluded, and the number of words that agree."""

    left_start: int
    left_end: int
    right_start: int
    right_end: int
    words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """What two texts share; coverage is the share of each side's words that lies in passages.

    `order` is the share of passages that stand in one common order (1.0: a copy keeps its source's order), `copied` the
    confidence that text was copied.
    """

    relation: Relation
    passages: tuple[Passage, ...]
    left_coverage: float
    right_coverage: float
    order: float
    copied: float = 0.999

    @property
    def words(self) -> int:
        return sum(passage.words for passage in self.passages)

    def turned(self) -> "Reuse":
        """The same with the sides swapped, passages in the order of the new left side."""
        passages = (
            Passage(left_start=p.right_start, left_end=p.right_end, right_start=p.left_start, right_end=p.left_end,
                    words=p.words)
            for p in self.passages
        )
        return Reuse(
            relation=self.relation, passages=tuple(sorted(passages, key=lambda p: (p.left_start, p.right_start))),
            left_coverage=self.right_coverage, right_coverage=self.left_coverage, order=self.order,
            copied=self.copied,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A version as a member of a family of texts, with what speaks for its age and its origin.

    `unlike_until`: when the article was last seen in the state before this one, None of a first version. `addresses`
    are all that led to the article; `owner` is the outlet's, by the topic.
    """

    public_id: str
    article: str
    outlet: str
    host: str
    title: str | None
    language: str | None
    published: Moment | None
    first_seen: datetime
    canonical: str | None
    credits: tuple[str, ...]
    byline: str | None = None
    text: str = ""
    unlike_until: datetime | None = None
    addresses: tuple[str, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One reason for a direction: `weight` in log-odds towards `favours` being the exemplar.

    One of no weight speaks for neither direction, and is told for what it says of the two.
    """

    kind: str
    favours: str
    weight: float
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLink:
    """Two witnesses that share text, and which was made from which.

    `copied` is the confidence that text was copied, `direction_confidence` that it went from exemplar to copy
    (0.5: a coin toss). Where `direction` is undecided the later seen stands as the copy.
    """

    copy: str
    exemplar: str
    relation: Relation
    copied: float
    direction: Direction
    direction_confidence: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyMember:
    """A witness in its family's tree; `parent` is None for the root and for what no decided link explains."""

    witness: str
    parent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredExemplar:
    """A text that is not held, from which witnesses of a family must come.

    That of an agency which several credit, or a translation between copies and their exemplar, whose traces they have.
    `name` is then the agency's, or the code of the translation's language.
    """

    name: str
    kind: Literal["agency", "translation"]
    witnesses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The witnesses that links connect; `public_id` is that of its first exemplar."""

    public_id: str
    members: tuple[FamilyMember, ...]
    inferred: tuple[InferredExemplar, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureKey:
    """What a version's public id stands for, whatever is merged or read anew later: the capture that it began with."""

    url: str
    captured_at: datetime
    payload_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a person decided on the texts of two articles: that `copy` was made from `exemplar`, or (reject) neither.

    Of a pair of articles the last judgement stands; `undo` takes back all before it.
    """

    verdict: Verdict
    copy: CaptureKey
    exemplar: CaptureKey
    by: str
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A judgement that stands, on two versions that are held; `relation` is for a link that only it speaks for."""

    verdict: Verdict
    copy: str
    exemplar: str
    relation: Relation
    by: str
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One question to an archive: `what` (a host, a search, a file) between `start` and `end`, the end excluded.

    resume_key is the service's own name for the place where its last answer stopped. Of a file it says whence we came:
    how many files lie above it, and the source or the article for which it is read ("1 courier-sitemap").
    """

    service: str
    what: str
    start: datetime
    end: datetime
    resume_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """A page that an archive says it holds; `original` is its address, `digest` its payload's, in the archive's words.

    urlkey is the archive's name for the page, whatever scheme and port; length is that of its record in bytes, place
    says where the record lies ("file offset length") if it is to be read from a file.
    """

    urlkey: str
    original: str
    captured_at: datetime
    digest: str
    length: int | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A subject that a stage could not process, as data."""

    stage: str
    subject: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What needs a person, since when it does, in a sentence; told once under its name when it begins and ends."""

    name: str
    since: datetime
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one step did. `counts` are the step's own figures, in the order they are to be shown.

    `attention` holds what a person must mend, a sentence each: the command then ends with exit code 1.
    """

    step: str
    done: int = 0
    skipped: int = 0
    failed: tuple[tuple[str, int], ...] = ()
    counts: tuple[tuple[str, int], ...] = field(default_factory=tuple)
    attention: tuple[str, ...] = ()
    seconds: float = 0.0
