"""A label selector as text, as the API server and autoscalers read it."""

from typing import Final

from api.meta import LabelSelector, LabelSelectorRequirement

# The bound of status.labelSelector; a longer text would be refused.
_MOST_CHARS: Final = 65536


def render_selector(selector: LabelSelector) -> str:
    """Return all requirements, ordered by key; empty when there are none, or far too many."""
    parts = [(key, f"{key}={value}") for key, value in selector.match_labels.items()]
    parts += [(each.key, _render_requirement(each)) for each in selector.match_expressions]
    text = ",".join(part for _, part in sorted(parts))
    return text if len(text) <= _MOST_CHARS else ""


def _render_requirement(requirement: LabelSelectorRequirement) -> str:
    key = requirement.key
    values = ",".join(sorted(requirement.values))
    match requirement.operator:
        case "In":
            return f"{key} in ({values})"
        case "NotIn":
            return f"{key} notin ({values})"
        case "DoesNotExist":
            return f"!{key}"
        case _:
            return key
