// A clip made by computation: the same scene in several qualities, in segments of two seconds. Any segment is made without the others.
// Read next: Scene.swift (what is shown), PictureCoder.swift (how it is coded), Manifests.swift (how players find the segments).
public import Bytes

/// One quality of a clip.
public struct Rung: Hashable, Sendable {
  /// Its folder and identifier.
  public var name: String
  /// How often a picture of 160 by 96 samples is enlarged in each direction. 1 to 4.
  public var scale: Int
  /// 5 or 10.
  public var framesPerSecond: Int

  public var width: Int { Scene.width * scale }
  public var height: Int { Scene.height * scale }
}

/// A clip.
public struct Clip: Hashable, Sendable {
  /// The lowest first.
  public let rungs: [Rung]
  /// Unit: segments.
  public let segmentCount: Int

  /// Unit: seconds.
  public static let segmentSeconds = 2

  /// RFC 6381 §3.3: H.264, Constrained Baseline, level 3.
  public static let codecs = "avc1.42C01E"
  public static let mediaType = "video/mp4"

  /// A clip of so many segments (1 to 300) in three qualities: about 0.3, 1 and 2 Mbit/s.
  public init(segmentCount: Int = 15) {
    self.segmentCount = min(300, max(1, segmentCount))
    rungs = [
      Rung(name: "low", scale: 1, framesPerSecond: 5), Rung(name: "middle", scale: 2, framesPerSecond: 10),
      Rung(name: "high", scale: 3, framesPerSecond: 10),
    ]
  }

  /// Unit: seconds.
  public var duration: Int { segmentCount * Clip.segmentSeconds }

  /// What a player needs before any segment of a quality.
  public func initialization(of rung: Rung) -> Buffer { Buffer(movie(of: rung).initialization) }

  /// A segment, counted from 1; nil: there is none with this number.
  public func segment(_ number: Int, of rung: Rung) -> Buffer? {
    guard (1...segmentCount).contains(number) else { return nil }
    let movie = movie(of: rung)
    let frames = frames(of: number, rung)
    var pictures: [[UInt8]] = []
    for frame in frames {
      let scene = scene(frame, rung)
      if frame == frames.lowerBound {
        pictures.append(movie.coder.keyPicture(identifier: number & 1) { scene.samples(of: $0) })
      } else {
        pictures.append(
          movie.coder.picture(number: frame - frames.lowerBound, changed: scene.changes(since: self.scene(frame - 1, rung))) { scene.samples(of: $0) })
      }
    }
    return Buffer(movie.segment(number: number, startFrame: frames.lowerBound, pictures: pictures))
  }

  /// The most bits a second that any segment of a quality takes. Counted from what changes, without making the segments.
  public func bandwidth(of rung: Rung) -> Int {
    let blocks = rung.width / 16 * (rung.height / 16)
    let most = (1...segmentCount).map { number in
      frames(of: number, rung).dropFirst().reduce(blocks) { $0 + scene($1, rung).changes(since: scene($1 - 1, rung)).count }
    }.max() ?? blocks
    // A macroblock's type and the skipping before it take up to four bytes, a picture and its entry twenty, the boxes 200.
    let bytes = most * (PictureCoder.blockBytes + 4) + rung.framesPerSecond * Clip.segmentSeconds * 20 + 200
    return bytes * 8 / Clip.segmentSeconds
  }

  private func frames(of number: Int, _ rung: Rung) -> Range<Int> {
    let count = rung.framesPerSecond * Clip.segmentSeconds
    return (number - 1) * count..<number * count
  }

  private func scene(_ frame: Int, _ rung: Rung) -> Scene {
    Scene(scale: rung.scale, quality: (rungs.firstIndex(of: rung) ?? 0) + 1, tenths: frame * 10 / rung.framesPerSecond)
  }

  private func movie(of rung: Rung) -> MovieWriter {
    MovieWriter(
      width: rung.width, height: rung.height, framesPerSecond: rung.framesPerSecond,
      coder: PictureCoder(widthInBlocks: rung.width / 16, heightInBlocks: rung.height / 16))
  }
}
