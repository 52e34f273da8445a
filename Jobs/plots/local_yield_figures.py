"""Draws the local yield stresses of states of a flow at rest. No physics is computed here."""

from figures import BLACK, BLUE, VERMILION, NothingToDraw, np, plt, stress_unit
from flow_figures import (RATE, dimension_of, inverse, label, of_replicas, points, rate_colours, read_rates,
                          section)


def local_yield(run, replica=0):
    """Distributions of the local yield stress σ_c of blocks and of their distance to yielding x = σ_c − σ, and mean
    yield stress, stress drop and their ratio against the rate (Puosi, Olivier and Martens 2015, Fig. 5b)."""
    if not section(run).get("measure", {}).get("yield_snapshots"):
        raise NothingToDraw("the run asks for no local yield stresses: flow.measure.yield_snapshots is 0")
    found = [each for each in read_rates(run, replica, "yield") if np.isfinite(each[2]["yield_stress"]).any()]
    if not found:
        raise NothingToDraw("no block has a local yield stress")
    unit = stress_unit(run, dimension_of(run))
    figure, panels = plt.subplots(1, 3, figsize=(14.4, 4.6))
    for (_, rate, data), colour in zip(found, rate_colours(found)):
        known = np.isfinite(data["yield_stress"])
        yields = data["yield_stress"][known]
        mean, deviation = yields.mean(), yields.std(ddof=1) if len(yields) > 1 else np.nan
        draw_density(panels[0], yields, colour, rf"{label(rate)}: {mean:.3g} ± {deviation:.2g}")
        if deviation > 0:
            fine = np.linspace(mean - 4 * deviation, mean + 4 * deviation, 200)
            panels[0].plot(fine, np.exp(-(fine - mean) ** 2 / (2 * deviation ** 2))
                           / (np.sqrt(2 * np.pi) * deviation), color=colour, linewidth=1)
        draw_density(panels[1], yields - data["stress"][known], colour, label(rate))
    panels[0].plot([], [], color=BLACK, linewidth=1, label="Gaussians of these moments")
    for axes, name, symbol in ((panels[0], "local yield stress", r"\sigma_c"),
                               (panels[1], "distance to yielding", r"x = \sigma_c - \sigma")):
        axes.set_xlabel(rf"{name} ${symbol}$ {unit}")
        axes.set_ylabel(rf"$P({symbol.split(' ')[0]})$ {inverse(unit)}")
        axes.set_ylim(bottom=0)
    panels[0].set_ylim(top=(1.25 + 0.08 * len(found)) * panels[0].get_ylim()[1])
    panels[0].legend(loc="upper left")
    panels[1].set_xlim(left=0)
    blocks = " × ".join(f"{count:g}" for count in found[0][2]["blocks"])
    panels[1].set_title(f"{blocks} blocks in a frozen matrix")
    draw_means(panels[2], run, unit)
    return figure


def draw_density(axes, values, colour, text):
    """The histogram of some values as points, a bin for each twelve of them at most."""
    density, edges = np.histogram(values, bins=int(np.clip(len(values) / 12, 4, 40)), density=True)
    seen = density > 0
    axes.plot((0.5 * (edges[1:] + edges[:-1]))[seen], density[seen], "o", color=colour, markersize=4, label=text)


def draw_means(axes, run, unit):
    """Means of the summary against the rate, and on the right their ratio."""
    known = [point for point in points(run) if point.get("yield_stress") is not None]
    if not known:
        axes.set_title("means: at the end of the run")
        return
    known.sort(key=lambda point: point["rate"])
    rate = [point["rate"] for point in known]
    for name, colour, marker, text in (("yield_stress", BLUE, "o", r"$\langle\sigma_c\rangle$"),
                                       ("stress_drop", VERMILION, "s", r"$\langle\Delta\sigma\rangle$")):
        value = np.array([np.nan if point[name] is None else point[name] for point in known], float)
        error = np.array([point[name + "_error"] or 0 for point in known], float)
        axes.errorbar(rate, value, yerr=error, fmt=marker, color=colour, markersize=5, linewidth=1, label=text)
    ratio = axes.twinx()
    ratio.spines.right.set_visible(True)
    ratio.plot(rate, [np.nan if point["stress_drop_ratio"] is None else point["stress_drop_ratio"] for point in known],
               "^", color=BLACK, markersize=5, markerfacecolor="white")
    axes.errorbar([], [], fmt="^", color=BLACK, markersize=5, markerfacecolor="white",
                  label="their ratio, on the right")
    ratio.set_ylim(0, 1)
    ratio.set_ylabel(r"$\langle\Delta\sigma\rangle / \langle\sigma_c\rangle$")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0, top=1.35 * axes.get_ylim()[1])
    axes.set_xlabel(RATE)
    axes.set_ylabel(f"stress {unit}")
    axes.set_title("means" + of_replicas(run))
    axes.legend(loc="upper left", ncols=2)
