"""Two versions of a file compared by meaning: which settings differ, what each difference does to a running strategy, which nodes it makes.

Spacing, comments, quotes and names of definitions mean nothing; the order of exits and regimes does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dsl.canonical import Names, defined, expression_of, loss_limit_of, phrase_form, value_of
from dsl.catalogue import Catalogue, Memory
from dsl.compile import Compiled, schema_of
from dsl.describe import describe
from dsl.files import Checked
from dsl.graph import Graph
from dsl.keys import JOINING, Key, Looser, Reload, key_of, pattern_of
from dsl.stop_depth import may_lie_deeper
from dsl.strategy import ExitKind, Strategy
from dsl.yaml_tree import Mapping, Scalar, YamlNode
from dsl.yaml_tree import Sequence as YamlSequence

#: sections whose order is part of their meaning
_ORDERED = ("exits", "regime")
_STATES = {"off": 0.0, "paper": 1.0, "live": 2.0}
_MILDEST = tuple(Reload)


class Kind(StrEnum):
    """What happened to a setting."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"  # same entries in another order
    RENAMED = "renamed"  # a definition under another name


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. old, new: texts as written, "" where there is none. affects: paths of the rules that read what changed."""

    kind: Kind
    path: str
    old: str
    new: str
    reload: tuple[Reload, ...]
    affects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """All differences of two files. nodes_*: what the new graph computes that the old one did not, and the reverse, as rule texts."""

    changes: tuple[Change, ...] = ()
    nodes_added: tuple[str, ...] = ()
    nodes_removed: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether both files mean the same."""
        return all(change.kind is Kind.RENAMED for change in self.changes)

    @property
    def reload(self) -> tuple[Reload, ...]:
        """Everything that loading the new file takes, mildest first; empty when the files mean the same."""
        found = {effect for change in self.changes if change.kind is not Kind.RENAMED for effect in change.reload}
        return _ordered(found - {Reload.NONE} or found)


def diff(old: Checked, new: Checked, catalogue: Catalogue) -> Difference:
    """Compare two files of one kind that were read. Raises ValueError when one has no document or their kinds differ.

    Graphs are compared where both files are strategies without errors.
    """
    kind = schema_of(new.source)
    if old.document is None or new.document is None or schema_of(old.source) != kind:
        raise ValueError("both files must be readable and of one kind")
    sides = _Side(kind, old.document.root, catalogue), _Side(kind, new.document.root, catalogue)
    changes = list(_Comparison(*sides).changes())
    before, after = _strategy(old), _strategy(new)
    if isinstance(old, Compiled) and isinstance(new, Compiled):
        changes = _with_risk(changes, old, new, catalogue)
    if before is None or after is None:
        return Difference(tuple(changes))
    keys, older = content_keys(after.graph), content_keys(before.graph)
    changes = [_with_stop(change, before, _deeper_stops(before, older, after, keys)) for change in changes]
    fresh = {node for node, key in enumerate(keys) if key not in set(older)}
    changes = [_warmed(change, after, fresh, catalogue) for change in changes]
    gone = [node for node, key in enumerate(older) if key not in set(keys)]
    return Difference(tuple(changes), _described(after.graph, sorted(fresh)), _described(before.graph, gone))


def content_keys(graph: Graph) -> list[str]:
    """A hash of what each node computes, from its op, parameters, bars and inputs: equal in every graph that has the node."""
    keys: list[str] = []
    for node in graph:
        parts = [node.op, repr(node.params), repr(node.section), str(int(node.phase)), *(keys[i] for i in node.inputs)]
        keys.append(hashlib.blake2b("\0".join(parts).encode(), digest_size=16).hexdigest())
    return keys


def _strategy(compiled: Checked) -> Strategy | None:
    return compiled.strategy if isinstance(compiled, Compiled) else None


def _described(graph: Graph, nodes: Sequence[int]) -> tuple[str, ...]:
    return tuple(describe(graph, node) for node in nodes if graph[node].op != "const")


def _ordered(effects: Iterable[Reload]) -> tuple[Reload, ...]:
    return tuple(sorted(set(effects), key=_MILDEST.index))


# ---- the two files ----
@dataclass(frozen=True, slots=True)
class _Leaf:
    """One text of a file. joins: the word that joins a group of conditions, not a rule."""

    path: str
    text: str
    key: Key | None
    joins: bool = False


