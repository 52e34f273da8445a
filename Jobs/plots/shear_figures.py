"""Draws what the HDF5 files of a loading hold. No physics is computed here."""

from figures import (AXES, BLUE, GREY, INTENSITY, LogNorm, NothingToDraw, Normalize, Particles, chosen_frame,
                     colour_bar, frame_strains, length_symbol, loading_plane, logarithmic_bins, matplotlib, np,
                     open_file, plt, read_curve, settings, stress_unit, summary, time_series)
from run_groups import average, groups, runs_below, separate, write_table


def conjugate_stress(run, dimension):
    """The stress that does the work of the loading, σ:A: a function of the components by name, and its symbol. It is
    `working_stress` where that is among them, and computed for events and for files of versions before 0.2.0."""
    compute, symbol = computed_stress(run, dimension)
    return lambda s: s["working_stress"] if "working_stress" in s else compute(s), symbol


def computed_stress(run, dimension):
    loading = settings(run).get("loading", {})
    mode, plane = loading.get("mode", "simple-shear"), loading.get("plane", "xy")
    a, b = plane[0], plane[1]
    axes = AXES[:dimension]
    if mode == "pure-shear":
        return lambda s: (s[a + a] - s[b + b]) / 2, rf"(\sigma_{{{a}{a}}}-\sigma_{{{b}{b}}})/2"
    if mode == "uniaxial":
        a = loading["axis"]
        return lambda s: s[a + a], rf"\sigma_{{{a}{a}}}"
    if mode == "dilation":
        return lambda s: sum(s[k + k] for k in axes), r"\mathrm{Tr}\,\sigma"
    if mode == "matrix":
        rows = loading["matrix"]
        return lambda s: sum(rows[i][j] * s[p + q] for i, p in enumerate(axes) for j, q in enumerate(axes)), r"\sigma:A"
    return lambda s: s[a + b], rf"\sigma_{{{a}{b}}}"


def chosen_stress(run, curve, column):
    dimension = 3 if "stress_zz" in curve else 2
    if column is None:
        return conjugate_stress(run, dimension)
    if column in curve and column.startswith("stress_"):
        return lambda s: s[column[7:]], rf"\sigma_{{{column[7:]}}}"
    known = ", ".join(name for name in curve if name.startswith("stress_"))
    raise NothingToDraw(f"/curve has no stress {column}; it has {known}")


def components(tensors):
    """Of tensors [rows, dim, dim], by name."""
    dimension = tensors.shape[1]
    return {AXES[i] + AXES[j]: tensors[:, i, j] for i in range(dimension) for j in range(dimension)}


def with_drops(strain, columns, events):
    """A curve through its rows and, where they belong between them, through the states before and after each located
    event.

    `events` has strains before and after, and for each column the values before and after.
    """
    before, after, values = events
    x, rows = [strain[0]], [[c[0] for c in columns]]
    k = 0
    for row in range(1, len(strain)):
        low, high = sorted((strain[row - 1], strain[row]))
        slack = 1e-12 + 1e-9 * abs(high)
        while k < len(before) and low - slack <= before[k] and after[k] <= high + slack:
            x += [before[k], after[k]]
            rows += [[v[0][k] for v in values], [v[1][k] for v in values]]
            k += 1
        x.append(strain[row])
        rows.append([c[row] for c in columns])
    return np.array(x), list(np.array(rows).T)


