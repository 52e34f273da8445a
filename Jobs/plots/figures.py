"""Reads the HDF5 files of a run folder and draws what they hold. No physics is computed here."""

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
from matplotlib.colors import LogNorm, Normalize

plt.rcParams.update({
    "font.size": 12, "axes.titlesize": 12, "axes.labelsize": 13, "legend.fontsize": 11,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.9,
    "figure.constrained_layout.use": True, "savefig.dpi": 200, "savefig.bbox": "tight", "savefig.pad_inches": 0.08,
    "mathtext.fontset": "dejavusans",
})
# Okabe and Ito's colours, distinct for all common kinds of colour vision.
BLUE, VERMILION, BLACK, GREY = "#0072B2", "#D55E00", "#222222", "#BBBBBB"
AXES = "xyz"


class NothingToDraw(Exception):
    """The run holds no data for this picture."""


# ---- Reading -------------------------------------------------------------------------------------------------------


def open_file(run, name):
    path = os.path.join(run, name)
    if not os.path.isfile(path):
        raise NothingToDraw(f"{path} is not there")
    return h5py.File(path, "r")


def settings(run):
    """The resolved config of the run; empty where it cannot be read."""
    try:
        import tomllib
        with open(os.path.join(run, "resolved.toml"), "rb") as file:
            return tomllib.load(file)
    except (ImportError, OSError, ValueError):
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


def stress_unit(run, dimension):
    length = r"\sigma_{\mathrm{AA}}" if settings(run).get("potential", {}).get("kind") == "binary-lj" else r"\lambda"
    return rf"[$\varepsilon/{length}^{dimension}$]"


# ---- Drawing -------------------------------------------------------------------------------------------------------


def conjugate_stress(run, curve):
    """The stress that does the work of the loading: its values and its symbol."""
    loading = settings(run).get("loading", {})
    mode, plane = loading.get("mode", "simple-shear"), loading.get("plane", "xy")
    a, b = plane[0], plane[1]
    if mode == "pure-shear":
        return (curve[f"stress_{a}{a}"] - curve[f"stress_{b}{b}"]) / 2, rf"(\sigma_{{{a}{a}}}-\sigma_{{{b}{b}}})/2"
    if mode == "uniaxial":
        return curve[f"stress_{a}{a}"], rf"\sigma_{{{a}{a}}}"
    axes = "xyz"[:3 if "stress_zz" in curve else 2]
    if mode == "dilation":
        return sum(curve[f"stress_{k}{k}"] for k in axes), r"\mathrm{Tr}\,\sigma"
    if mode == "matrix":
        rows = loading["matrix"]
        return sum(rows[i][j] * curve[f"stress_{a}{b}"] for i, a in enumerate(axes) for j, b in enumerate(axes)), r"\sigma:A"
    return curve[f"stress_{a}{b}"], rf"\sigma_{{{a}{b}}}"


def stress_strain(run, column=None):
    """Stress and energy against strain, with a tick for each recorded plastic event."""
    curve, events = read_curve(run)
    dimension = 3 if "stress_zz" in curve else 2
    if column is None:
        stress, symbol = conjugate_stress(run, curve)
    elif column in curve and column.startswith("stress_"):
        stress = curve[column]
        symbol = r"\sigma_{%s}" % column[7:]
    else:
        known = ", ".join(name for name in curve if name.startswith("stress_"))
        raise NothingToDraw(f"/curve has no stress {column}; it has {known}")
    strain = curve["strain"]
    marker = "o" if len(strain) <= 150 else None

    figure, (top, bottom) = plt.subplots(2, 1, figsize=(7, 6), sharex=True, gridspec_kw={"height_ratios": [2, 1]})
    top.plot(strain, stress, color=BLUE, marker=marker, markersize=3, linewidth=1.4)
    if stress.min() <= 0 <= stress.max():
        top.axhline(0, color=GREY, linewidth=0.8, zorder=0)
    top.set_ylabel(rf"${symbol}$ {stress_unit(run, dimension)}")
    if len(events):  # as ticks: a curve with hundreds of events stays readable
        label = f"{len(events)} plastic event" + ("s" if len(events) != 1 else "")
        top.vlines(events, 0, 0.04, transform=top.get_xaxis_transform(), color=VERMILION, linewidth=0.9, label=label)
        top.legend(frameon=False, loc="best")
    bottom.plot(strain, curve["energy_per_particle"], color=BLACK, marker=marker, markersize=2.5, linewidth=1.2)
    bottom.set_ylabel(r"$U/N$ [$\varepsilon$]")
    bottom.set_xlabel(r"strain $\gamma$")
    bottom.ticklabel_format(axis="y", useOffset=False)
    top.margins(x=0.01)
    figure.align_ylabels()
    return figure


