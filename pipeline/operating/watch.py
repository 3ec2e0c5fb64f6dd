"""When a person is needed: figures of an archive and the thresholds of its topic file -> troubles -> alarms (pure).

A trouble has a name that stays while its cause stays, by which it is told once when it begins and once when it ends,
and a sentence that says what, where, and what to do next.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from archive.model import Alarm
from archive.topic_settings import WatchSettings

HISTORY_DAYS = 60  # before its last arrival, in which a source shows how often it brings something
MIN_ARRIVALS = 6  # moments at which a source brought something; with fewer it is not judged
ONE_ARRIVAL = timedelta(minutes=20)  # pages of one look at a source come seconds apart
USUAL_SHARE = 0.9  # of all moments lie in gaps that are no longer than the usual interval
MIN_LOOKS = 5  # at a source, or at a host, below which failures are no habit
MIN_GROWTH = timedelta(days=2)  # of an archive's age before its growth is a forecast
EASE = 0.8  # of its threshold a figure must fall below for an alarm to end: no telling to and fro


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFigures:
    """A source of the topic. looks, failed and new are of the last days; arrivals are when it brought something new.

    reason is why its last look failed; hindrance is what stands between it and us at every look: robots, a page where
    a feed should be.
    """

    name: str
    kind: str
    outlet: str
    address: str | None
    host: str | None
    last_success: datetime | None
    discovered: int
    looks: int
    failed: int
    new: int
    arrivals: tuple[datetime, ...]
    reason: str | None
    hindrance: str | None

    @property
    def failure_share(self) -> float | None:
        """Of the looks of the last days; None without one."""
        return self.failed / self.looks if self.looks else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFigures:
    """What a host answered in the last days, robots.txt aside; statuses are those of its refusals.

    is_outlet: a source of the topic lies there.
    """

    host: str
    looks: int
    blocked: int
    statuses: frozenset[int]
    is_outlet: bool

    @property
    def is_blocked(self) -> bool:
        """It refused every look, and there were enough of them."""
        return self.looks == self.blocked >= MIN_LOOKS

    @property
    def is_geo_blocked(self) -> bool:
        """It refuses as sites do that serve some countries only: by status 451, or 403 on every address."""
        return 451 in self.statuses or (self.is_blocked and self.statuses == {403})


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFigures:
    """Bytes of the archive and of its disk; growth in bytes a day, None while that is not known."""

    held: int
    free: int
    growth: float | None

    @property
    def days_left(self) -> float | None:
        """Until the disk is full, if it goes on as in the last days."""
        return self.free / self.growth if self.growth else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What an archive shows of itself. last_look is the crawler's last, started the archive's first run, or WARC file.

    damaged are (WARC file, what is wrong); network is what the last crawl said where nothing answered it.
    """

    sources: tuple[SourceFigures, ...]
    hosts: tuple[HostFigures, ...]
    disk: DiskFigures
    started: datetime | None
    last_look: datetime | None
    backup: datetime | None
    verified: datetime | None
    damaged: tuple[tuple[str, str], ...] = ()
    network: tuple[str, ...] = ()
    vantage: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What needs a person now; an alarm is a trouble that one was told of."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What became of alarms: those that stand now, of these the new ones, and those that ended."""

    standing: tuple[Alarm, ...]
    begun: tuple[Alarm, ...]
    ended: tuple[Alarm, ...]


def changes(told: Sequence[Alarm], found: Sequence[Trouble], *, now: datetime) -> Changes:
    """Compare the troubles of now with those that were told; one that goes on keeps its moment."""
    since = {alarm.name: alarm.since for alarm in told}
    standing = tuple(
        Alarm(name=trouble.name, since=since.get(trouble.name, now), sentence=trouble.sentence)
        for trouble in found
    )
    names = {trouble.name for trouble in found}
    return Changes(
        standing=standing, begun=tuple(alarm for alarm in standing if alarm.name not in since),
        ended=tuple(alarm for alarm in told if alarm.name not in names),
    )


def usual_interval(arrivals: Sequence[datetime]) -> timedelta | None:
    """How long a source usually takes to bring something new; None where it has shown too little to be judged.

    The shortest gap between two arrivals such that nine of ten moments lie in gaps no longer: so nights, week-ends
    and chance are usual where they recur, which a mean or a median would call silence every night.
    """
    kept = _apart(arrivals)
    if len(kept) < MIN_ARRIVALS:
        return None
    gaps = sorted(later - earlier for earlier, later in pairwise(kept))
    whole, covered = kept[-1] - kept[0], timedelta()
    for gap in gaps:
        covered += gap
        if covered >= USUAL_SHARE * whole:
            return gap
    return gaps[-1]


def _apart(arrivals: Sequence[datetime]) -> list[datetime]:
    kept: list[datetime] = []
    for arrival in sorted(arrivals):
        if not kept or arrival - kept[-1] >= ONE_ARRIVAL:
            kept.append(arrival)
    return kept


def silence(source: SourceFigures, *, last_look: datetime | None) -> float | None:
    """For how many of its usual intervals a source has brought nothing new, up to the crawler's last look.

    None where that is not known: for lists, which announce nothing, and with too little history. While the crawler
    does not run, no source falls silent.
    """
    usual = usual_interval(source.arrivals) if source.kind != "list" else None
    if usual is None or last_look is None:
        return None
    return max(0.0, (last_look - max(source.arrivals)) / usual)


