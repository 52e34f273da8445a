"""Draws what `flow` has measured at each of its shear rates, and `measure` over the frames of a trajectory. No physics
is computed here."""

import glob
import os

from figures import (BLACK, BLUE, GREY, INTENSITY, VERMILION, LogNorm, NothingToDraw, Particles, chosen_frame,
                     colour_bar, colours, frame_strains, length_symbol, logarithmic, matplotlib, np, open_file,
                     plain_ticks, plt, settings, stress_unit, summary, time_series, words)
from run_groups import groups, runs_below, separate

RATE = r"$\dot\gamma$ [$1/\tau$]"


# ---- Reading -------------------------------------------------------------------------------------------------------


def file_of(run, name, replica):
    """The name of an output of a replica, which has a number if there are several."""
    numbered = f"{name}-r{replica}.h5"
    return numbered if glob.glob(os.path.join(glob.escape(run), "flow-r*.h5")) else f"{name}.h5"


def open_flow(run, replica):
    return open_file(run, file_of(run, "flow", replica))


def has_frames(run):
    """Whether frames of a trajectory were measured, from one strain to the next, and no flow."""
    return os.path.isfile(os.path.join(run, "measure.h5"))


def section(run):
    return settings(run).get("flow", {})


def measurement(run):
    """The settings of what is measured of plasticity."""
    return settings(run).get("frames", {}) if has_frames(run) else section(run).get("measure", {})


def clock(run):
    """The name of the quantity in which rows are equally spaced, its symbol, and its unit."""
    return ("strain", r"\gamma", "") if has_frames(run) else ("time", "t", r" [$\tau$]")


def drift(run):
    """What a lag adds to the stress of an elastic block."""
    return r"G_0\gamma" if has_frames(run) else r"G_0\dot\gamma t"


def shear_stress(run):
    """The names of the two axes of the flow."""
    return section(run).get("plane", "xy")


def stress_symbol(run):
    return r"\sigma:A" if has_frames(run) else rf"\sigma_{{{shear_stress(run)}}}"


def points(run):
    """The flow curve of the summary: a dictionary for each rate; empty before the end of the run. Frames have one."""
    if has_frames(run):
        return [summary(run)["frames"]["plastic"]] if "frames" in summary(run) else []
    return summary(run).get("flow_curve", [])


def label(rate):
    return "from frame to frame" if np.isnan(rate) else rf"$\dot\gamma$ = {rate:g}"


def read_rates(run, replica, group=None):
    """For each rate that has been reached, in the order of the run, its number, the rate, and what was measured: the
    columns of the curve by name, or the datasets of a group, which is there when a rate is over. Frames of a trajectory
    count as one, whose rate is not a number."""
    found = []
    rates = [(f"rates/{k}", rate) for k, rate in enumerate(section(run).get("rates", []))]
    with open_file(run, "measure.h5") if has_frames(run) else open_flow(run, replica) as file:
        for k, (name, rate) in enumerate([("frames", np.nan)] if has_frames(run) else rates):
            place = file.get(name)
            if place is None:
                continue
            if group is None:
                table, names = place["curve"][()], words(place["curve"].attrs["columns"])
                if len(table):
                    found.append((k, rate, {name: table[:, c] for c, name in enumerate(names)}))
            elif group in place:
                found.append((k, rate, {name: place[group][name][()] for name in place[group]}))
    if not found:
        raise NothingToDraw("no rate has its first row yet" if group is None else
                            "no rate has ended yet; this is measured until its end")
    return found


def one_rate(found, number):
    """The rate of this number; by default the slowest."""
    if number is None:
        return min(found, key=lambda each: each[1])
    for each in found:
        if each[0] == number:
            return each
    raise NothingToDraw(f"the run has measured the rates {', '.join(str(each[0]) for each in found)}, counted from 0, "
                        f"not {number}")


