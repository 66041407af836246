"""Pick the source from a tree of folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import DirectoryTree, Static

from tui_importer.tui.actions.registry import Place, bindings_of, cancel_binding
from tui_importer.tui.screens.base import ConsoleModal, styles
from tui_importer.tui.screens.new_job.path_completion import SOURCE_SUFFIXES
from tui_importer.tui.style.text import clip_middle, safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.text import TextType
    from textual.app import ComposeResult


class SourceTree(DirectoryTree):
    """Folders and source files; names are shown harmless. The folder itself is in the title."""

    BINDINGS = bindings_of(Place.PICKER)

    class Moved(Message):
        """Another folder is shown."""

    def action_parent_folder(self) -> None:
        """Show the folder above."""
        folder = Path(self.path)
        if folder.parent != folder:
            self.path = folder.parent
            self.post_message(self.Moved())

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Leave out hidden names and other kinds of files."""
        return [
            path
            for path in paths
            if not path.name.startswith(".") and (path.is_dir() or path.suffix.lower() in SOURCE_SUFFIXES)
        ]

    def process_label(self, label: TextType) -> Text:
        """A file's name is text from outside."""
        return Text(safe(label if isinstance(label, str) else label.plain))


class FilePicker(ConsoleModal[Path | None]):
    """A tree; enter on a file gives its path, esc nothing."""

    CSS_PATH = styles("file_picker")
    BINDINGS = cancel_binding()

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def compose(self) -> ComposeResult:
        """Title, tree, keys."""
        tree = SourceTree(self._folder)
        tree.show_root = False
        with Vertical(id="picker"):
            yield Static(Content(""), id="title")
            yield tree
            yield Static(
                Content.assemble(
                    ("enter", "$accent bold"), (" open or choose   ", "$text-muted"),
                    ("←", "$accent bold"), (" folder above   ", "$text-muted"), ("esc", "$accent bold"),
                    (" back", "$text-muted"),
                ),
                id="hint",
            )  # fmt: skip

    def on_mount(self) -> None:
        """Begin at the folder that was given."""
        self.show_folder()

    @on(SourceTree.Moved)
    def show_folder(self) -> None:
        """Say which folder is shown."""
        folder = clip_middle(safe(str(self.query_one(SourceTree).path), 4_096), max(20, self.size.width - 34))
        self.query_one("#title", Static).update(Content.styled(f"Choose a CSV file in {folder}", "bold"))

    @on(DirectoryTree.FileSelected)
    def chosen(self, message: DirectoryTree.FileSelected) -> None:
        """Give the file back."""
        self.dismiss(message.path)

    def action_cancel(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
