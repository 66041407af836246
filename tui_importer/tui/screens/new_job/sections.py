"""Sections of the new-job screen, which show what they are given and decide nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual import on
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Static

from tui_importer.text import plural
from tui_importer.tui.job_tables.columns import sample_columns
from tui_importer.tui.screens.new_job.options import ENCODING_WORDS, RECOGNISED, REPAIR_CHOICES, SEPARATORS, OptionTexts
from tui_importer.tui.screens.new_job.path_field import PathField
from tui_importer.tui.screens.plan_panel import PlanData, PlanPanel
from tui_importer.tui.style import format as fmt
from tui_importer.tui.style.drawing import dotted, lines, progress
from tui_importer.tui.style.glyphs import STYLES
from tui_importer.tui.style.text import safe
from tui_importer.tui.table.pane import TablePane
from tui_importer.tui.table.rows import SequenceRows
from tui_importer.tui.table.table import VirtualTable
from tui_importer.tui.widgets.fields import ChoiceField, Field
from tui_importer.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from tui_importer.config import RecentFiles
    from tui_importer.engine.plan.plan import Plan
    from tui_importer.engine.snapshot.models import Snapshot
    from tui_importer.source.models import Preview
    from tui_importer.tui.style.masking import Privacy


LOOK_UPS: Final = {"no one": "none", "a sample": "sample", "everyone": "all"}
WINS: Final = {"first row": "first", "last row": "last"}
FOR_REAL, PLAN_ONLY = "no", "yes, plan only"


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


class SampleTable(VirtualTable):
    """The first rows: it has a cursor, and more room, only while it or its filter is in focus."""

    DEFAULT_CSS = """
    SampleTable { height: 6; overflow-y: hidden; }
    TablePane:focus-within SampleTable { height: 16; overflow-y: auto; }
    """

    def __init__(self) -> None:
        super().__init__((), id_name="number", id="sample", show_cursor=False, exportable=False)

    def on_focus(self) -> None:
        """Show where we are."""
        self.show_cursor = True

    def on_blur(self) -> None:
        """Rest."""
        self.show_cursor = False


class FileSection(Vertical):
    """Path, what the file is, and its first rows."""

    def __init__(self, recent: RecentFiles, rest: float, hint: str) -> None:
        super().__init__(id="file")
        self._recent, self._rest, self._hint = recent, rest, hint

    def compose(self) -> ComposeResult:
        """Title, field, facts, sample."""
        yield StepTitle(StepData(1, "File", "now"), id="step-file")
        yield PathField(self._recent, self._rest, self._hint)
        yield Static(Content(""), id="facts")
        yield TablePane(SampleTable(), rest=self._rest, id="sample-pane")

    def show_preview(self, preview: Preview, privacy: Privacy, *, counting: bool = True) -> None:
        """Facts and first rows."""
        self.show_facts(preview, counting=counting)
        self.set_class(True, "-previewed")
        headers = preview.columns
        sample = self.query_one(SampleTable)
        sample.set_columns(sample_columns(headers, preview.sample, privacy))
        names = (*(str(index) for index in range(len(headers))), "number")
        numbered = list(enumerate(preview.sample))
        sample.set_rows(SequenceRows(names, numbered, lambda item: (*_padded(item[1], len(headers)), item[0])))

    def show_facts(self, preview: Preview, *, counting: bool = True) -> None:
        """What the file is, and how far it is counted."""
        counted = preview.share >= 1
        share = f"counting rows, {fmt.percent(preview.share, 1)} %: {fmt.number(preview.rows)}"
        facts = [
            fmt.size(preview.size),
            plural(preview.rows, "row") if counted else "",
            plural(len(preview.columns), "column"),
            plural(len(preview.organizations), "organization") if counted else "",
            safe(preview.dialect, 80),
            safe(f"{preview.preset} export" if preview.preset else "", 40),
            share if counting and not counted else "",
        ]
        self.query_one("#facts", Static).update(Content(" · ".join(fact for fact in facts if fact)))

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


def pairs_of(preview: Preview) -> tuple[tuple[str, str], ...]:
    """(field, header) for every use of a column, then ("", header) for those not used."""
    used = [(field, column.header) for column in preview.coverage for field in column.fields]
    added = [("metadata", column.header) for column in preview.coverage if column.use == "metadata"]
    fields = used or list(preview.fields.items())
    return (*fields, *added, *(("", header) for header in preview.unknown_columns))


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


class ReadingSection(Vertical):
    """Choices of how the file is read, where the operator knows better than what is recognised."""

    @dataclass
    class Changed(Message):
        """The file must be read again."""

    def compose(self) -> ComposeResult:
        """One line for each choice."""
        yield ChoiceField("Separator", tuple(SEPARATORS), RECOGNISED, id="delimiter")
        yield ChoiceField("Encoding", tuple(ENCODING_WORDS), RECOGNISED, id="encoding")
        yield ChoiceField("Profile from", tuple(WINS), "first row", id="wins")
        yield ChoiceField("Auto-fixes", tuple(REPAIR_CHOICES), "usual", id="repairs")

    def chosen(self, field: str) -> str:
        """The chosen word of a field."""
        return self.query_one(f"#{field}", ChoiceField).value

    @on(ChoiceField.Chosen)
    def choice_changed(self, message: ChoiceField.Chosen) -> None:
        """Another way to read."""
        message.stop()
        self.post_message(self.Changed())


def _word(words: Mapping[str, str], value: str) -> str:
    return next(word for word, meant in words.items() if meant == value)


class OptionsSection(Vertical):
    """Options of the import."""

    def __init__(self, texts: OptionTexts, *, classes: str) -> None:
        super().__init__(id="how", classes=classes)
        self._texts = texts

    def compose(self) -> ComposeResult:
        """One line for each option."""
        texts = self._texts
        yield Field("name", "Job", value=texts.name)
        yield Field("workers", "Workers", "auto: by latency", value=texts.workers, replaced=True)
        yield Field("share", "Share", "% of the rate limit", value=texts.share, replaced=True)
        yield Field("chunk_size", "Chunk", "auto, or rows a chunk", value=texts.chunk_size, replaced=True)
        yield Field("limit", "Rows", "all, or first N rows", value=texts.limit, replaced=True)
        yield Field("canary", "Canary", "off, or N rows first", value=texts.canary, replaced=True)
        yield Field("max_failed", "Max failed", "% that pauses, or off", value=texts.max_failed, replaced=True)
        yield ChoiceField("If existing", ("keep", "update"), texts.on_existing, id="on_existing")
        yield ChoiceField("Look up", tuple(LOOK_UPS), _word(LOOK_UPS, texts.look_up_users), id="look_up_users")
        yield ChoiceField("Dry run", (FOR_REAL, PLAN_ONLY), FOR_REAL, id="dry_run")

    def typed(self, base_url: str, reading: ReadingSection) -> OptionTexts:
        """The fields as they stand, with those of `reading`."""
        value = {field.field: field.input.value for field in self.query(Field)}
        return OptionTexts(
            base_url=base_url, name=value["name"], workers=value["workers"], share=value["share"],
            chunk_size=value["chunk_size"], limit=value["limit"], max_failed=value["max_failed"],
            on_existing="update" if self.query_one("#on_existing", ChoiceField).value == "update" else "keep",
            dry_run=self.query_one("#dry_run", ChoiceField).value == PLAN_ONLY, canary=value["canary"],
            look_up_users=LOOK_UPS[self.query_one("#look_up_users", ChoiceField).value],  # type: ignore[arg-type]
            delimiter=reading.chosen("delimiter"), encoding=reading.chosen("encoding"),
            wins=WINS[reading.chosen("wins")],  # type: ignore[arg-type]
            repairs=reading.chosen("repairs"),
        )  # fmt: skip

    def fill(self, texts: OptionTexts) -> None:
        """Show other texts."""
        with self.prevent(Input.Changed):
            for field in self.query(Field):
                field.input.value = getattr(texts, field.field)
        self.query_one("#on_existing", ChoiceField).choose(texts.on_existing)
        self.query_one("#look_up_users", ChoiceField).choose(_word(LOOK_UPS, texts.look_up_users))

    def name_job(self, name: str) -> None:
        """Name the job."""
        self.query_one("#name", Input).value = name

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Say at each field what is wrong with it."""
        for field in self.query(Field):
            field.show_problem(problems.get(field.field, ""))


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

    def show_scan(self, snapshot: Snapshot) -> None:
        """How far the scan is."""
        width = self.query_one("#plan-words").content_size.width
        share = f" {fmt.percent(snapshot.scanned_share, 1):>3} %  {plural(snapshot.scanned_rows, 'row')}"
        bar = progress(snapshot.scanned_share, 1.0, max(10, min(60, width - len(share))))
        what = "Scanning the source" if snapshot.scanned_share < 1 else "Looking up what exists already"
        self.show_words(Content(f"{what}. Nothing is written to the environment."), Content.assemble(bar, share))

    def show_plan(self, plan: Plan, *, dry_run: bool) -> None:
        """The plan, and the button that starts, or after a dry run the one that plans again."""
        self.query_one(PlanPanel).show(PlanData(plan, dry_run=dry_run))
        self.query_one(PlanPanel).refresh(layout=True)
        if dry_run:
            words = [
                Content("Dry run: nothing was written, nothing is kept"),
                Content.assemble(("v", "$accent bold"), " shows the findings"),
                Content("change options and plan again"),
            ]
        else:
            words = [
                Content("Nothing has been written yet"),
                Content.assemble(("enter", "$accent bold"), " starts"),
                Content.assemble(("v", "$accent bold"), " shows the findings"),
                Content.assemble(("esc", "$accent bold"), " keeps it for later"),
            ]
        self.show_words(dotted(words))
        self.set_class(True, "-planned")
        self.set_class(dry_run, "-dry")

    def forget_plan(self) -> None:
        """The plan is not true any more."""
        self.remove_class("-planned", "-dry")
