"""`stemma init --cron` and `--systemd`: what makes a system call `stemma run` once an hour, as text (pure)."""

import shlex
from collections.abc import Sequence

from archive.errors import TopicError

MINUTE = 17  # of the hour: not the full one, at which the whole world's crawlers start


def cron_line(command: Sequence[str]) -> str:
    """A line for crontab. Raises TopicError for paths that no line can hold."""
    return f"{MINUTE} * * * *  " + shlex.join(_words(command)).replace("%", r"\%")  # which cron takes as a line's end


def systemd_units(command: Sequence[str], *, name: str, title: str) -> dict[str, str]:
    """File name -> text of a service and the timer that starts it. Raises TopicError as `cron_line`."""
    said = " ".join(title.split()).replace("%", "%%")
    words = " ".join(_systemd_word(word) for word in _words(command))
    service = f"""[Unit]
Description=Stemma: crawl and update the archive of {said}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={words}
# 3: another run holds the lock
SuccessExitStatus=3
Nice=10
"""
    timer = f"""[Unit]
Description=Stemma: the archive of {said}, once an hour

[Timer]
OnCalendar=*-*-* *:{MINUTE:02d}:00
RandomizedDelaySec=120
Persistent=true

[Install]
WantedBy=timers.target
"""
    return {f"stemma-{name}.service": service, f"stemma-{name}.timer": timer}


def _systemd_word(word: str) -> str:
    """In double quotes, with systemd's specifiers and variables as plain signs."""
    for sign, written in (("\\", r"\\"), ('"', r"\""), ("%", "%%"), ("$", "$$")):
        word = word.replace(sign, written)
    return f'"{word}"'


def _words(command: Sequence[str]) -> Sequence[str]:
    for word in command:
        if not word.isprintable():
            raise TopicError(f"{word!r} has signs that no line of cron or systemd can hold; move it to another path")
    return command
