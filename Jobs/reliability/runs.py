"""What the reliability jobs share: small configs of every long command, how to run them, and how to compare what they
leave."""

import json
import os
import random
import shutil
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("ATHERMAL", os.path.join(ROOT, ".build/release/athermal"))
STOPPED = 75

GLASS = """[system]
generate = {{ dimension = {dimension}, particles = {particles}, density = {density}, seed = {seed} }}
[potential]
kind = "polydisperse-ipl"
[minimizer]
method = "{method}"
"""

# Harmonic spheres near jamming: Newton's method and FIRE take turns.
CONTACTS = """[system]
generate = { dimension = 2, particles = 128, density = 0.76, seed = 3 }
[potential]
kind = "harmonic"
sizes = { exponent = 0, minimum = 1.0, maximum = 1.4 }
"""

LOADING = """[loading]
mode = "{mode}"
{plane}strain_step = {step}
{extent}
"""

OUTPUTS = {
    "all": """[d2min]
window = 4e-3
[output]
every = 3
fields = ["d2min", "stress", "force", "energy", "displacement", "plastic-count"]
""",
    "none": """[output]
trajectory = false
profiles = false
""",
    "initial": """[d2min]
window = 3e-3
reference = "initial"
[output]
every = 5
fields = ["plastic-count"]
""",
}


def glass(method="cg", dimension=2, seed=3, particles=None):
    density = 0.86 if dimension == 2 else 0.58
    return GLASS.format(dimension=dimension, particles=particles or (128 if dimension == 2 else 216), density=density,
                        seed=seed, method=method)


def loading(mode="simple-shear", step="1e-3", extent="final_strain = 1.2e-2"):
    plane = {"simple-shear": 'plane = "xy"\n', "pure-shear": 'plane = "xy"\n', "uniaxial": 'axis = "x"\n'}.get(mode, "")
    return LOADING.format(mode=mode, plane=plane, step=step, extent=extent)


MEANFIELD = """[meanfield]
protocol = "{protocol}"
alpha = 0.3
bins = 200
samples = 100
initial = {{ kind = "gaussian", deviation = 0.5 }}
{more}
"""

EPM = """[epm]
shape = {shape}
eigenstrain = 0.065
modulus = {{ initial = 1.0, renewed = 0.9 }}
thresholds = {{ distribution = "weibull", shape = 2.0, mean = 0.08 }}
renewal = {{ distribution = "weibull", shape = 2.0, mean = 0.08 }}
sample_strain = 0.02
seed = {seed}
{more}
"""

PREPARE = """[system]
generate = {{ dimension = 2, particles = {particles}, density = 0.64, seed = 3 }}
[potential]
kind = "{kind}"
[minimizer]
force_tolerance = 1e-6
[prepare]
temperatures = [4.0, 3.0]
sweeps = {sweeps}
burn_in = 60
block = 1
seed = 7
accept_unequilibrated = true
{more}
"""

FLOW = """[system]
generate = {{ dimension = {dimension}, particles = {particles}, density = {density}, seed = 3 }}
[potential]
kind = "{kind}"
[minimizer]
force_tolerance = 1e-3
[flow]
rates = [0.5, 0.4]
strain = 0.8
discard = 0.1
damping = 1.0
time_step = 0.005
{more}
[flow.measure]
every = 0.05
lag = 0.2
correlation_time = 0.4
fit_window = [0.1, 0.3]
{output}
"""
FRAMES = """[output]
trajectory = true
every = 5
fields = ["d2min", "velocity", "stress", "force", "energy"]
"""
HOT = "temperature = 0.1\nseed = 4\n"


def flow(more="", output="", kind="binary-lj", dimension=2, particles=200, density=1.2):
    return FLOW.format(more=more, output=output, kind=kind, dimension=dimension, particles=particles, density=density)


