"""What a JSON Schema may not say here, found when it is read and not when outputs have been paid for.

Not here: whether it is a JSON Schema at all, and what is bounded when outputs are held against it (``bounded_schema``).
"""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.evaluation.formats.bounded_schema import UNBOUNDED
from llm_eval_pipeline.evaluation.formats.seam import quoted


def objection(schema: dict[str, Any], kind: type[Any]) -> str | None:
    """Why a schema of this kind of validator cannot be used; None when it can.

    It cannot where a keyword cannot be checked in bounded time, or a reference leads out of the schema or nowhere.
    """
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012, specification_with

    specification = specification_with(str(kind.META_SCHEMA["$schema"]), default=DRAFT202012)
    root = specification.create_resource(schema)
    registry: Registry[Any] = Registry()
    waiting = [(registry.resolver_with_root(root), schema)]
    while waiting:
        resolver, part = waiting.pop()
        for name in UNBOUNDED:
            if name in part and name in kind.VALIDATORS:
                return f"{name} cannot be checked in bounded time; say it with additionalProperties or items"
        try:
            if isinstance(ref := part.get("$ref"), str) and not isinstance(resolver.lookup(ref).contents, dict | bool):
                return f"the reference {quoted(ref)} leads to no schema"
        except Unresolvable as error:
            return f"the reference {quoted(part['$ref'])} leads nowhere in the schema: {error}"
        for below in specification.subresources_of(part):
            if isinstance(below, dict):
                waiting.append((resolver.in_subresource(specification.create_resource(below)), below))
    return None