def rate_colours(found):
    """A colour for each rate, in their order."""
    ranks = np.argsort(np.argsort([-rate for _, rate, _ in found], kind="stable"), kind="stable")
    shades = colours(len(found))
    return [shades[rank] for rank in ranks]


# ---- Macroscopic flow ----------------------------------------------------------------------------------------------


def stress_activity(run, rate=None, start=None, end=None, replica=0):
    """Stress against strain, and below it the number of active particles (Puosi, Olivier and Martens 2015, Fig. 4a):
    one rate after the other, or a part of one."""
    found = read_rates(run, replica)
    shades = rate_colours(found)
    if rate is not None or start is not None or end is not None:
        chosen = one_rate(found, rate)
        found, shades = [chosen], [BLUE]
    figure, panels = plt.subplots(2, 1, figsize=(8, 5.6), sharex=True, gridspec_kw={"height_ratios": [3, 2]})
    plane, discard = shear_stress(run), section(run).get("discard", 0)
    marker = "o" if max(len(curve["strain"]) for _, _, curve in found) <= 100 else None
    before = 0.0
    highest = 1.0
    for (_, value, curve), colour in zip(found, shades):
        strain = curve["strain"]
        seen = (strain >= (start or 0)) & (strain <= (np.inf if end is None else end))
        if not seen.any():
            raise NothingToDraw(f"the strain at this rate goes from 0 to {strain[-1]:g}")
        x = before + strain[seen]
        stress = curve["working_stress"] if has_frames(run) else curve[f"stress_{plane}"]
        panels[0].plot(x, stress[seen], color=colour, linewidth=1, label=label(value))
        active = curve["active"][seen]
        panels[1].plot(x, active, color=colour, linewidth=0.8, marker=marker, markersize=3, markerfacecolor="white")
        highest = max(highest, np.nanmax(active, initial=0))
        for axes in panels:
            if discard > strain[seen][0]:
                axes.axvspan(x[0], min(before + discard, x[-1]), color=GREY, alpha=0.25, linewidth=0, zorder=0)
            if before > 0:
                axes.axvline(before, color=GREY, linewidth=0.8, zorder=0)
        before += strain[-1]
    dimension = dimension_of_curve(found[0][2])
    panels[0].set_ylabel(rf"${stress_symbol(run)}$ {stress_unit(run, dimension)}")
    panels[1].set_ylabel("active particles")
    panels[1].set_ylim(0, 1.08 * highest)
    panels[1].set_xlabel(r"strain $\gamma$" if len(found) == 1 else
                         r"strain $\gamma$ at each rate, one after the other; grey: not measured")
    for axes in panels:
        axes.margins(x=0.01)
    # Above the curve, where rates with high stresses would cross a legend inside.
    panels[0].legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(4, len(found)))
    figure.align_ylabels()
    return figure


def dimension_of_curve(curve):
    return 3 if "stress_zz" in curve else 2


