"""Draws what the HDF5 files of an elasto-plastic run hold. No physics is computed here."""

from figures import (BLACK, BLUE, GREY, VERMILION, LogNorm, NothingToDraw, np, open_file, os, plt)


def epm_curve(run):
    """Stress against strain, avalanche by avalanche, with the sizes of the avalanches below."""
    with open_file(run, "epm.h5") as file:
        group = file["avalanches"]
        strain, after = group["strain"][()], group["strain_after"][()]
        before, rest = group["stress_before"][()], group["stress_after"][()]
        size = group["failures"][()]
    if len(strain) == 0:
        raise NothingToDraw("epm.h5 holds no avalanche")
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(7, 6), sharex=True, gridspec_kw={"height_ratios": [2, 1]})
    x = np.concatenate([[0], np.column_stack([strain, after]).ravel()])
    y = np.concatenate([[0], np.column_stack([before, rest]).ravel()])
    top.plot(x, y, color=BLUE, linewidth=0.9)
    top.set_ylabel(r"$\langle\sigma\rangle$ [unit of $\mu$]")
    bottom.plot(strain, size, ".", color=VERMILION, markersize=2.5)
    bottom.set_yscale("log")
    bottom.set_ylabel("avalanche size $S$")
    bottom.set_xlabel(r"strain $\gamma$")
    top.margins(x=0.01)
    figure.align_ylabels()
    return figure


def plastic_map(run):
    """How often each block has yielded; of a three-dimensional lattice, the plane through its middle."""
    with open_file(run, "epm.h5") as file:
        counts = file["failures"][()]
    title = "failures of each block"
    if counts.ndim == 3:
        middle = counts.shape[2] // 2
        counts = counts[:, :, middle]
        title += f", plane z = {middle}"
    if counts.max() == 0:
        raise NothingToDraw("no block has yielded")
    figure, axes = plt.subplots(figsize=(7, 6))
    norm = LogNorm(1, max(2, counts.max()))
    image = axes.imshow(np.where(counts > 0, counts, np.nan), origin="lower", cmap="inferno", norm=norm,
                        interpolation="nearest")
    axes.set_facecolor(GREY)
    axes.set_xlabel("$y$ [blocks]")
    axes.set_ylabel("$x$ [blocks]")
    axes.set_title(title + " (grey: none)")
    figure.colorbar(image, ax=axes, shrink=0.85)
    return figure


def avalanche_sizes(run):
    """Histogram of avalanche sizes from the steady strain on, with the fit of the run's summary."""
    import json
    from figures import settings
    with open_file(run, "epm.h5") as file:
        strain, size = file["avalanches/strain"][()], file["avalanches/failures"][()]
    with open(os.path.join(run, "summary.json")) as text:
        summary = json.load(text)
    start = summary.get("steady_from", settings(run).get("epm", {}).get("steady_from", 0))
    size = size[strain >= start]
    if len(size) < 10:
        raise NothingToDraw("too few avalanches in the steady state")
    edges = np.unique(np.round(np.logspace(0, np.log10(size.max() + 1), 30))).astype(int)
    counts, _ = np.histogram(size, edges)
    widths = np.diff(edges)
    centres = np.sqrt(edges[:-1] * (edges[1:] - 1))
    density = counts / widths / len(size)
    figure, axes = plt.subplots(figsize=(6, 5))
    shown = density > 0
    axes.loglog(centres[shown], density[shown], "o", color=BLUE, markersize=4)
    fit = summary.get("size_distribution")
    if fit:
        x = np.arange(1, size.max() + 1, dtype=float)
        y = x ** -fit["exponent"] * np.exp(-x / fit["cutoff"])
        axes.loglog(x, y / y.sum(), color=VERMILION, linewidth=1.2,
                    label=rf"$\tau$ = {fit['exponent']:.2f} ± {fit['exponent_error']:.2f}, $S_c$ = {fit['cutoff']:.0f}")
        axes.legend(frameon=False)
    axes.set_ylim(bottom=0.3 * density[shown].min())
    axes.set_xlabel("avalanche size $S$")
    axes.set_ylabel("$P(S)$")
    return figure


def band_width(run):
    """Band width against strain, a line for each run that was measured, and the fitted power law."""
    import json
    with open_file(run, "bands.h5") as file:
        names = sorted(file["runs"], key=int)
        curves = [(file[f"runs/{k}/strain"][()], file[f"runs/{k}/width"][()]) for k in names]
    with open(os.path.join(run, "summary.json")) as text:
        summary = json.load(text)
    figure, axes = plt.subplots(figsize=(6, 5))
    for (strain, width), one in zip(curves, summary["runs"]):
        start = one.get("nucleation_strain")
        shown = strain >= (start if start is not None else 0)
        shown &= strain > 0
        axes.loglog(strain[shown], width[shown], color=BLUE, linewidth=0.8, alpha=0.6)
    fit = summary.get("growth")
    if fit:
        low = min(s[s > 0].min() for s, _ in curves)
        high = max(s.max() for s, _ in curves)
        x = np.array([max(low, high / 100), high])
        axes.loglog(x, fit["amplitude"] * x ** fit["exponent"], color=BLACK, linestyle="--", linewidth=1.2,
                    label=rf"$\gamma^{{{fit['exponent']:.2f}\pm{fit['exponent_error']:.2f}}}$")
        axes.legend(frameon=False)
    axes.set_xlabel(r"strain $\gamma$")
    axes.set_ylabel("width $w$")
    return figure
