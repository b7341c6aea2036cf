"""What schemathesis cannot know: how a body goes out, and what no schema says about a value."""

from datetime import datetime, timezone

import schemathesis

#: What is put in the place of a text that keeps its schema, but would be refused for its meaning.
#: Half of the bodies keep what was made for them.
KNOWN = {
    "createdDate": lambda: datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
    "interval": lambda: "2026-11-01T00:00:00.000Z/2026-11-08T00:00:00.000Z",
    "granularity": lambda: "P1D",
    "timeZone": lambda: "Europe/London",
    "permissions": lambda: ["journey:segment:view"],
    "roles": lambda: [],
}


@schemathesis.serializer("application/x-ndjson")
def ndjson(context, value):
    """Lines of text go out as they are."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def map_body(context, body):
    """Gives values a meaning, where they are of the type that they should be."""
    if not isinstance(body, dict) or len(body) % 2:
        return body
    return {
        name: KNOWN[name]() if name in KNOWN and isinstance(value, type(KNOWN[name]())) else value
        for name, value in body.items()
    }


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Here an answer may have no field that the document does not name.

    For clients the document leaves that open: a later server may say more.
    """
    schemas = raw_schema["components"]["schemas"]
    operations = [each for path in raw_schema["paths"].values() for each in path.values()]
    bodies = reached([each.get("requestBody") for each in operations], schemas)
    for name in schemas.keys() - bodies:
        if "properties" in schemas[name]:
            schemas[name].setdefault("additionalProperties", False)


def reached(part, schemas):
    """The names of the schemas that a part of the document leads to."""
    found, left = set(), [part]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            name = str(value.get("$ref", "")).rpartition("/")[2]
            if name in schemas and name not in found:
                found.add(name)
                left.append(schemas[name])
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
    return found
