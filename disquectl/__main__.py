"""The entry point of `disquectl` and `python -m disquectl`."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run this process's command line and exit with its exit code.

    os._exit skips the interpreter's teardown, which takes a quarter of the time of an empty Python program.
    All output has been flushed and all connections closed by then.
    """
    try:
        if sys.argv[1:2] == ["__complete"]:
            from disquectl.completion.answer import answer

            answer(sys.argv[2:])
            os._exit(0)
        # Loading modules leaves next to no garbage; looking for it would take a twentieth of a whole call.
        gc.disable()
        from disquectl.cli.main import run_command_line

        gc.freeze()
        gc.enable()
        code = run_command_line(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    os._exit(code)


if __name__ == "__main__":
    main()
