"""Random queries, the same for the same seed."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import facts

ZONES = ["UTC", "Europe/London", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo"]
# ISO-8601 periods as calendar parts and hours.
PERIODS = {
    "PT30M": (0, 0, 0.5), "PT1H": (0, 0, 1), "PT6H": (0, 0, 6), "P1D": (0, 1, 0), "P1DT12H": (0, 1, 12), "P1W": (0, 7, 0),
    "P2W": (0, 14, 0), "P1M": (1, 0, 0),
}


def moment(at):
    """A datetime as the contract writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def add(start, zone, period, times):
    """The start plus so many periods: months and days by the calendar of the zone, hours by the clock."""
    months, days, hours = (part * times for part in PERIODS[period])
    local = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    month = local.month - 1 + months
    year, month = local.year + month // 12, month % 12 + 1
    last = ((datetime(year + month // 12, month % 12 + 1, 1)) - timedelta(days=1)).day
    local = local.replace(year=year, month=month, day=min(local.day, last)) + timedelta(days=days)
    # A time that the clocks pass over or that comes twice is read with the offset of before the change.
    at = local.replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc)
    return at + timedelta(hours=hours)


def edges(start, end, zone, period):
    """The edges of the buckets of an interval."""
    if period is None:
        return [start, end]
    found, times = [start], 1
    while (edge := add(start, zone, period, times)) < end:
        if edge > found[-1]:
            found.append(edge)
        times += 1
    return [*found, end]


def predicate(vocabulary, chance):
    """A random predicate."""
    if chance.random() < 0.1:
        return {"type": "metric", "range": value_range(chance, ["gt", "gte", "lt", "lte"])}
    dimension = chance.choice(list(vocabulary))
    operator = chance.choice(["matches", "matches", "matches", "exists", "notExists", None])
    made = {"dimension": dimension}
    if operator:
        made["operator"] = operator
    if operator in ("matches", None):
        made["value"] = chance.choice([*vocabulary[dimension][:5], "nobody"])
    return made


def value_range(chance, bounds):
    """Bounds that some value can lie within."""
    low, high = sorted(chance.sample([-40.0, -1.5, 0.0, 1.0, 2.25, 10.0, 60.0], 2))
    kept = {}
    if chance.random() < 0.7:
        kept[chance.choice([bound for bound in bounds if bound[0] == "g"])] = low
    if not kept or chance.random() < 0.5:
        kept[chance.choice([bound for bound in bounds if bound[0] == "l"])] = high
    return kept


def filter_of(vocabulary, chance):
    """A random filter of one or two levels."""
    some = lambda most: [predicate(vocabulary, chance) for _ in range(chance.randint(1, most))]
    join = lambda: chance.choice(["and", "or"])
    clauses = [{"type": join(), "predicates": some(3)} for _ in range(chance.choice([0, 0, 1, 2]))]
    made = {"type": join()}
    if clauses:
        made["clauses"] = clauses
    if not clauses or chance.random() < 0.5:
        made["predicates"] = some(2)
    return made


def generate(vocabulary, chance):
    """A random query, and the edges of its buckets."""
    everything = facts.COUNTERS + facts.OBSERVATIONS + list(facts.DISTINCT)
    span = facts.END - facts.START
    start = facts.START + span * chance.choice([0, 0, chance.random() * 0.6])
    start = start.replace(microsecond=start.microsecond // 1000 * 1000)
    length = chance.choice([timedelta(days=60), timedelta(days=chance.randint(1, 30)), timedelta(hours=chance.randint(1, 80))])
    zone, period = chance.choice(ZONES), chance.choice([None, None, *PERIODS])
    if period in ("PT30M", "PT1H"):
        length = min(length, timedelta(days=4))
    end = start + length
    query = {
        "interval": f"{moment(start)}/{moment(end)}",
        "timeZone": zone,
        "metrics": chance.sample(everything, chance.choice([1, 1, 2, 4])),
    }
    if period:
        query["granularity"] = period
    groups = chance.sample(list(vocabulary), chance.choice([0, 1, 1, 1, 2, 3]))
    if groups:
        query["groupBy"] = groups
    if chance.random() < 0.6:
        query["filter"] = filter_of(vocabulary, chance)
    if chance.random() < 0.3:
        query["flattenMultivaluedDimensions"] = chance.random() < 0.8
    if chance.random() < 0.3:
        query["alternateTimeDimension"] = "eventTime"
    if chance.random() < 0.3:
        query["views"] = [
            {"name": f"view {number}", "target": chance.choice(everything), "function": "rangeBound",
             "range": value_range(chance, ["gte", "lt"])}
            for number in range(chance.randint(1, 3))
        ]
    return query, edges(start, end, zone, period)
