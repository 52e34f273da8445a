"""Packings of soft spheres, independent of the program: energies, forces, minima, moduli. For the studies beside it.

Nothing here is fast; what it gives is as exact as doubles allow, and none of it is shared with the program. Units and
signs are those of Docs/Conventions.md: edges are the rows of a matrix, tension is positive, and the overlap of a
contact is δ = 1 − r/λ.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import packages  # noqa: F401
import numpy
try:
    import scipy.sparse
    import scipy.sparse.linalg
except ImportError:
    sys.exit(f"{sys.executable} has no scipy (Debian: python3-scipy), which this study needs besides what "
             "Jobs/install-dependencies installs.")

SMALL = numpy.finfo(float).eps


def random_sizes(count, exponent, minimum, maximum):
    """Diameters with p(λ) ∝ λ^exponent, one in the middle of each of `count` equally likely intervals."""
    share = (numpy.arange(count) + 0.5) / count
    power = exponent + 1
    if power == 0:
        return minimum * (maximum / minimum) ** share
    return (minimum ** power + share * (maximum ** power - minimum ** power)) ** (1 / power)


def factorised(matrix):
    """A sparse factorisation with `solve`, in the order for symmetric matrices."""
    return scipy.sparse.linalg.splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0,
                                    options={"SymmetricMode": True})


class Packing:
    """Spheres in a periodic cell under a contact law, "harmonic" (φ = ½ δ²) or "hertz" (φ = (2/5) δ^(5/2))."""

    def __init__(self, edges, positions, diameters, law):
        self.edges = numpy.array(edges, float)
        self.positions = numpy.array(positions, float)
        self.diameters = numpy.array(diameters, float)
        self.law = law
        self.count, self.dimension = self.positions.shape
        self.power = {"harmonic": 2.0, "hertz": 2.5}[law]
        self._listed = None

    def copy(self):
        return Packing(self.edges, self.positions, self.diameters, self.law)

    @property
    def volume(self):
        return abs(numpy.linalg.det(self.edges))

    @property
    def spacing(self):
        return (self.volume / self.count) ** (1 / self.dimension)

    @property
    def fraction(self):
        """The packing fraction φ: what the spheres would fill if they did not overlap."""
        unit = {2: numpy.pi / 4, 3: numpy.pi / 6}[self.dimension]
        return unit * numpy.sum(self.diameters ** self.dimension) / self.volume

    def deformed(self, generator, strain):
        """An affinely deformed copy; exp(γA) by its series, which small strains need three terms of."""
        step = strain * numpy.array(generator, float)
        map_ = numpy.eye(self.dimension)
        term = numpy.eye(self.dimension)
        for order in range(1, 12):
            term = term @ step / order
            map_ = map_ + term
        return Packing(self.edges @ map_.T, self.positions @ map_.T, self.diameters, self.law)

    # Pairs: all of them are looked at by brute force, and those within a skin are kept until somebody has moved half of
    # it.

    def _list(self, skin=0.3):
        inverse = numpy.linalg.inv(self.edges)
        first, second, shift = [], [], []
        for start in range(0, self.count, 500):
            rows = self.positions[start:start + 500]
            apart = self.positions[None, :, :] - rows[:, None, :]
            image = -numpy.rint(apart @ inverse)
            apart = apart + image @ self.edges
            reach = 0.5 * (self.diameters[None, :] + self.diameters[start:start + 500, None]) + skin
            i, j = numpy.nonzero(numpy.einsum("ijk,ijk->ij", apart, apart) < reach ** 2)
            keep = i + start < j
            i, j = i[keep], j[keep]
            first.append(i + start)
            second.append(j)
            shift.append(image[i, j])
        self._listed = (numpy.concatenate(first), numpy.concatenate(second), numpy.concatenate(shift))
        self._listed_at = self.positions.copy()
        self._skin = skin

    def pairs(self):
        """Contacts: i, j, the separation x_j − x_i, its length, and λ."""
        if self._listed is None or numpy.abs(self.positions - self._listed_at).max() > 0.25 * self._skin:
            self._list()
        i, j, image = self._listed
        apart = self.positions[j] - self.positions[i] + image @ self.edges
        length = numpy.sqrt(numpy.einsum("ij,ij->i", apart, apart))
        reach = 0.5 * (self.diameters[i] + self.diameters[j])
        touch = length < reach
        return i[touch], j[touch], apart[touch], length[touch], reach[touch]

    def _derivatives(self, length, reach):
        """φ, φ' and φ'' of the contacts."""
        overlap, power = 1 - length / reach, self.power
        return (overlap ** power / power, -overlap ** (power - 1) / reach,
                (power - 1) * overlap ** (power - 2) / reach ** 2)

    def energy_and_forces(self):
        i, j, apart, length, reach = self.pairs()
        energy, slope, _ = self._derivatives(length, reach)
        pull = (slope / length)[:, None] * apart
        forces = numpy.stack([numpy.bincount(i, pull[:, k], self.count) - numpy.bincount(j, pull[:, k], self.count)
                              for k in range(self.dimension)], axis=1)
        return energy.sum(), forces

    def stress(self):
        i, j, apart, length, reach = self.pairs()
        _, slope, _ = self._derivatives(length, reach)
        return numpy.einsum("b,bi,bj->ij", slope / length, apart, apart) / self.volume

    @property
    def pressure(self):
        return -numpy.trace(self.stress()) / self.dimension

    @property
    def shear_stress(self):
        return self.stress()[0, 1]

    def _blocks(self, apart, length, reach, stressed=True):
        """The matrix of second derivatives of each contact with respect to its separation."""
        _, slope, curvature = self._derivatives(length, reach)
        slope = slope if stressed else 0 * slope
        first = slope / length
        along = (curvature - first) / length ** 2
        return (along[:, None, None] * apart[:, :, None] * apart[:, None, :]
                + first[:, None, None] * numpy.eye(self.dimension))

    def hessian(self, keep=None, stressed=True):
        """∂²U/∂x∂x as a sparse matrix; of the contacts that `keep` marks, or of all."""
        i, j, apart, length, reach = self.pairs()
        blocks = self._blocks(apart, length, reach, stressed)
        if keep is not None:
            i, j, blocks = i[keep], j[keep], blocks[keep]
        d = self.dimension
        rows = numpy.concatenate([i, j, i, j])
        columns = numpy.concatenate([i, j, j, i])
        values = numpy.concatenate([blocks, blocks, -blocks, -blocks])
        axis = numpy.arange(d)
        r = (d * rows[:, None, None] + axis[None, :, None]).repeat(d, axis=2)
        c = (d * columns[:, None, None] + axis[None, None, :]).repeat(d, axis=1)
        size = d * self.count
        return scipy.sparse.csc_matrix((values.ravel(), (r.ravel(), c.ravel())), shape=(size, size))

    # Minima.

    def relax(self, rounds=200000):
        """Moves to a minimum: FIRE from afar, then damped Newton with exact solves until rounding ends it.

        Returns the largest force component. A packing without contacts that count (an energy at rounding) is at rest as
        it is.
        """
        goal = 1e-4 * self._typical_force()
        for _ in range(8):
            self._fire(max(goal, 10 * self.floor()), rounds)
            try:
                return self._newton()
            except RuntimeError as error:
                reason = error
            goal = 1e-2 * numpy.abs(self.energy_and_forces()[1]).max()
        raise reason

    def floor(self):
        """The force that rounding of the positions leaves in a stiff contact."""
        _, _, _, length, reach = self.pairs()
        if len(length) == 0:
            return SMALL
        return 4 * SMALL * numpy.abs(self.edges).max() * self._derivatives(length, reach)[2].max()

    def is_unjammed(self):
        """Whether what is left of the overlaps is rounding."""
        i, j, _, length, reach = self.pairs()
        return len(length) == 0 or (1 - length / reach).max() < 1e-12

    def _fire(self, goal, rounds):
        velocity = numpy.zeros_like(self.positions)
        step, mixing, since = 0.1, 0.25, 0
        for turn in range(rounds):
            if turn % 100 == 0:  # Hertzian contacts soften as they open
                largest = 0.5 / max(self._stiffest(), 1e-4) ** 0.5
            energy, forces = self.energy_and_forces()
            size = numpy.abs(forces).max()
            if energy < 1e-26 * self.count or size <= goal:
                return
            power = numpy.sum(forces * velocity)
            if power > 0:
                since += 1
                if since > 20:
                    step, mixing = min(1.1 * step, largest), 0.99 * mixing
            else:
                since, mixing, step = 0, 0.25, max(0.5 * min(step, largest), 1e-3)
                self.positions -= 0.5 * step * velocity
                velocity[:] = 0
            velocity += step * forces
            norm = numpy.linalg.norm(forces)
            velocity = (1 - mixing) * velocity + mixing * forces * (numpy.linalg.norm(velocity) / norm)
            move = step * velocity
            fastest = numpy.sqrt((move ** 2).sum(axis=1).max())
            self.positions += move * min(1, 0.05 * self.spacing / max(fastest, 1e-300))
        raise RuntimeError("FIRE did not come near a minimum")

    def _typical_force(self):
        _, _, _, length, reach = self.pairs()
        return numpy.abs(self._derivatives(length, reach)[1]).mean() if len(length) else 0.0

    def _newton(self, rounds=400):
        """Levenberg and Marquardt: the damping falls as steps succeed, and ends where only rounding is left."""
        energy, forces = self.energy_and_forces()
        size = numpy.abs(forces).max()
        damping, best, idle = 1e-3, size, 0
        for _ in range(rounds):
            if self.is_unjammed() or size == 0:
                return size
            if size <= 0.25 * self.floor() or idle > 3:
                break
            stiffest = self._stiffest()
            matrix = self.hessian() + damping * stiffest * scipy.sparse.identity(forces.size, format="csc")
            move = factorised(matrix).solve(forces.ravel()).reshape(forces.shape)
            longest = numpy.sqrt((move ** 2).sum(axis=1).max())
            move *= min(1, 0.05 * self.spacing / longest)
            before = self.positions
            self.positions = before + move
            new_energy, new_forces = self.energy_and_forces()
            new_size = numpy.abs(new_forces).max()
            within_rounding = abs(new_energy - energy) <= 1e-12 * energy
            # Where energies say nothing, the force along the step must not have turned by more than half; off a saddle
            # it grows.
            forward = numpy.sum(new_forces * move) >= -0.5 * numpy.sum(forces * move)
            better = forward if within_rounding else new_energy < energy
            if better:
                energy, forces, size = new_energy, new_forces, new_size
                damping = max(damping / 10, 1e-13)
            else:
                self.positions = before
                damping *= 10
            if size < 0.5 * best:
                best, idle = size, 0
            else:
                idle += 1 if size <= 10 * self.floor() else 0
            if damping > 1e6:
                break
        if not size <= 100 * self.floor():
            raise RuntimeError(f"no minimum: a force of {size:.1e} is left, {self.floor():.1e} would be rounding")
        return size

    def _stiffest(self):
        _, _, _, length, reach = self.pairs()
        return self._derivatives(length, reach)[2].max() if len(length) else 1.0

    def relax_to_pressure(self, target, tolerance=1e-3):
        """Changes the volume until the relaxed packing has the pressure, and returns how many volumes that took."""
        for turn in range(200):
            self.relax()
            pressure = self.pressure
            if abs(pressure - target) <= tolerance * target:
                return turn
            # A step on the safe side: dP/dη by the stiffness of the affine motion where there is any, else a small
            # compression.
            if pressure > 0 and not self.is_unjammed():
                stiffness = max(self.moduli()["bulk_modulus"], 1e-3) * self.dimension
                strain = (pressure - target) / stiffness
            else:
                strain = -1e-4
            strain = float(numpy.clip(strain, -3e-3, 3e-3))
            other = self.deformed(numpy.eye(self.dimension), strain)
            self.edges, self.positions, self._listed = other.edges, other.positions, None
        raise RuntimeError(f"pressure {target:.1e} was not reached")

    # What a packing is like.

    def rattlers(self):
        """Marks particles with fewer than dim + 1 contacts, without those again, and so on."""
        i, j, _, _, _ = self.pairs()
        loose = numpy.zeros(self.count, bool)
        while True:
            holds = ~(loose[i] | loose[j])
            contacts = numpy.bincount(i[holds], minlength=self.count) + numpy.bincount(j[holds], minlength=self.count)
            more = ~loose & (contacts <= self.dimension)
            if not more.any():
                return loose
            loose |= more

    def coordination(self):
        """Contacts of all; z of all particles; contacts without rattlers; rattlers; z of the rest."""
        i, j, _, _, _ = self.pairs()
        loose = self.rattlers()
        holds = int((~(loose[i] | loose[j])).sum())
        rest = self.count - int(loose.sum())
        return {"contacts": len(i), "z_all": 2 * len(i) / self.count, "holding": holds, "rattlers": int(loose.sum()),
                "z": 2 * holds / rest if rest else 0.0}

    def mean_shear_modulus(self, stressed=True):
        """G averaged over planes; in two dimensions over simple and pure shear, which is over all directions."""
        values = []
        for a in range(self.dimension):
            for b in range(a):
                generator = numpy.zeros((self.dimension, self.dimension))
                generator[a, b] = generator[b, a] = 0.5
                values.append(self.response(generator, stressed)[a, b])
        if self.dimension == 2:
            change = self.response([[0.5, 0], [0, -0.5]], stressed)
            values.append((change[0, 0] - change[1, 1]) / 2)
        return float(numpy.mean(values))

    def response(self, generator, stressed=True):
        """dσ/dγ of the relaxed packing under exp(γA), by the Hessian; 0 where nothing holds.

        Not stressed: that of the network of springs which its contacts would be at their rest lengths.
        """
        generator = numpy.array(generator, float)
        i, j, apart, length, reach = self.pairs()
        loose = self.rattlers()
        keep = ~(loose[i] | loose[j])
        stress = self.stress() if stressed else numpy.zeros((self.dimension, self.dimension))
        if not keep.any():
            return numpy.zeros_like(stress)
        slope = self._derivatives(length, reach)[1] if stressed else numpy.zeros(len(length))
        blocks, first = self._blocks(apart, length, reach, stressed)[keep], (slope / length)[keep]
        i, j, apart = i[keep], j[keep], apart[keep]
        affine = apart @ generator.T
        change = numpy.einsum("bij,bj->bi", blocks, affine)
        imbalance = numpy.stack([numpy.bincount(i, change[:, k], self.count)
                                 - numpy.bincount(j, change[:, k], self.count)
                                 for k in range(self.dimension)], axis=1).ravel()
        held = numpy.flatnonzero(~loose)[1:]  # one particle is tied: forces add up to zero
        free = (self.dimension * held[:, None] + numpy.arange(self.dimension)).ravel()
        matrix = self.hessian(keep, stressed)[free][:, free].tocsc()
        factors = factorised(matrix)
        solution = numpy.zeros(imbalance.size)
        for _ in range(4):  # iterative refinement
            solution[free] += factors.solve(imbalance[free] - matrix @ solution[free])
        motion = solution.reshape(self.count, self.dimension)
        moved = affine + motion[j] - motion[i]
        gradient = first[:, None] * apart
        change = numpy.einsum("bij,bj->bi", blocks, moved)
        virial = numpy.einsum("bi,bj->ij", change, apart) + numpy.einsum("bi,bj->ij", gradient, moved)
        return virial / self.volume - stress * numpy.trace(generator)

    def moduli(self):
        """G = dσ_xy/dγ in simple shear xy, and K = −(1/dim) dP/dη in dilation, both relaxed, by the Hessian."""
        shear = numpy.zeros((self.dimension, self.dimension))
        shear[0, 1] = 1
        dilated = self.response(numpy.eye(self.dimension))
        return {"shear_modulus": self.response(shear)[0, 1], "bulk_modulus": numpy.trace(dilated) / self.dimension ** 2}

    def moduli_by_differences(self):
        """The same by finite differences of relaxed stresses, with the largest strain that changes no contact.

        Returns the moduli with that strain and an estimate of the error, the larger of what rounding of the stress and
        what the next order leaves.
        """
        shear = numpy.zeros((self.dimension, self.dimension))
        shear[0, 1] = 1
        result = {}
        loadings = (("shear_modulus", shear, lambda s: s[0, 1]),
                    ("bulk_modulus", numpy.eye(self.dimension), lambda s: numpy.trace(s) / self.dimension ** 2))
        for name, generator, read in loadings:
            network = self._network()
            for step in 10.0 ** -numpy.arange(4.0, 10.0):
                values = {}
                for multiple in (-2, -1, 1, 2):
                    other = self.deformed(generator, multiple * step)
                    if not other._stays(network):
                        break
                    values[multiple] = read(other.stress())
                if len(values) == 4:
                    break
            else:
                result[name] = None
                continue
            near = (values[1] - values[-1]) / (2 * step)
            far = (values[2] - values[-2]) / (4 * step)
            rounding = 2 * SMALL / step
            result[name] = ((4 * near - far) / 3, step, max(abs(far - near) / 15, rounding))
        return result

    def _stays(self, network):
        """Whether the packing comes to rest with the same contacts."""
        try:
            self._newton()
        except RuntimeError:
            return False
        return self._network() == network

    def _network(self):
        i, j, _, _, _ = self.pairs()
        loose = self.rattlers()
        keep = ~(loose[i] | loose[j])
        return frozenset(zip(i[keep].tolist(), j[keep].tolist()))

    def lowest_eigenvalue(self):
        """The smallest eigenvalue of the Hessian without rattlers and translations: positive at a minimum."""
        i, j, _, _, _ = self.pairs()
        loose = self.rattlers()
        held = numpy.flatnonzero(~loose)
        free = (self.dimension * held[:, None] + numpy.arange(self.dimension)).ravel()
        matrix = self.hessian(~(loose[i] | loose[j]))[free][:, free].tocsc()
        # Translations are the only zeros of a minimum; they are lifted beyond what is looked for by looking for more.
        values = scipy.sparse.linalg.eigsh(matrix, k=self.dimension + 1, sigma=-1e-6 * self._stiffest(), which="LM",
                                           return_eigenvectors=False)
        return float(numpy.sort(values)[self.dimension] if values.min() > -1e-9 else values.min())

    # Files.

    def write_lammps(self, path):
        """LAMMPS data of style sphere, of an orthogonal cell or one tilted in xy."""
        edges = numpy.zeros((3, 3))
        edges[:self.dimension, :self.dimension] = self.edges
        low = 0.0
        with open(path, "w") as file:
            file.write(f"soft spheres\n\n{self.count} atoms\n1 atom types\n\n")
            file.write(f"0.0 {edges[0, 0]!r} xlo xhi\n0.0 {edges[1, 1]!r} ylo yhi\n")
            file.write("-0.5 0.5 zlo zhi\n" if self.dimension == 2 else f"{low!r} {edges[2, 2]!r} zlo zhi\n")
            if edges[1, 0]:
                file.write(f"{edges[1, 0]!r} 0.0 0.0 xy xz yz\n")
            file.write("\nAtoms # sphere\n\n")
            fractions = self.positions @ numpy.linalg.inv(self.edges)
            wrapped = (self.positions - numpy.floor(fractions) @ self.edges).tolist()
            for k, (place, size) in enumerate(zip(wrapped, self.diameters.tolist())):
                place = place + [0.0] * (3 - self.dimension)
                file.write(f"{k + 1} 1 {size!r} 1.0 {place[0]!r} {place[1]!r} {place[2]!r}\n")


def random_packing(dimension, count, law, fraction, sizes, seed):
    """Random positions at a packing fraction, in a square or cubic cell, not relaxed yet."""
    diameters = random_sizes(count, **sizes) if isinstance(sizes, dict) else numpy.array(sizes, float)
    unit = {2: numpy.pi / 4, 3: numpy.pi / 6}[dimension]
    edge = (unit * numpy.sum(diameters ** dimension) / fraction) ** (1 / dimension)
    generator = numpy.random.default_rng(seed)
    return Packing(edge * numpy.eye(dimension), edge * generator.random((count, dimension)),
                   generator.permutation(diameters), law)
