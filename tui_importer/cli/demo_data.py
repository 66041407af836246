"""Source file of the demo: about 2,000 users in 40 organizations, with a few mistakes of the kinds that people make."""

from __future__ import annotations

import csv
import json
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 2_000
ORGANIZATIONS = 40
SECOND_MEMBERSHIPS = 60

EXISTING_ORGANIZATIONS = (("Northwind Traders", "org-001"), ("Contoso Pharmaceuticals", "org-002"))
"""Made in the sandbox before the demo begins: (name, external id)."""

_NAMES = (
    "Northwind Traders", "Contoso Pharmaceuticals", "Adatum", "Alpine Ski House", "Bellows College", "Blue Yonder",
    "City Power & Light", "Coho Vineyard", "Consolidated Messenger", "Fabrikam", "Fourth Coffee",
    "Graphic Design Inst.", "Humongous Insurance", "Lamna Healthcare", "Liberty Delightful", "Litware",
    "Lucerne Publishing", "Margie’s Travel",
    "Munson’s Pickles", "Nod Publishers", "Proseware", "Relecloud", "School of Fine Art", "Southridge Video",
    "Tailspin Toys", "Tailwind Traders", "Trey Research", "The Phone Company", "Van Arsdel", "Wide World Importers",
    "Wingtip Toys", "Woodgrove Bank", "Zava", "Best For You", "First Up", "Olympia Labs", "Pine Crest", "Quill & Ink",
    "Riverbank Rail", "Summit Foods",
)  # fmt: skip
_FIRST = [
    "Ada",
    "Alan",
    "Barbara",
    "Edsger",
    "Grace",
    "Hedy",
    "Ines",
    "Joan",
    "Katherine",
    "Kurt",
    "Linus",
    "Mary",
    "Noor",
    "Radia",
    "Søren",
    "Zoë",
]
_LAST = [
    "Allen",
    "Bartik",
    "Chen",
    "Dijkstra",
    "Franklin",
    "García",
    "Hopper",
    "Johnson",
    "Kowalski",
    "Lovelace",
    "Nuñez",
    "Perlman",
    "Šimić",
]
_COLUMNS = (
    "email", "first_name", "last_name", "email_verified", "external_id", "metadata", "org_external_id", "org_name",
    "role_slug", "department",
)  # fmt: skip


def write_demo(path: Path) -> None:
    """Write the CSV; the same bytes every time."""
    rng = random.Random(7)
    rows = [_row(rng, number) for number in range(ROWS)]
    for row in rng.sample(rows, SECOND_MEMBERSHIPS):
        number = rng.randrange(ORGANIZATIONS)
        rows.append(row | {"org_external_id": f"org-{number + 1:03}", "org_name": _NAMES[number]})
    _spoil(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _row(rng: random.Random, number: int) -> dict[str, str]:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    organization = min(int(rng.paretovariate(0.6)) - 1, 10_000) % ORGANIZATIONS if number >= ORGANIZATIONS else number
    return {
        "email": f"{first}.{last}.{number:04}@example.com".lower().replace("ø", "o").replace("ë", "e")
        .replace("í", "i").replace("ñ", "n").replace("š", "s").replace("ć", "c"),
        "first_name": first,
        "last_name": last,
        "email_verified": rng.choice(["true", "false"]),
        "external_id": f"legacy-{number:05}",
        "metadata": json.dumps({"plan": rng.choice(["free", "team", "enterprise"])}),
        "org_external_id": f"org-{organization + 1:03}",
        "org_name": _NAMES[organization],
        "role_slug": rng.choice(["member", "member", "admin"]),
        "department": rng.choice(["Sales", "Research", "Finance"]),
    }  # fmt: skip


def _spoil(rows: list[dict[str, str]]) -> None:
    """Put in a few mistakes: two that the scan finds, two that only the API can know."""
    rows[120]["email"] = "not-an-address"
    rows[340]["email"] = ""
    rows[560]["metadata"] = "{broken"
    rows[780]["email_verified"] = "perhaps"
    for number in (230, 610, 905, 1400, 1733):
        rows[number]["role_slug"] = "superuser"
    rows[1900]["org_external_id"], rows[1900]["org_name"] = "org-999", ""