# Name of the variant → config without [checkpoint].
VARIANTS = {
    "minimize": {
        "cg": glass("cg"), "fire": glass("fire"), "newton": glass("newton"), "cg-3d": glass("cg", 3),
        "newton-3d": glass("newton", 3), "lbfgs": glass("lbfgs"), "gradient-flow": glass("gradient-flow"),
    },
    "shear": {
        "all-outputs": glass() + loading() + OUTPUTS["all"],
        "no-outputs": glass("newton") + loading() + OUTPUTS["none"],
        "initial-window": glass("fire") + loading(extent="final_strain = 6e-3") + OUTPUTS["initial"],
        "flips": glass() + loading(step="0.13", extent="final_strain = 2.6") + OUTPUTS["all"],
        "cycles": glass("newton") + loading(extent="cycles = { amplitude = 4e-3, count = 1 }") + OUTPUTS["all"],
        "pure-shear": glass() + loading("pure-shear", extent="final_strain = 5e-3") + OUTPUTS["initial"],
        # The box grows, and with it the d in which the radius of D²min is given.
        "stretched": glass() + loading("uniaxial", step="1e-2", extent="final_strain = 0.15") + OUTPUTS["initial"],
        "three-dimensions": glass("newton", 3) + loading(extent="final_strain = 4e-3") + OUTPUTS["all"],
        "events": glass("newton") + loading(step="4e-3", extent="final_strain = 2.4e-2") + OUTPUTS["all"]
                  + "[events]\nadaptive = true\nsmallest_step = 1e-4\nprediction = true\n",
        "contacts": CONTACTS + loading(step="4e-3", extent="final_strain = 1.2e-2") + OUTPUTS["none"],
        "events-backward": glass("cg", seed=5) + loading(step="5e-3", extent="final_strain = 1.5e-2\nbackward = true")
                           + OUTPUTS["none"] + "[events]\nadaptive = true\nsmallest_step = 1e-4\n",
    },
    "prepare": {
        "sizes": PREPARE.format(particles=200, kind="polydisperse-ipl", sweeps=200, more=""),
        "no-quench": PREPARE.format(particles=150, kind="polydisperse-ipl", sweeps=400, more="quench = false"),
        "replicas": PREPARE.format(particles=150, kind="polydisperse-ipl", sweeps=100, more="replicas = 2"),
        "hot": (PREPARE.format(particles=150, kind="polydisperse-ipl", sweeps=1500, more="")
                .replace("[4.0, 3.0]", "[8.0]")),
    },
    "epm": {
        "sparse": EPM.format(shape="[32, 32]", seed=1, more="final_strain = 0.3\n[output]\nframes = true"),
        "both-signs": EPM.format(shape="[24, 30]", seed=2,
                                 more='yielding = "both"\ncycles = { amplitude = 0.1, count = 2 }'),
        "stress": EPM.format(shape="[32, 32]", seed=3,
                             more='control = "stress"\nfinal_stress = 0.2\nfinal_strain = 0.5'),
        "settling": EPM.format(shape="[32, 32]", seed=4,
                               more="final_strain = 0.3\nsettle_after = 7\ntransform_above = 3"),
        "transform": EPM.format(shape="[32, 32]", seed=5, more='final_strain = 0.2\nupdate = "transform"'),
        "three-dimensions": EPM.format(shape="[12, 10, 14]", seed=6, more="final_strain = 0.2"),
        "realisations": EPM.format(shape="[16, 16]", seed=7, more="final_strain = 0.2\nrealisations = 3"),
    },
    "meanfield": {
        "start-up": MEANFIELD.format(protocol="start-up", more="rates = [0.1]\nfinal_strain = 2.0"),
        "creep": MEANFIELD.format(protocol="creep", more="stress = 0.3\nduration = 100.0"),
        "kicks": MEANFIELD.format(
            protocol="ageing",
            more='duration = 5.0\nlayer = 1e-3\nnoise = { kind = "levy", exponent = 1.0, cutoff = 1.5 }'),
        "states": '[meanfield]\nprotocol = "flow-curve"\nalpha = [0.1, 0.3, 0.6]\nbins = 100\n'
                  'rates = [0.001, 0.01, 0.1, 1.0]\nyielding = "progressive"\n',
    },
    "flow": {
        "melt": flow("melt = { temperature = 1.0, time = 0.4, cooling_time = 0.3 }\nseed = 4\n", FRAMES),
        "start": flow('from = "start"\n' + HOT),
        "pairwise": flow('friction = "pairwise"\nsllod = true\n' + HOT, FRAMES),
        "overdamped": flow('dynamics = "overdamped"\n' + HOT, FRAMES).replace("damping = 1.0", "damping = 20.0"),
        "replicas": flow("replicas = 2\n" + HOT, FRAMES),
        "implicit": flow('integrator = "implicit"\ntolerance = 1e-2\nfriction = "pairwise"\ndynamics = "overdamped"\n',
                         FRAMES).replace("time_step = 0.005\n", "").replace("0.5, 0.4", "0.2, 0.1"),
        "slow": flow("implicit_below = 0.2\ntolerance = 1e-2\n", FRAMES).replace("0.5, 0.4", "0.5, 0.1"),
        "three-dimensions": flow('plane = "zx"\n', FRAMES, particles=600, dimension=3),
    },
    "yieldmap": {
        "expansion": glass(particles=400) + "[yieldmap]\nradius = 3.5\nspacing = 1.5\norientations = 4\n"
                                            "lowest_eigenvalue = true\n",
        "both": glass(particles=400) + '[yieldmap]\nmethod = "both"\nradius = 3.5\nspacing = 2.5\nstrain_step = 5e-3\n'
                                       'curves = true\n',
        "particles": glass(particles=300) + '[yieldmap]\nradius = 3.0\ncentres = "particles"\n',
        "tethered": glass(particles=400) + '[yieldmap]\nmethod = "frozen-matrix"\nradius = 3.0\nspacing = 3.0\n'
                                           'strain_step = 5e-3\nmatrix_stiffness = 100\nmatrix_shell = 1.5\n',
    },
}

