"""The four sections of the new-job screen; each shows what it is given and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from tui_importer.tui import format as fmt
from tui_importer.tui.drawing import dotted, lines, progress
from tui_importer.tui.forms import OptionTexts
from tui_importer.tui.marks import STYLES
from tui_importer.tui.paths import PathSuggester
from tui_importer.tui.rows import SequenceRows
from tui_importer.tui.tables import sample_columns
from tui_importer.tui.text import safe
from tui_importer.tui.widgets.fields import ChoiceField, Field
from tui_importer.tui.widgets.header_line import badge
from tui_importer.tui.widgets.panel import Panel
from tui_importer.tui.widgets.plan_panel import PlanData, PlanPanel
from tui_importer.tui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from tui_importer.engine.plan import Environment, Plan
    from tui_importer.engine.snapshot import Snapshot
    from tui_importer.source.models import Preview
    from tui_importer.tui.privacy import Privacy


@dataclass(frozen=True, slots=True)
class StepData:
    """A step's number, title, whether it is done, in hand or still waits, and a note."""

    number: int
    title: str
    state: str
    note: str = ""


class StepTitle(Panel[StepData]):
    """One line: glyph, number, title, note."""

    def draw(self, data: StepData) -> Sequence[Content]:
        """Draw it."""
        glyph, style = {"done": ("✔", "$success"), "now": ("▶", "$accent")}.get(data.state, ("○", STYLES["muted"]))
        bold = STYLES["muted"] if data.state == "waits" else "bold"
        pieces = [
            (f"{glyph} ", style),
            (f"{data.number} {data.title}", bold),
            (f"   {safe(data.note)}", STYLES["muted"]),
        ]
        return [Content.assemble(*pieces)]


class FileSection(Vertical):
    """Path, what the file is, and its first rows."""

    def compose(self) -> ComposeResult:
        """Title, field, facts, sample."""
        yield StepTitle(StepData(1, "File", "now"), id="step-file")
        yield Field(
            "path", "CSV file", "ctrl+o browses, enter next", placeholder="type, paste or drop a path", path=True,
            suggester=PathSuggester(),
        )  # fmt: skip
        yield Static(Content(""), id="facts")
        sample = VirtualTable((), id_name="number", id="sample", show_cursor=False)
        sample.can_focus = False
        yield sample

    def show_preview(self, preview: Preview, privacy: Privacy) -> None:
        """Facts and first rows."""
        facts = [
            fmt.size(preview.size),
            fmt.counted(preview.rows, "row"),
            fmt.counted(len(preview.columns), "column"),
            fmt.counted(len(preview.organizations), "organization"),
        ]
        self.query_one("#facts", Static).update(Content(" · ".join(facts)))
        self.set_class(True, "-previewed")
        headers = preview.columns
        sample = self.query_one("#sample", VirtualTable)
        sample.set_columns(sample_columns(headers, preview.sample, privacy))
        names = (*(str(index) for index in range(len(headers))), "number")
        numbered = list(enumerate(preview.sample))
        sample.set_rows(SequenceRows(names, numbered, lambda item: (*_padded(item[1], len(headers)), item[0])))

    def show_words(self, words: Content) -> None:
        """Something else than a preview: reading, or what is wrong."""
        self.query_one("#facts", Static).update(words)
        self.set_class(False, "-previewed")


def _padded(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells[:width], *[""] * (width - len(cells)))


class CoveragePanel(Panel["tuple[tuple[str, str], ...]"]):
    """Recognised columns as `field ← column`, in as many columns as fit, then the unused ones."""

    def draw(self, data: tuple[tuple[str, str], ...]) -> Sequence[Content]:
        """Draw them."""
        return coverage_lines(data, self.content_size.width)


