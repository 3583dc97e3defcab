"""profile: connection settings and defaults, saved under names in the config file."""

from __future__ import annotations

from disquectl.spec.command import TOOLS, Command, Grammar, Program
from disquectl.spec.param_types import FLAG, PROFILE, ParamType, plain_text
from disquectl.spec.parameters import Argument, Option
from disquectl.spec.shape import RECORDS, Shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.execution.session import Session
    from disquectl.spec.parameters import Values

LIST_SHAPE = Shape(
    ("profile", "in_use", "nodes", "protected", "read_only"), RECORDS, many=True, empty="no profiles"
)
CHECK_SHAPE = Shape(("node", "ok", "node_id", "problem"), RECORDS, many=True, kinds={"node_id": "id"})
ASSIGNMENT = ParamType("assignment", plain_text, "KEY=VALUE")

NAME = Argument("name", PROFILE, "The profile.")
NAME_OR_IN_USE = Argument("name", PROFILE, "The profile; without it, the default profile.", required=False)
STORE_PASSWORD = Option("--store-password", FLAG, "Ask for the password and keep it in the system's keyring.")


ASSIGNMENTS = Argument(
    "assignment", ASSIGNMENT, "Settings such as nodes=a:7711,b:7711.", many=True, required=False
)
SET_DETAILS = (
    "Connection options such as --node, --password-file and --tls are saved in the profile, too. See "
    "disquectl help profiles for the keys. KEY= removes a key."
)
ADD_DETAILS = f"On a terminal, without settings, it asks for them. {SET_DETAILS}"


def run_list(command: Command, values: Values, session: Session) -> None:
    """List the profiles in the order of the file."""
    from disquectl.programs.profile import list_profiles

    list_profiles(LIST_SHAPE, session)


def run_show(command: Command, values: Values, session: Session) -> None:
    """Show a profile as in the file, without secrets."""
    from disquectl.programs.profile import show_profile

    show_profile(values, session)


def run_add(command: Command, values: Values, session: Session) -> None:
    """Create a profile."""
    from disquectl.programs.profile_changes import add_profile

    add_profile(values, session)


def run_set(command: Command, values: Values, session: Session) -> None:
    """Set keys of a profile; `KEY=` removes one."""
    from disquectl.programs.profile_changes import set_keys

    set_keys(values, session)


def run_remove(command: Command, values: Values, session: Session) -> None:
    """Remove a profile from the file, and its password from the keyring."""
    from disquectl.programs.profile_changes import remove_profile

    remove_profile(values, session)


def run_use(command: Command, values: Values, session: Session) -> None:
    """Make a profile the default one, or none."""
    from disquectl.programs.profile_changes import use_profile

    use_profile(values, session)


def run_check(command: Command, values: Values, session: Session) -> None:
    """Connect to each node of a profile, with its password and TLS."""
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
    does=Program(run_show, connects=False, connecting="values"),
)
ADD = Command(
    "add",
    "Create a profile.",
    example="disquectl profile add work --node 10.0.0.1:7711,10.0.0.2:7711 password-env=WORK_PASSWORD",
    details=ADD_DETAILS,
    grammar=Grammar(arguments=(NAME, ASSIGNMENTS), options=(STORE_PASSWORD,)),
    does=Program(run_add, connects=False, connecting="values"),
)
SET = Command(
    "set",
    "Change a profile.",
    example="disquectl profile set work protected=true output=json",
    details=SET_DETAILS,
    grammar=Grammar(arguments=(NAME, ASSIGNMENTS), options=(STORE_PASSWORD,)),
    does=Program(run_set, connects=False, connecting="values"),
)
REMOVE = Command(
    "remove",
    "Remove a profile, and its password from the keyring.",
    example="disquectl profile remove work",
    grammar=Grammar(arguments=(NAME,)),
    does=Program(run_remove, connects=False),
)
USE = Command(
    "use",
    "Set the default profile.",
    example="disquectl profile use work",
    grammar=Grammar(
        arguments=(Argument("name", PROFILE, "The profile.", required=False),),
        options=(Option("--none", FLAG, "Have no default profile."),),
    ),
    does=Program(run_use, connects=False),
)
CHECK = Command(
    "check",
    "Connect to each node of a profile, and show which answer.",
    example="disquectl profile check work",
    details="Exit code 3 if only some nodes answer.",
    grammar=Grammar(arguments=(NAME_OR_IN_USE,)),
    does=Program(run_check, shape=lambda _: CHECK_SHAPE, connects=False, connecting="values"),
)

COMMAND = Command(
    "profile",
    "Save connection settings and defaults under a name.",
    group=TOOLS,
    example="disquectl profile list",
    details="Profiles are in config.toml, in the user's settings folder. -P selects one; without it, the "
    "default profile applies.",
    subcommands=(LIST, SHOW, ADD, SET, REMOVE, USE, CHECK),
)
