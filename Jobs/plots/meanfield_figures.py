"""Draws what the mean-field model of block stresses has computed. Of physics only the closed forms at vanishing rate
are evaluated here (Docs/Theory/MeanField.md)."""

from figures import (BLACK, BLUE, GREY, INTENSITY, VERMILION, LogNorm, Normalize, NothingToDraw, colour_bar, colours,
                     logarithmic, np, open_file, plain_ticks, plt, settings, summary)

STRESS = r"$\langle\sigma\rangle$ [unit of $\sigma_c$]"
RATE = r"strain rate $\dot\gamma$ [unit of $1/\tau$]"
LABELS = {
    "stress": STRESS, "strain": r"strain $\gamma$", "rate": r"$\dot\gamma$ [unit of $1/\tau$]",
    "activity": r"activity $\Gamma$ [unit of $1/\tau$]", "time": r"time $t$ [unit of $\tau$]",
}
# Without the palest colours, in which lines would not be seen.
LINES = INTENSITY.from_list("lines", INTENSITY(np.linspace(0.2, 0.95, 256)))
# Of Puosi, Olivier and Martens (2015), Table 1: density, coupling from the flow curve, and its error.
LITERATURE = [(1.149, 0.321, 0.012), (1.189, 0.330, 0.019), (1.253, 0.328, 0.018), (1.322, 0.334, 0.018)]


def section(run):
    return settings(run).get("meanfield", {})


def states(run):
    """The columns of the flow curves of a run, for each coupling; and scalars of the summary, in the same order."""
    with open_file(run, "meanfield.h5") as file:
        if "flow_curve" not in file:
            raise NothingToDraw("meanfield.h5 holds no flow curve")
        data = {name: file["flow_curve"][name][()] for name in file["flow_curve"]}
    scalars = summary(run)
    curves = scalars.get("curves", [scalars])
    count = len(data["alpha"]) // max(1, len(curves))
    return [({name: column[k * count:(k + 1) * count] for name, column in data.items()}, curve)
            for k, curve in enumerate(curves)]


def model_flow_curve(run):
    """Stress against strain rate in stationary states, and what of it exceeds the yield stress; dashed the square root
    that it follows at low rates. Of a fit, the measured points and the curve of the model."""
    if section(run).get("protocol") == "fit":
        return fitted_curve(run)
    found = states(run)
    if len(found[0][0]["rate"]) < 2:
        raise NothingToDraw("a single rate makes no curve")
    has_limit = any(curve.get("yield_stress") is not None for _, curve in found)
    figure, axes = plt.subplots(1, 1 + has_limit, figsize=(10.4 if has_limit else 6, 4.6), squeeze=False)
    axes = axes[0]
    for (data, curve), colour in zip(found, colours(len(found))):
        rate, stress = data["rate"], data["stress"]
        axes[0].errorbar(rate, stress, yerr=data["error"], fmt="o-", color=colour, markersize=4, linewidth=1.2,
                         label=rf"$\alpha$ = {curve['alpha']:g}")
        limit = curve.get("yield_stress")
        if limit is None:
            continue
        fine = np.geomspace(rate[0], rate[-1], 200)
        root = curve["prefactor"] * np.sqrt(fine)
        axes[0].plot(fine, limit + root, color=colour, linestyle="--", linewidth=1)
        above = stress > limit
        axes[1].plot(rate[above], stress[above] - limit, "o", color=colour, markersize=4)
        axes[1].plot(fine, root, color=colour, linestyle="--", linewidth=1)
    logarithmic(axes[0], RATE, STRESS)
    plain_ticks(axes[0].yaxis)
    if has_limit:
        axes[1].plot([], [], color=BLACK, linestyle="--", linewidth=1, label=r"$A\,\dot\gamma^{1/2}$, closed form")
        logarithmic(axes[1], RATE, r"$\langle\sigma\rangle - \sigma_Y$ [unit of $\sigma_c$]")
    return figure


def fitted_curve(run):
    measured, scalars = section(run)["measured"], summary(run)
    if "stresses" not in scalars:
        raise NothingToDraw("the fit has not ended")
    rates = np.array(measured["rates"])
    order = np.argsort(rates)
    figure, axes = plt.subplots(figsize=(6, 4.6))
    axes.errorbar(rates, measured["stresses"], yerr=measured.get("errors"), fmt="o", color=BLUE, markersize=5,
                  linewidth=1.2, capsize=2, label="measured")
    alpha = scalars["alpha"]
    text = rf"$\alpha$ = {alpha['value']:.3f} ± {alpha['error']:.1g}"
    axes.plot(rates[order], np.array(scalars["stresses"])[order], "x-", color=VERMILION, markersize=6, linewidth=1,
              label=f"Hébraud-Lequeux model, {text}")
    if scalars.get("yield_stress"):
        fine = np.geomspace(rates.min(), rates.max(), 200)
        axes.plot(fine, scalars["yield_stress"] + scalars["prefactor"] * np.sqrt(fine), color=BLACK, linestyle="--",
                  linewidth=1, label=r"$\sigma_Y + A\,\dot\gamma^{1/2}$")
    logarithmic(axes, r"strain rate $\dot\gamma$", r"stress $\langle\sigma\rangle$")
    plain_ticks(axes.yaxis)
    return figure