def flow_curve(runs, yield_stress=None, modulus=None):
    """Mean stress against shear rate with both Herschel-Bulkley fits, and what exceeds the yield stress of the fit;
    several runs together. With local yield stresses σ_c, one for each run, in units of σ_c, G₀ and τ_p; G₀ of each run
    may be given too."""
    found = [group for group in separate(groups(runs_of_flow(runs))) if points(group.runs[0])]
    if not found:
        raise NothingToDraw("no run has ended yet; the flow curve is in its summary")
    for values, what in ((yield_stress, "local yield stresses"), (modulus, "moduli")):
        if values is not None and len(values) != len(found):
            raise NothingToDraw(f"there are {len(found)} runs, and {len(values)} {what}; give one each")
    # A stress that falls with the rate, in a run that is too short, exceeds no yield stress.
    laws = [[(kind, law) for kind, law in summary(group.runs[0]).get("herschel_bulkley", {}).items()
             if law and law["prefactor"] > 0] for group in found]
    has_fit = any(laws)
    figure, panels = plt.subplots(1, 1 + has_fit, figsize=(11 if has_fit else 6, 4.8), squeeze=False)
    panels = panels[0]
    for k, (group, own) in enumerate(zip(found, laws)):
        name = group.label if len(found) > 1 else ""
        scales = (1.0, 1.0) if yield_stress is None else units(group.runs[0], yield_stress[k], modulus and modulus[k])
        draw_flow_curve(panels, group, own, name, scales)
    run, is_rescaled = found[0].runs[0], yield_stress is not None
    across = r"strain rate $\dot\gamma\,G_0\tau_p/\sigma_c$" if is_rescaled else rf"strain rate {RATE}"
    mean = rf"\langle{stress_symbol(run)}\rangle"
    unit = "" if is_rescaled else f" {stress_unit(run, dimension_of(run))}"
    ups = ([rf"${mean}/\sigma_c$", rf"$({mean} - \sigma_Y)/\sigma_c$"] if is_rescaled
           else [rf"${mean}$" + unit, rf"${mean} - \sigma_Y$" + unit])
    for axes, up in zip(panels, ups):
        axes.set_xscale("log")
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        axes.legend(loc="upper left")
        label_few_decades(axes.xaxis, *axes.get_xlim())
    if has_fit:
        panels[1].set_yscale("log")
        label_few_decades(panels[1].yaxis, *panels[1].get_ylim())
    return figure


def draw_flow_curve(panels, group, laws, name, scales):
    """One run: points and fits, and, with the yield stress of each fit, what exceeds it."""
    curve = points(group.runs[0])
    rate, stress, error = (np.array([float(p[key]) for p in curve]) for key in ("rate", "stress", "stress_error"))
    rate_unit, unit = scales
    look = {"color": group.colour, "markersize": 5, "capsize": 2}
    panels[0].errorbar(rate / rate_unit, stress / unit, yerr=error / unit, fmt="o", linewidth=1.2,
                       label=name or "measured", **look)
    fine = np.geomspace(rate.min() / 1.5, rate.max() * 1.5, 200)
    for kind, law in laws:
        style, fill = ("-", group.colour) if kind == "free" else ("--", "white")
        exponent = "½" if kind == "half" else with_error(law["exponent"], law["exponent_error"])
        limit = with_error(law["yield_stress"], law["yield_stress_error"])
        above = law["prefactor"] * fine ** law["exponent"]
        panels[0].plot(fine / rate_unit, (law["yield_stress"] + above) / unit, linestyle=style, linewidth=1.1,
                       color=group.colour, label=None if name else rf"fit with $\sigma_Y$ = {limit}, $n$ = {exponent}")
        excess = stress - law["yield_stress"]
        seen = excess > 0
        panels[1].errorbar(rate[seen] / rate_unit, excess[seen] / unit,
                           yerr=[np.minimum(error, 0.99 * excess)[seen] / unit, error[seen] / unit], fmt="o",
                           markerfacecolor=fill, linewidth=1, label=f"{name}{', ' if name else ''}$n$ = {exponent}",
                           **look)
        panels[1].plot(fine / rate_unit, above / unit, linestyle=style, linewidth=1.1, color=group.colour)


def label_few_decades(axis, low, high):
    """Ticks at 1, 2 and 5 where there are hardly any powers of ten."""
    if high < 100 * low:
        plain_ticks(axis)


def runs_of_flow(runs):
    """The folders that hold a flow, also one of several replicas."""
    return [folder for run in runs for folder in
            ([run] if glob.glob(os.path.join(glob.escape(run), "flow-r*.h5")) else runs_below([run], "flow.h5"))]


def units(run, local_yield_stress, modulus):
    """Units of rate and of stress: σ_c/(G₀ τ_p) and σ_c, with τ_p, and G₀ if it is not given, of the slowest rate that
    has them."""
    known = [p for p in sorted(points(run), key=lambda p: p["rate"])
             if p.get("event_duration") and (modulus or p.get("modulus"))]
    if not known:
        raise NothingToDraw(f"{run}: no rate has an event_duration and a modulus; give the latter with --modulus")
    return local_yield_stress / ((modulus or known[0]["modulus"]) * known[0]["event_duration"]), local_yield_stress


