"""The door: `disquectl` and `python -m disquectl`."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process and end with its exit code.

    Everything has been written and closed by then. To let the interpreter take itself apart would take as
    long as a quarter of an empty Python program, in each of thousands of calls from a script.
    """
    try:
        if sys.argv[1:2] == ["__complete"]:
            from disquectl.completion.answer import answer

            answer(sys.argv[2:])
            os._exit(0)
        # Loading modules leaves next to no garbage, and looking for it takes a twentieth of a whole call.
        gc.disable()
        from disquectl.cli.main import run_command_line

        gc.enable()
        code = run_command_line(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    os._exit(code)


if __name__ == "__main__":
    main()