def seen(stress, densities):
    """The range of stress outside of which less than a hundredth of the blocks is, in any of the densities."""
    widths = np.gradient(stress)
    inside = []
    for density in densities:
        share = np.cumsum(density * widths)
        share /= share[-1]
        inside += [np.interp(x, share, stress) for x in (5e-3, 1 - 5e-3)]
    return min(inside), max(inside)


def block_stresses(run):
    """Densities P(σ) of block stresses in stationary states, coloured by the strain rate."""
    found = states(run)
    with open_file(run, "meanfield.h5") as file:
        densities = [(file[f"stationary/{k}/stress"][()], file[f"stationary/{k}/density"][()])
                     for k in range(sum(len(data["rate"]) for data, _ in found))]
    rates = found[0][0]["rate"]
    norm = LogNorm(rates[0] * (1 - 1e-6), rates[-1] * (1 + 1e-6))
    columns = min(2, len(found))
    rows = -(-len(found) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(4.6 * columns + 1.4, 3.5 * rows + 0.6), squeeze=False,
                                sharex=True)
    spans = []
    for k, (axis, (_, curve)) in enumerate(zip(axes.flat, found)):
        own = densities[k * len(rates):(k + 1) * len(rates)]
        for rate, (stress, density) in zip(rates, own):
            axis.plot(stress, density, color=LINES(norm(rate)), linewidth=1.2)
        spans += [seen(*pair[:1], [pair[1]]) for pair in own]
        axis.set_title(rf"$\alpha$ = {curve['alpha']:g}")
        axis.set_ylim(0, None)
        for threshold in (-1, 1):
            axis.axvline(threshold * section(run).get("local_yield_stress", 1), color=GREY, linewidth=0.8, zorder=0)
    low, high = min(a for a, _ in spans), max(b for _, b in spans)
    for axis in axes.flat[len(found):]:
        axis.set_visible(False)
    axes[0, 0].set_xlim(low - 0.04 * (high - low), high + 0.04 * (high - low))
    for axis in axes[-1]:
        axis.set_xlabel(r"stress of a block $\sigma$ [unit of $\sigma_c$]")
    for axis in axes[:, 0]:
        axis.set_ylabel(r"$P(\sigma)$")
    bar = figure.colorbar(plt.cm.ScalarMappable(norm, LINES), ax=axes, shrink=0.8, pad=0.02)
    bar.set_label(RATE)
    return figure


def transient(run):
    """The answer of the blocks to a loading in time: stress, strain or activity, and densities P(σ) on the way."""
    with open_file(run, "meanfield.h5") as file:
        if "transient" not in file:
            raise NothingToDraw("meanfield.h5 holds no transient")
        data = {name: file[f"transient/{name}"][()] for name in file["transient"]}
        snapshots = {name: file[f"snapshots/{name}"][()] for name in file["snapshots"]} if "snapshots" in file else {}
    if len(data["time"]) < 3:
        raise NothingToDraw("the transient has just begun")
    protocol = section(run).get("protocol")
    against = "strain" if protocol in ("start-up", "oscillation") else "time"
    shown = {"creep": ["strain", "rate"], "ageing": ["activity"]}.get(protocol, ["stress", "activity"])
    has_densities = len(snapshots.get("time", [])) > 0
    figure = plt.figure(figsize=(10.8 if has_densities else 5.6, 5.4 if len(shown) == 2 else 4.4))
    grid = figure.add_gridspec(len(shown), 1 + has_densities)
    left = []
    for k, name in enumerate(shown):
        left.append(figure.add_subplot(grid[k, 0], sharex=left[0] if left else None))
        draw_history(left[k], data, name, against, section(run), protocol)
        left[k].label_outer()
    left[-1].set_xlabel(LABELS[against])
    figure.align_ylabels(left)
    if has_densities:
        draw_snapshots(figure, figure.add_subplot(grid[:, 1]), snapshots, data, "strain" if protocol == "start-up"
                       else "time")
    return figure


def draw_history(axis, data, name, against, config, protocol):
    """One quantity of a transient against strain or time."""
    x, y = data[against], data[name]
    if against == "time":
        x, y = x[1:], y[1:]
        axis.set_xscale("log")
    if protocol == "oscillation":
        last = config.get("samples", 200)
        axis.plot(x[:-last], y[:-last], color=GREY, linewidth=1, label="first cycles")
        axis.plot(x[-last - 1:], y[-last - 1:], color=BLUE, linewidth=1.6, label="last cycle")
        if name == "stress":
            axis.legend(loc="upper left")
    else:
        axis.plot(x, y, color=BLUE, linewidth=1.6)
    if name != "stress" and protocol != "oscillation":
        # What has not begun yet is as small as the tails that a computer can represent.
        positive = y[y > 0]
        if len(positive):
            axis.set_yscale("log")
            axis.set_ylim(max(positive.min(), 1e-6 * positive.max()) / 1.5, 1.5 * positive.max())
    axis.set_ylabel(LABELS[name])


