"""Tables on a terminal, and in a file that they are sent to."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

WIDTH_OF_FILES = 120


def table(title: str, caption: str, texts: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    """An empty table with columns of text, and columns of numbers at the right."""
    made = Table(title=title, caption=caption, caption_justify="left", title_justify="left", box=box.SIMPLE_HEAD)
    for name in texts:
        made.add_column(name, overflow="fold")
    for name in numbers:
        made.add_column(name, justify="right", no_wrap=True)
    return made


def show(made: Table) -> None:
    """Print a table."""
    console = Console()
    (console if console.is_terminal else Console(width=WIDTH_OF_FILES)).print(made)