# ---- Stresses of blocks --------------------------------------------------------------------------------------------


def stress_diffusion(run, replica=0):
    """Mean square difference of block stresses against time, with the window of the fit and its line D_σ t + floor;
    thin
    lines are ⟨Δσ²⟩ itself, from which no elastic drift G₀γ̇t is taken (it is 0 where G₀ is not known)."""
    found = read_rates(run, replica, "stress_difference")
    (name, symbol, unit), window = clock(run), measurement(run).get("fit_window")
    known = dict(enumerate(points(run)))
    figure, axes = plt.subplots(figsize=(7, 5))
    has_line = False
    if window:
        axes.axvspan(*window, color=GREY, alpha=0.25, linewidth=0, zorder=0)
    for (k, rate, data), colour in zip(found, rate_colours(found)):
        time, square, error = data[name], data["mean_square"], data["mean_square_error"]
        text = label(rate)
        used = (time >= window[0]) & (time <= window[1]) & np.isfinite(square) if window else np.zeros(0, bool)
        slope = known.get(k, {}).get("diffusion") if used.sum() > 1 else None
        if slope:
            # The line of least squares goes through the centre of its points.
            floor = square[used].mean() - slope * time[used].mean()
            fine = np.geomspace(max(time[0], 1e-3 * window[1]), 3 * window[1], 200)
            line = floor + slope * fine
            shown = line > 0
            has_line = True
            axes.plot(fine[shown], line[shown], color=colour, linestyle="--", linewidth=1)
            text += rf", $D_\sigma$ = {with_error(slope, known[k].get('diffusion_error'))}, floor {floor:.2g}"
        axes.errorbar(time, square, yerr=np.where(np.isfinite(error), error, 0), fmt="o", color=colour, markersize=3.5,
                      linewidth=1, label=text)
        axes.plot(time, data["mean_square_total"], color=colour, linewidth=0.9, alpha=0.6)
    axes.plot([], [], color=BLACK, linewidth=0.9, alpha=0.6,
              label=r"$\langle\Delta\sigma^2\rangle$, no drift subtracted")
    logarithmic(axes, rf"{name} ${symbol}${unit}",
                rf"$\langle(\Delta\sigma - {drift(run)})^2\rangle$ {squared(stress_unit(run, dimension_of(run)))}")
    if has_line:
        axes.plot([], [], color=BLACK, linestyle="--", linewidth=1,
                  label=rf"floor + $D_\sigma {symbol}$, fitted in the grey window" + of_replicas(run))
        axes.legend(loc="best")
    return figure


def with_error(value, error):
    """A number of the summary with its error, where that is known."""
    return f"{value:.3g}" + (f" ± {error:.1g}" if isinstance(error, float) and np.isfinite(error) else "")


def of_replicas(run):
    """What the numbers of the summary are, where there are several replicas."""
    count = section(run).get("replicas", 1)
    return f"; mean of {count} replicas" if count > 1 else ""


def squared(unit):
    """The square of a unit in brackets."""
    return rf"[$({unit.strip('[$]')})^2$]"


def dimension_of(run):
    return summary(run).get("dimension") or settings(run).get("system", {}).get("generate", {}).get("dimension", 2)


