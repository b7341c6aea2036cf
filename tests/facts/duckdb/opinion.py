"""What a query means, in DuckDB's SQL: written from the contract's words, with nothing of the server in it."""

import facts

STATE = "journeySegmentAssignmentState"


def literal(text):
    """A text of SQL."""
    return "'" + text.replace("'", "''") + "'"


def column(dimension):
    """A dimension's column."""
    return f'"{dimension}"'


def predicate(made):
    """A predicate as a condition that is never null."""
    if "dimension" not in made:
        low = " and ".join(
            f"worth {sign} {made['range'][bound]!r}"
            for bound, sign in (("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<="))
            if bound in made["range"]
        )
        return f"coalesce({low}, false)"
    name = column(made["dimension"])
    operator = made.get("operator", "matches")
    if operator == "exists":
        return f"{name} is not null"
    if operator == "notExists":
        return f"{name} is null"
    if made["dimension"] in facts.MULTI_VALUED:
        return f"coalesce(list_contains({name}, {literal(made['value'])}), false)"
    return f"coalesce({name} = {literal(made['value'])}, false)"


def condition(made):
    """A filter as a condition."""
    terms = [joined(clause["type"], clause["predicates"]) for clause in made.get("clauses", [])]
    terms += [predicate(each) for each in made.get("predicates", [])]
    return "(" + f" {made['type']} ".join(terms) + ")"


def joined(how, predicates):
    """Predicates joined by `and` or `or`."""
    return "(" + f" {how} ".join(map(predicate, predicates)) + ")"


def names_state(query):
    """Whether a query groups or filters by the state of assignments."""
    made = query.get("filter", {})
    predicates = [*made.get("predicates", []), *(each for clause in made.get("clauses", []) for each in clause["predicates"])]
    return STATE in query.get("groupBy", []) or any(each.get("dimension") == STATE for each in predicates)


def measured(target, bounds=None):
    """How many facts speak for a measure, and the aggregates it carries."""
    within = "true"
    if bounds:
        parts = [f"worth >= {bounds['gte']!r}"] if "gte" in bounds else []
        parts += [f"worth < {bounds['lt']!r}"] if "lt" in bounds else []
        within = " and ".join(parts)
    if target in facts.DISTINCT:
        # A distinct metric has no value of its own: like a counter's, it is 1.
        within = within.replace("worth", "1.0")
        some = f"{column(facts.DISTINCT[target])} is not null and {within}"
        return f"count(*) filter ({some})", f"count(distinct {column(facts.DISTINCT[target])}) filter ({some})", None
    some = f"metric = {literal(target)} and worth is not null and {within}"
    spread = None
    if target in facts.OBSERVATIONS:
        spread = ", ".join(f"{what}(value) filter ({some})" for what in ("sum", "min", "max"))
    return f"count(*) filter ({some})", f"count(*) filter ({some})", spread


def sql(query, edges):
    """The query over the table `facts`; gives the measures' names in the order of their columns too."""
    time = "happened" if query.get("alternateTimeDimension") else "emitted"
    buckets = ", ".join(
        f"({number}, {micros(start)}, {micros(end)})" for number, (start, end) in enumerate(zip(edges, edges[1:]))
    )
    source, groups = [], []
    for number, dimension in enumerate(query.get("groupBy", [])):
        name = column(dimension)
        if dimension not in facts.MULTI_VALUED:
            source.append(f"{name} as g{number}")
        elif query.get("flattenMultivaluedDimensions"):
            source.append(f"array_to_string(list_sort(list_distinct({name})), ',') as g{number}")
        else:
            source.append(f"unnest(coalesce(list_distinct({name}), [null])) as g{number}")
        groups.append(f"g{number}")
    where = [condition(query["filter"])] if query.get("filter") else []
    measures = [(metric, measured(metric)) for metric in query["metrics"]]
    measures += [(view["name"], measured(view["target"], view["range"])) for view in query.get("views", [])]
    targets = query["metrics"] + [view["target"] for view in query.get("views", [])]
    sources_assignments = "nJourneySegmentsAssigned" in targets or any(target in facts.DISTINCT for target in targets)
    if sources_assignments and not names_state(query):
        where.append(f"coalesce({STATE}, 'Assigned') = 'Assigned'")
    columns = [part for _, (speaks, count, spread) in measures for part in (speaks, count, spread) if part]
    # One group after the other is spread out: several lists side by side would be zipped.
    spread = spread_out(source, query.get("groupBy", []))
    text = f"""
        with bucket(number, starts, ends) as (values {buckets}),
        counted as (
            select bucket.number, f.*, case when metric[1] = 'n' then 1.0 else value end as worth
            from facts f join bucket on epoch_us(f.{time}) >= starts and epoch_us(f.{time}) < ends
        ),
        kept as (select * from counted where {' and '.join(where) or 'true'}),
        {spread}
        select {', '.join(['number', *groups, *columns])} from spread group by {', '.join(['number', *groups])}
    """
    return text, measures


def spread_out(source, dimensions):
    """Common table expressions that give each row once for every combination of its groups."""
    steps, before = [], "kept"
    for number, part in enumerate(source):
        steps.append(f"spread{number} as (select *, {part} from {before})")
        before = f"spread{number}"
    return ", ".join([*steps, f"spread as (select * from {before})"])


def micros(at):
    """Microseconds since 1970."""
    return int(at.timestamp() * 1000) * 1000


def answer(connection, query, edges):
    """The cells with facts in them: {(group, bucket, measure): stats}."""
    text, measures = sql(query, edges)
    dimensions = query.get("groupBy", [])
    cells = {}
    for row in connection.execute(text).fetchall():
        group = tuple((name, value) for name, value in zip(dimensions, row[1:]) if value is not None)
        rest = iter(row[1 + len(dimensions):])
        for name, (_, _, spread) in measures:
            speaks, count = next(rest), next(rest)
            stats = {"count": count}
            if spread:
                stats.update(zip(("sum", "min", "max"), (next(rest), next(rest), next(rest))))
            if speaks:
                cells[group, row[0], name] = stats
    return cells
