"""Draws what the HDF5 files of elasto-plastic runs hold. No physics is computed here."""

from figures import (BLACK, BLUE, GREY, INTENSITY, VERMILION, LogNorm, NothingToDraw, colour_bar, np,
                     open_file, plain_ticks, plt, settings, summary)
from run_groups import average, groups, runs_below, separate, write_table


def avalanche_curve(run):
    """Strain and stress at the start, and before and after each avalanche; strains and sizes of the avalanches."""
    with open_file(run, "epm.h5") as file:
        group = file["avalanches"]
        strain, after = group["strain"][()], group["strain_after"][()]
        before, rest = group["stress_before"][()], group["stress_after"][()]
        size = group["failures"][()]
    if len(strain) == 0:
        raise NothingToDraw("epm.h5 holds no avalanche")
    x = np.concatenate([[0], np.column_stack([strain, after]).ravel()])
    y = np.concatenate([[0], np.column_stack([before, rest]).ravel()])
    return x, y, strain, size


def epm_curve(runs, over=(), each=False, table=None):
    """Stress against strain, avalanche by avalanche, with their sizes below; of realisations the mean ± one standard
    error."""
    runs = runs_below(runs, "epm.h5")
    curves = {run: avalanche_curve(run) for run in runs}
    found = separate(groups(runs, over)) if each else groups(runs, over)
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(7, 6), sharex=True, gridspec_kw={"height_ratios": [2, 1]})
    rows = []
    for group in found:
        members = [curves[run] for run in group.runs]
        colour = group.colour
        if len(members) == 1:
            top.plot(*members[0][:2], color=colour, linewidth=0.9, label=group.label or None)
        else:
            # Between avalanches the stress rises along straight lines, so that it is known at any strain.
            end = min(member[0][-1] for member in members)
            if any((np.diff(member[0]) < 0).any() for member in members):
                raise NothingToDraw("loadings that turn have no mean; draw each of them with --each")
            grid = np.linspace(0, end, 501)
            strain, (mean, error) = average([(grid, np.interp(grid, *member[:2])) for member in members])
            if len(found) == 1:
                for member in members:
                    top.plot(*member[:2], color=GREY, linewidth=0.5, zorder=1)
            top.fill_between(strain, mean - error, mean + error, color=colour, alpha=0.3, linewidth=0, zorder=2)
            top.plot(strain, mean, color=colour, linewidth=1.5, zorder=3, label=f"{group.label} ± standard error")
            rows += zip([group.label] * len(strain), strain, mean, error)
        for member in members:
            bottom.plot(*member[2:], ".", color=VERMILION if len(found) == 1 else colour, markersize=2.5,
                        rasterized=True)
    top.set_ylabel(r"$\langle\sigma\rangle$ [unit of $\mu$]")
    bottom.set_yscale("log")
    bottom.set_ylabel("avalanche size $S$")
    bottom.set_xlabel(r"strain $\gamma$")
    top.margins(x=0.01)
    if top.get_legend_handles_labels()[1]:
        top.legend(loc="best")
    figure.align_ylabels()
    if table:
        if not rows:
            raise NothingToDraw("there are no realisations, of which a table would hold the means")
        write_table(table, ["runs", "strain", "stress", "stress_error"], zip(*rows))
    return figure


def plastic_map(run):
    """How often each block has yielded; of a three-dimensional lattice, the plane through its middle; of realisations,
    the first."""
    first = runs_below([run], "epm.h5")[0]
    with open_file(first, "epm.h5") as file:
        counts = file["failures"][()]
    title = "failures of each block"
    if first != run.rstrip("/") and "realisation-" in first:
        title += f", {first.split('/')[-1].replace('-', ' ')}"
    if counts.ndim == 3:
        middle = counts.shape[2] // 2
        counts = counts[:, :, middle]
        title += f", plane z = {middle}"
    if counts.max() == 0:
        raise NothingToDraw("no block has yielded")
    width = 7
    figure, axes = plt.subplots(
        figsize=(width, 0.8 * width * min(max(counts.shape[1] / counts.shape[0], 0.3), 1.6) + 0.9))
    # Rows of the array go along x, the flow, which is drawn to the right.
    norm = LogNorm(1, max(2, counts.max()))
    axes.imshow(np.where(counts > 0, counts, np.nan).T, origin="lower", cmap=INTENSITY, norm=norm,
                interpolation="nearest", extent=(0, counts.shape[0], 0, counts.shape[1]))
    # What never yielded is white, and no failure is.
    axes.set_facecolor("white")
    axes.set_xlabel("$x$ [blocks]")
    axes.set_ylabel("$y$ [blocks]")
    axes.set_title(title + " (white: none)")
    bar = colour_bar(figure, axes, norm, INTENSITY, "failures")
    plain_ticks(bar.ax.yaxis)
    return figure


