"""What of its generation's contract a suite has used: every method, parameter and field of a model.

The SDK's own calls are watched, and only those that the server took count. A field of a body counts
when it was sent, a field of an answer when it came and the SDK understood it. `absent.json` says
which fields the server never gives, and why.
"""

import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
CONTRACT = HERE.parents[2] / "contract"


class Coverage:
    """Watches all clients of an SDK from now on."""

    def __init__(self, sdk, release):
        self.contract = json.loads((CONTRACT / f"sdk-{release}.json").read_text("utf-8"))
        self.models = self.contract["models"]
        self.absent = set(json.loads((HERE.parent / "absent.json").read_text("utf-8")))
        self.operations = {
            (operation["method"], operation["path"]): operation
            for operation in self.contract["operations"]
        }
        self.used = set()
        self.watch(sdk.ApiClient)

    def watch(self, client_type):
        """Notes every call that succeeds."""
        original = client_type.call_api

        def call_api(client, path, method, path_params=None, query_params=None, *rest, **more):
            answer = original(client, path, method, path_params, query_params, *rest, **more)
            operation = self.operations.get((method, path))
            if operation is not None:
                given = {**(path_params or {}), **(query_params or {})}
                body = client.sanitize_for_serialization(more.get("body"))
                self.note(operation, given, body, client.sanitize_for_serialization(answer))
            return answer

        client_type.call_api = call_api

    def note(self, operation, given, body, answer):
        """One call: its parameters, its body and its answer, in wire names."""
        name = operation["operation"]
        self.used.add(f"method {name}")
        for parameter, value in given.items():
            if value is not None:
                self.used.add(f"parameter {name}.{parameter}")
        for parameter in operation["parameters"]:
            if parameter["in"] == "body" and body is not None:
                self.used.add(f"parameter {name}.{parameter['name']}")
                self.note_fields("sent", parameter["type"], body)
        if operation["response"] != "empty":
            self.note_fields("received", operation["response"], answer)

    def note_fields(self, way, kind, value):
        """The fields of a value, at every depth."""
        if isinstance(value, list):
            for item in value:
                self.note_fields(way, inside(kind), item)
        elif isinstance(value, dict) and kind.startswith("dict("):
            for item in value.values():
                self.note_fields(way, inside(kind), item)
        elif isinstance(value, dict) and kind in self.models:
            for field, inner in value.items():
                if field in self.models[kind] and inner is not None:
                    self.used.add(f"{way} {kind}.{field}")
                    self.note_fields(way, self.models[kind][field]["type"], inner)

    def all(self):
        """Everything there is to use."""
        every = set()
        for operation in self.contract["operations"]:
            name = operation["operation"]
            every.add(f"method {name}")
            for parameter in operation["parameters"]:
                every.add(f"parameter {name}.{parameter['name']}")
                if parameter["in"] == "body":
                    self.add_fields("sent", parameter["type"], every)
            self.add_fields("received", operation["response"], every)
        return every

    def add_fields(self, way, kind, every):
        """The fields of a type, at every depth."""
        while kind not in self.models and inside(kind) != kind:
            kind = inside(kind)
        for field, described in self.models.get(kind, {}).items():
            each = f"{way} {kind}.{field}"
            if each not in every:
                every.add(each)
                self.add_fields(way, described["type"], every)

    def check(self, suite):
        """Nothing is left out; and what is said to be absent is."""
        with suite.group("coverage: the whole contract of this generation"):
            every = self.all()
            never = {each for each in every if self.is_absent(each)}
            suite.equal("not used", sorted(every - never - self.used), [])
            suite.equal("came, though said to be absent", sorted(never & self.used), [])
            suite.true("there is a contract", len(every) > 100, len(every))
            suite.passed += len(every & self.used)

    def is_absent(self, each):
        """Whether the server never gives this field."""
        return each.startswith("received ") and each.removeprefix("received ") in self.absent


def inside(kind):
    """The type of what a list or dictionary holds; any other type as it is."""
    found = re.fullmatch(r"list\[(.*)\]|dict\(str, (.*)\)", kind)
    return (found.group(1) or found.group(2)) if found else kind