def loading_curve(run, column=None):
    """Strain, stress and energy per particle, with a vertical drop for each located event; symbol of the stress;
    events."""
    curve, _ = read_curve(run)
    pick, symbol = chosen_stress(run, curve, column)
    strain = curve["strain"]
    columns = [pick({name.removeprefix("stress_"): values for name, values in curve.items()}),
               curve["energy_per_particle"]]
    count = 0
    with open_file(run, "shear.h5") as file:
        particles = summary(run).get("particles")
        if "events/strain_before" in file and len(file["events/strain_before"]) and particles:
            group = {name: file["events"][name][()] for name in
                     ("strain_before", "strain_after", "stress_before", "stress_after", "energy_before",
                      "energy_after")}
            count = len(group["strain_before"])
            values = [(pick(components(group["stress_before"])), pick(components(group["stress_after"]))),
                      (group["energy_before"].ravel() / particles, group["energy_after"].ravel() / particles)]
            strain, columns = with_drops(
                strain, columns, (group["strain_before"].ravel(), group["strain_after"].ravel(), values))
    return strain, *columns, symbol, count


def stress_strain(runs, column=None, over=(), each=False, table=None):
    """Stress and energy against strain; of realisations the mean, with a band of one standard error to each side."""
    runs = runs_below(runs, "shear.h5")
    curves = {run: loading_curve(run, column) for run in runs}
    symbols = {curve[3] for curve in curves.values()}
    if len(symbols) > 1:
        raise NothingToDraw("the runs have different loadings; name the stress that is to be drawn with --column")
    dimension = 3 if "stress_zz" in read_curve(runs[0])[0] else 2
    found = groups(runs, over)
    if each:
        found = separate(found)
    figure, panels = plt.subplots(2, 1, figsize=(7, 6), sharex=True, gridspec_kw={"height_ratios": [2, 1]})
    rows = []
    for group in found:
        if len(group.runs) == 1:
            strain, stress, energy, _, count = curves[group.runs[0]]
            label = group.label
            if count:
                label += f"{', ' if label else ''}{count} located event{'s' if count > 1 else ''}"
            # A few rows are shown as points: between them nothing is known.
            marker = "o" if len(strain) <= 30 else None
            panels[0].plot(strain, stress, color=group.colour, marker=marker, markersize=3, linewidth=1.3,
                           label=label or None)
            panels[1].plot(strain, energy, color=group.colour, marker=marker, markersize=3, linewidth=1.3)
            continue
        members = [curves[run] for run in group.runs]
        strain, *means = average([member[:3] for member in members])
        for axes, (mean, error), k in zip(panels, means, (1, 2)):
            if len(found) == 1:
                for member in members:
                    axes.plot(member[0], member[k], color=GREY, linewidth=0.6, zorder=1)
            axes.fill_between(strain, mean - error, mean + error, color=group.colour, alpha=0.3, linewidth=0, zorder=2)
            axes.plot(strain, mean, color=group.colour, linewidth=1.5, zorder=3,
                      label=f"{group.label} ± standard error")
        rows += zip([group.label] * len(strain), strain, *(column for pair in means for column in pair))
    lowest, highest = panels[0].dataLim.y0, panels[0].dataLim.y1
    if lowest < 0 < highest:
        panels[0].axhline(0, color=GREY, linewidth=0.8, zorder=0)
    panels[0].set_ylabel(rf"${symbols.pop()}$ {stress_unit(runs[0], dimension)}")
    panels[1].set_ylabel(r"$U/N$ [$\varepsilon$]")
    panels[1].set_xlabel(r"strain $\gamma$")
    panels[1].ticklabel_format(axis="y", useOffset=False)
    for axes in panels:
        axes.margins(x=0.01)
    if panels[0].get_legend_handles_labels()[1]:
        panels[0].legend(loc="best")
    figure.align_ylabels()
    if table:
        if not rows:
            raise NothingToDraw("there are no realisations, of which a table would hold the means")
        write_table(table, ["runs", "strain", "stress", "stress_error", "energy_per_particle",
                            "energy_per_particle_error"],
                    zip(*rows))
    return figure


