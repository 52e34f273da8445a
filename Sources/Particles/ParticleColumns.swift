import Geometry

/// The columns of the particles that a rank owns, in storage order: cell by cell, by id within a cell.
struct ParticleColumns {
  let ids = AlignedBuffer<Int64>()
  let species = AlignedBuffer<Int32>()
  let diameters = AlignedBuffer<Double>()
  /// Image numbers, in edges between the wrapped and the unwrapped position; 3 per particle.
  let images = AlignedBuffer<Int32>()
  /// Positions at the last rebuild, in quanta, 3 per particle.
  let reference = AlignedBuffer<Int64>()
  /// Three coordinates in quanta and the bits of the potential's parameter, 4 words per particle;
  /// owned particles, then ghosts.
  let records = AlignedBuffer<Int64>()

  /// All columns, in the order in which messages hold them: whatever is done to all columns is done to this list.
  var all: [StoredColumn] {
    [
      StoredColumn(.integers(ids)),
      StoredColumn(.smallIntegers(species), as: .species),
      StoredColumn(.reals(diameters), as: .diameter),
      StoredColumn(.smallIntegers(images), width: 3, as: .image),
      StoredColumn(.integers(reference), width: 3, sent: 0, as: .reference),
      StoredColumn(.integers(records), width: 4, sent: 3, as: .position),
    ]
  }
}
