"""Pictures of a yield map, from yieldmap.h5 and state.h5 of its run. No physics is computed here."""

from figures import (BLUE, GREY, VERMILION, NothingToDraw, Normalize, Particles, colour_bar, matplotlib, np, open_file,
                     plt, settings, stress_unit, time_series, words)

METHODS = ["expansion", "frozen-matrix"]
NAMES = {"expansion": "cavity expansion", "frozen-matrix": "frozen matrix"}
COLOURS = {"expansion": BLUE, "frozen-matrix": VERMILION}


def column_of(group, direction):
    directions = words(group.attrs["directions"])
    if direction not in directions:
        raise NothingToDraw(f"yieldmap.h5 holds the direction {', '.join(directions)}, not {direction}")
    return directions.index(direction)


def cavities(run):
    """What the cavities are, in words."""
    section = settings(run).get("yieldmap", {})
    radius, spacing = section.get("radius", 5.0), section.get("spacing", 3.0)
    shape = (f"cavities of radius {radius:g} d" if section.get("shape") != "block"
             else f"square cavities of side {2 * radius:g} d")
    return shape + (" around every particle" if section.get("centres") == "particles" else f", {spacing:g} d apart")


def yield_map(run, method=None, direction="forward", normal=None, place=0.5, thickness=2.0):
    """Particles coloured by the lowest yield stress of the cavities that contain them: discs as large as a cavity are
    the method's."""
    with open_file(run, "yieldmap.h5") as file:
        method = method or next((m for m in METHODS if m in file), None)
        if method is None or method not in file:
            raise NothingToDraw(f"yieldmap.h5 does not hold the method {method}")
        value = file[method]["map"][:, column_of(file[method], direction)]
    with open_file(run, "state.h5") as file:
        group = file["particles/trajectory"]
        seen = Particles(run, group["position/value"][-1], time_series(group["box"], "edges", -1),
                         time_series(group, "diameter", -1), normal, place, thickness)
    value = value[seen.inside]
    known = np.isfinite(value)
    if not known.any():
        raise NothingToDraw("no particle has a yield stress")
    norm = Normalize(*np.percentile(value[known], [1, 99]), clip=True)
    colours = plt.get_cmap("viridis")(norm(np.where(known, value, 0)))
    colours[~known] = matplotlib.colors.to_rgba(GREY)
    figure, axes = seen.figure()
    seen.diameter = 1.1 * seen.diameter
    seen.draw(axes, colours)
    title = f"{NAMES[method]}, {direction}: lowest of the\n{cavities(run)}, that contain the particle"
    if seen.slab:
        title += f"\n{seen.slab}"
    if not known.all():
        title += f"\n{np.count_nonzero(~known)} without value (grey)"
    axes.set_title(title)
    colour_bar(figure, axes, norm, "viridis", rf"yield stress $\sigma_Y$ {stress_unit(run, seen.dimension)}",
               extend="both")
    return figure


def yield_distribution(run, direction="forward"):
    """Densities of the yield stress over particles and over blocks, for each method."""
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.4))
    shown = []
    with open_file(run, "yieldmap.h5") as file:
        dimension = len(file["edges"])
        cavity_count = max(np.count_nonzero(np.isfinite(file[m]["yield_stress"][:, column_of(file[m], direction)]))
                           for m in METHODS if m in file)
        for axes, source in zip(panels, ["particles", "blocks"]):
            for method in METHODS:
                name = f"{method}/distribution/{source}/{direction}"
                if name not in file:
                    continue
                stairs = axes.stairs(file[name]["density"][()], file[name]["edges"][()], color=COLOURS[method],
                                     linewidth=1.6)
                shown.append((NAMES[method], stairs))
            axes.set_xlabel(rf"yield stress $\sigma_Y$ {stress_unit(run, dimension)}")
            axes.set_ylabel(rf"$P(\sigma_Y)$ over {source}")
            axes.set_ylim(bottom=0)
    if not shown:
        raise NothingToDraw(f"yieldmap.h5 holds no distribution for the direction {direction}")
    panels[0].set_title(f"particles share the values of {cavity_count} cavities")
    block = settings(run).get("yieldmap", {}).get("block", 5.0)
    panels[1].set_title(f"blocks of side {block:g} d: means over their particles")
    legend = dict(shown)
    figure.legend(legend.values(), legend.keys(), loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(legend),
                  title=f"{direction} loading")
    return figure


def cavity_curve(run, node=None):
    """Stress of a cavity against strain, both ways: the cubic of its expansion, and explicit shear with its drops."""
    with open_file(run, "yieldmap.h5") as file:
        if "frozen-matrix/curves" not in file:
            raise NothingToDraw("yieldmap.h5 holds no curves; ask for them with yieldmap.curves = true")
        group = file["frozen-matrix"]
        directions = words(group.attrs["directions"])
        weight = words(group["curves"].attrs["weights"]).index(words(group.attrs["weight"])[0])
        coefficients = group["coefficients"][()]
        stress = group["yield_stress"][:, 0]
        if node is None:
            known = np.flatnonzero(np.isfinite(stress))
            if len(known) == 0:
                raise NothingToDraw("no cavity has yielded")
            node = known[np.argsort(stress[known])[len(known) // 2]]
        if not 0 <= node < len(stress):
            raise NothingToDraw(f"there are the nodes 0 to {len(stress) - 1}, not {node}")
        curves = group["curves"][node, :, :, weight]
        marks = [(group["yield_strain"][node, k], group["yield_stress"][node, k], group["event_strain"][node, k])
                 for k in range(len(directions))]
        cubic = None
        if "expansion" in file:
            cubic = [(file["expansion/yield_strain"][node, k], file["expansion/yield_stress"][node, k])
                     for k in range(len(directions))]
        dimension = len(file["edges"])
    step = settings(run)["yieldmap"]["strain_step"]
    figure, axes = plt.subplots(figsize=(6.4, 4.6))
    for k, direction in enumerate(directions):
        sign = 1 if direction == "forward" else -1
        curve = curves[k][np.isfinite(curves[k])]
        strain = sign * step * np.arange(len(curve))
        axes.plot(strain, sign * curve, color=VERMILION, linewidth=1.6, label="frozen matrix" if k == 0 else None)
        s0, s1, s2, s3 = coefficients[node]
        axes.plot(strain, s0 + strain * (s1 + strain * (s2 / 2 + strain * s3 / 6)), color=BLUE, linestyle="--",
                  linewidth=1.4, label="expansion to third order" if k == 0 else None)
        axes.plot(sign * marks[k][0], sign * marks[k][1], "o", color=VERMILION)
        if cubic and np.isfinite(cubic[k][0]) and cubic[k][0] <= abs(strain[-1]):
            axes.plot(sign * cubic[k][0], sign * cubic[k][1], "s", color=BLUE)
    span = max([np.nanmax(np.abs(curves))]
               + [abs(y) for _, y in cubic or [] if np.isfinite(y) and abs(y) < 3 * np.nanmax(curves)])
    axes.set_ylim(-1.15 * span if len(directions) > 1 else None, 1.15 * span)
    axes.set_xlabel(r"strain $\gamma$")
    axes.set_ylabel(rf"$\sigma$ of the cavity {stress_unit(run, dimension)}")
    axes.set_title(f"node {node}: circles and squares mark the yield stresses")
    axes.legend(frameon=False)
    return figure
