"""A report of an earlier run says so, where the run after it failed."""

import datetime
import html
import json
import re
from pathlib import Path

from seqarena.reporting.markdown import plain

_TITLE = "# Comparison\n"
_MARKDOWN = re.compile(r"^\n> \*\*Out of date\.\*\*.*\n", re.MULTILINE)
_HTML = re.compile(r'<p class="stale".*</p>\n')


def mark_stale(folder: Path, why: str, now: datetime.datetime) -> bool:
    """Write into every form of a report that it is of an earlier run; a second mark replaces one.

    DVC sees the change, and makes or restores the report when the pipeline next runs through.

    Args:
        folder: holds the report, if there is one.
        why: what happened to the run after it, in one line.
        now: when.

    Returns:
        Whether there was a report.
    """
    moment = now.strftime("%Y-%m-%d %H:%M %Z")
    line = f"A later run stopped on {moment}: {why} What follows is of an earlier run."
    found = False
    for name, marked in (
        ("comparison.md", _marked_markdown),
        ("comparison.html", _marked_html),
        ("comparison.json", _marked_json),
    ):
        path = folder / name
        if path.is_file():
            found = True
            _replace(path, marked(path.read_text(encoding="utf-8"), " ".join(line.split())))
    return found


def _marked_markdown(text: str, line: str) -> str:
    return _MARKDOWN.sub("", text).replace(
        _TITLE, f"{_TITLE}\n> **Out of date.** {plain(line)}\n", 1
    )


def _marked_html(text: str, line: str) -> str:
    mark = f'<p class="stale" role="alert"><strong>Out of date.</strong> {html.escape(line)}</p>'
    return _HTML.sub("", text).replace("<body>\n", f"<body>\n{mark}\n", 1)


def _marked_json(text: str, line: str) -> str:
    content = {**json.loads(text), "stale": line}
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _replace(path: Path, text: str) -> None:
    """Put a new file in the place of one that may be a link into the cache of DVC."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
