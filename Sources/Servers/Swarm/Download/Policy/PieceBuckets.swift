// Pieces nobody was asked for yet, sorted by how much they are wanted and how rare they are. Every change costs the same, however many there are.
// Read next: PiecePicker.swift.

/// Pieces in buckets: the most wanted first, among them the rarest. Within a bucket the order is chance.
struct PieceBuckets: Sendable {
  /// Priorities go from 0, not wanted, to this.
  static let priorityMax = 7

  private var buckets: [[Int32]]
  /// Where each piece stands in its bucket; -1: in none.
  private var places: [Int32]
  private var keys: [Int32]
  /// Availabilities from here on share a bucket.
  private let availabilityMax: Int
  /// The lowest bucket that may hold something.
  private var lowest = 0
  private(set) var count = 0

  init(pieceCount: Int, availabilityMax: Int) {
    self.availabilityMax = max(1, availabilityMax)
    buckets = Array(repeating: [], count: Self.priorityMax * (self.availabilityMax + 1))
    places = Array(repeating: -1, count: pieceCount)
    keys = Array(repeating: 0, count: pieceCount)
  }

  func contains(_ piece: Int) -> Bool { places[piece] >= 0 }

  /// Puts a piece where it belongs; with priority 0 nowhere.
  mutating func put(_ piece: Int, priority: Int, availability: Int, using chance: inout some RandomNumberGenerator) {
    remove(piece)
    guard priority > 0 else { return }
    let key = (Self.priorityMax - min(priority, Self.priorityMax)) * (availabilityMax + 1) + max(0, min(availability, availabilityMax))
    let place = Int.random(in: 0...buckets[key].count, using: &chance)
    // Whoever stood there moves to the end.
    if place < buckets[key].count {
      let other = buckets[key][place]
      places[Int(other)] = Int32(buckets[key].count)
      buckets[key].append(other)
      buckets[key][place] = Int32(piece)
    } else {
      buckets[key].append(Int32(piece))
    }
    places[piece] = Int32(place)
    keys[piece] = Int32(key)
    lowest = min(lowest, key)
    count += 1
  }

  mutating func remove(_ piece: Int) {
    let place = Int(places[piece])
    guard place >= 0 else { return }
    let key = Int(keys[piece])
    guard let last = buckets[key].popLast() else { return }
    if Int(last) != piece {
      buckets[key][place] = last
      places[Int(last)] = Int32(place)
    }
    places[piece] = -1
    count -= 1
    if count == 0 { lowest = buckets.count } else { while lowest < buckets.count, buckets[lowest].isEmpty { lowest += 1 } }
  }

  /// The first piece that `fits`.
  func first(where fits: (Int) -> Bool) -> Int? {
    guard count > 0 else { return nil }
    for key in lowest..<buckets.count {
      for piece in buckets[key] where fits(Int(piece)) { return Int(piece) }
    }
    return nil
  }
}
