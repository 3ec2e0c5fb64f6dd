"""A lineage -> W3C PROV: what was captured, read, compared and found to be made from what, by whom (pure).

Entities are pages, captures, versions, links and families; activities are fetches, extractions and comparisons; agents
are the program, whoever captured, outlets and authors. That a text was made from another is said only where the
archive decided so, with its confidence; of undecided links only the link itself is told, which has no direction.
"""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any

from prov.model import PROV, Namespace, ProvDocument

from archive.digests import address_key, capture_name
from archive.store.kin import Link
from archive.store.lineage import Lineage, LineCapture, LineVersion
from archive.times import from_iso
from pipeline.sharing.citations import Author, Citation, citation

FORMATS = MappingProxyType({  # of a file's ending: the library's name of the format, and its media type
    "json": ("json", "application/json"), "jsonld": ("jsonld", "application/ld+json"),
    "provn": ("provn", "text/provenance-notation; charset=utf-8"),
})
STEMMA = Namespace("stemma", "urn:stemma:")  # of types and attributes, and of what has no address of its own


def written(lineage: Lineage, kind: str, *, program: str, site: str | None) -> str:
    """A lineage as text; `kind` is one of FORMATS, `program` the version that tells it, `site` where it is served."""
    document = _Document(program, site)
    for version in lineage.versions:
        document.version(version)
    for capture in lineage.captures:
        document.capture(capture)
    for one, next_one in zip(lineage.versions, lineage.versions[1:], strict=False):
        if one.cited.card.key == next_one.cited.card.key:
            document.revision(one, next_one)
    for other in lineage.others:
        document.text(citation(other, site=site))
    methods = {version.cited.card.public_id: version.method for version in lineage.versions}
    for link in lineage.links:
        document.link(link, methods.get(link.copy.public_id) or methods.get(link.exemplar.public_id))
    if lineage.family is not None:
        document.family(lineage.family, [version.cited.card.public_id for version in lineage.versions])
    return str(document.found.serialize(format=FORMATS[kind][0], **({} if kind == "provn" else {"indent": 1}))) + "\n"


