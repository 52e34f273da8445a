"""Draws a study of Jobs/studies/micro-to-meso from the files of its runs. No physics is computed here."""

import glob
import os

from figures import (BLACK, BLUE, GREEN, GREY, VERMILION, Normalize, NothingToDraw, Particles, matplotlib, np,
                     open_file, plt, read_curve, stress_unit, time_series)

COLOURS = {"poor": VERMILION, "annealed": BLUE, "poor-large": GREEN}


def particle_curve(folder, glass):
    curve, _ = read_curve(os.path.join(folder, glass, "shear"))
    return curve["strain"], curve["stress_xy"]


def lattice_runs(folder, name):
    """The folders of the realisations of a lattice."""
    run = os.path.join(folder, "epm", name)
    return sorted(glob.glob(os.path.join(run, "realisation-*"))) or [run]


def lattice_curves(folder, name):
    """Strains, and the stress of each realisation as a row."""
    rows = []
    for run in lattice_runs(folder, name):
        with open_file(run, "epm.h5") as file:
            strain = file["samples/strain"][()]
            rows.append(file["samples/stress"][()])
    return strain, np.array(rows)


def particle_map(axes, run, strain, norm, colours):
    """Particles coloured by their plastic count; grey without any. Returns the strain of the frame."""
    with open_file(run, "trajectory.h5") as file:
        strains = file["observables/strain/value"][()].ravel()
        frame = int(np.abs(strains - strain).argmin())
        group = file["particles/trajectory"]
        if "plastic_count" not in group:
            raise NothingToDraw("trajectory.h5 holds no plastic_count; ask for output.fields = [\"plastic-count\"]")
        count = group["plastic_count/value"][frame].ravel()
        position = group["position/value"][frame]
        edges = np.asarray(time_series(group["box"], "edges", frame), float)
        diameter = np.asarray(time_series(group, "diameter", frame), float).ravel()
    seen = Particles(run, position, edges, 1.2 * diameter)
    fill = colours(norm(count))
    fill[count == 0] = matplotlib.colors.to_rgba(GREY)
    seen.draw(axes, fill)
    return strains[frame], np.count_nonzero(count) / len(count)


def lattice_map(axes, run, strain, norm, colours):
    """Blocks coloured by their failures; grey without any."""
    with open_file(run, "epm.h5") as file:
        strains = file["samples/strain"][()]
        sample = int(np.abs(strains - strain).argmin())
        if "frames/failures" not in file:
            raise NothingToDraw("epm.h5 holds no frames; ask for output.frames = true")
        count = file["frames/failures"][sample]
    fill = colours(norm(count.T))
    fill[count.T == 0] = matplotlib.colors.to_rgba(GREY)
    axes.imshow(fill, origin="lower", interpolation="nearest")
    return strains[sample], np.count_nonzero(count) / count.size


def micro_to_meso(folder, strain=0.12):
    """Stress against strain of particles and lattice, their stress in the steady state, and where both have yielded."""
    import json
    try:
        with open(os.path.join(folder, "study.json")) as file:
            study = json.load(file)
    except (OSError, ValueError):
        raise NothingToDraw(f"{folder} has no study.json: Jobs/studies/micro-to-meso did not finish")
    steady = study["steady_from"]
    figure = plt.figure(figsize=(12, 8.4))
    upper, lower = figure.subfigures(2, 1, height_ratios=[1.25, 1])
    left, right = upper.subplots(1, 2, width_ratios=[1.7, 1])

    unit = stress_unit(os.path.join(folder, "poor", "shear"), 2)
    for glass in ["annealed", "poor"]:
        colour = COLOURS[glass]
        left.plot(*particle_curve(folder, glass), color=colour, linewidth=0.8, label=f"{glass}: particles")
        for method, line, width in [("expansion", "-", 2.4), ("frozen-matrix", "--", 1.6)]:
            x, rows = lattice_curves(folder, f"{glass}-{method}")
            left.plot(x, rows.mean(axis=0), color=colour, linestyle=line, linewidth=width,
                      label=f"{glass}: lattice, {method.replace('-', ' ')}")
    left.axvline(steady, color=GREY, linewidth=0.8, zorder=0)
    left.set_xlabel(r"strain $\gamma$")
    left.set_ylabel(rf"$\sigma_{{xy}}$ {unit}")
    left.set_ylim(bottom=0)
    left.margins(x=0.01)
    left.legend(frameon=False, fontsize=9, ncols=2)
    left.set_title(rf"lattice: mean of {study['poor-expansion lattice']['realisations']}, "
                   rf"$\epsilon_{{\mathrm{{pl}}}}$ = {study['eigenstrain']:.4f}", fontsize=11)

    samples = []
    for glass, name in [("poor", "poor particles"), ("poor-large", "poor particles, 4 times as many")]:
        if os.path.isfile(os.path.join(folder, glass, "shear", "shear.h5")):
            x, y = particle_curve(folder, glass)
            samples.append((y[x >= steady], name, COLOURS[glass], "stepfilled"))
    for run, name, colour in [("poor-expansion", "poor lattice", BLACK),
                              ("poor-expansion-double", "poor lattice, twice as long", "#CC79A7")]:
        x, rows = lattice_curves(folder, run)
        samples.append((rows[:, x >= steady].ravel(), name, colour, "step"))
    edges = np.linspace(min(s[0].min() for s in samples), max(s[0].max() for s in samples), 31)
    for values, name, colour, kind in samples:
        right.hist(values, edges, density=True, histtype=kind, color=colour, alpha=0.45 if kind == "stepfilled" else 1,
                   linewidth=1.6, label=name)
    right.set_xlabel(rf"$\sigma_s$ {unit}")
    right.set_ylabel(r"$P(\sigma_s)$")
    right.set_ylim(top=1.35 * right.get_ylim()[1])
    right.legend(frameon=False, fontsize=9)

    colours, norm = plt.get_cmap("plasma"), Normalize(1, 6, clip=True)
    panels = lower.subplots(1, 4)
    for glass, (first, second) in [("poor", panels[:2]), ("annealed", panels[2:])]:
        for axes, kind, (at, share) in [
            (first, "particles", particle_map(first, os.path.join(folder, glass, "shear"), strain, norm, colours)),
            (second, "lattice", lattice_map(second, lattice_runs(folder, f"{glass}-expansion")[0], strain, norm,
                                            colours)),
        ]:
            axes.set_title(rf"{glass}: {kind}" + "\n" + rf"$\gamma$ = {at:.3g}, {100 * share:.0f} % active",
                           fontsize=10)
            axes.set_aspect("equal")
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(kind == "lattice")
    bar = lower.colorbar(matplotlib.cm.ScalarMappable(norm, colours), ax=panels, shrink=0.7, pad=0.01, extend="max")
    bar.set_label("plastic count, failures")
    return figure