def wrapped_slab(position, edges, normal, place, thickness):
    """Positions in the primary cell, which of them lie in the slab, and their two coordinates seen along its normal."""
    fraction = position @ np.linalg.inv(edges)
    fraction -= np.floor(fraction)
    if position.shape[1] == 2:
        return fraction @ edges, np.ones(len(position), bool), [0, 1]
    plane = [k for k in range(3) if k != normal]
    height = abs(np.linalg.det(edges)) / np.linalg.norm(np.cross(edges[plane[0]], edges[plane[1]]))
    offset = fraction[:, normal] - place
    offset -= np.round(offset)
    fraction[:, normal] = offset
    return (fraction @ edges)[:, plane], np.abs(offset) * height <= thickness / 2, plane


def cell_outline(edges, plane):
    """Corners of the cell, seen along the axis that is not in the plane."""
    a, b = edges[np.ix_(plane, plane)]
    return np.array([[0, 0], a, a + b, b])


def draw_particles(axes, points, diameter, colours, outline):
    """Discs of the given diameters and colours inside the outline of their cell, in the order given."""
    if len(points) <= 300_000:
        axes.add_collection(EllipseCollection(diameter, diameter, np.zeros(len(points)), units="xy", offsets=points,
                                              transOffset=axes.transData, facecolors=colours, linewidths=0,
                                              rasterized=True))
    else:  # one pixel holds several particles
        axes.scatter(points[:, 0], points[:, 1], s=0.15, marker=",", c=colours, linewidths=0, rasterized=True)
    axes.add_collection(PolyCollection([outline], facecolors="none", edgecolors=BLACK, linewidths=1.0))
    margin = 0.02 * np.ptp(outline, axis=0).max()
    axes.set_xlim(outline[:, 0].min() - margin, outline[:, 0].max() + margin)
    axes.set_ylim(outline[:, 1].min() - margin, outline[:, 1].max() + margin)
    axes.set_aspect("equal")


def d2min_map(run, frame=-1, normal="z", place=0.5, thickness=2.0):
    """Particles in the sheared cell, coloured by their D²min."""
    with open_file(run, "trajectory.h5") as file:
        group = file.get("particles/trajectory")
        if group is None or "d2min" not in group:
            raise NothingToDraw("trajectory.h5 holds no d2min; ask for it with output.fields = [\"d2min\"]")
        frames = group["position/value"].shape[0]
        if not -frames <= frame < frames:
            raise NothingToDraw(f"trajectory.h5 holds the frames 0 to {frames - 1}, not {frame}")
        frame %= frames
        position = group["position/value"][frame]
        edges = np.asarray(time_series(group["box"], "edges", frame), float)
        value = np.asarray(time_series(group, "d2min", frame), float).ravel()
        diameter = time_series(group, "diameter", frame)
        places = ("observables/strain/value", "observables/trajectory/strain/value")
        strain = next((float(np.ravel(file[p][frame])[0]) for p in places if p in file), None)
    if edges.ndim == 1:
        edges = np.diag(edges)
    dimension = position.shape[1]
    # Particles without a diameter of their own are drawn one unit of length wide.
    diameter = np.ones(len(position)) if diameter is None else np.asarray(diameter, float).ravel()
    points, inside, plane = wrapped_slab(position, edges, AXES.index(normal), place, thickness)
    points, value, diameter = points[inside], value[inside], diameter[inside]

    known = np.isfinite(value)
    positive = value[known & (value > 0)]
    if len(positive) == 0:
        raise NothingToDraw(f"D²min is zero or undefined for every particle of frame {frame}")
    low, high = np.percentile(positive, [2, 99.8])
    if not high > low:
        low, high = high / 10, high
    norm = LogNorm(low, high, clip=True)

    outline = cell_outline(edges, plane)
    extent = np.ptp(outline, axis=0)
    width = 7.0
    figure, axes = plt.subplots(figsize=(width, 0.8 * width * min(max(extent[1] / extent[0], 0.3), 1.6) + 0.9))
    order = np.argsort(np.where(known, value, -1))  # the largest on top
    points, value, diameter, known = points[order], value[order], diameter[order], known[order]
    shown = np.where(known, np.clip(value, low, high), low)
    colours = plt.get_cmap("inferno")(norm(shown))
    colours[~known] = matplotlib.colors.to_rgba(GREY)
    draw_particles(axes, points, diameter, colours, outline)
    length = r"\sigma_{\mathrm{AA}}" if settings(run).get("potential", {}).get("kind") == "binary-lj" else r"\lambda"
    axes.set_xlabel(rf"${AXES[plane[0]]}$ [${length}$]")
    axes.set_ylabel(rf"${AXES[plane[1]]}$ [${length}$]")
    title = f"frame {frame}" + ("" if strain is None else rf", $\gamma$ = {strain:.4g}")
    if dimension == 3:
        title += f", slab across {normal} at {place:g} of the cell, {thickness:g} thick"
    if not known.all():
        title += f", {np.count_nonzero(~known)} without value (grey)"
    axes.set_title(title)
    bar = figure.colorbar(matplotlib.cm.ScalarMappable(norm, "inferno"), cax=axes.inset_axes([1.02, 0.02, 0.035, 0.96]),
                          extend="both")
    bar.set_label(rf"$D^2_{{\min}}$ [${length}^2$]")
    return figure


