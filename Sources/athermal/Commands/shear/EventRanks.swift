import Storage

/// Ranks of an event in the fields that should predict it: fractions of particles with a larger field value than the
/// particle nearest to its centre.
struct EventRanks {
  /// Strain of the last state before the event.
  var strain: Double
  var velocity: Double
  var product: Double
  var velocityAtStart: Double
  var productAtStart: Double

  /// Additional columns of `/events` in shear.h5, with `events.prediction`.
  static let schema = Schema<EventRanks>.series(
    "events", dimension: 3,
    [
      .real("fields_strain", "strain of the last state before the event") { $0.strain },
      .real("rank_velocity", "share of particles with a larger nonaffine velocity than the one nearest to the centre") {
        $0.velocity
      },
      .real("rank_product", "the same of the product field") { $0.product },
      .real("rank_velocity_start", "share by the nonaffine velocity of the first state") { $0.velocityAtStart },
      .real("rank_product_start", "share by the product field of the first state") { $0.productAtStart },
    ])
}