def troubles(figures: Figures, watch: WatchSettings, *, now: datetime, standing: Collection[str] = ()) -> list[Trouble]:
    """What needs a person, each trouble once: a blocked host's sources, and a failing source's silence, are its own.

    Where the network gave no answer nothing is said of sources and hosts but what stands already.
    """
    blocked = [host for host in figures.hosts if host.is_outlet and (
        host.is_blocked or (f"blocked {host.host}" in standing and host.looks == host.blocked))]
    of_sources = [
        *(_blocked(host, figures.vantage) for host in blocked),
        *_of_sources(figures, watch, {host.host for host in blocked}, now, standing),
    ]
    if figures.network:
        of_sources = [trouble for trouble in of_sources if trouble.name in standing]
    return [
        *_damage(figures.damaged), *(Trouble(name="network", sentence=sentence) for sentence in figures.network[:1]),
        *_disk(figures.disk, watch, standing), *of_sources,
        *_overdue("backup", figures.backup, watch.backup_days, now),
        *_overdue("verify", figures.verified, watch.verify_days, now),
    ]


def _damage(damaged: Sequence[tuple[str, str]]) -> Iterator[Trouble]:
    reasons: dict[str, list[str]] = {}
    for path, reason in damaged:
        reasons.setdefault(path, []).append(reason)
    for path, found in reasons.items():
        if path == "time stamps":
            yield Trouble(name=path, sentence=f"the log is not stamped with the time: {found[0]}")
            continue
        if path == "log":
            yield Trouble(name="log", sentence=f"the log is not signed: {found[0]}")
            continue
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        yield Trouble(name=f"damage {path}", sentence=(
            f"the WARC file {path} is damaged ({found[0]}{more}); restore it from a backup, then run 'stemma rebuild'"))


def _disk(disk: DiskFigures, watch: WatchSettings, standing: Collection[str]) -> Iterator[Trouble]:
    left = disk.days_left
    if left is not None and left < watch.disk_days / (EASE if "disk" in standing else 1):
        yield Trouble(name="disk", sentence=(
            f"the disk will be full in {left:.0f} days ({in_bytes(disk.free)} free, {in_bytes(disk.growth or 0)} more "
            f"a day); free some space, or move the archive to a larger disk"))


def _of_sources(
    figures: Figures, watch: WatchSettings, blocked: Collection[str], now: datetime, standing: Collection[str]
) -> Iterator[Trouble]:
    for source in figures.sources:
        if source.host in blocked:
            continue
        found = _hindered(source, watch, figures.started, now) or _failing(source, watch, standing) \
            or _silent(source, watch, figures.last_look)
        if found is not None:
            yield found


def _hindered(source: SourceFigures, watch: WatchSettings, started: datetime | None, now: datetime) -> Trouble | None:
    """A source that cannot be asked or read and brought nothing in the last days; a host's bad hour is no alarm."""
    since = max(source.arrivals, default=started)
    if source.hindrance is None or since is None or now - since < timedelta(days=watch.days):
        return None
    return Trouble(name=f"hindered {source.name}", sentence=(
        f"the source {source.name} brings nothing ({source.hindrance}); look at {source.address}, and mend or remove "
        f"it in the topic file, or ask its owner"))


def _failing(source: SourceFigures, watch: WatchSettings, standing: Collection[str]) -> Trouble | None:
    """A source most of whose looks failed; it begins with a look that failed, not when all is well again."""
    name = f"failing {source.name}"
    stands = name in standing
    limit = watch.failures * (EASE if stands else 1)
    is_habit = stands or (source.looks >= MIN_LOOKS and source.reason is not None)
    if not is_habit or source.failed < limit * source.looks:
        return None
    return Trouble(name=name, sentence=(
        f"{source.failed} of {source.looks} looks at the source {source.name} failed in {watch.days} days "
        f"({source.reason or 'not the last'}); look at {source.address}, and mend or remove it in the topic file"))


def _silent(source: SourceFigures, watch: WatchSettings, last_look: datetime | None) -> Trouble | None:
    times = silence(source, last_look=last_look)
    usual = usual_interval(source.arrivals)
    if times is None or usual is None or times < watch.silence:
        return None
    return Trouble(name=f"silent {source.name}", sentence=(
        f"the source {source.name} brought nothing new since {max(source.arrivals):%Y-%m-%d %H:%M} UTC, "
        f"{times:.1f} times its usual {in_words(usual)}; look at {source.address}, perhaps it moved"))


def _blocked(host: HostFigures, vantage: str | None) -> Trouble:
    place = f" from {vantage}" if vantage else ""
    how = ", ".join(map(str, sorted(host.statuses))) or "a page in the article's place"
    what = "refuses, perhaps for its country," if host.is_geo_blocked else "refuses"
    return Trouble(name=f"blocked {host.host}", sentence=(
        f"{host.host} {what} every look{place} ({host.blocked} of {host.looks}: {how}); ask its owner to let the "
        f"crawler in, ask from elsewhere, or remove its sources from the topic file"))


def _overdue(what: str, last: datetime | None, days: float | None, now: datetime) -> Iterator[Trouble]:
    """A care that was not taken in time; nothing where the topic file sets no time."""
    if days is None or (last is not None and now - last <= timedelta(days=days)):
        return
    nouns = {"backup": ("backup", "make one"), "verify": ("verification", "verify the archive")}
    noun, advice = nouns[what]
    age = "there was never one" if last is None else f"the last is {(now - last).days} days old"
    yield Trouble(name=what, sentence=f"{noun}: {age}, watch.{what}_days is {days:g}; {advice}")


def in_words(span: timedelta) -> str:
    """A span as people say it, in its largest unit."""
    seconds = span.total_seconds()
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{_short(seconds / length)} {unit}"
    return f"{_short(seconds)} s"


def in_bytes(number: float) -> str:
    """A number of bytes as people say it."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 999.95:
            return f"{_short(number)} {unit}"
        number /= 1_000
    return f"{_short(number)} TB"


def _short(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")