PROFILES = {  # dataset stem: label, colour map
    "plastic_count": ("plastic count", "viridis"),
    "d2min": (r"mean $D^2_{\min}$ [$\lambda^2$]", "inferno"),
    "displacement": (r"displacement [$\lambda$]", "PuOr"),
}


def profiles(run):
    """Each profile as position across the cell against strain, one row per quantity and one column per axis."""
    with open_file(run, "shear.h5") as file:
        group = file.get("profiles")
        if group is None or "strain" not in group or group["strain"].shape[0] == 0:
            raise NothingToDraw("shear.h5 holds no profiles; ask for them with output.profiles = true")
        strain = group["strain"][()].ravel()
        axes_present = [a for a in AXES if f"edges_{a}" in group]
        stems = [s for s in PROFILES if any(f"{s}_{a}" in group for a in axes_present)]
        data = {(s, a): group[f"{s}_{a}"][()] for s in stems for a in axes_present if f"{s}_{a}" in group}
        edges = {a: group[f"edges_{a}"][()] for a in axes_present}
    if not data:
        raise NothingToDraw("shear.h5 holds no profiles")

    figure, grid = plt.subplots(len(stems), len(axes_present), squeeze=False, sharex=len(strain) > 1,
                                figsize=(1.2 + 4.4 * len(axes_present), 0.6 + 2.7 * len(stems)))
    for row, stem in enumerate(stems):
        label, colours = PROFILES[stem]
        if settings(run).get("potential", {}).get("kind") == "binary-lj":
            label = label.replace(r"\lambda", r"\sigma_{\mathrm{AA}}")
        values = [data[stem, a] for a in axes_present if (stem, a) in data]
        finite = np.concatenate([v[np.isfinite(v)] for v in values])
        largest = np.abs(finite).max() if len(finite) and np.abs(finite).max() > 0 else 1.0
        if stem == "displacement":
            norm = Normalize(-largest, largest)
        elif stem == "d2min" and (finite > 0).any():
            floor = np.percentile(finite[finite > 0], 2)
            norm = LogNorm(floor if floor < largest else largest / 10, largest)
        else:
            norm = Normalize(0, largest)
        mappable = None
        for column, a in enumerate(axes_present):
            axes = grid[row, column]
            if (stem, a) not in data:
                axes.set_visible(False)
                continue
            profile = data[stem, a]
            if len(strain) > 1:
                # A window is drawn up to the strain at which it ends.
                sides = np.concatenate([[2 * strain[0] - strain[1]], strain])
                clipped = np.maximum(profile, norm.vmin) if isinstance(norm, LogNorm) else profile
                mappable = axes.pcolormesh(sides, edges[a], clipped.T, norm=norm, cmap=colours, rasterized=True)
                axes.set_ylabel(f"{a} [fraction of cell]")
                axes.set_ylim(edges[a][0], edges[a][-1])
                if row == len(stems) - 1:
                    axes.set_xlabel(r"strain $\gamma$ at the end of the window")
            else:
                axes.stairs(profile[0], edges[a], baseline=None, color=BLUE, linewidth=1.4)
                axes.set_xlim(edges[a][0], edges[a][-1])
                axes.set_ylabel(label)
                axes.set_xlabel(f"{a} [fraction of cell]")
            if row == 0:
                axes.set_title(f"profile along {a}")
        if mappable is not None:
            figure.colorbar(mappable, ax=list(grid[row]), pad=0.01, aspect=15).set_label(label)
    return figure


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


def main(draw, name, add_options=None):
    """Runs one drawing function as a command: RUN, its own options, and -o FILE."""
    import argparse
    parser = argparse.ArgumentParser(prog=name, description=draw.__doc__)
    parser.add_argument("run", metavar="RUN", help="run folder")
    parser.add_argument("-o", "--output", help=f"picture file, by default RUN/figures/{name}.png")
    if add_options:
        add_options(parser)
    options = vars(parser.parse_args())
    run, output = options.pop("run"), options.pop("output")
    try:
        save(draw(run, **options), output or os.path.join(run, "figures", f"{name}.png"))
    except NothingToDraw as reason:
        sys.exit(f"{name}: {reason}")
    except (OSError, KeyError) as error:
        sys.exit(f"{name}: cannot read {run}: {error}")