def window_before(run, strains, frame):
    """The strains between which D²min of a frame was measured, from the last window that had ended; None where not
    known."""
    config = settings(run).get("d2min", {})
    ends = None
    try:
        with open_file(run, "shear.h5") as file:
            ends = file["profiles/strain"][()].ravel()
    except (NothingToDraw, KeyError, OSError):
        pass
    # A loading that turns passes a strain more than once; its windows are not told apart by the strain.
    if ends is None or strains is None or (np.diff(np.abs(np.concatenate([strains[:1], ends]) - strains[0])) < 0).any():
        return None
    passed = ends[np.abs(ends - strains[0]) <= abs(strains[frame] - strains[0]) * (1 + 1e-9)]
    if len(passed) == 0:
        return None
    start = passed[-2] if len(passed) > 1 and config.get("reference", "window") == "window" else strains[0]
    return start, passed[-1]


def d2min_map(run, frame=-1, normal=None, place=0.5, thickness=2.0):
    """Particles in the sheared cell, coloured by their D²min; where discs overlap, the largest value is on top."""
    with open_file(run, "trajectory.h5") as file:
        group = file.get("particles/trajectory")
        if group is None or "d2min" not in group:
            raise NothingToDraw("trajectory.h5 holds no d2min; ask for it with output.fields = [\"d2min\"]")
        frame = chosen_frame(group, frame)
        strains = frame_strains(file)
        value = np.asarray(time_series(group, "d2min", frame), float).ravel()
        seen = Particles(run, group["position/value"][frame], time_series(group["box"], "edges", frame),
                         time_series(group, "diameter", frame), normal, place, thickness)
    value = value[seen.inside]
    known = np.isfinite(value)
    positive = value[known & (value > 0)]
    if len(positive) == 0:
        raise NothingToDraw(f"D²min is zero or undefined for every particle of frame {frame}")
    low, high = np.percentile(positive, [2, 99.9])
    if not high > low:
        low, high = high / 10, high
    norm = LogNorm(low, high, clip=True)
    colours = INTENSITY(norm(np.where(known, np.clip(value, low, high), low)))
    colours[~known] = matplotlib.colors.to_rgba(GREY)
    figure, axes = seen.figure()
    seen.draw(axes, colours, np.argsort(np.where(known, value, -1), kind="stable"))

    window = window_before(run, strains, frame)
    title = f"frame {frame}"
    if window:
        title = rf"$D^2_{{\min}}$ from $\gamma$ = {window[0]:.4g} to {window[1]:.4g}"
        if abs(window[1] - strains[frame]) > 1e-9:
            title += rf", positions at {strains[frame]:.4g}"
    elif strains is not None:
        title += rf", $\gamma$ = {strains[frame]:.4g}"
    if seen.slab:
        title += f"\n{seen.slab}"
    if not known.all():
        title += f", {np.count_nonzero(~known)} without value (grey)"
    axes.set_title(title)
    kind = settings(run).get("d2min", {}).get("normalisation", "mean")
    colour_bar(figure, axes, norm, INTENSITY,
               rf"$D^2_{{\min}}${' per neighbour' if kind == 'mean' else ''} [${length_symbol(run)}^2$]", extend="both")
    return figure


