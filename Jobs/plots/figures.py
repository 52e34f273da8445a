"""House style, reading of run folders, and the drawing that all pictures share. No physics is computed here."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import packages  # noqa: F401

import h5py
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.collections import EllipseCollection, PolyCollection
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.patches import Polygon

plt.rcParams.update({
    "font.size": 12, "axes.titlesize": 12, "axes.labelsize": 13, "legend.fontsize": 11, "legend.frameon": False,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.9,
    "figure.constrained_layout.use": True, "savefig.dpi": 200, "savefig.bbox": "tight", "savefig.pad_inches": 0.08,
    "mathtext.fontset": "dejavusans",
})
# Okabe and Ito's colours, distinct for all common kinds of colour vision.
BLUE, VERMILION, GREEN, BLACK, GREY = "#0072B2", "#D55E00", "#009E73", "#222222", "#BBBBBB"
COLOURS = [BLUE, VERMILION, GREEN, "#CC79A7", "#E69F00", "#56B4E9", BLACK]
# From pale to nearly black: what is largest stands out on white paper.
INTENSITY = LinearSegmentedColormap.from_list("intensity", plt.get_cmap("inferno_r")(np.linspace(0.04, 1, 256)))
AXES = "xyz"


class NothingToDraw(Exception):
    """The run holds no data for this picture."""


# ---- Reading -------------------------------------------------------------------------------------------------------


def open_file(run, name):
    path = os.path.join(run, name)
    if not os.path.isfile(path):
        raise NothingToDraw(f"{path} is not there")
    return h5py.File(path, "r")


def run_of(folder):
    """The folder that has the config: that of the run, for one of its realisations."""
    folder = os.path.normpath(folder)
    return os.path.dirname(folder) if os.path.basename(folder).startswith("realisation-") else folder


def settings(run):
    """The resolved config of the run; empty where it cannot be read."""
    try:
        import tomllib
        with open(os.path.join(run_of(run), "resolved.toml"), "rb") as file:
            return tomllib.load(file)
    except (ImportError, OSError, ValueError):
        return {}


def summary(run):
    """The scalars of the run; empty where it has left none."""
    try:
        with open(os.path.join(run_of(run), "summary.json")) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def words(attribute):
    """A list of names, stored as an array of strings or as one string with commas."""
    if isinstance(attribute, (bytes, str)):
        text = attribute.decode() if isinstance(attribute, bytes) else attribute
        return text.replace(",", " ").split()
    return [w.decode() if isinstance(w, bytes) else str(w) for w in np.ravel(attribute)]


def read_curve(run):
    """The columns of shear.h5 /curve by name, and the strains after each plastic event (empty without events)."""
    with open_file(run, "shear.h5") as file:
        if "curve" not in file or file["curve"].shape[0] == 0:
            raise NothingToDraw("shear.h5 holds no curve")
        table = file["curve"][()]
        names = words(file["curve"].attrs["columns"])
        events = file["events/strain_after"][()].ravel() if "events/strain_after" in file else np.empty(0)
    return {name: table[:, k] for k, name in enumerate(names)}, events


def time_series(group, name, frame):
    """One frame of an H5MD element, which is a dataset when it does not change. None where it is missing."""
    if name not in group:
        return None
    element = group[name]
    return element[()] if isinstance(element, h5py.Dataset) else element["value"][frame]


def chosen_frame(group, frame):
    frames = group["position/value"].shape[0]
    if not -frames <= frame < frames:
        raise NothingToDraw(f"trajectory.h5 holds the frames 0 to {frames - 1}, not {frame}")
    return frame % frames


def frame_strains(file):
    places = ("observables/strain/value", "observables/trajectory/strain/value")
    return next((file[p][()].ravel() for p in places if p in file), None)


def length_symbol(run):
    return r"\sigma_{\mathrm{AA}}" if settings(run).get("potential", {}).get("kind") == "binary-lj" else r"\lambda"


def stress_unit(run, dimension):
    return rf"[$\varepsilon/{length_symbol(run)}^{dimension}$]"


def loading_plane(run, dimension):
    """The axes that are drawn to the right and upwards: flow and gradient, or the axis of the loading and the next
    one."""
    config = settings(run)
    loading = config.get("loading", config.get("flow", {}))
    first = AXES.index(loading.get("plane", loading.get("axis", "x"))[0])
    second = AXES.index(loading["plane"][1]) if "plane" in loading else (first + 1) % dimension
    return [first, second]


def view(run, dimension, normal=None):
    """The two axes that are seen, and the one along which one looks (None in two dimensions)."""
    plane = loading_plane(run, dimension)
    if dimension == 2:
        return plane, None
    if normal is None:
        return plane, 3 - sum(plane)
    normal = AXES.index(normal)
    seen = [k for k in range(3) if k != normal]
    # The flow to the right where it can be seen.
    return (seen[::-1] if seen[1] == plane[0] else seen), normal


# ---- Drawing -------------------------------------------------------------------------------------------------------


class Particles:
    """The particles of one configuration in their cell, or in a slab of it, as they are seen along its normal."""

    def __init__(self, run, position, edges, diameter, normal=None, place=0.5, thickness=2.0):
        edges = np.asarray(edges, float)
        if edges.ndim == 1:
            edges = np.diag(edges)
        self.dimension = position.shape[1]
        self.plane, across = view(run, self.dimension, normal)
        # Particles without a diameter of their own are drawn one unit of length wide.
        self.diameter = np.ones(len(position)) if diameter is None else np.asarray(diameter, float).ravel()
        self.edges = edges[np.ix_(self.plane, self.plane)]
        fraction = position @ np.linalg.inv(edges)
        fraction -= np.floor(fraction)
        self.inside = np.ones(len(position), bool)
        self.slab = ""
        symbol = length_symbol(run)
        if across is not None:
            height = abs(np.linalg.det(edges)) / np.linalg.norm(np.cross(edges[self.plane[0]], edges[self.plane[1]]))
            offset = fraction[:, across] - place
            fraction[:, across] = offset - np.round(offset)
            self.inside = np.abs(fraction[:, across]) * height <= thickness / 2
            self.slab = rf"slab of {thickness:g} ${symbol}$ across ${AXES[across]}$ at {place:g} of the cell"
        self.points = (fraction @ edges)[self.inside][:, self.plane]
        self.diameter = self.diameter[self.inside]
        # A slab of a cell that leans along its normal may stick out; the cell in the plane repeats.
        fraction = self.points @ np.linalg.inv(self.edges)
        self.points = (fraction - np.floor(fraction)) @ self.edges
        self.labels = [rf"${AXES[k]}$ [${symbol}$]" for k in self.plane]

    @property
    def outline(self):
        """Corners of the cell."""
        a, b = self.edges
        return np.array([[0, 0], a, a + b, b])

    def figure(self):
        """A figure with axes in the shape of the cell."""
        extent = np.ptp(self.outline, axis=0)
        figure, axes = plt.subplots(figsize=(7, 5.6 * min(max(extent[1] / extent[0], 0.3), 1.6) + 0.9))
        axes.set_xlabel(self.labels[0])
        axes.set_ylabel(self.labels[1])
        return figure, axes

    def copies(self, order):
        """Indices and places of the discs in their order, with those again that reach over the border of the cell."""
        inverse = np.linalg.inv(self.edges)
        fraction = self.points[order] @ inverse
        # The distance between opposite sides is one over the length of a column.
        reach = 0.5 * self.diameter[order][:, None] * np.linalg.norm(inverse, axis=0)
        index, places = [], []
        for shift in np.array([[i, j] for i in (-1, 0, 1) for j in (-1, 0, 1)]):
            moved = fraction + shift
            near = np.flatnonzero(((moved > -reach) & (moved < 1 + reach)).all(axis=1))
            index.append(near)
            places.append(moved[near] @ self.edges)
        index, places = np.concatenate(index), np.concatenate(places)
        sorting = np.argsort(index, kind="stable")
        return order[index[sorting]], places[sorting]

    def draw(self, axes, colours, order=None):
        """Discs in the given colours, cut off at the border of the cell; the last of the order on top."""
        order = np.arange(len(self.points)) if order is None else order
        if len(order) <= 300_000:
            index, points = self.copies(order)
            # Where discs are a few pixels wide, the white between them would sparkle: larger ones below them fill it.
            for factor in (1.5, 1) if len(order) > 3000 else (1,):
                width = factor * self.diameter[index]
                discs = EllipseCollection(width, width, np.zeros(len(index)), units="xy", offsets=points,
                                          transOffset=axes.transData, facecolors=colours[index], linewidths=0,
                                          rasterized=True)
                axes.add_collection(discs)
                discs.set_clip_path(Polygon(self.outline, transform=axes.transData))
        else:  # one pixel holds several particles
            axes.scatter(*self.points[order].T, s=0.15, marker=",", c=colours[order], linewidths=0, rasterized=True)
        axes.add_collection(PolyCollection([self.outline], facecolors="none", edgecolors=BLACK, linewidths=1.0))
        margin = 0.02 * np.ptp(self.outline, axis=0).max()
        axes.set_xlim(self.outline[:, 0].min() - margin, self.outline[:, 0].max() + margin)
        axes.set_ylim(self.outline[:, 1].min() - margin, self.outline[:, 1].max() + margin)
        axes.set_aspect("equal")


def slab_options(parser):
    parser.add_argument("--normal", choices="xyz",
                        help="3D: normal of the slab that is drawn; by default the neutral axis")
    parser.add_argument("--place", type=float, default=0.5, help="3D: its place, as a fraction of the cell")
    parser.add_argument("--thickness", type=float, default=2.0, help="3D: its thickness, in units of length")


def colour_bar(figure, axes, norm, colours, label, extend="neither"):
    """A bar as high as the axes, beside them."""
    bar = figure.colorbar(matplotlib.cm.ScalarMappable(norm, colours), cax=axes.inset_axes([1.02, 0.02, 0.035, 0.96]),
                          extend=extend)
    bar.set_label(label)
    return bar


def colours(count):
    """A colour for each of some curves, in the order of a scale where there are many."""
    if count <= len(COLOURS):
        return COLOURS[:count]
    return [INTENSITY(x) for x in np.linspace(0.25, 0.9, count)]


def logarithmic(axes, across, up):
    """Both axes logarithmic, with their labels and a legend."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.legend(loc="best")


