"""All rules, in the order in which findings of the same severity are reported. Pure.

A new rule is a function in the module of what it is about, and an entry in the RULES there.
"""

from __future__ import annotations

from disquectl.health import cluster_rules, job_rules, node_rules, queue_rules
from disquectl.health.finding import findings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from disquectl.health.finding import Finding
    from disquectl.health.observation import Observation

RULES = (*node_rules.RULES, *cluster_rules.RULES, *queue_rules.RULES, *job_rules.RULES)


def examine(seen: Observation) -> list[Finding]:
    """What all rules find in an observation, the worst first."""
    return findings(RULES, seen)