def draw_snapshots(figure, axis, snapshots, data, by):
    """Densities at some times of a transient, coloured by time or strain."""
    times, stress = snapshots["time"], snapshots["stress"]
    place = np.interp(times, data["time"], data[by])
    positive = place[place > 0]
    is_spread = len(positive) > 1 and positive[-1] / positive[0] > 300
    norm = LogNorm(positive[0], positive[-1]) if is_spread else Normalize(place.min(), max(place.max(), 1e-300))
    for value, density in zip(place, snapshots["density"]):
        colour = GREY if value == 0 else LINES(norm(value))
        axis.plot(stress, density, color=colour, linewidth=1.6 if value == 0 else 1.2,
                  label=r"$t = 0$" if value == 0 and value == place[0] else None)
    low, high = seen(stress, snapshots["density"])
    margin = 0.05 * (high - low) + 1e-9
    axis.set_xlim(low - margin, high + margin)
    # Blocks that all have nearly the same stress would hide the others.
    peaks = np.sort(snapshots["density"].max(axis=1))
    axis.set_ylim(0, 1.1 * min(peaks[-1], 3 * np.median(peaks)))
    axis.set_xlabel(r"stress of a block $\sigma$ [unit of $\sigma_c$]")
    axis.set_ylabel(r"$P(\sigma)$")
    if axis.get_legend_handles_labels()[1]:
        axis.legend(loc="upper right")
    colour_bar(figure, axis, norm, LINES, LABELS[by])


def closed_form(u):
    """Coupling, yield stress and prefactor at vanishing rate, reduced, for 0.1 ≤ u ≤ 100."""
    growth = np.exp(-u)
    coth = (1 + growth) / (1 - growth)
    alpha = np.tanh(u / 2) / u
    # Both sides of the fraction times 2 exp(−u).
    above = u * (1 + growth ** 2) + 2 * (1 - growth ** 2) + 2 * growth * (3 * u - 3 * u ** 2 * coth)
    below = 2 * u ** 1.5 * (1 - growth ** 2 - 2 * u * growth)
    return alpha, coth / 2 - 1 / u, above / below


def yield_prefactor(run):
    """Prefactor of the square root of the rate against the yield stress: the curve on which all Hébraud-Lequeux models
    lie, the couplings of this run, and those that Puosi, Olivier and Martens found for a Lennard-Jones glass."""
    config, scalars = section(run), summary(run)
    curves = scalars.get("curves", [scalars])
    if config.get("protocol") == "fit":
        stress = scalars["local_yield_stress"]["value"]
        scale = np.sqrt(stress * scalars["modulus_times_relaxation_time"]["value"])
        curves = [dict(scalars, alpha=scalars["alpha"]["value"])]
    else:
        stress = config.get("local_yield_stress", 1)
        scale = np.sqrt(stress * config.get("modulus", 1) * config.get("relaxation_time", 1))
    points = [(c["alpha"], c["yield_stress"] / stress, c["prefactor"] / scale) for c in curves
              if c.get("yield_stress") is not None]
    if not points:
        raise NothingToDraw("the run has no coupling with a yield stress in closed form")
    u = np.geomspace(0.1, 100, 4000)
    alpha, limit, prefactor = closed_form(u)
    figure, axes = plt.subplots(figsize=(6, 5))
    axes.plot(limit, prefactor, color=BLACK, linewidth=1.4, label="closed form")
    for k, (name, x, y) in enumerate(points):
        axes.plot(x, y, "o", color=BLUE, markersize=6, label="this run" if k == 0 else None)
        axes.annotate(rf"$\alpha$ = {name:.3g}", (x, y), xytext=(7, 5), textcoords="offset points", fontsize=10,
                      color=BLUE)
    for k, (density, coupling, error) in enumerate(LITERATURE):
        # The coupling falls with u.
        x, low, high = (np.interp(a, alpha[::-1], limit[::-1]) for a in (coupling, coupling + error, coupling - error))
        y = np.interp(coupling, alpha[::-1], prefactor[::-1])
        axes.errorbar(x, y, xerr=[[x - low], [high - x]], fmt="sD^v"[k], color=VERMILION, markersize=5, linewidth=1,
                      markerfacecolor="white", label=rf"$\rho$ = {density:g}", zorder=4)
    axes.set_yscale("log")
    top = max([1.2] + [1.5 * y for _, _, y in points])
    axes.set_ylim(min([0.15] + [0.8 * y for _, _, y in points]), top)
    axes.set_xlim(0, 0.5)
    plain_ticks(axes.yaxis)
    axes.set_xlabel(r"$\sigma_Y/\sigma_c$")
    axes.set_ylabel(r"$A/\sqrt{G_0\,\sigma_c\,\tau}$")
    axes.legend(loc="upper right", title=r"$\rho$: $\alpha_{\mathrm{flow}}$ of Puosi et al. (2015)", title_fontsize=10)
    return figure
