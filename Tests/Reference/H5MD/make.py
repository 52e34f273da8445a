#!/usr/bin/python3
"""Makes the files of this folder: one configuration in the forms that H5MD allows, and in forms that have to be
refused."""
import os

import h5py
import numpy as np

N, L = 36, 6.0
k = np.arange(N)
POSITION = np.c_[k % 6 + 0.5 + 0.1 * np.sin(7 * k), k // 6 + 0.5 + 0.1 * np.cos(5 * k)]
SPECIES, DIAMETER, IMAGE = (k % 3 == 0).astype("i4"), 1 + 0.01 * k, np.c_[k % 2, -(k % 3)]
os.chdir(os.path.dirname(os.path.abspath(__file__)))


def put(g, name, **how):
    """Replaces an element by a dataset."""
    parent = name.rsplit("/", 1)[0]
    if isinstance(g.get(parent), h5py.Dataset):
        del g[parent]
    if name in g:
        del g[name]
    return g.create_dataset(name, **how)


def in_time(g, name, values, steps):
    put(g, name + "/value", data=np.array(values))
    if steps is not None:
        g[name + "/step"] = steps


def make(name, edit=None, **how):
    with h5py.File(name + ".h5", "w", libver="latest", **how) as h:
        h.create_group("h5md").attrs["version"] = [1, 1]
        p = h.create_group("particles/atoms")
        box = p.create_group("box")
        box.attrs["dimension"] = 2
        box.attrs["boundary"] = np.array(["periodic"] * 2, dtype="S8")
        box["edges"] = L * np.eye(2)
        in_time(p, "position", [POSITION], [0])
        for element, values in (("id", k + 1), ("species", SPECIES), ("diameter", DIAMETER), ("image", IMAGE)):
            p[element] = values
        if edit:
            edit(h, p)


def attribute(path, name, value):
    def edit(h, p):
        if value is None:
            del p[path].attrs[name]
        else:
            p[path].attrs[name] = value
    return edit


def element(name, **how):
    return lambda h, p: put(p, name, **how)


def without(*names):
    def edit(h, p):
        for name in names:
            del p[name]
    return edit


# The same configuration in other words.

def per_frame(h, p):
    order = np.random.default_rng(1).permutation(N)
    for name in ("id", "species", "diameter", "image", "position"):
        del p[name]
    for name, last in (("position", POSITION), ("id", k + 1), ("species", SPECIES), ("diameter", DIAMETER),
                       ("image", IMAGE)):
        in_time(p, name, [last[::-1], last[order]], [0, 10])
    in_time(p, "box/edges", [2 * L * np.eye(2), L * np.eye(2)], [0, 10])


def other_steps(h, p):
    del p["position"], p["species"], p["diameter"]
    in_time(p, "position", [POSITION + 1, POSITION + 2, POSITION], [0, 10, 20])
    in_time(p, "species", [0 * SPECIES, SPECIES], [0, 20])          # none at step 10
    put(p, "diameter/value", data=np.array([0 * DIAMETER, DIAMETER]))
    p["diameter/step"] = 20                         # steps 0, 20, 40, …
    del p["box/edges"]
    in_time(p, "box/edges", [[L, L], [1, 1]], None)
    put(p, "box/edges/step", data=1).attrs["offset"] = 20


def three(z, edges=(L, L, 1.0), dimension=3):
    def edit(h, p):
        del p["position"], p["image"]
        in_time(p, "position", [np.c_[POSITION, z * np.ones(N)]], [0])
        p["image"] = np.c_[IMAGE, 0 * k]
        put(p, "box/edges", data=np.array(edges))
        p["box"].attrs["dimension"] = dimension
        p["box"].attrs["boundary"] = np.array(["periodic", "periodic", "none"], dtype="S8")
    return edit


def moved(h, p):
    h["elsewhere/species"] = SPECIES
    del p["species"]
    p["species"] = h5py.SoftLink("/elsewhere/species")


def strain(value, steps=(0,)):
    return lambda h, p: in_time(h, "observables/strain", value, steps)


make("good")
make("per-frame", per_frame)
make("other-steps", other_steps)
make("fixed-position", element("position", data=POSITION))
make("species-as-reals", element("species", data=SPECIES.astype("f4")))
make("species-as-enumeration",
     element("species", data=SPECIES.astype("i1"), dtype=h5py.enum_dtype({"A": 0, "B": 1}, basetype="i1")))
make("species-as-matrix", element("species/value", data=SPECIES.reshape(1, N, 1)))
make("ids-unsigned", element("id", data=(k + 1).astype("u8")))
make("soft-link", moved)
make("flat", three(0.0))
make("flat-noise", three(1e-12 * np.sin(k), dimension=2))
make("flat-noise-unstated", three(1e-12 * np.sin(k)))
make("strain-fixed", lambda h, p: put(h, "observables/strain", data=0.5))
make("strain-voigt", strain([[0.1, 0.2, 0.3]]))
make("strain-of-others", strain([0.5]))
make("user-block", userblock_size=512)
make("compressed", element("position/value", data=POSITION[None], compression="gzip", shuffle=True))

# What has to be refused.

make("species-fractional", element("species", data=SPECIES + 0.7))
make("id-fractional", element("id", data=k + 1.5))
make("image-fractional", element("image", data=IMAGE + 0.5))
make("image-large", element("image", data=IMAGE + 2**40))
make("species-group",
     lambda h, p: (without("species")(h, p), p.create_group("species").create_dataset("values", data=SPECIES)))
make("species-nowhere", lambda h, p: (without("species")(h, p), p.__setitem__("species", h5py.SoftLink("/nothing"))))
make("species-other-steps", lambda h, p: in_time(p, "species", [SPECIES], [5]))
make("species-text", element("species", data=np.array(["A", "B"] * 18, dtype="S1")))
make("id-largest", element("id", data=np.r_[2**63 - 1, k[1:] + 1]))
make("id-largest-unsigned", element("id", data=np.r_[2**64 - 1, k[1:].astype("u8") + 1].astype("u8")))
make("boundary-none", attribute("box", "boundary", np.array(["none"] * 2, dtype="S8")))
make("boundary-missing", attribute("box", "boundary", None))
make("boundary-numbers", attribute("box", "boundary", [1, 1]))
make("dimension-3", attribute("box", "dimension", 3))
make("dimension-large", attribute("box", "dimension", 10**9))
make("dimension-text", attribute("box", "dimension", "two"))
make("version-99", lambda h, p: h["h5md"].attrs.__setitem__("version", [99, 0]))
make("unit", attribute("position/value", "unit", "nm"))
make("two-groups", lambda h, p: h.copy(p, h["particles"], "wall"))
make("strain-nan", strain([np.nan]))
make("z-differs", three(1e-3 * np.sin(k), dimension=2))
make("external-link",
     lambda h, p: (without("species")(h, p),
                   p.__setitem__("species", h5py.ExternalLink("good.h5", "/particles/atoms/species"))))
make("external-soft-link",
     lambda h, p: (without("species")(h, p), h.__setitem__("x", h5py.ExternalLink("good.h5", "/particles")),
                   p.__setitem__("species", h5py.SoftLink("/x/atoms/species"))))
make("external-storage", element("diameter", shape=(N,), dtype="f8", external=[("good.h5", 0, 8 * N)]))
make("edges-overflow", element("box/edges/value", shape=(1, 2**40, 2**40), dtype="f8", chunks=(1, 2, 2)))
make("edges-wrap", element("box/edges/value", shape=(1, 2**31, 2**31), dtype="f8", chunks=(1, 2, 2)))
make("edges-large", element("box/edges/value", shape=(1, 10**5, 10**5), dtype="f8", chunks=(1, 100, 100)))
make("claims", lambda h, p: (without("id", "species", "diameter", "image")(h, p),
                             put(p, "position/value", shape=(1, 8 * 10**6, 2), dtype="f8", chunks=(1, 1000, 2))))
make("seal-number", attribute("/particles/atoms", "checksum_sha256", 7))

# Without species: good for potentials that need none.

make("species-missing", without("species"))
make("species-type", lambda h, p: (without("species")(h, p), p.__setitem__("type", SPECIES)))

# What is legal HDF5, and must not keep those who look at it.

def loop(h, p):
    p["box/loop"] = h["particles"]
    h["z"] = h["particles"]


def names(h, p):
    h["bell\x07\x1b[31m\nred"] = 1
    h.attrs["text"] = "a\x1b[2Jb"


def ladder(h, p):
    """Each group twice in the one above: 2⁶⁰ ways down."""
    g = h.create_group("ladder")
    for _ in range(60):
        g = g.create_group("l")
        g.parent["r"] = g


make("loop", loop)
make("names", names)
make("ladder", ladder)
make("deep", lambda h, p: h.create_group("d" + "/d" * 120))
make("many-groups", lambda h, p: [h.create_group(f"groups/{i}") for i in range(100)])
make("named-type", lambda h, p: h.__setitem__("type", np.dtype("f8")))
make("nowhere", lambda h, p: h.__setitem__("nowhere", h5py.SoftLink("/gone")))
make("strain-rank-2", strain([[0.5]]))
make("texts", lambda h, p: put(h, "parameters/build", data=np.array([b"x" * 50] * 100)))
make("null-space", lambda h, p: h.__setitem__("null", h5py.Empty("f8")))
make("unallocated", lambda h, p: put(h, "huge", shape=(2**40, 8, 8), dtype="f8", chunks=(1, 8, 8)))
make("attribute-kinds", lambda h, p: [h.attrs.__setitem__(n, v) for n, v in (
    ("reference", p.ref), ("empty", h5py.Empty("i4")), ("many", np.arange(300)), ("inf", np.inf),
    ("texts", ["a", "ü"]))])
