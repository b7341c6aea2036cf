"""Turn the two public tables into the files that the program embeds.

    pip install pyyaml ua-parser-builtins==202610
    python3 make-tables.py referers.yml

Run by hand when a table is renewed; a build never runs it. LICENSES.md says where the inputs come
from.
"""

import gzip
import json
import sys
import types
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
REFERRERS_HEAD = """\
# Web sites that send visitors, by medium. From snowplow's referer-parser (npm referer-parser 0.0.3),
# Apache-2.0 (LICENSES.md); one line a source, made by make-tables.py.
# medium <tab> name <tab> query parameters with the search terms <tab> hosts, some with a path
"""


def referrers(source):
    """One line a source. A host that is listed twice keeps its last place, as the list's own
    parsers have it."""
    owner = {}
    sources = []
    for medium, named in source.items():
        for name, entry in named.items():
            index = len(sources)
            sources.append((medium, name, entry.get("parameters") or []))
            for host in entry["domains"]:
                owner[host] = index
    lines = []
    for index, (medium, name, parameters) in enumerate(sources):
        hosts = sorted(host for host, at in owner.items() if at == index)
        if hosts:
            lines.append("\t".join([medium, name, " ".join(parameters), " ".join(hosts)]))
    return REFERRERS_HEAD + "\n".join(lines) + "\n"


def user_agent_patterns():
    """The patterns in the form of uap-core's regexes.yaml. The package holds them as constructor
    calls, which a stand-in for the constructors reads back."""

    def reader(*names):
        def read(*values, **named):
            entry = dict(zip(names, values)) | named
            return {name: value for name, value in entry.items() if value is not None}

        return read

    versions = ["v1_replacement", "v2_replacement", "v3_replacement", "v4_replacement"]
    matchers = types.ModuleType("ua_parser.matchers")
    matchers.UserAgentMatcher = reader("regex", "family_replacement", *versions)
    matchers.OSMatcher = reader("regex", "os_replacement", *("os_" + name for name in versions))
    matchers.DeviceMatcher = reader(
        "regex", "regex_flag", "device_replacement", "brand_replacement", "model_replacement"
    )
    sys.modules["ua_parser"] = types.ModuleType("ua_parser")
    sys.modules["ua_parser.matchers"] = matchers
    from ua_parser_builtins.matchers import MATCHERS

    return dict(zip(["user_agent_parsers", "os_parsers", "device_parsers"], MATCHERS))


def main():
    (referers_file,) = sys.argv[1:]
    text = referrers(yaml.safe_load(Path(referers_file).read_text(encoding="utf-8")))
    (HERE / "referrers.tsv").write_text(text, encoding="utf-8")
    text = json.dumps(user_agent_patterns(), ensure_ascii=False, separators=(",", ":"))
    (HERE / "user-agent-patterns.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


main()
