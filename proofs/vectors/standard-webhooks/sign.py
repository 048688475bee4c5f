"""Signs the deliveries of cases.json with the official Python package `standardwebhooks` 1.1.0."""

import json
import pathlib
import sys
from datetime import datetime, timezone

from standardwebhooks.webhooks import Webhook

cases = json.loads((pathlib.Path(__file__).parent / "cases.json").read_text())
for case in cases:
    # The package takes the wall clock's reading of a time for UTC.
    time = datetime.fromtimestamp(case["timestamp"], tz=timezone.utc)
    case["signature"] = Webhook(case["secret"]).sign(case["id"], time, case["body"])
json.dump(cases, sys.stdout, indent=1, ensure_ascii=False)
print()
