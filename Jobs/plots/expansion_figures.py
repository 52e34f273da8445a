"""Pictures of strain expansions. No physics is computed here: the files hold all that is drawn."""

import os

from figures import (BLACK, BLUE, GREEN, GREY, VERMILION, NothingToDraw, Particles, colour_bar, length_symbol,
                     matplotlib, np, open_file, plt, settings, stress_unit, summary, time_series, words, AXES)


# φ_γ φ_γγ is half the rate at which φ_γ² grows with the strain.
PRODUCT_SIGNS = r"blue (> 0): softens as $\gamma$ grows; red (< 0): stiffens"


def product_field(run, normal=None, place=0.5, thickness=2.0):
    """The product field Σ φ_γ φ_γγ of each particle: blue where it is positive, red where negative, strongest in soft
    spots."""
    with open_file(run, "expand.h5") as file:
        if "particles/product" not in file:
            raise NothingToDraw("expand.h5 holds no product field")
        value = file["particles/product"][()]
    with open_file(run, "state.h5") as file:
        group = file["particles/trajectory"]
        seen = Particles(run, group["position/value"][-1], time_series(group["box"], "edges", -1),
                         time_series(group, "diameter", -1), normal, place, thickness)
    # Soft spots outshine everything: a scale that is linear near zero and logarithmic beyond the typical value, of all
    # particles.
    typical = np.median(np.abs(value))
    largest = np.abs(value).max()
    if largest == 0:
        raise NothingToDraw("the product field is zero everywhere")
    value = value[seen.inside]
    norm = matplotlib.colors.SymLogNorm(linthresh=max(typical, largest * 1e-6), vmin=-largest, vmax=largest)
    figure, axes = seen.figure()
    seen.draw(axes, plt.get_cmap("RdBu")(norm(value)), np.argsort(np.abs(value), kind="stable"))
    symbol = length_symbol(run)
    axes.set_title(PRODUCT_SIGNS + (f"\n{seen.slab}" if seen.slab else ""))
    colour_bar(figure, axes, norm, "RdBu",
               r"$\sum \varphi_\gamma\,\varphi_{\gamma\gamma}$ over the bonds of a particle [$\varepsilon^2$]")
    return figure


ORDERS = [("phi_g", r"\varphi_\gamma", 7 / 2, "7/2", BLUE),
          ("phi_gg", r"\varphi_{\gamma\gamma}", 11 / 6, "11/6", VERMILION),
          ("phi_ggg", r"\varphi_{\gamma\gamma\gamma}", 3 / 2, "3/2", GREEN)]


def bond_tails(run):
    """Distributions of the bond coefficients, of one expansion or of an ensemble, with the slopes of theory."""
    lowest = np.inf
    ensemble = os.path.isfile(os.path.join(run, "ensemble.h5"))
    figure, axes = plt.subplots(figsize=(7, 5.2))
    with open_file(run, "ensemble.h5" if ensemble else "expand.h5") as file:
        edges = file["edges" if ensemble else "statistics/edges"][()]
        width = np.diff(edges)
        centre = np.sqrt(edges[1:] * edges[:-1])
        for name, symbol, exponent, power, colour in ORDERS:
            if ensemble:
                counts, density, error = (file[f"{name}/{k}"][()] for k in ("counts", "density", "error"))
            else:
                counts = file[f"statistics/{name}"][()]
                density = counts / (counts.sum() * width)
                error = density / np.sqrt(np.maximum(counts, 1))
            if counts.sum() == 0:
                raise NothingToDraw("no bonds were counted")
            # From the smaller half of the bonds there is nothing to learn, from bins of a few neither.
            beyond = counts[::-1].cumsum()[::-1] / counts.sum()
            shown = (counts >= 5) & (beyond <= 0.7)
            axes.errorbar(centre[shown], density[shown], yerr=error[shown], fmt="o", markersize=2.5, linewidth=0.7,
                          color=colour, label=rf"$|{symbol}|$; dashed: $C^{{-{power}}}$")
            lowest = min(lowest, density[shown].min()) if shown.any() else lowest
            # The slope of theory through the point where a hundredth of the bonds lies beyond.
            anchor = np.argmax(beyond <= 1e-2)
            x = np.array([centre[anchor] / 3, centre[shown][-1]])
            fraction = beyond[anchor]
            amplitude = fraction * (exponent - 1) * edges[anchor] ** (exponent - 1)
            # Beside the points, where it can be seen.
            axes.plot(x, 4 * amplitude * x ** -exponent, color=BLACK, linestyle="--", linewidth=1.2, zorder=5)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.3 * lowest)
    axes.set_xlabel(r"$C$: $|\varphi_\gamma|$, $|\varphi_{\gamma\gamma}|$, $|\varphi_{\gamma\gamma\gamma}|$ of a bond "
                    r"[$\varepsilon$]")
    axes.set_ylabel(r"$P(C)$ [$1/\varepsilon$]")
    axes.legend()
    return figure


def expansion_against_shear(run, shear):
    """Stress and pressure of a deformed glass against the cubic expansion of its start (Richard, Fig. 8)."""
    found = summary(run)
    if "stress_derivatives" not in found:
        raise NothingToDraw(f"{run} is not the folder of an expansion")
    with open_file(shear, "shear.h5") as file:
        table = file["curve"][()]
        names = words(file["curve"].attrs["columns"])
    curve = {name: table[:, k] for k, name in enumerate(names)}
    strain = curve["strain"]
    loading = settings(run).get("loading", {})
    plane = loading.get("plane", "xy")
    a, b = AXES.index(plane[0]), AXES.index(plane[1])
    dimension = found["dimension"]
    derivatives = np.array(found["stress_derivatives"])
    start = np.array(found["stress"])
    terms = [start, derivatives[0], derivatives[1] / 2, derivatives[2] / 6]
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.2))
    unit = stress_unit(run, dimension)
    for axes, label, column, pick in [
        (panels[0], rf"\sigma_{{{plane}}}", f"stress_{plane}", lambda t: t[a, b]),
        (panels[1], "P", "pressure", lambda t: -np.trace(t) / dimension),
    ]:
        axes.plot(strain, curve[column], color=BLACK, marker="o", markersize=3, linewidth=0, label="deformed")
        for order, colour in [(1, GREY), (2, VERMILION), (3, BLUE)]:
            value = sum(pick(np.asarray(terms[n])) * strain**n for n in range(order + 1))
            axes.plot(strain, value, color=colour, linewidth=1.4, label=f"order {order}")
        low, high = curve[column].min(), curve[column].max()
        axes.set_ylim(low - 0.3 * (high - low), high + 0.3 * (high - low))
        axes.set_xlabel(r"strain $\gamma$")
        axes.set_ylabel(rf"${label}$ {unit}")
    panels[0].legend(frameon=False)
    return figure
