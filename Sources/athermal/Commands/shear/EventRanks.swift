import Storage

/// How an event stood in the fields that should foretell it: shares of particles with a larger field value than the
/// particle nearest to its centre.
struct EventRanks {
  /// The strain of the last state before.
  var strain: Double
  var velocity: Double
  var product: Double
  var velocityAtStart: Double
  var productAtStart: Double

  /// More of `/events` of shear.h5, with `events.prediction`.
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