def particle_bands(folder):
    """Plastic profiles of a band at growing strain, its width against strain, and against the length of the box."""
    import json
    try:
        with open(os.path.join(folder, "study.json")) as file:
            study = json.load(file)
    except (OSError, ValueError):
        raise NothingToDraw(f"{folder} has no study.json: Jobs/studies/particle-bands did not finish")
    temperatures = list(study["temperatures"])
    sizes = list(study["temperatures"][temperatures[0]]["sizes"])
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4.4))
    colours = [BLUE, VERMILION, "#009E73", BLACK]

    # The first sample of the largest size at the lowest temperature, its band moved to the middle.
    run = f"T{temperatures[-1]}-N{sizes[-1]}"
    with open_file(os.path.join(folder, f"bands-{run}"), "bands.h5") as file:
        one = file["runs/0"]
        name = "xyz"[int(one["axis"][-1])]
        centre = one["centre"][()]
    with open(os.path.join(folder, f"bands-{run}", "summary.json")) as file:
        length = json.load(file)["runs"][0]["length"]
    with open_file(os.path.join(folder, f"shear-{run}-1"), "shear.h5") as file:
        strain = file["profiles/strain"][()]
        profile = file[f"profiles/plastic_count_{name}"][()]
    places = (np.arange(profile.shape[1]) + 0.5) / profile.shape[1]
    shown = sorted({int(np.abs(strain - g).argmin()) for g in strain[-1] / 2.0 ** np.arange(6)})
    for k, row in enumerate(shown):
        fraction = (places - centre[-1] / length + 0.5) % 1 - 0.5
        order = np.argsort(fraction)
        colour = plt.get_cmap("plasma")(0.85 * k / max(1, len(shown) - 1))
        left.plot(fraction[order] * length, profile[row][order], color=colour, linewidth=1.3,
                  label=rf"$\gamma$ = {strain[row]:.3g}")
    left.set_xlabel(rf"${name}$ from the band [$\lambda$]")
    left.set_ylabel("plastic count")
    left.set_title(f"T = {temperatures[-1]}, {sizes[-1]} particles", fontsize=11)
    left.legend(frameon=False, fontsize=9)

    for temperature, colour in zip(temperatures, colours):
        for size, line in zip(sizes, [":", "--", "-", "-."]):
            with open_file(os.path.join(folder, f"bands-T{temperature}-N{size}"), "bands.h5") as file:
                curves = [(file[f"runs/{k}/strain"][()], file[f"runs/{k}/width"][()]) for k in file["runs"]]
            shown = curves[0][0] >= study["born"]
            width = np.mean([w for _, w in curves], axis=0)
            middle.loglog(curves[0][0][shown], width[shown], color=colour, linestyle=line, linewidth=1.4,
                          label=f"T = {temperature}, N = {size}")
    middle.set_xlabel(r"strain $\gamma$")
    middle.set_ylabel(r"width $w$ [$\lambda$]")
    middle.legend(frameon=False, fontsize=9)

    for temperature, colour in zip(temperatures, colours):
        one = study["temperatures"][temperature]
        lengths = np.array([s["length"] for s in one["sizes"].values()])
        right.loglog(lengths, [s["width"] for s in one["sizes"].values()], "o", color=colour,
                     label=f"T = {temperature}")
        fit = one["width_over_length"]
        if fit:
            right.loglog(lengths, fit["amplitude"] * lengths ** fit["exponent"], color=colour, linewidth=1,
                         label=rf"$L^{{{fit['exponent']:.2f}\pm{fit['exponent_error']:.2f}}}$")
    right.set_xlabel(r"$L$ [$\lambda$]")
    right.set_ylabel(rf"$w$ at $\gamma$ = {study['born']:g} [$\lambda$]")
    right.legend(frameon=False, fontsize=9)
    for axis in [middle.xaxis, middle.yaxis, right.xaxis, right.yaxis]:
        axis.set_major_locator(matplotlib.ticker.LogLocator(subs=[1, 2, 5]))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    return figure