def plain_ticks(axis, values=None):
    """Numbers in full at 1, 2 and 5 of each decade, or at the values, on a logarithmic axis."""
    axis.set_major_locator(matplotlib.ticker.FixedLocator(values) if values is not None
                           else matplotlib.ticker.LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda x, _: f"{x:g}"))
    axis.set_minor_formatter(matplotlib.ticker.NullFormatter())


def logarithmic_bins(smallest, largest, per_decade):
    """Edges from the smallest to beyond the largest value."""
    steps = max(1, int(np.ceil(per_decade * np.log10(largest / smallest) * (1 + 1e-9))))
    return smallest * (largest / smallest * (1 + 1e-9)) ** (np.arange(steps + 1) / steps)


# ---- Command line --------------------------------------------------------------------------------------------------


def save(figure, path):
    folder = os.path.dirname(os.path.abspath(path))
    try:
        os.makedirs(folder, exist_ok=True)
        figure.savefig(path)
    except OSError as error:
        sys.exit(f"{path}: {error.strerror or error}")
    plt.close(figure)
    print(path)


def main(draw, name, add_options=None, several=False):
    """Runs one drawing function as a command: RUN (or several), its own options, and -o FILE."""
    import argparse
    parser = argparse.ArgumentParser(prog=name, description=draw.__doc__)
    if several:
        parser.add_argument("run", metavar="RUN", nargs="+",
                            help="run folders; the folder of a sweep, or of realisations, stands for all of its runs")
    else:
        parser.add_argument("run", metavar="RUN", help="run folder")
    where = "the folder that holds them all, or RUN," if several else "RUN"
    parser.add_argument("-o", "--output", help=f"picture file, by default figures/{name}.png in {where}")
    if add_options:
        add_options(parser)
    options = vars(parser.parse_args())
    run, output = options.pop("run"), options.pop("output")
    folder = run if not several else run[0] if len(run) == 1 else os.path.commonpath([os.path.abspath(r) for r in run])
    try:
        save(draw(run, **options), output or os.path.join(folder, "figures", f"{name}.png"))
    except NothingToDraw as reason:
        sys.exit(f"{name}: {reason}")
    except (OSError, KeyError) as error:
        sys.exit(f"{name}: cannot read {run if isinstance(run, str) else ', '.join(run)}: {error}")