def event_map(run, event=None, frame=None, normal=None, place=0.5, thickness=2.0):
    """The nonaffine displacements around a located event, as arrows, in the first frame after it.

    They are those since the start of the D²min window of that frame: with a frame and a window for each step, those of
    one step.
    """
    with open_file(run, "shear.h5") as file:
        if "events/strain_after" not in file or len(file["events/strain_after"]) == 0:
            raise NothingToDraw("shear.h5 holds no events; locate them with events.adaptive = true")
        at = file["events/strain_after"][()].ravel()
        energy_drop = file["events/energy_drop"][()].ravel()
        centres = file["events/centre"][()]
        participation = file["events/participation_ratio"][()].ravel()
    with open_file(run, "trajectory.h5") as file:
        group = file["particles/trajectory"]
        if "displacement" not in group:
            raise NothingToDraw("trajectory.h5 holds no displacements; ask for them with output.fields = "
                                "[\"displacement\"]")
        strains = frame_strains(file)
        if (np.diff(strains) < 0).any() and (np.diff(strains) > 0).any():
            raise NothingToDraw("the loading turns; the frame of an event is not told by its strain")
        sign = -1 if strains[-1] < strains[0] else 1
        # The first frame at or after each event.
        frames = np.searchsorted(sign * strains, sign * at - 1e-12)
        if event is None:
            reached = np.flatnonzero(frames < len(strains))
            if len(reached) == 0:
                raise NothingToDraw("no frame was written after an event")
            event = int(reached[np.argmax(energy_drop[reached])])
        if not 0 <= event < len(at):
            raise NothingToDraw(f"there are the events 0 to {len(at) - 1}, not {event}")
        if frames[event] >= len(strains):
            raise NothingToDraw(f"no frame was written after event {event}")
        frame = int(frames[event])
        displacement = np.asarray(time_series(group, "displacement", frame), float)
        seen = Particles(run, group["position/value"][frame], time_series(group["box"], "edges", frame),
                         time_series(group, "diameter", frame), normal, place, thickness)
    u = displacement[seen.inside][:, seen.plane]
    length = np.linalg.norm(u, axis=1)
    if length.max() == 0:
        raise NothingToDraw(f"nothing has moved in the window of frame {frame}")
    figure, axes = seen.figure()
    seen.draw(axes, np.tile(matplotlib.colors.to_rgba("#E8E8E8"), (len(u), 1)))
    # Arrows grow as the root of the displacement: the far field, a hundredth of the core, is to be seen with it. The
    # longest is two and a half typical spacings of the particles that are seen.
    scale = 2.5 * np.sqrt(abs(np.linalg.det(seen.edges)) / len(u))
    arrows = u / np.sqrt(length.max() * np.maximum(length, 1e-300))[:, None] * scale
    norm = LogNorm(length.max() / 1e3, length.max(), clip=True)
    order = np.argsort(length)
    axes.quiver(*seen.points[order].T, *arrows[order].T, length[order], cmap=INTENSITY, norm=norm, angles="xy",
                units="xy", scale_units="xy", scale=1, width=0.05 * scale, headwidth=4, headlength=5,
                headaxislength=4.5, pivot="middle", zorder=3)
    if not seen.slab:
        axes.plot(*centres[event][seen.plane], marker="+", color=BLUE, markersize=14, markeredgewidth=2, zorder=4)
    inside = np.count_nonzero(frames == frame)
    title = rf"event {event} at $\gamma$ = {at[event]:.7g}, $\Delta U$ = {energy_drop[event]:.3g} $\varepsilon$"
    title += rf", participation {participation[event] * len(displacement):.3g} particles"
    title += f"\nframe {frame}" + (f", with {inside} events since the last" if inside > 1 else "")
    if seen.slab:
        title += f", {seen.slab}"
    axes.set_title(title)
    colour_bar(figure, axes, norm, INTENSITY,
               rf"nonaffine $|u|$ [${length_symbol(run)}$]; arrows $\propto\sqrt{{|u|}}$, cross: centre", extend="min")
    return figure


FEWEST_DROPS = 15