class _Side:
    """One file: its texts by path, its names, and the hashes of its rules."""

    def __init__(self, kind: str, root: YamlNode, catalogue: Catalogue) -> None:
        self.kind = kind
        self.root = root
        self.leaves = {leaf.path: leaf for leaf in self._leaves(root, (), ())}
        aliases = {leaf.path.partition(".")[2]: leaf.text for leaf in self.leaves.values() if leaf.path.startswith("aliases.")}
        section = root.find("define") if isinstance(root, Mapping) else None
        entries = section[1].entries if section is not None and isinstance(section[1], Mapping) else ()
        found = [defined(key.text, value.text) for key, value in entries if isinstance(value, Scalar)]
        self.names = Names({item.name: item for item in found}, aliases, catalogue)
        self.texts = {
            item.name: f"{key.text}: {value.text}" for item, (key, value) in zip(found, entries, strict=True) if isinstance(value, Scalar)
        }
        rules = {
            leaf.path: expression_of(leaf.text)
            for leaf in self.leaves.values()
            if leaf.key is not None and leaf.key.is_rule and not leaf.joins
        }
        self.rules = {path: rule for path, rule in rules.items() if rule is not None}

    def _leaves(self, node: YamlNode, path: tuple[str | int, ...], shown: tuple[str, ...]) -> Iterator[_Leaf]:
        if path[:1] == ("define",) and len(path) > 1:
            return
        if isinstance(node, Scalar):
            pattern = pattern_of(self.kind, path)
            short = pattern is not None and pattern.endswith(".*.value") and len(path) == 2
            yield _Leaf(".".join((*shown, "value") if short else shown), node.text, key_of(self.kind, path))
        elif isinstance(node, YamlSequence):
            for i, item in enumerate(node.items):
                yield from self._leaves(item, (*path, i), (*shown, _label(item, i)))
        else:
            yield from self._mapping(node, path, shown)

    def _mapping(self, node: Mapping, path: tuple[str | int, ...], shown: tuple[str, ...]) -> Iterator[_Leaf]:
        key = key_of(self.kind, path) if path else None
        joined = key is not None and key.is_rule
        for name, value in node.entries:
            if joined and name.text in JOINING:
                count = value.entries[0] if name.text == "at_least" and isinstance(value, Mapping) and value.entries else None
                word = name.text if count is None else f"at_least {count[0].text}"
                yield _Leaf(".".join(shown), word, key, joins=True)
                inside = value if count is None else count[1]
                yield from self._leaves(inside, (*path, name.text), shown)
            else:
                yield from self._leaves(value, (*path, name.text), (*shown, name.text))

    def order(self, section: str) -> list[str]:
        """Names in a section, in file order."""
        found = self.root.find(section) if isinstance(self.root, Mapping) else None
        return [key.text for key, _ in found[1].entries] if found is not None and isinstance(found[1], Mapping) else []

    def meaning(self, leaf: _Leaf) -> str:
        """What a text means, everything it refers to included."""
        rule = self.rules.get(leaf.path)
        return self.names.deep(rule) if rule is not None and not leaf.joins else _form(leaf)

    def wording(self, leaf: _Leaf) -> str:
        """What a text says."""
        rule = self.rules.get(leaf.path)
        return self.names.shallow(rule) if rule is not None and not leaf.joins else _form(leaf)

    def readers(self, name: str) -> frozenset[str]:
        """Paths of the rules that depend on a name."""
        return frozenset(path for path, rule in self.rules.items() if name in self.names.needs(rule))


def _label(item: YamlNode, place: int) -> str:
    """A list's item by what it says, so that inserting one does not change the others."""
    if isinstance(item, Scalar):
        return item.text
    named = item.find("name") if isinstance(item, Mapping) else None
    return named[1].text if named is not None and isinstance(named[1], Scalar) else str(place)


def _form(leaf: _Leaf) -> str:
    if leaf.joins or leaf.key is None or leaf.key.is_free:
        return " ".join(leaf.text.split())
    return phrase_form(leaf.text, "level" if leaf.key.is_rule else leaf.key.kind)


