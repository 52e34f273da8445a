"""Several runs in one picture: which of them are realisations of the same thing, and what tells the others apart."""

import glob
import os

from figures import COLOURS, NothingToDraw, np, settings

# What a run writes, and how often, makes it no other run.
SILENT = {"output", "checkpoint"}


def runs_below(folders, name):
    """The folders that hold the file of this name: the given ones, their realisations, or the runs of a sweep."""
    found = []
    for folder in folders:
        if os.path.isfile(os.path.join(folder, name)):
            found.append(folder)
            continue
        within = sorted(glob.glob(os.path.join(glob.escape(folder), "*", ""))) if os.path.isdir(folder) else []
        below = [run for sub in within if os.path.basename(os.path.normpath(sub)) not in ("checkpoints", "figures")
                 for run in runs_below([sub], name)] if within else []
        if not below:
            raise NothingToDraw(f"{os.path.join(folder, name)} is not there")
        found += below
    return [os.path.normpath(run) for run in found]


def keys(table, before=""):
    """All keys of a config with their values: loading.strain_step and so on."""
    found = {}
    for key, value in table.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            found |= keys(value, f"{name}.")
        elif name.split(".")[0] not in SILENT:
            found[name] = value
    return found


def shown(key, value):
    if key == "system.file":
        value = os.path.splitext(os.path.basename(value))[0]
    return f"{key.split('.')[-1]} = {value:g}" if isinstance(value, float) else f"{key.split('.')[-1]} = {value}"


class Group:
    """Runs whose configs agree but for seeds, with what tells them from the other groups."""

    def __init__(self, runs, label, colour):
        self.runs, self.label, self.colour = runs, label, colour


def groups(runs, over=()):
    """Runs that differ in seeds alone, or in the keys of `over`, are realisations of one group."""
    configs = [keys(settings(run)) for run in runs]
    for key in over:
        if not any(key in config for config in configs):
            raise NothingToDraw(f"no config has the key {key}")
    names = sorted(set().union(*configs))
    differing = [n for n in names if any(c.get(n) != configs[0].get(n) for c in configs)]
    telling = [n for n in differing if n.split(".")[-1] != "seed" and n not in over]
    found = {}
    for run, config in zip(runs, configs):
        found.setdefault(tuple(repr(config.get(n)) for n in telling), []).append((run, config))
    result = []
    for colour, members in enumerate(found.values()):
        label = ", ".join(shown(n, members[0][1][n]) for n in telling if n in members[0][1])
        if len(telling) > 4:
            label = os.path.basename(members[0][0])
        if len(members) > 1:
            label = f"{label}{', ' if label else ''}mean of {len(members)}"
        result.append(Group([run for run, _ in members], label, COLOURS[colour % len(COLOURS)]))
    return result


def separate(found):
    """A group for each run, named by its folder where others share its label."""
    parts = []
    for group in found:
        for run in group.runs:
            parts.append(Group([run], os.path.basename(run) if len(group.runs) > 1 else group.label,
                               COLOURS[len(parts) % len(COLOURS)]))
    return parts


def average(curves):
    """The mean of curves (strain, values…) with its standard error: strain, then a pair for each of the values.

    Curves of the same strains are averaged row by row. Others are taken to the strains of the coarsest of them, as far
    as all of them reach, along straight lines between rows.
    """
    strains = [curve[0] for curve in curves]
    count = len(curves)
    if all(len(s) == len(strains[0]) and np.allclose(s, strains[0], rtol=1e-9, atol=1e-12) for s in strains):
        grid = strains[0]
        rows = [curve[1:] for curve in curves]
    else:
        sign = -1 if strains[0][-1] < strains[0][0] else 1
        if any((np.diff(sign * s) < 0).any() for s in strains):
            raise NothingToDraw("loadings that turn, and at different strains, have no mean")
        low, high = max(sign * s[0] for s in strains), min(sign * s[-1] for s in strains)
        coarsest = sign * min(strains, key=len)
        grid = coarsest[(coarsest >= low) & (coarsest <= high)]
        if len(grid) == 0:
            raise NothingToDraw("the runs have no strain in common")
        rows = [[np.interp(grid, sign * curve[0], v) for v in curve[1:]] for curve in curves]
        grid = sign * grid
    result = [grid]
    for values in zip(*rows):
        values = np.array(values)
        result.append((values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(count)))
    return result


def grouping_options(parser):
    parser.add_argument("--over", metavar="KEY", action="append", default=[],
                        help="runs that differ in this key count as realisations, as those that differ in a seed do")
    parser.add_argument("--each", action="store_true", help="a line for each run, no means")
    parser.add_argument("--table", metavar="FILE.csv", help="writes the means and their standard errors as well")


def write_table(path, header, columns):
    with open(path, "w") as file:
        file.write(",".join(header) + "\n")
        for row in zip(*columns):
            file.write(",".join(f"{value:.10g}" if not isinstance(value, str) else f'"{value}"' for value in row)
                       + "\n")
    print(path)
