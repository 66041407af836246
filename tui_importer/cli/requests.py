"""What each command was asked to do, parsed and checked: plain data handed to the commands' bodies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tui_importer.engine.options import RUN_OPTIONS, frozen_options, run_options
from tui_importer.source.options import RECOGNISED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tui_importer.config import Settings
    from tui_importer.engine.options import FrozenOptions, RunOptions
    from tui_importer.source.options import Reading


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A `run` (with `source`) or a `resume` (`source` None; `job` None takes the only unfinished one).

    `settings` are resolved (flag, environment, profile, config file, default). `given` names those that this very
    command line gave: by a flag, the base URL also by WORKOS_BASE_URL or by the profile of --profile. `profile` is the
    one that holds, `profiles` are all there are. `job` is the name given or None; `confirm_production` the name typed
    after that flag, or "". `canary` rows are imported before the rest is asked for. `reading` says how the source
    is read, `save_mapping` the name to keep its mapping under, or "".
    """

    source: Path | None
    job: str | None
    settings: Settings
    given: frozenset[str]
    profile: str = ""
    profiles: tuple[str, ...] = ()
    limit: int | None = None
    canary: int | None = None
    dry_run: bool = False
    yes: bool = False
    confirm_production: str = ""
    json: bool = False
    reading: Reading = RECOGNISED
    save_mapping: str = ""

    @property
    def run_options(self) -> RunOptions:
        """Options of a new job's run."""
        return run_options(self.settings)

    @property
    def frozen_options(self) -> FrozenOptions:
        """What a new job keeps for ever."""
        return frozen_options(self.settings, self.limit, self.reading)

    def run_options_over(self, kept: RunOptions) -> RunOptions:
        """On resume: the job's own options, except those given again."""
        now = self.run_options
        changes: Mapping[str, Any] = {name: getattr(now, name) for name in RUN_OPTIONS if name in self.given}
        return replace(kept, **changes)

    @property
    def given_base_url(self) -> str | None:
        """The base URL this command line gave, None when it gave none (a resume refuses another than the job's)."""
        return self.settings.base_url if "base_url" in self.given else None


@dataclass(frozen=True, slots=True)
class RetryRequest:
    """The failed rows of `run.job` again, only those of `kind` if it is given."""

    run: RunRequest
    kind: str | None


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """The console at `target`, a CSV file or a job's name; None for the jobs screen."""

    target: str | None


@dataclass(frozen=True, slots=True)
class DemoRequest:
    """The demo; with `keep` its folder stays and its place is shown."""

    keep: bool


@dataclass(frozen=True, slots=True)
class JobsRequest:
    """The list of jobs."""

    json: bool


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """A scan of `source` without a job; `save_mapping` is the name to keep its mapping under, or ""."""

    source: Path
    json: bool
    reading: Reading = RECOGNISED
    save_mapping: str = ""


@dataclass(frozen=True, slots=True)
class ErrorsRequest:
    """The failed rows of `job` as CSV, to `output` or (None) to stdout."""

    job: str
    output: Path | None


@dataclass(frozen=True, slots=True)
class PurgeRequest:
    """Removing `job` and everything it kept; without `yes` the body asks or refuses."""

    job: str
    yes: bool


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """The script for `shell`."""

    shell: str


@dataclass(frozen=True, slots=True)
class HelpRequest:
    """The help of `command`; None for the program's."""

    command: str | None


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """The stand-in server, in the command line's units: milliseconds, `KIND:P`."""

    host: str
    port: int
    latency_ms: int
    writes_per_10s: int
    reads_per_10s: int
    visible_after_ms: int
    revoke_after: int | None
    faults: tuple[str, ...]
    seed: int | None
    json: bool