def coverage_lines(pairs: Sequence[tuple[str, str]], width: int) -> list[Content]:
    """The lines of the coverage in `width` cells; a pair without a field is a column not used."""
    used = [pair for pair in pairs if pair[0]]
    unused = [safe(header, 60) for field, header in pairs if not field]
    cell = max((len(field) + len(safe(header, 40)) + 5 for field, header in used), default=1)
    across = max(1, min(width // cell, 4))
    rows: list[Content] = []
    for start in range(0, len(used), across):
        line = Content("")
        for field, header in used[start : start + across]:
            piece = Content.assemble((field, "bold"), (" ← ", STYLES["muted"]), safe(header, 40))
            line = Content.assemble(line, piece, " " * max(1, width // across - piece.cell_length))
        rows.append(line)
    if unused:
        rows.append(Content.styled(f"not used: {', '.join(unused)}", STYLES["muted"]))
    return [row.truncate(width, ellipsis=True) for row in rows]


class OptionsSection(Vertical):
    """Where it goes, and how."""

    def __init__(self, texts: OptionTexts, key_hint: str, *, ask_key: bool) -> None:
        super().__init__(id="options")
        self._texts, self._key_hint, self._ask_key = texts, key_hint, ask_key

    def compose(self) -> ComposeResult:
        """Title; environment at the left, options at the right (below, when narrow)."""
        texts = self._texts
        yield StepTitle(StepData(3, "Environment and options", "waits"), id="step-options")
        with Horizontal(id="fields"):
            with Vertical(classes="half"):
                yield Field("base_url", "Base URL", value=texts.base_url)
                if self._ask_key:
                    yield Field("key", "API key", "enter takes it", password=True, placeholder=self._key_hint or "sk_…")
                else:
                    yield Static(_labelled("API key", self._key_hint), id="key-hint")
                yield Static(_labelled("Environment", "read when the file is readable"), id="environment")
            with Vertical(classes="half -right"):
                yield Field("name", "Job", "name in the list", value=texts.name)
                yield Field("workers", "Workers", "auto: by latency", value=texts.workers)
                yield Field("share", "Share", "% of the rate limit", value=texts.share)
                yield Field("chunk_size", "Chunk", "auto, or rows a chunk", value=texts.chunk_size)
                yield Field("limit", "Rows", "all, or first N rows", value=texts.limit)
                yield ChoiceField("If existing", ("keep", "update"), texts.on_existing, id="on_existing")

    def typed(self) -> OptionTexts:
        """The fields as they stand."""
        value = {field.field: field.input.value for field in self.query(Field)}
        choice = self.query_one(ChoiceField).value
        return OptionTexts(
            base_url=value["base_url"], name=value["name"], workers=value["workers"], share=value["share"],
            chunk_size=value["chunk_size"], limit=value["limit"],
            on_existing="update" if choice == "update" else "keep",
        )  # fmt: skip

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Say at each field what is wrong with it."""
        for field in self.query(Field):
            field.show_problem(problems.get(field.field, ""))

    def show_environment(self, environment: Environment) -> None:
        """The badge, and some organizations by name, by which an operator knows the place."""
        names = [safe(name, 40) for name in environment.organizations[:4]]
        more = ", …" if len(environment.organizations) > len(names) else ""
        known = f"{', '.join(names)}{more}" if names else "no organization in it yet"
        label = Content.styled(f"{'Environment':<12}", STYLES["muted"])
        shown = Content.assemble(label, badge(environment.name), "\n", (" " * 13 + known, STYLES["muted"]))
        self.query_one("#environment", Static).update(shown)

    def show_environment_words(self, words: str, *, bad: bool = False) -> None:
        """Reading it, or why it cannot be read."""
        style = STYLES["bad"] if bad else STYLES["muted"]
        label = Content.styled(f"{'Environment':<13}", STYLES["muted"])
        self.query_one("#environment", Static).update(Content.assemble(label, (safe(words), style)))


def _labelled(label: str, text: str) -> Content:
    return Content.assemble((f"{label:<13}", STYLES["muted"]), safe(text))


class PlanSection(Vertical):
    """The way to the plan, its progress, the plan, and the way to start."""

    def compose(self) -> ComposeResult:
        """Title, words, plan, buttons."""
        yield StepTitle(StepData(4, "Plan", "waits"), id="step-plan")
        yield Static(Content(""), id="plan-words")
        yield PlanPanel(id="plan")
        with Horizontal(id="buttons"):
            yield Button(Content("Scan and plan"), id="make-plan", variant="primary", compact=True)
            yield Button(Content("Start"), id="start", variant="success", compact=True)

    def show_words(self, *rows: Content) -> None:
        """Some lines above the buttons."""
        self.query_one("#plan-words", Static).update(lines(rows))

    def show_scan(self, snapshot: Snapshot, width: int) -> None:
        """How far the scan is."""
        share = f" {fmt.percent(snapshot.scanned_share, 1):>3} %  {fmt.counted(snapshot.scanned_rows, 'row')}"
        bar = progress(snapshot.scanned_share, 1.0, max(10, min(60, width - len(share))))
        what = "Scanning the source" if snapshot.scanned_share < 1 else "Looking up what exists already"
        self.show_words(Content(f"{what}. Nothing is written to the environment."), Content.assemble(bar, share))

    def show_plan(self, plan: Plan) -> None:
        """The plan, and the button that starts."""
        self.query_one(PlanPanel).show(PlanData(plan))
        self.query_one(PlanPanel).styles.height = 7 + len(plan.notes)
        steps = [
            Content.assemble(("enter", "$accent bold"), " starts"),
            Content.assemble(("esc", "$accent bold"), " keeps it for later"),
        ]
        self.show_words(dotted([Content("Nothing has been written yet"), *steps]))
        self.set_class(True, "-planned")
