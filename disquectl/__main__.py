"""The door: `disquectl` and `python -m disquectl`."""

from __future__ import annotations

import sys

from disquectl.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
