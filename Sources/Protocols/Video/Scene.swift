// What is shown: a ball that bounces over a chequered floor, a clock in tenths of a second, and the number of the quality in the corner.
// Drawn in units of a 160 by 96 picture, so that every quality shows the same. Not here: coding it (PictureCoder.swift).

/// One picture of the clip, to be drawn macroblock by macroblock.
struct Scene {
  /// How many samples one unit has.
  let scale: Int
  /// Shown in the corner; also gives the floor its colour. From 1.
  let quality: Int
  /// Unit: tenths of a second.
  let tenths: Int

  static let width = 160
  static let height = 96

  /// Brightness and both colour differences.
  private struct Colour {
    var y: UInt8
    var cb: UInt8
    var cr: UInt8
  }

  /// A rectangle in units, right and bottom excluded.
  private struct Box {
    var x: Range<Int>
    var y: Range<Int>
  }

  private static let radius = 11
  private static let ball = Colour(y: 180, cb: 60, cr: 190)
  private static let ink = Colour(y: 225, cb: 128, cr: 128)
  private static let floors = [Colour(y: 70, cb: 128, cr: 160), Colour(y: 70, cb: 110, cr: 110), Colour(y: 70, cb: 160, cr: 118)]

  /// To and fro between 0 and `span`.
  private static func bounce(_ distance: Int, _ span: Int) -> Int {
    let place = distance % (2 * span)
    return place <= span ? place : 2 * span - place
  }

  private var ballX: Int { 16 + Scene.bounce(tenths * 3, Scene.width - 32) }
  private var ballY: Int { 16 + Scene.bounce(tenths * 2, 40) }

  private var ballBox: Box {
    Box(x: (ballX - Scene.radius)..<(ballX + Scene.radius + 1), y: (ballY - Scene.radius)..<(ballY + Scene.radius + 1))
  }

  /// The digits of the clock, tens of seconds first.
  private var clock: [Int] { [tenths / 100 % 10, tenths / 10 % 10, tenths % 10] }

  private static func clockBox(_ place: Int) -> Box { Box(x: (10 + place * 14)..<(20 + place * 14), y: 72..<90) }
  private static let qualityBox = Box(x: 144..<154, y: 6..<24)

  // MARK: Which macroblocks

  /// The macroblocks that differ from the picture `before`, in ascending order.
  func changes(since before: Scene) -> [Int] {
    var boxes = [ballBox, before.ballBox]
    for (place, digit) in clock.enumerated() where digit != before.clock[place] { boxes.append(Scene.clockBox(place)) }
    let columns = Scene.width * scale / 16
    var blocks: Set<Int> = []
    for box in boxes {
      for row in (box.y.lowerBound * scale / 16)...((box.y.upperBound * scale - 1) / 16) {
        for column in (box.x.lowerBound * scale / 16)...((box.x.upperBound * scale - 1) / 16) { blocks.insert(row * columns + column) }
      }
    }
    return blocks.sorted()
  }

  // MARK: Drawing

  /// The 384 samples of a macroblock.
  func samples(of block: Int) -> ArraySlice<UInt8> {
    let columns = Scene.width * scale / 16
    let left = block % columns * 16
    let top = block / columns * 16
    var brightness: [UInt8] = []
    brightness.reserveCapacity(PictureCoder.blockBytes)
    var blue: [UInt8] = []
    var red: [UInt8] = []
    for y in top..<(top + 16) {
      for x in left..<(left + 16) {
        let colour = colour(x, y)
        brightness.append(colour.y)
        if x % 2 == 0, y % 2 == 0 {
          blue.append(colour.cb)
          red.append(colour.cr)
        }
      }
    }
    return (brightness + blue + red)[...]
  }

  /// The colour at a sample.
  private func colour(_ x: Int, _ y: Int) -> Colour {
    let (unitX, unitY) = (x / scale, y / scale)
    let (dx, dy) = (x - ballX * scale, y - ballY * scale)
    let radius = Scene.radius * scale
    if dx * dx + dy * dy < radius * radius { return Scene.ball }
    if unitY >= 72, unitY < 90 {
      for (place, digit) in clock.enumerated() where Scene.isInk(unitX, unitY, Scene.clockBox(place), digit) { return Scene.ink }
      // The point before the tenths.
      if unitX >= 35, unitX < 37, unitY >= 87 { return Scene.ink }
    }
    if Scene.isInk(unitX, unitY, Scene.qualityBox, quality) { return Scene.ink }
    var floor = Scene.floors[(quality - 1) % Scene.floors.count]
    if (unitX / 16 + unitY / 16) % 2 == 0 { floor.y -= 12 }
    return floor
  }

  /// Seven strokes, by the digit they belong to: top, upper left, upper right, middle, lower left, lower right, bottom.
  private static let strokes: [[Bool]] = [
    [true, true, true, false, true, true, true], [false, false, true, false, false, true, false], [true, false, true, true, true, false, true],
    [true, false, true, true, false, true, true], [false, true, true, true, false, true, false], [true, true, false, true, false, true, true],
    [true, true, false, true, true, true, true], [true, false, true, false, false, true, false], [true, true, true, true, true, true, true],
    [true, true, true, true, false, true, true],
  ]

  private static func isInk(_ x: Int, _ y: Int, _ box: Box, _ digit: Int) -> Bool {
    guard box.x.contains(x), box.y.contains(y) else { return false }
    let (column, row) = (x - box.x.lowerBound, y - box.y.lowerBound)
    let strokes = strokes[digit % 10]
    let (isUpper, isLeft, isRight) = (row < 9, column < 2, column >= 8)
    return strokes[0] && row < 2 || strokes[3] && (8..<10).contains(row) || strokes[6] && row >= 16
      || strokes[1] && isLeft && isUpper || strokes[2] && isRight && isUpper
      || strokes[4] && isLeft && !isUpper || strokes[5] && isRight && !isUpper
  }
}
