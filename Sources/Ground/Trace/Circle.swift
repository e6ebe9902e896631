// Places on a circle, for drawings: shares of a whole turn, 0 at the top, clockwise. Without a mathematics library.

/// Arithmetic of a circle.
public enum Circle {
  /// Sine and cosine of a share of a whole turn.
  public static func sineCosine(_ share: Double) -> (sine: Double, cosine: Double) {
    // Into an eighth of a turn around zero, where few terms are enough.
    let quarter = (share * 4).rounded()
    let x = (share * 4 - quarter) * 1.570_796_326_794_896_6
    let square = x * x
    let sine = x * (1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72))))
    let cosine = 1 - square / 2 * (1 - square / 12 * (1 - square / 30 * (1 - square / 56)))
    switch Int(quarter) & 3 {
    case 0: return (sine, cosine)
    case 1: return (cosine, -sine)
    case 2: return (-sine, -cosine)
    default: return (-cosine, sine)
    }
  }

  /// Places for names near `shares`, in their order, moved as little as keeps any two `apart` where there is room for that.
  public static func spread(_ shares: [Double], apart: Double) -> [Double] {
    guard shares.count > 1 else { return shares }
    let order = shares.indices.sorted { (shares[$0], $0) < (shares[$1], $1) }
    let gap = min(apart, 0.9 / Double(shares.count))
    var places = order.map { shares[$0] }
    for _ in 0..<roundsMax {
      var isSettled = true
      for index in places.indices {
        let next = (index + 1) % places.count
        let distance = places[next] - places[index] + (next == 0 ? 1 : 0)
        guard distance < gap - 1e-6 else { continue }
        isSettled = false
        places[index] -= (gap - distance) / 2
        places[next] += (gap - distance) / 2
      }
      if isSettled { break }
    }
    var spread = shares
    for (place, index) in zip(places, order) { spread[index] = place }
    return spread
  }

  /// Most rounds of moving names apart. Past it: some stay closer together.
  private static var roundsMax: Int { 4_000 }
}