def stress_kicks(run, rate=None, replica=0):
    """Probability density of the changes of block stress over a row and over the lag, up and down, with a Gaussian of
    the same variance. By default at the slowest rate."""
    _, value, data = one_rate(read_rates(run, replica, "stress_difference"), rate)
    edges = data["kick_edges"]
    # Two of the file's bins together: ten for each decade.
    edges, up, down = edges[::2], *(counts[:, ::2] + counts[:, 1::2] for counts in (data["kicks_up"],
                                                                                     data["kicks_down"]))
    total = (up + down).sum(axis=1)
    if (total == 0).any():
        raise NothingToDraw("there are no kicks yet")
    figure, panels = plt.subplots(1, 2, figsize=(10.4, 4.6), sharex=True, sharey=True)
    centre, width = np.sqrt(edges[1:] * edges[:-1]), np.diff(edges)
    lowest, highest, left = np.inf, 0, np.inf
    for k, axes in enumerate(panels):
        place = np.argmin(np.abs(data["time"] - data["kick_times"][k]))
        variance = data["mean_square_total"][place] - data["mean"][place] ** 2
        for counts, sign, marker, colour, filled in ((up[k], ">", "o", BLUE, True), (down[k], "<", "s", VERMILION,
                                                                                     False)):
            seen = counts > 0
            density = counts[seen] / (total[k] * width[seen])
            error = density / np.sqrt(counts[seen])
            axes.errorbar(centre[seen], density, yerr=[np.minimum(error, 0.99 * density), error], fmt=marker,
                          color=colour, markersize=4, linewidth=0.8, markerfacecolor=None if filled else "white",
                          label=rf"$\Delta\sigma {sign} 0$")
            lowest, highest = min(lowest, density.min()), max(highest, density.max())
            # Kicks far below the deviation have a constant density.
            left = min(left, np.sqrt(variance) / 30)
        fine = np.geomspace(np.sqrt(variance) / 100, 10 * np.sqrt(variance), 300)
        gauss = np.exp(-fine ** 2 / (2 * variance)) / np.sqrt(2 * np.pi * variance)
        axes.plot(fine, gauss, color=BLACK, linestyle="--", linewidth=1.1, label="Gaussian of the same variance")
        highest = max(highest, gauss.max())
        axes.set_title(rf"{label(value)}, $t$ = {data['kick_times'][k]:g} $\tau$, "
                       f"kurtosis {data['kurtosis'][place]:.3g}")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(rf"$|\Delta\sigma|$ {stress_unit(run, dimension_of(run))}")
        axes.legend(loc="lower left")
    farthest = centre[(up + down).any(axis=0)].max()
    panels[0].set_xlim(left, 1.5 * farthest)
    panels[0].set_ylim(lowest / 3, 3 * highest)
    panels[0].set_ylabel(rf"$P(\Delta\sigma)$ {inverse(stress_unit(run, dimension_of(run)))}")
    return figure


def inverse(unit):
    return rf"[$({unit.strip('[$]')})^{{-1}}$]"


# ---- Plastic events ------------------------------------------------------------------------------------------------


def event_duration(run, replica=0):
    """Autocorrelation C_p of D²min of active particles against time, with exp(−t/τ_p) (Puosi, Olivier and Martens
    2015, Fig. 5a)."""
    found = read_rates(run, replica, "autocorrelation")
    known = dict(enumerate(points(run)))
    figure, axes = plt.subplots(figsize=(7, 5))
    lag = section(run).get("measure", {}).get("lag")
    lowest, has_line = 1.0, False
    for (k, rate, data), colour in zip(found, rate_colours(found)):
        seen = (data["pairs"] > 0) & (data["correlation"] > 0)
        if not seen.any():
            continue
        time, value, error = (data[name][seen] for name in ("time", "correlation", "error"))
        duration = known.get(k, {}).get("event_duration")
        text = label(rate)
        if duration:
            text += rf", $\tau_p$ = {with_error(duration, known[k].get('event_duration_error'))}"
            has_line = True
            axes.plot(time, np.exp(-time / duration), color=colour, linestyle="--", linewidth=1)
        axes.errorbar(time, value, yerr=np.where(np.isfinite(error), np.minimum(error, 0.99 * value), 0), fmt="o",
                      color=colour, markersize=3.5, linewidth=1, label=text)
        lowest = min(lowest, value.min())
    if not axes.has_data():
        raise NothingToDraw("no particle was active")
    if lag:
        axes.axvline(lag, color=GREY, linewidth=0.8, zorder=0)
        axes.annotate(r"lag of $D^2_{\min}$", (lag, 1.15), xytext=(4, 0), textcoords="offset points", fontsize=10,
                      color="#777777", va="center")
    if has_line:
        axes.plot([], [], color=BLACK, linestyle="--", linewidth=1, label=r"$\exp(-t/\tau_p)$" + of_replicas(run))
    axes.set_yscale("log")
    axes.set_ylim(max(lowest / 1.3, 1e-3), 1.4)
    axes.set_xlabel(r"time $t$ [$\tau$]")
    axes.set_ylabel(r"$C_p(t)$ of active particles")
    axes.legend(loc="best")
    return figure


