// Places on a circle: sines without a mathematics library, names moved apart.
import Foundation
import Testing
import Trace

@Suite("Circle")
struct CircleTests {
  @Test("sine and cosine of any share of a turn")
  func turns() {
    for step in -40...200 {
      let (sine, cosine) = Circle.sineCosine(Double(step) / 80)
      #expect(abs(sine - sin(Double(step) / 40 * .pi)) < 1e-6 && abs(cosine - cos(Double(step) / 40 * .pi)) < 1e-6)
    }
  }

  @Test("names keep their order and are apart, also across the top", arguments: [[0.5], [0.5, 0.5, 0.5], [0.99, 0.005, 0.01], [0.1, 0.4, 0.41, 0.8], Array(repeating: 0.3, count: 40)])
  func spread(_ shares: [Double]) {
    let places = Circle.spread(shares, apart: 0.05)
    let gap = min(0.05, 0.9 / Double(shares.count))
    for (a, b) in zip(shares.indices, shares.indices.dropFirst()) where shares[a] <= shares[b] { #expect(places[a] <= places[b] + 1e-9) }
    for a in places.indices {
      for b in places.indices where a < b {
        let distance = abs(places[a] - places[b])
        #expect(min(distance, 1 - distance) > gap * 0.8, "\(places)")
      }
    }
  }
}
