import Foundation
import MessagePassing
import TestSupport
import Testing

@Suite(.serialized, .oneAtATime) struct MessagePassingTests {
  @Suite(.serialized) struct ExactSumming {
    let world = try! MessagePassing.startForTests()

    private func sum(_ terms: [Double]) throws -> Double {
      let sums = ExactSums(count: 1)
      for term in terms { sums.add(term, to: 0) }
      return try sums.reduce(over: world)[0]
    }

    /// Terms within 2⁶⁰ of one another add up exactly in 128-bit integers; the sum must be the double closest to it.
    @Test func againstIntegers() throws {
      for seed: UInt64 in 1...50 {
        var generator = Generator(seed: seed)
        let shift = Int.random(in: -1000...900, using: &generator)
        var exact: Int128 = 0
        var terms: [Double] = []
        for _ in 0..<1000 {
          let mantissa = Int64.random(in: -(1 << 52)...(1 << 52), using: &generator)
          let exponent = Int.random(in: 0...55, using: &generator)
          exact += Int128(mantissa) << Int128(exponent)
          terms.append(scalbn(Double(mantissa), exponent + shift))
        }
        // Int128 to Double rounds to nearest, once.
        let expected = scalbn(Double(exact), shift)
        #expect(try sum(terms) == expected, "seed \(seed)")
        #expect(try sum(terms.reversed()) == expected, "seed \(seed), reversed")
        #expect(try sum(terms.shuffled(using: &generator)) == expected, "seed \(seed), shuffled")
      }
    }

    #if arch(x86_64)
      /// Well-conditioned sums of positive numbers over a wide range, against 64-bit mantissas: these carry 11 more
      /// bits, so at 1000 terms the reference is right to half an ulp of a double plus 1e-3 ulp.
      @Test func againstExtendedPrecision() throws {
        for seed: UInt64 in 1...50 {
          var generator = Generator(seed: seed)
          let terms = (0..<1000).map { _ in
            scalbn(generator.uniform(1...2), Int.random(in: -40...40, using: &generator))
          }
          // Ascending order keeps the reference's own rounding small.
          let reference = terms.sorted().reduce(Float80(0)) { $0 + Float80($1) }
          let found = try sum(terms)
          #expect(abs(Float80(found) - reference) <= 0.51 * Float80(found.ulp), "seed \(seed)")
        }
      }
    #endif

    @Test func cancellation() throws {
      #expect(try sum([1e300, 1, -1e300]) == 1)
      #expect(try sum([1e300, 1e-300, -1e300]) == 1e-300)
      #expect(try sum([0x1p53, 1, 1]) == 0x1p53 + 2)
      // A tie goes to even; anything beyond the tie, however small, does not.
      #expect(try sum([0x1p53, 1]) == 0x1p53)
      #expect(try sum([0x1p53, 1, 0x1p-1074]) == 0x1p53 + 2)
      #expect(try sum([-0x1p53, -1, -0x1p-1074]) == -0x1p53 - 2)
      #expect(try sum([0.1, -0.1]) == 0)
      #expect(try sum([0.1, -0.1]).sign == .plus)
      #expect(try sum([]) == 0)
    }

    @Test func subnormalAndHuge() throws {
      #expect(try sum([.leastNonzeroMagnitude]) == .leastNonzeroMagnitude)
      #expect(try sum([.leastNonzeroMagnitude, .leastNonzeroMagnitude]) == 0x1p-1073)
      #expect(try sum([.leastNormalMagnitude, -.leastNonzeroMagnitude]) == Double.leastNormalMagnitude.nextDown)
      #expect(try sum([-.leastNormalMagnitude, .leastNonzeroMagnitude]) == -Double.leastNormalMagnitude.nextDown)
      let huge = Double.greatestFiniteMagnitude
      #expect(try sum([huge]) == huge)
      #expect(try sum([-huge]) == -huge)
      #expect(try sum([huge, huge, -huge]) == huge, "an intermediate overflow is none")
      #expect(try sum([huge, huge]) == .infinity)
      #expect(try sum([huge, .leastNonzeroMagnitude, -huge]) == .leastNonzeroMagnitude)
    }

    @Test func nonFinite() throws {
      for bad in [Double.nan, .infinity, -.infinity, .signalingNaN] {
        #expect(try sum([1, bad, 2]).isNaN)
      }
      #expect(try sum([.infinity, -.infinity]).isNaN)
      // Of several sums only the one with the bad term is lost, and nothing is left for the next round.
      let sums = ExactSums(count: 3)
      for k in 0..<3 { sums.add(Double(k) + 1, to: k) }
      sums.add(.nan, to: 1)
      let found = try sums.reduce(over: world)
      #expect(found[0] == 1 && found[1].isNaN && found[2] == 3)
      for k in 0..<3 { sums.add(Double(k), to: k) }
      #expect(try sums.reduce(over: world) == [0, 1, 2])
      sums.add(5, to: 0)
      sums.reset()
      #expect(try sums.reduce(over: world) == [0, 0, 0])
    }

    /// Many terms of one exponent fill a bin: 2²⁰ of the largest mantissa, exactly 2²⁰ times one.
    @Test func manyEqualTerms() throws {
      let sums = ExactSums(count: 1)
      let term = (2.0).nextDown
      for _ in 0..<(1 << 20) { sums.add(term, to: 0) }
      #expect(try sums.reduce(over: world)[0] == term * 0x1p20)
    }
  }

  @Suite(.serialized) struct SingleRank {
    let world = try! MessagePassing.startForTests()

    /// The collectives of a process that is alone.
    @Test func collectives() throws {
      #expect(world.size == 1 && world.rank == 0 && world.isRoot)
      #expect(try world.gather(7) == [7])
      #expect(try world.gather([1, 2, 3]) == [1, 2, 3])
      #expect(try world.broadcast("text") == "text")
      #expect(try world.broadcast([1.5]) == [1.5])
      #expect(try world.reduce(3, .sum) == 3)
      #expect(try world.exclusiveSum(4) == 0)
      let exchange = try Exchange(world, sendCounts: [2])
      #expect(try exchange.forward([1, 2, 3, 4], width: 2) == [1, 2, 3, 4])
      #expect(try exchange.backward([5, 6]) == [5, 6])
    }

    @Test func failuresAreAgreedOn() throws {
      do {
        try world.coordinated { throw Failure(.physics, "lost") }
        Issue.record("nothing was thrown")
      } catch let failure as Failure {
        #expect(failure.kind == .physics && failure.message == "lost" && failure.agreedRank == 0)
      }
      try world.agree(on: nil)
      #expect(try world.coordinated { 5 } == 5)
    }
  }
}
