import Geometry
import Testing

extension GeometryTests {
  /// Operations on several numbers side by side, against the same lane by lane.
  @Suite struct LanesTests {
    private static func numbers(_ lanes: Lanes) -> [Double] { (0..<Lanes.count).map { lanes[$0] } }

    /// Every mask: the lanes that are set, in order, from the given number on, and no more counted than that.
    @Test func aMaskListsItsLanes() {
      let list = AlignedBuffer<Int32>(capacity: 2 * Lanes.count)
      let values = AlignedBuffer<Double>(capacity: Lanes.count)
      for bits in 0..<(1 << Lanes.count) {
        let expected = (0..<Lanes.count).filter { bits >> $0 & 1 == 1 }
        for lane in 0..<Lanes.count { values[lane] = expected.contains(lane) ? -1 : 1 }
        let mask = Lanes(loading: values.pointer).isLess(than: Lanes(0))
        let count = mask.list(from: 40, to: list.pointer)
        #expect((0..<count).map { Int(list[$0]) } == expected.map { 40 + $0 })
      }
    }

    @Test func extremesAndTruncation() {
      let ascending = Lanes.ascending
      #expect(Self.numbers(ascending) == (0..<Lanes.count).map(Double.init))
      #expect(Self.numbers(ascending.smaller(Lanes(1.5))) == (0..<Lanes.count).map { min(Double($0), 1.5) })
      #expect(Self.numbers(ascending.larger(Lanes(1.5))) == (0..<Lanes.count).map { max(Double($0), 1.5) })
      let whole = AlignedBuffer<Int32>(capacity: Lanes.count)
      (1.75 * ascending - 1.5).storeTruncated(to: whole.pointer)
      #expect((0..<Lanes.count).map { Int(whole[$0]) } == (0..<Lanes.count).map { Int(1.75 * Double($0) - 1.5) })
    }
  }
}