# Steps between checkpoints that make some ten intervals of a run of this size.
INTERVAL = {"minimize": 40, "shear": 1, "prepare": 25, "epm": 40, "yieldmap": 1, "meanfield": 5, "flow": 70}


def environment(fault=None):
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("OMPI_COMM", "PMIX_", "ATHERMAL_"))}
    variables.update({
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_mpi_yield_when_idle": "1",
        "SWIFT_BACKTRACE": "enable=no", "ATHERMAL_WATCHDOG": "60"})
    if fault:
        variables["ATHERMAL_FAULT"] = fault
    return variables


def words(command, config, folder, ranks, *more):
    start = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks)] if ranks else []
    return start + [PROGRAM, command, config, "--output", folder, "--resume", "auto", *more]


def run(command, config, folder, ranks=0, fault=None, limit=120, more=()):
    """Exit code and what was said; 124 where the time limit ended it."""
    try:
        done = subprocess.run(words(command, config, folder, ranks, *more), env=environment(fault), capture_output=True,
                              text=True, timeout=limit, errors="replace")
        return done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        return 124, "time limit"


def verify(path, content=False):
    done = subprocess.run([PROGRAM, "verify", path] + (["--content"] if content else []), env=environment(),
                          capture_output=True, text=True, timeout=120, errors="replace")
    return done.returncode, done.stdout, done.stderr


def write_config(folder, command, variant, **checkpoint):
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, f"{command}-{variant}.toml")
    with open(path, "w") as file:
        file.write(VARIANTS[command][variant])
        if checkpoint:
            file.write("\n[checkpoint]\n" + "".join(f"{k} = {v}\n" for k, v in checkpoint.items()))
    return path


def without_times(value):
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if not k.startswith("wall_") and k != "ranks"}
    return [without_times(v) for v in value] if isinstance(value, list) else value


def leavings(folder):
    """What a run must leave alike however it came about: JSON without wall times and rank counts, texts, and the
    SHA-256 of every dataset."""
    found = {}
    for base, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if f != "checkpoints" and f != "figures"]
        for name in files:
            path = os.path.join(base, name)
            key = os.path.relpath(path, folder)
            if name == "timing.json":
                continue
            if name.endswith(".h5") or name.endswith(".vtkhdf"):
                code, out, err = verify(path, content=True)
                found[key] = [line for line in out.splitlines() if "  /" in line] if code == 0 else err
            elif name.endswith(".json"):
                found[key] = without_times(json.load(open(path)))
            else:
                found[key] = open(path).read()
    return found


def differences(a, b):
    """Names of what differs between two leavings."""
    result = []
    for key in sorted(set(a) | set(b)):
        if a.get(key) == b.get(key):
            continue
        if isinstance(a.get(key), list) and isinstance(b.get(key), list):
            ours = {line.split("  ")[1]: line for line in a[key]}
            theirs = {line.split("  ")[1]: line for line in b[key]}
            result += [f"{key}:{name}" for name in sorted(set(ours) | set(theirs))
                       if ours.get(name) != theirs.get(name)]
        elif isinstance(a.get(key), dict) and isinstance(b.get(key), dict):
            result += [f"{key}:{name}" for name in sorted(set(a[key]) | set(b[key]))
                       if a[key].get(name) != b[key].get(name)]
        else:
            result.append(key)
    return result


def safe_points(command, config, folder):
    """About how many safe points a run passes: a power of two above their number."""
    k = 16
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        code, _ = run(command, config, folder, fault=f"safe-point:{k}:stop")
        if code != STOPPED:
            return k
        k *= 2
