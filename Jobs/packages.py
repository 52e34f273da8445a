"""Stands before the import of h5py, matplotlib and numpy in the scripts below: finds a Python that has them.

The python3 that comes first on PATH may not be the one that Debian's packages belong to; the script is then started
again under that.
"""

import importlib.util
import os
import sys

FALLBACK = "/usr/bin/python3"

missing = [name for name in ("h5py", "matplotlib", "numpy") if importlib.util.find_spec(name) is None]
if missing:
    if os.path.exists(FALLBACK) and "ATHERMAL_PYTHON_TRIED" not in os.environ:
        os.environ["ATHERMAL_PYTHON_TRIED"] = "1"
        os.execv(FALLBACK, [FALLBACK, *sys.argv])
    sys.exit(f"{sys.executable} has no {', '.join(missing)}; Jobs/install-dependencies installs them.")