# ---- comparing ----
class _Comparison:
    """Everything that differs between two sides."""

    def __init__(self, old: _Side, new: _Side) -> None:
        self.old, self.new = old, new

    def changes(self) -> Iterator[Change]:
        """In the order of the new file, then what is gone, then definitions and orders."""
        for path, leaf in self.new.leaves.items():
            before = self.old.leaves.get(path)
            if before is None:
                yield self._change(Kind.ADDED, path, None, leaf)
            elif self.old.meaning(before) != self.new.meaning(leaf) and self.old.wording(before) != self.new.wording(leaf):
                yield self._change(Kind.CHANGED, path, before, leaf)
        for path, leaf in self.old.leaves.items():
            if path not in self.new.leaves:
                yield self._change(Kind.REMOVED, path, leaf, None)
        yield from self._definitions()
        for section in _ORDERED:
            first, second = self.old.order(section), self.new.order(section)
            common = [name for name in first if name in second]
            moved = [name for name in second if name in first]
            if common != moved:
                effect = Reload.POSITIONS if section == "exits" else Reload.LIVE
                yield Change(Kind.MOVED, section, ", ".join(common), ", ".join(moved), (effect,))

    def _change(self, kind: Kind, path: str, old: _Leaf | None, new: _Leaf | None) -> Change:
        leaf = new or old
        assert leaf is not None
        section, _, name = path.partition(".")
        affects: tuple[str, ...] = ()
        effects = [leaf.key.reload] if leaf.key is not None else [Reload.LIVE]
        if section in ("params", "aliases"):
            affects = self._readers(name.removesuffix(".value"))
            effects = [*self._effects(affects), *(effects if section == "aliases" and affects else [])]
            if path.endswith((".range", ".step")):
                affects, effects = (), [Reload.NONE]
        if (section == "markets" and kind is Kind.REMOVED) or self._takes_fewer(path, old, new):
            effects = [Reload.LIVE]
        if old is None and new is not None and leaf.key is not None and new.text == leaf.key.default:
            effects = [Reload.NONE]
        if new is None and old is not None and leaf.key is not None and old.text == leaf.key.default:
            effects = [Reload.NONE]
        if self._looser(leaf.key, path, old, new):
            effects = [*effects, Reload.LOOSER]
        shown = old.text if old is not None else "", new.text if new is not None else ""
        return Change(kind, path, *shown, _ordered(effects), affects)

    def _takes_fewer(self, path: str, old: _Leaf | None, new: _Leaf | None) -> bool:
        """A universe that keeps a part of the markets it had."""
        if path != "universe.take" or new is None or not any(known.startswith("universe.") for known in self.old.leaves):
            return False
        before, after = None if old is None else _amount(old), _amount(new)
        return after is not None and (old is None or (before is not None and after[1] < before[1]))

    def _looser(self, key: Key | None, path: str, old: _Leaf | None, new: _Leaf | None) -> bool:
        """Whether a limit got weaker, or may have."""
        if key is None or key.looser is None:
            return False
        if key.default:
            old, new = (leaf or _Leaf(path, key.default, key) for leaf in (old, new))
        if new is None:
            return True
        if old is None:
            parent = path.rpartition(".")[0]
            return key.looser is Looser.ANY and any(known.startswith(f"{parent}.") for known in self.old.leaves)
        if key.looser is Looser.ANY:
            return True
        if key.kind == "loss_limit":
            return _weaker_loss(old.text, new.text)
        before, after = _amount(old), _amount(new)
        if before is None or after is None or before[0] != after[0]:
            return True
        return after[1] > before[1] if key.looser is Looser.MORE else after[1] < before[1]

    def _definitions(self) -> Iterator[Change]:
        old, new = self.old.names, self.new.names
        gone = [name for name in old.definitions if name not in new.definitions]
        for name in new.definitions:
            if name in old.definitions:
                if old.definition(name) != new.definition(name) and old.written(name) != new.written(name):
                    yield self._definition(Kind.CHANGED, name)
                continue
            twin = next((other for other in gone if self._same(other, name)), None)
            if twin is None:
                yield self._definition(Kind.ADDED, name)
            else:
                gone.remove(twin)
                yield Change(Kind.RENAMED, f"define.{name}", twin, name, (Reload.NONE,))
        for name in gone:
            yield self._definition(Kind.REMOVED, name)

    def _same(self, before: str, after: str) -> bool:
        old, new = self.old.names, self.new.names
        parameters = len(old.definitions[before].parameters), len(new.definitions[after].parameters)
        return parameters[0] == parameters[1] and old.definition(before) == new.definition(after)

    def _definition(self, kind: Kind, name: str) -> Change:
        affects = self._readers(name)
        return Change(kind, f"define.{name}", self.old.texts.get(name, ""), self.new.texts.get(name, ""), self._effects(affects), affects)

    def _readers(self, name: str) -> tuple[str, ...]:
        """Rules that read a name, in either file, and whose meaning may therefore differ."""
        found = self.new.readers(name) | self.old.readers(name)
        return tuple(path for path in dict.fromkeys([*self.new.leaves, *self.old.leaves]) if path in found)

    def _effects(self, paths: Iterable[str]) -> tuple[Reload, ...]:
        """What changing these rules does; nothing, when there are none."""
        leaves = [self.new.leaves.get(path) or self.old.leaves[path] for path in paths]
        found = {leaf.key.reload for leaf in leaves if leaf.key is not None}
        return _ordered(found - {Reload.NONE}) or (Reload.NONE,)


