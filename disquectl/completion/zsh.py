"""zsh: words arrive unquoted and candidates are not quoted, because zsh quotes what it inserts. Pure.

After an open quote zsh quotes control characters and bytes that are not UTF-8 wrongly, so the script offers
no such names there. Its list draws bidirectional and invisible characters unescaped: such names are never
offered.
"""

from __future__ import annotations

from disquectl.commands import all_commands
from disquectl.render.escape import UNSAFE_BEYOND_ASCII

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.completion.candidates import Candidate, Show


def parse_line(sent: list[str]) -> tuple[list[str], str, Show]:
    """Return the words after the program's name, the word being typed, and the candidate formatter."""
    return sent[:-1], sent[-1], _show


def _show(candidates: list[Candidate]) -> bytes:
    """Word and description in turn, each terminated by NUL."""
    drawn = frozenset(UNSAFE_BEYOND_ASCII)
    parts = [part for candidate in candidates if drawn.isdisjoint(candidate[0]) for part in candidate]
    return "".join(f"{part}\0" for part in parts).encode("utf-8", "surrogateescape")


def script() -> str:
    """Return the script, which contains the commands: completing the first word needs no process."""
    commands = "\n".join(f"    {_quoted(f'{command.name}:{command.summary}')}" for command in all_commands())
    return SCRIPT.replace("@COMMANDS@", commands)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


SCRIPT = r"""#compdef disquectl
# TAB completion of disquectl for zsh: made by `disquectl completion zsh`.
_disquectl_commands=(
@COMMANDS@
)

_disquectl() {
  local program=${(Q)words[1]} directive
  local -a answer described plain option
  if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then
    directive=commands
  else
    answer=("${(@0)$(${~program} __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    directive=$answer[1]
    shift answer
  fi
  if [[ $directive == commands ]]; then
    _describe -t commands command _disquectl_commands
    return
  fi
  while (( $#answer > 1 )); do
    if [[ -n $answer[2] ]]; then
      described+=("${answer[1]//:/\\:}:$answer[2]")
    else
      plain+=("$answer[1]")
    fi
    shift 2 answer
  done
  [[ -n $compstate[quote] ]] && plain=(${plain:#*[^[:print:]]*}) described=(${described:#*[^[:print:]]*})
  [[ $directive == nospace ]] && option=(-S '')
  [[ $directive == files ]] && _files
  (( $#described )) && _describe -t values value described $option
  (( $#plain )) && compadd $option -a plain
}

if [[ $funcstack[1] == _disquectl ]]; then
  _disquectl "$@"
else
  compdef _disquectl disquectl
fi
"""
