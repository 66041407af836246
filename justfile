# The few verbs of this project. `just` lists them; without just (https://just.systems) run the lines themselves.

[private]
default:
    @just --list --unsorted

# Make the environment, with the versions of the lock.
setup:
    python3 -m venv .venv && .venv/bin/pip install -q -c requirements/dev.txt -e '.[dev]'

# Run tests: all of them, or those of a file (just test tests/source/test_presets.py).
test *what='-n auto':
    .venv/bin/pytest {{what}}

# Check lint, format, types, import rules and documentation: under a minute.
check:
    .venv/bin/ruff check
    .venv/bin/ruff format --check
    .venv/bin/mypy
    .venv/bin/lint-imports
    .venv/bin/python docs/make.py --check

# Everything that must hold, on every Python of this machine, as CI runs it.
ci *flags:
    .ci/run {{flags}}

# The whole journey on a sandbox, without an account.
demo:
    .venv/bin/tui-importer demo

# Accept the console's pictures as they are now, and make those of the README again.
pictures:
    .venv/bin/pytest -n auto tests/console/test_console_pictures.py --update-pictures
    .venv/bin/python screenshots/make.py

# Measure: cold_start, dashboard, journal, limiter, tables, or scan with a file.
bench what *arguments:
    .venv/bin/python tests/benchmarks/{{what}}.py {{arguments}}

# Write the parts of docs/ that are made from the program.
docs:
    .venv/bin/python docs/make.py

# Bring the lock up to date (needs uv).
lock:
    uv pip compile -q --upgrade --universal --python-version 3.11 --extra dev --no-annotate --no-header -o requirements/dev.txt pyproject.toml