def box_edges(run, replica):
    """The edges of the box at the end of the run; None before."""
    try:
        with open_file(run, file_of(run, "state", replica)) as file:
            edges = np.asarray(time_series(file["particles/trajectory/box"], "edges", -1), float)
    except NothingToDraw:
        return None
    return np.diag(edges) if edges.ndim == 1 else edges


def cluster_sizes(run, replica=0):
    """Probability density of the sizes of clusters of active blocks, at each rate."""
    found = [each for each in read_rates(run, replica, "clusters") if len(each[2]["size"])]
    if not found:
        raise NothingToDraw("there was no active block")
    edges = box_edges(run, replica)
    known = dict(enumerate(points(run)))
    figure, axes = plt.subplots(figsize=(7, 5))
    lowest = np.inf
    for (k, rate, data), colour in zip(found, rate_colours(found)):
        block = 1.0 if edges is None else abs(np.linalg.det(edges)) / np.prod(data["small_blocks"])
        size, count = data["size"], data["count"]
        sides = whole_bins(size.max())
        counts, _ = np.histogram(size, bins=sides, weights=count)
        seen = counts > 0
        # Half a block below and above: the bins hold whole numbers of blocks.
        middle = np.sqrt(np.maximum(sides[:-1] + 0.5, 1) * (sides[1:] - 0.5))[seen] * block
        density = counts[seen] / (count.sum() * np.diff(sides)[seen] * block)
        error = density / np.sqrt(counts[seen])
        text = label(rate)
        length = known.get(k, {}).get("cluster_length")
        if length and edges is not None:
            text += rf", $\langle l_{{\mathrm{{pl}}}}\rangle$ = {length:.3g} ${length_symbol(run)}$"
        axes.errorbar(middle, density, yerr=[np.minimum(error, 0.99 * density), error], fmt="o-", color=colour,
                      markersize=4, linewidth=1, label=text)
        lowest = min(lowest, density.min())
    dimension = len(found[0][2]["small_blocks"])
    symbol, name = ("A", "area") if dimension == 2 else ("V", "volume")
    unit = rf"{length_symbol(run)}^{dimension}" if edges is not None else r"\mathrm{small\ blocks}"
    logarithmic(axes, rf"{name} of a cluster ${symbol}_{{\mathrm{{pl}}}}$ [${unit}$]",
                rf"$P({symbol}_{{\mathrm{{pl}}}})$ [$1/{unit}$]")
    axes.set_ylim(lowest / 3, None)
    return figure


def whole_bins(largest):
    """Edges between whole numbers from 1 to the largest: single ones first, then eight bins for each decade."""
    starts = np.unique(np.round(np.geomspace(1, largest + 1, max(2, int(8 * np.log10(largest + 1)) + 1))))
    return starts - 0.5