def avalanche_sizes(run):
    """Histogram of avalanche sizes from the steady strain on, with the fit of the run's summary; of all realisations
    together."""
    runs = runs_below([run], "epm.h5")
    scalars = summary(run)
    start = scalars.get("steady_from", settings(run).get("epm", {}).get("steady_from", 0))
    sizes = []
    for one in runs:
        with open_file(one, "epm.h5") as file:
            strain, size = file["avalanches/strain"][()], file["avalanches/failures"][()]
        # In cycles the steady state counts from a strain that adds up over all ways forth and back.
        way = np.cumsum(np.abs(np.diff(strain, prepend=0)))
        sizes.append(size[way >= start])
    size = np.concatenate(sizes)
    if len(size) < 10:
        raise NothingToDraw("too few avalanches in the steady state")
    edges = np.unique(np.round(np.logspace(0, np.log10(size.max() + 1), 30))).astype(int)
    counts, _ = np.histogram(size, edges)
    widths = np.diff(edges)
    centres = np.sqrt(edges[:-1] * (edges[1:] - 1))
    density = counts / widths / len(size)
    figure, axes = plt.subplots(figsize=(6, 5))
    shown = counts > 0
    # Avalanches taken as independent. A bin of one has an error as large as itself, which has no lower end on this
    # scale.
    axes.errorbar(centres[shown], density[shown], yerr=0.999 * density[shown] / np.sqrt(counts[shown]), fmt="o",
                  color=BLUE, markersize=4, linewidth=1, label=rf"{len(size)} avalanches, $\gamma \geq$ {start:g}")
    fit = scalars.get("size_distribution")
    if fit:
        x = np.arange(1, size.max() + 1, dtype=float)
        y = x ** -fit["exponent"] * np.exp(-x / fit["cutoff"])
        y /= y.sum()
        axes.plot(x, y, color=VERMILION, linewidth=1.2,
                  label=rf"$S^{{-\tau}}\exp(-S/S_c)$: $\tau$ = {fit['exponent']:.2f} ± {fit['exponent_error']:.2f}, "
                        rf"$S_c$ = {fit['cutoff']:.0f}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(0.5 * density[shown].min(), 2 * density.max())
    axes.legend(loc="lower left")
    axes.set_xlabel("avalanche size $S$ [failures]")
    axes.set_ylabel("$P(S)$")
    return figure


def band_width(run):
    """Band width against strain from nucleation on, a line for each run, and the power law in the range where it was
    fitted."""
    with open_file(run, "bands.h5") as file:
        names = sorted(file["runs"], key=int)
        curves = [(file[f"runs/{k}/strain"][()], file[f"runs/{k}/width"][()]) for k in names]
    scalars = summary(run)
    config = settings(run).get("bands", {})
    nucleation = [one.get("nucleation_strain") for one in scalars["runs"]]
    # Runs are named as the config does, from whose folder on only the program knows them; blocks or particles, the file
    # tells.
    unit = r"$\lambda$" if config.get("source") == "d2min" or not all(
        float(one["length"]).is_integer() for one in scalars["runs"]) else "blocks"
    figure, axes = plt.subplots(figsize=(6, 5))
    drawn = []
    for (strain, width), start in zip(curves, nucleation):
        shown = (strain >= (start or 0)) & (strain > 0) & (width > 0)
        if not shown.any():
            continue
        drawn.append((strain[shown], width[shown]))
        axes.plot(strain[shown], width[shown], color=BLUE, linewidth=0.8, alpha=0.5,
                  label=f"{len(curves)} run{'s' if len(curves) > 1 else ''}" if len(drawn) == 1 else None)
    if not drawn:
        raise NothingToDraw("no run has a band of any width")
    fit = scalars.get("growth")
    if fit:
        within = config.get("fit") or [min(s for s in nucleation if s is not None), np.inf]
        low = max(within[0], min(s.min() for s, _ in drawn))
        high = min(within[1], max(s.max() for s, _ in drawn))
        x = np.array([low, high])
        mean = "mean of the runs" if fit["count"] > 1 and len(curves) > 1 else "fit"
        axes.plot(x, fit["amplitude"] * x ** fit["exponent"], color=BLACK, linestyle="--", linewidth=1.8, zorder=5,
                  label=rf"$w \propto \gamma^\alpha$, $\alpha$ = {fit['exponent']:.3f} ± {fit['exponent_error']:.3f} "
                        rf"({mean})")
    axes.set_xscale("log")
    axes.set_yscale("log")
    plain_ticks(axes.xaxis)
    plain_ticks(axes.yaxis)
    axes.set_xlabel(r"strain $\gamma$")
    axes.set_ylabel(f"width of the band $w$ [{unit}]")
    axes.legend(loc="upper left")
    return figure
