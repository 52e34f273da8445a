import QuasistaticShear

/// A plastic event in log.jsonl.
struct EventLine: Encodable {
  var event = "plastic"
  var strainBefore: Double
  var strainAfter: Double
  var stressDrop: [[Double]]
  var energyDrop: Double
  var participationRatio: Double
  var centre: [Double]

  init(_ event: PlasticEvent, _ dimension: Int) {
    strainBefore = event.strainBefore
    strainAfter = event.strainAfter
    stressDrop = event.stressDrop.block(dimension)
    energyDrop = event.energyDrop
    participationRatio = event.participationRatio
    centre = (0..<dimension).map { event.centre[$0] }
  }
}
