// The receiving half of one TCP connection in the model: puts segments in order and holds what the end has not read.
import Bytes

/// What one side has heard.
struct StreamReceiver {
  /// The next number expected (RFC 9293 §3.3.1 RCV.NXT).
  private(set) var next: Int64 = 0
  /// In order, and not read yet.
  private(set) var held = Buffer()
  /// Whether the peer's FIN has arrived and everything before it.
  private(set) var hasFinished = false
  /// Early arrivals, by number.
  private var early: [(sequence: Int64, bytes: Buffer)] = []
  /// Where the newest of them begins.
  private var newestEarly: Int64 = 0
  private var finish: Int64?
  private let bytesMax: Int

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// How many more bytes may come.
  var window: Int { max(0, bytesMax - held.count) }

  /// The peer's SYN.
  mutating func begin() { next = max(next, 1) }

  /// Takes one segment in, as far as it is awaited and there is room.
  mutating func take(_ segment: Segment) {
    let limit = next + Int64(window)
    var start = segment.sequence + (segment.isSYN ? 1 : 0)
    var bytes = segment.payload
    let end = start + Int64(bytes.count)
    if segment.isFIN, end <= limit { finish = end }
    if end > limit { bytes.dropLast(Int(end - limit)) }
    if start < next {
      bytes.drop(Int(clamping: next - start))
      start = next
    }
    if !bytes.isEmpty { keep(bytes, at: start) }
    while let first = early.first, first.sequence <= next {
      early.removeFirst()
      var bytes = first.bytes
      bytes.drop(Int(next - first.sequence))
      next += Int64(bytes.count)
      held.append(bytes)
    }
    if finish == next, !hasFinished {
      hasFinished = true
      next += 1
    }
  }

  private mutating func keep(_ bytes: Buffer, at sequence: Int64) {
    newestEarly = sequence
    let place = early.firstIndex { $0.sequence >= sequence } ?? early.count
    // Sent again and already here in full: nothing to keep.
    if place < early.count, early[place].sequence == sequence, early[place].bytes.count >= bytes.count { return }
    early.insert((sequence, bytes), at: place)
  }

  /// RFC 2018 §4: at most four ranges beyond the gap, the one with the newest arrival first.
  var earlyRanges: [Range<Int64>] {
    var ranges: [Range<Int64>] = []
    for (sequence, bytes) in early {
      let end = sequence + Int64(bytes.count)
      if let last = ranges.last, last.upperBound >= sequence {
        ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, end)
      } else {
        ranges.append(sequence..<end)
      }
    }
    let newest = ranges.firstIndex { $0.contains(newestEarly) } ?? 0
    return Array((ranges[newest...] + ranges[..<newest]).prefix(4))
  }

  /// Everything that can be read, taken away.
  mutating func read() -> Buffer { held.takeAll() }
}