def activity_map(run, frame=-1, replica=0, normal=None, place=0.5, thickness=2.0):
    """Particles in the sheared box, coloured by their D²min over the last lag, and the outlines of the clusters of
    active small blocks. In three dimensions the blocks are those that the middle of the slab cuts. Of frames that were
    measured it is the last."""
    with open_file(run, "state.h5" if has_frames(run) else file_of(run, "trajectory", replica)) as file:
        group = file.get("particles/trajectory")
        if group is None or "d2min" not in group:
            raise NothingToDraw("trajectory.h5 holds no d2min; ask for it with output.trajectory = true and "
                                "output.fields = [\"d2min\"]")
        frame = chosen_frame(group, frame)
        value = np.asarray(time_series(group, "d2min", frame), float).ravel()
        position, edges = group["position/value"][frame], time_series(group["box"], "edges", frame)
        strain = frame_strains(file)
        row = int(group["position/step"][frame])
        seen = Particles(run, position, edges, time_series(group, "diameter", frame), normal, place, thickness)
    if not np.isfinite(value).any():
        raise NothingToDraw(f"frame {frame} was written before the first measured lag was over; name a later one with "
                            "--frame")
    measure = measurement(run)
    threshold = measure.get("threshold", 0.1)
    inside = value[seen.inside]
    norm = LogNorm(threshold / 10, max(10 * threshold, np.percentile(inside, 99.9)), clip=True)
    figure, axes = seen.figure()
    seen.draw(axes, INTENSITY(norm(np.maximum(inside, 1e-300))), np.argsort(inside, kind="stable"))
    active = value > threshold
    outline_blocks(axes, seen, position[active], edges, small_blocks(run, replica, measure, edges), place)
    title = f"{np.count_nonzero(active)} active particles ($D^2_{{\\min}}$ > {threshold:g} ${length_symbol(run)}^2$)"
    rate = rate_of(run, row, replica)
    first = rf"{label(rate)}, " if rate is not None else ""
    if strain is not None:
        first += rf"total strain {strain[frame]:.4g}, "
    axes.set_title(f"{first}{title}" + (f"\n{seen.slab}" if seen.slab else ""))
    lag = f"{measure.get('lag', 4):g} " + ("frame(s)" if has_frames(run) else r"$\tau$")
    bar = colour_bar(figure, axes, norm, INTENSITY, rf"$D^2_{{\min}}$ over the last {lag} [${length_symbol(run)}^2$]",
                     extend="both")
    bar.ax.axhline(threshold, color=BLUE, linewidth=2)
    return figure


def rate_of(run, row, replica):
    """The rate at which a row was measured, counted over all rates; None where not known."""
    if has_frames(run):
        return None
    rows = 0
    for _, rate, curve in read_rates(run, replica):
        rows += len(curve["time"])
        if row < rows:
            return rate
    return None


def small_blocks(run, replica, measure, edges):
    """Number of small blocks along each edge of the box, from the file or, before a rate has ended, from the side."""
    try:
        return read_rates(run, replica, "clusters")[0][2]["small_blocks"].astype(int)
    except NothingToDraw:
        return np.maximum(1, np.round(np.diag(edges) / measure.get("small_block", 2))).astype(int)


def outline_blocks(axes, seen, position, edges, shape, place):
    """Draws the border between blocks with and without an active particle."""
    fraction = position @ np.linalg.inv(edges)
    index = np.floor((fraction - np.floor(fraction)) * shape).astype(int) % shape
    grid = np.zeros(shape, bool)
    grid[tuple(index.T)] = True
    if len(shape) == 3:
        across = 3 - sum(seen.plane)
        grid = np.take(grid, int(place * shape[across]) % shape[across], axis=across)
    if seen.plane[0] > seen.plane[1]:
        grid = grid.T
    counts = np.array(grid.shape)
    lines = []
    for axis in (0, 1):
        # A side of a block is drawn where the block before it, across the border of the box too, is of the other kind.
        for cell in np.argwhere(grid != np.roll(grid, 1, axis=axis)):
            along = np.zeros(2)
            along[1 - axis] = 1
            sides = [cell] + ([cell + counts * (np.arange(2) == axis)] if cell[axis] == 0 else [])
            lines += [[(side / counts) @ seen.edges, ((side + along) / counts) @ seen.edges] for side in sides]
    for colour, width in (("white", 3), (BLUE, 1.6)):
        axes.add_collection(matplotlib.collections.LineCollection(lines, colors=colour, linewidths=width, zorder=3))
