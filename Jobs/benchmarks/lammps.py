"""What the comparisons with LAMMPS share: the model, how lmp is started, and where figures were taken."""
import os
import platform
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DENSITY = 1.2
ENVIRONMENT = dict(os.environ, OMP_NUM_THREADS="1", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1") \
    if os.getuid() == 0 else dict(os.environ, OMP_NUM_THREADS="1")

MODEL = """
pair_style lj/cut/opt 2.5
pair_coeff 1 1 1.0 1.0  2.5
pair_coeff 1 2 1.5 0.8  2.5
pair_coeff 2 2 0.5 0.88 2.5
pair_modify shift yes
mass * 1.0
neighbor 0.3 bin
neigh_modify every 1 delay 0 check yes
"""
HEAD = """
units lj
dimension 2
atom_style atomic
boundary p p p
"""
# A glass of a file at rest, in simple shear with the drag of a substrate.
FLOW = HEAD + """
read_data {file}
change_box all triclinic
""" + MODEL + """
velocity all set 0.0 0.0 0.0
timestep {step}
fix 1 all deform 1 xy erate {rate} remap x flip yes
fix 2 all nve
fix 3 all langevin 0.0 0.0 {damp} 12345
fix 4 all enforce2d
"""


def execute(command):
    try:
        return subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


def lammps(script, pinned=()):
    """Runs a LAMMPS script and returns its log."""
    with tempfile.TemporaryDirectory() as folder:
        path, log = os.path.join(folder, "in"), os.path.join(folder, "log")
        with open(path, "w") as file:
            file.write(script)
        result = execute([*pinned, "lmp", "-in", path, "-log", log, "-screen", "none"])
        text = ""
        if os.path.exists(log):
            with open(log) as file:
                text = file.read()
        if result.returncode != 0:
            sys.exit(f"lmp ended with code {result.returncode}:\n{text[-1500:]}")
        return text


def particle_count(path):
    with open(path) as file:
        for line in file:
            found = re.match(r"\s*(\d+)\s+atoms", line)
            if found:
                return int(found.group(1))
    sys.exit(f"{path}: no line with the number of atoms")


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def commit():
    try:
        return subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True).stdout.strip()
    except OSError:
        return ""