def event_sizes(runs, column=None):
    """How often drops of stress and energy of each size occur: of located events, or else of the strain steps of the
    curve."""
    runs = runs_below(runs, "shear.h5")
    drops = {"stress": [], "energy": []}
    located = None
    for run in runs:
        curve, _ = read_curve(run)
        pick, symbol = chosen_stress(run, curve, column)
        dimension = 3 if "stress_zz" in curve else 2
        with open_file(run, "shear.h5") as file:
            adaptive = settings(run).get("events", {}).get("adaptive", False)
            if located not in (None, adaptive):
                raise NothingToDraw("events were located in some of the runs only")
            located = adaptive
            if adaptive:
                drops["stress"].append(pick(components(file["events/stress_drop"][()])))
                drops["energy"].append(file["events/energy_drop"][()].ravel())
            else:
                stress = pick({name[7:]: v for name, v in curve.items() if name.startswith("stress_")})
                drops["stress"].append(-np.diff(stress) * np.sign(np.diff(curve["strain"])))
    panels = ["stress", "energy"] if located else ["stress"]
    figure, row = plt.subplots(1, len(panels), figsize=(5.2 * len(panels), 4.2), squeeze=False)
    for axes, name in zip(row[0], panels):
        every = np.concatenate(drops[name])
        size = every[every > 0]
        if len(size) < FEWEST_DROPS:
            raise NothingToDraw(
                f"only {len(size)} {'events' if located else 'steps'} lower the {name}; {FEWEST_DROPS} are needed")
        edges = logarithmic_bins(size.min(), size.max(), 5 if len(size) >= 200 else 3)
        counts, _ = np.histogram(size, edges)
        shown = counts > 0
        centre, width = np.sqrt(edges[1:] * edges[:-1]), np.diff(edges)
        density = counts / width / len(size)
        axes.errorbar(centre[shown], density[shown], yerr=(density / np.sqrt(np.maximum(counts, 1)) * 0.999)[shown],
                      fmt="o", color=BLUE, markersize=4, linewidth=1,
                      label=f"{len(size)} of {len(every)} {'events' if located else 'strain steps'}")
        axes.set_xscale("log")
        axes.set_yscale("log")
        # The error of a bin of one is as large as itself: its lower end is out of the picture.
        axes.set_ylim(0.3 * density[shown].min(), 3 * density.max())
        unit = stress_unit(runs[0], dimension) if name == "stress" else r"[$\varepsilon$]"
        quantity = rf"\Delta {symbol}" if name == "stress" else r"\Delta U"
        axes.set_xlabel(rf"drop ${quantity}$ {unit}")
        axes.set_ylabel(rf"$P({quantity})$")
        axes.legend(loc="best")
    return figure


PROFILES = {  # dataset stem: label, colours, by the axis of the flow, the unit of length and the settings of D²min
    "plastic_count": (lambda f, l, d: "windows so far with\n"
                      rf"$D^2_{{\min}}$ > {d.get('threshold', 0.01):g} ${l}^2$, per particle",
                      INTENSITY),
    "d2min": (lambda f, l, d: rf"mean $D^2_{{\min}}$ [${l}^2$]" "\nin the window", INTENSITY),
    "displacement": (lambda f, l, d: rf"mean nonaffine $u_{f}$ [${l}$]" "\nin the window", "PuOr"),
}
# Fewer windows than this are lines, more a map.
FEW_WINDOWS = 16