class _Document:
    """What has been said so far; each agent and page is said once."""

    def __init__(self, program: str, site: str | None) -> None:
        self._site = site
        base = site.rstrip("/") if site else "urn:stemma"
        self.found: Any = ProvDocument()
        self.found.add_namespace(STEMMA)
        self._texts = self.found.add_namespace("text", f"{base}/article/" if site else f"{base}:article:")
        self._families = self.found.add_namespace("family", f"{base}/family/" if site else f"{base}:family:")
        self._said = set[str]()
        self._program = self._agent("SoftwareAgent", "program", f"stemma-archive {program}")

    def text(self, cited: Citation) -> Any:
        """The entity of a version, with its page and whoever is named as its authors."""
        public_id = cited.public_id
        self._once(self.found.entity, self._texts[public_id], {
            PROV["type"]: STEMMA["Version"], PROV["label"]: cited.title, STEMMA["digest"]: cited.digest,
            STEMMA["published"]: cited.published, STEMMA["language"]: cited.language,
            STEMMA["firstSeen"]: cited.archived_at})
        page = self._page(cited.url)
        self.found.specializationOf(self._texts[public_id], page)
        for author in (Author(name=cited.outlet, is_organisation=True), *cited.authors):
            kind = "Organization" if author.is_organisation else "Person"
            self.found.wasAttributedTo(self._texts[public_id], self._agent(kind, kind.lower(), author.name))
        return self._texts[public_id]

    def version(self, version: LineVersion) -> None:
        """A version and its extraction."""
        text = self.text(citation(version.cited, site=self._site))
        extraction = STEMMA[f"extraction:{version.cited.card.public_id}"]
        self.found.activity(extraction, other_attributes=_known({
            PROV["type"]: STEMMA["Extraction"], STEMMA["extractor"]: version.extractor,
            STEMMA["textDigest"]: version.text_digest, STEMMA["ordinal"]: version.ordinal,
            STEMMA["lastSeen"]: version.last_seen}))
        self.found.wasGeneratedBy(text, extraction)
        self.found.wasAssociatedWith(extraction, self._agent("SoftwareAgent", "program", version.extractor))
        self.found.wasAssociatedWith(extraction, self._program)

    def capture(self, capture: LineCapture) -> None:
        """A capture, its fetch, and that a version was read from it."""
        at = from_iso(capture.captured_at)
        name = capture_name(capture.url, capture.captured_at, capture.payload_digest)
        entity, fetch, page = STEMMA[f"capture:{name}"], STEMMA[f"fetch:{name}"], self._page(capture.url)
        self.found.entity(entity, _known({
            PROV["type"]: STEMMA["Capture"], STEMMA["url"]: capture.url, STEMMA["status"]: capture.status,
            STEMMA["payloadDigest"]: capture.payload_digest, STEMMA["payloadSha256"]: capture.payload_sha256,
            STEMMA["isRevisit"]: capture.is_revisit, PROV["location"]: f"{capture.path}#{capture.offset}"}))
        self.found.activity(fetch, at, at, {PROV["type"]: STEMMA["Fetch"]})
        self.found.used(fetch, page)
        self.found.wasGeneratedBy(entity, fetch, at)
        via = self._program if capture.via == "stemma" else self._agent("Organization", "archive", capture.via)
        self.found.wasAssociatedWith(fetch, via)
        self.found.used(STEMMA[f"extraction:{capture.version}"], entity)
        self.found.wasDerivedFrom(self._texts[capture.version], entity)

    def revision(self, earlier: LineVersion, later: LineVersion) -> None:
        """That a version is the next one of the same article, and in what it differs."""
        self.found.wasRevisionOf(
            self._texts[later.cited.card.public_id], self._texts[earlier.cited.card.public_id],
            other_attributes={STEMMA["change"]: " ".join(later.change)})

    def link(self, link: Link, method: str | None) -> None:
        """That two texts share text, how it was found, and which was made from which where that is decided."""
        copy, exemplar = self._texts[link.copy.public_id], self._texts[link.exemplar.public_id]
        name = f"{link.copy.public_id}--{link.exemplar.public_id}"
        claim, comparison = STEMMA[f"link:{name}"], STEMMA[f"comparison:{name}"]
        figures = {
            STEMMA["relation"]: link.relation, STEMMA["confidence"]: link.confidence,
            STEMMA["direction"]: link.direction, STEMMA["directionConfidence"]: link.direction_confidence,
            STEMMA["copyCoverage"]: link.copy_coverage, STEMMA["exemplarCoverage"]: link.exemplar_coverage}
        self.found.activity(comparison, other_attributes=_known({
            PROV["type"]: STEMMA["Comparison"], STEMMA["method"]: method}))
        self.found.wasAssociatedWith(comparison, self._program)
        self.found.entity(claim, _several({PROV["type"]: STEMMA["Link"], **figures}, STEMMA["reason"], [
            f"{reason.kind} ({reason.weight:+.2f} for {reason.favours}): {reason.detail}" for reason in link.evidence]))
        self.found.wasGeneratedBy(claim, comparison)
        for text in (copy, exemplar):
            self.found.used(comparison, text)
        if link.direction == "decided":
            self.found.wasDerivedFrom(copy, exemplar, other_attributes=_known({**figures, STEMMA["claim"]: claim}))

    def family(self, public_id: str, members: Iterable[str]) -> None:
        """A family as the collection of its versions."""
        self.found.collection(self._families[public_id], {PROV["type"]: STEMMA["Family"]})
        for member in members:
            self.found.hadMember(self._families[public_id], self._texts[member])

    def _page(self, url: str) -> Any:
        """The page that an address names; its name is the address' key, since few addresses may stand in PROV-N."""
        name = STEMMA[f"page:{address_key(url)}"]
        self._once(self.found.entity, name, {PROV["type"]: STEMMA["Page"], STEMMA["url"]: url})
        return name

    def _agent(self, kind: str, space: str, name: str) -> Any:
        agent = STEMMA[f"{space}:{address_key(name)}"]
        self._once(self.found.agent, agent, {PROV["type"]: PROV[kind], PROV["label"]: name})
        return agent

    def _once(self, say: Any, name: Any, attributes: dict[Any, Any]) -> None:
        if name.uri not in self._said:
            self._said.add(name.uri)
            say(name, _known(attributes))


def _known(attributes: dict[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def _several(attributes: dict[Any, Any], name: Any, values: list[str]) -> list[tuple[Any, Any]]:
    """Attributes of which one has any number of values."""
    return [*_known(attributes).items(), *((name, value) for value in values)]
