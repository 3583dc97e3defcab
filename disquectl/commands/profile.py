"""profile: the named sets of nodes, password, TLS and habits in the config file."""

from __future__ import annotations

from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import FLAG, PROFILE, ParamType, plain_text
from disquectl.spec.parameters import Argument, Option
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

LIST_SHAPE = Shape(("profile", "in_use", "nodes", "protected", "read_only"), RECORDS, many=True)
CHECK_SHAPE = Shape(("node", "ok", "node_id", "problem"), RECORDS, many=True, kinds={"node_id": "id"})
ASSIGNMENT = ParamType("assignment", plain_text, "KEY=VALUE")

NAME = Argument("name", PROFILE, "The profile.")
NAME_OR_IN_USE = Argument("name", PROFILE, "The profile; the one in use unless said.", required=False)
STORE_PASSWORD = Option("--store-password", FLAG, "Ask for its password and keep it in the keyring.")


ASSIGNMENTS = Argument("assignment", ASSIGNMENT, "Such as nodes=a:7711,b:7711.", many=True, required=False)
SET_DETAILS = "The keys are explained in: disquectl help profiles. KEY= takes a key out."


def run_list(command: Command, values: Values, session: Session) -> None:
    """Every profile of the file, in its order."""
    from disquectl.programs.profile import list_profiles

    list_profiles(LIST_SHAPE, session)


def run_show(command: Command, values: Values, session: Session) -> None:
    """One profile as the file has it, without secrets."""
    from disquectl.programs.profile import show_profile

    show_profile(values, session)


def run_add(command: Command, values: Values, session: Session) -> None:
    """A new profile."""
    from disquectl.programs.profile_changes import add_profile

    add_profile(values, session)


def run_set(command: Command, values: Values, session: Session) -> None:
    """Some keys of a profile; `KEY=` takes the key out."""
    from disquectl.programs.profile_changes import set_keys

    set_keys(values, session)


def run_remove(command: Command, values: Values, session: Session) -> None:
    """Take a profile out of the file, and its password out of the keyring."""
    from disquectl.programs.profile_changes import remove_profile

    remove_profile(values, session)


def run_use(command: Command, values: Values, session: Session) -> None:
    """Make a profile the default one, or none."""
    from disquectl.programs.profile_changes import use_profile

    use_profile(values, session)


def run_check(command: Command, values: Values, session: Session) -> None:
    """Connect to each node of a profile, with its password and its TLS."""
    from disquectl.programs.profile import check_nodes

    check_nodes(values, CHECK_SHAPE, session)


LIST = Command(
    "list",
    "List the profiles.",
    example="disquectl profile list",
    does=Program(run_list, shape=lambda _: LIST_SHAPE, connects=False),
)
SHOW = Command(
    "show",
    "Show what a profile sets, without secrets.",
    example="disquectl profile show work",
    grammar=Grammar(arguments=(NAME_OR_IN_USE,)),
    does=Program(run_show, connects=False),
)
ADD = Command(
    "add",
    "Make a profile.",
    example="disquectl profile add work nodes=10.0.0.1:7711,10.0.0.2:7711 password-env=WORK_PASSWORD",
    details=SET_DETAILS,
    grammar=Grammar(arguments=(NAME, ASSIGNMENTS), options=(STORE_PASSWORD,)),
    does=Program(run_add, connects=False),
)
SET = Command(
    "set",
    "Change a profile.",
    example="disquectl profile set work protected=true output=json",
    details=SET_DETAILS,
    grammar=Grammar(arguments=(NAME, ASSIGNMENTS), options=(STORE_PASSWORD,)),
    does=Program(run_set, connects=False),
)
REMOVE = Command(
    "remove",
    "Forget a profile, and its password in the keyring.",
    example="disquectl profile remove work",
    grammar=Grammar(arguments=(NAME,)),
    does=Program(run_remove, connects=False),
)
USE = Command(
    "use",
    "Make a profile the one that holds when none is named.",
    example="disquectl profile use work",
    grammar=Grammar(
        arguments=(Argument("name", PROFILE, "The profile.", required=False),),
        options=(Option("--none", FLAG, "No profile from now on."),),
    ),
    does=Program(run_use, connects=False),
)
CHECK = Command(
    "check",
    "Connect to each node of a profile, and say who answers.",
    example="disquectl profile check work",
    details="Exit code 3 when some nodes answer and some do not.",
    grammar=Grammar(arguments=(NAME_OR_IN_USE,)),
    does=Program(run_check, shape=lambda _: CHECK_SHAPE, connects=False),
)

COMMAND = Command(
    "profile",
    "Keep nodes, password, TLS and habits under a name.",
    group=TOOLS,
    example="disquectl profile list",
    details="They are in config.toml, in the user's folder for settings; -P picks one.",
    subcommands=(LIST, SHOW, ADD, SET, REMOVE, USE, CHECK),
)