def _amount(leaf: _Leaf) -> tuple[str, float] | None:
    """Unit and size of a limit."""
    if leaf.text in _STATES:
        return "state", _STATES[leaf.text]
    found = value_of(leaf.text, leaf.key.kind) if leaf.key is not None else None
    if found is not None:
        return found.unit.value, found.value
    bare = value_of(leaf.text, "constant")  # durations of safety guards and breakers
    return None if bare is None else (bare.unit.value, bare.value)


def _weaker_loss(old: str, new: str) -> bool:
    """Whether either of a ratio and an amount grew or went away."""
    before, after = loss_limit_of(old), loss_limit_of(new)
    return before is None or after is None or any(b > a for a, b in zip(before, after, strict=True))


# ---- what compiling adds ----
def _warmed(change: Change, strategy: Strategy, fresh: set[int], catalogue: Catalogue) -> Change:
    """The change with `warm first` where its rules read something that remembers bars and that the old graph does not have."""
    if change.kind in (Kind.REMOVED, Kind.MOVED, Kind.RENAMED):
        return change
    roots = _roots(strategy)
    paths = [change.path, *change.affects]
    wanted = [node for name, node in roots if any(path == name or path.startswith(f"{name}.") for path in paths)]
    graph, reached = strategy.graph, set[int]()
    while wanted:
        node = wanted.pop()
        if node not in reached:
            reached.add(node)
            wanted.extend(graph[node].inputs)
    needs = [node for node in reached & fresh if graph[node].op in catalogue and catalogue[graph[node].op].memory is not Memory.NONE]
    return (
        Change(change.kind, change.path, change.old, change.new, _ordered([*change.reload, Reload.WARM]), change.affects)
        if needs
        else change
    )


def _deeper_stops(before: Strategy, older: Sequence[str], after: Strategy, keys: Sequence[str]) -> set[str]:
    """Protective exits of the old file whose level may lie deeper in the new one, or is gone."""
    there = {exit_.name: exit_ for exit_ in after.exits if exit_.kind is ExitKind.STOP}
    old = [exit_ for exit_ in before.exits if exit_.kind is ExitKind.STOP]
    return {
        exit_.name
        for exit_ in old
        if exit_.name not in there or may_lie_deeper(before.graph, exit_.node, older, after.graph, there[exit_.name].node, keys)
    }


def _with_stop(change: Change, before: Strategy, deeper: set[str]) -> Change:
    """The change marked as looser where it lets a protective level lie deeper, follow the market down, sell less, or wait."""
    stops = {exit_.name for exit_ in before.exits if exit_.kind is ExitKind.STOP}
    reached = {tuple(path.split(".")[1:]) for path in (change.path, *change.affects) if path.startswith("exits.")}
    if change.kind in (Kind.RENAMED, Kind.MOVED) or change.reload == (Reload.NONE,):
        return change
    weaker = {("frozen", Kind.CHANGED, "false"), ("frozen", Kind.REMOVED, "")}
    for name, *rest in reached:
        key = rest[0] if rest else ""
        if name not in stops:
            continue
        if (key == "at" and name in deeper) or (key, change.kind, change.new) in weaker or key in ("sell", "after"):
            return _marked(change, Reload.LOOSER)
    return change


def _roots(strategy: Strategy) -> list[tuple[str, int]]:
    """Rules of the strategy by path, with their nodes; groups are left to their members."""
    found = [(condition.path, condition.node) for condition in strategy.conditions]
    groups = {path for path, _ in found if any(other.startswith(f"{path}.") for other, _ in found)}
    found = [(path, node) for path, node in found if path not in groups]
    found += [(f"exits.{exit_.name}", exit_.node) for exit_ in strategy.exits]
    found += [(f"factors.{factor.name}", factor.node) for factor in strategy.factors]
    return found if strategy.sizing.scale is None else [*found, ("sizing.scale", strategy.sizing.scale)]


def _with_risk(changes: list[Change], old: Compiled, new: Compiled, catalogue: Catalogue) -> list[Change]:
    """What differs between the risk files of two strategies, below `risk_profile`."""
    before, after = old.risk, new.risk
    index = next((i for i, change in enumerate(changes) if change.path == "risk_profile"), None)
    if before is None or after is None:
        if index is not None and (before is not None or after is None):
            changes[index] = _marked(changes[index], Reload.LOOSER)
        return changes
    found = list(_Comparison(_Side("risk", before.root, catalogue), _Side("risk", after.root, catalogue)).changes())
    return [*changes, *(replace(change, path=f"risk_profile.{change.path}") for change in found)]


def _marked(change: Change, effect: Reload) -> Change:
    return replace(change, reload=_ordered([*change.reload, effect]))