def profiles(run, axes="gradient"):
    """Profiles across the cell, one row per quantity: a line for each window of strain, or a map where there are
    many."""
    with open_file(run, "shear.h5") as file:
        group = file.get("profiles")
        if group is None or "strain" not in group or group["strain"].shape[0] == 0:
            raise NothingToDraw("shear.h5 holds no profiles; ask for them with output.profiles = true")
        strain = group["strain"][()].ravel()
        present = [a for a in AXES if f"edges_{a}" in group]
        flow, gradient = loading_plane(run, len(present))
        if axes == "gradient":
            chosen = [AXES[gradient]]
        else:
            chosen = [a for a in present if a in axes]
            if len(chosen) < len(set(axes)):
                raise NothingToDraw(f"shear.h5 holds profiles along {', '.join(present)}, not along all of {axes}")
        stems = [s for s in PROFILES if all(f"{s}_{a}" in group for a in chosen)]
        data = {(s, a): group[f"{s}_{a}"][()] for s in stems for a in chosen}
        edges = {a: group[f"edges_{a}"][()] for a in chosen}
    # The file has the displacement along the flow of simple shear, and else along x.
    along = AXES[flow] if settings(run).get("loading", {}).get("mode") == "simple-shear" else "x"
    if not data:
        raise NothingToDraw("shear.h5 holds no profiles")
    few = len(strain) <= FEW_WINDOWS
    along_label = r"strain $\gamma$ at the end of the window"
    if (np.diff(strain) < 0).any() and (np.diff(strain) > 0).any():
        # A loading that turns comes to a strain more than once.
        strain, along_label = 1.0 + np.arange(len(strain)), "window of D²min, counted from the start"
    figure, grid = plt.subplots(len(stems), len(chosen), squeeze=False, sharex="col" if few else "all",
                                figsize=(2.2 + 4.8 * len(chosen), 0.6 + 2.7 * len(stems)))
    strains = Normalize(min(0, strain.min()), max(0, strain.max()) or 1)
    for row, stem in enumerate(stems):
        label, colours = PROFILES[stem]
        label = label(along, length_symbol(run), settings(run).get("d2min", {}))
        finite = np.concatenate([data[stem, a][np.isfinite(data[stem, a])] for a in chosen])
        largest = np.abs(finite).max() if len(finite) and np.abs(finite).max() > 0 else 1.0
        if stem == "displacement":
            norm = Normalize(-largest, largest)
        elif stem == "d2min" and (finite > 0).any():
            floor = np.percentile(finite[finite > 0], 2)
            norm = LogNorm(floor if floor < largest else largest / 10, largest)
        else:
            norm = Normalize(0, largest)
        for column, a in enumerate(chosen):
            panel = grid[row, column]
            profile = data[stem, a]
            position = rf"${a}/L_{a}$"
            if few:
                for k in range(len(strain)):
                    panel.stairs(profile[k], edges[a], baseline=None, color=INTENSITY(0.15 + 0.8 * strains(strain[k])),
                                 linewidth=1.2)
                panel.set_xlim(edges[a][0], edges[a][-1])
                if isinstance(norm, LogNorm):
                    panel.set_yscale("log")
                if row == len(stems) - 1:
                    panel.set_xlabel(position)
                if column == 0:
                    panel.set_ylabel(label)
            else:
                # A window is drawn up to the strain at which it ends.
                sides = np.concatenate([[2 * strain[0] - strain[1]], strain])
                clipped = np.maximum(profile, norm.vmin) if isinstance(norm, LogNorm) else profile
                mappable = panel.pcolormesh(sides, edges[a], clipped.T, norm=norm, cmap=colours, rasterized=True)
                panel.set_ylabel(position)
                if row == len(stems) - 1:
                    panel.set_xlabel(along_label)
        if not few:
            figure.colorbar(mappable, ax=list(grid[row]), pad=0.01, aspect=15).set_label(label)
    if few and len(strain) > 1:
        shades = INTENSITY(0.15 + 0.8 * np.linspace(0, 1, 256))
        bar = figure.colorbar(matplotlib.cm.ScalarMappable(strains, matplotlib.colors.ListedColormap(shades)), ax=grid,
                              pad=0.02, aspect=40)
        bar.set_label(along_label)
    return figure


def particles(run, normal=None, place=0.5, thickness=2.0):
    """The configuration of a run, its particles coloured by their diameters."""
    with open_file(run, "state.h5") as file:
        group = file["particles/trajectory"]
        seen = Particles(run, group["position/value"][-1], time_series(group["box"], "edges", -1),
                         time_series(group, "diameter", -1), normal, place, thickness)
    low, high = seen.diameter.min(), seen.diameter.max()
    norm = Normalize(low if high > low else low - 0.5, high if high > low else high + 0.5)
    figure, axes = seen.figure()
    seen.draw(axes, plt.get_cmap("viridis")(norm(seen.diameter)))
    if seen.slab:
        axes.set_title(seen.slab)
    colour_bar(figure, axes, norm, "viridis", rf"diameter [${length_symbol(run)}$]")
    return figure
