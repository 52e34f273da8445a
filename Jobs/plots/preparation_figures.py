"""Draws what a run of `prepare` has measured on the way. No physics is computed here."""

import glob

from figures import COLOURS, NothingToDraw, np, open_file, os, plt, words


def preparation(run, replica=0):
    """Energy, self-overlap and mixing of sizes against sweeps, for each temperature after its burn-in."""
    name = "prepare.h5" if os.path.isfile(os.path.join(run, "prepare.h5")) else f"prepare-r{replica}.h5"
    with open_file(run, name) as file:
        series = file["series"][()]
        data = {column: series[:, k] for k, column in enumerate(words(file["series"].attrs["columns"]))}
    measured = data["phase"] == 1
    if not measured.any():
        raise NothingToDraw(f"{name} holds no measurement: the run was stopped in its first burn-in")
    figure, axes = plt.subplots(3, 1, figsize=(7, 8), sharex=True)
    for k, state in enumerate(np.unique(data["state"][measured])):
        rows = measured & (data["state"] == state)
        for axis, column in zip(axes, ["energy_per_particle", "self_overlap", "size_structure_factor"]):
            axis.plot(data["sweep"][rows], data[column][rows], color=COLOURS[k % len(COLOURS)], linewidth=1.2,
                      label=rf"$T$ = {data['temperature'][rows][0]:g} $\varepsilon$")
    axes[0].set_ylabel(r"energy $U/N$ [$\varepsilon$]")
    axes[0].legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    axes[1].set_ylabel("self-overlap $Q$")
    axes[1].axhline(np.exp(-1), color="#BBBBBB", linewidth=0.8, zorder=0)
    axes[1].set_title(r"$Q$ falls to $1/e$ (line) in a relaxation time; a clock that has run out starts again at 1",
                      fontsize=11)
    axes[2].set_ylabel("structure factor of sizes")
    axes[2].set_xlabel("Monte Carlo sweeps after the burn-in")
    replicas = len(glob.glob(os.path.join(glob.escape(run), "prepare-r*.h5")))
    if replicas:
        figure.suptitle(f"replica {replica} of {replicas}")
    figure.align_ylabels()
    return figure
