// The file format around the pictures: fragmented MP4 (ISO/IEC 14496-12 and -15) in the shape that CMAF, DASH and HLS share.
// Not here: the pictures (PictureCoder.swift), the lists of segments (Manifests.swift).

/// Boxes: a length, four letters, contents.
struct BoxWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append<T: FixedWidthInteger>(_ value: T) {
    for shift in stride(from: T.bitWidth - 8, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: value >> T(shift))) }
  }

  mutating func append(_ more: [UInt8]) { bytes += more }
  mutating func append(_ text: String) { bytes += Array(text.utf8) }
  mutating func append(zeros count: Int) { bytes += Array(repeating: 0, count: count) }

  /// A box; its length is set when its contents are there.
  mutating func box(_ type: String, _ contents: (inout BoxWriter) -> Void) {
    let start = bytes.count
    append(UInt32(0))
    append(type)
    contents(&self)
    set(UInt32(bytes.count - start), at: start)
  }

  /// A box with version and flags.
  mutating func box(_ type: String, version: UInt8 = 0, flags: UInt32, _ contents: (inout BoxWriter) -> Void) {
    box(type) { writer in
      writer.append(UInt32(version) << 24 | flags)
      contents(&writer)
    }
  }

  mutating func set(_ value: UInt32, at offset: Int) {
    for (index, shift) in [24, 16, 8, 0].enumerated() { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(shift)) }
  }
}

/// One track of video as an initialisation segment and media segments.
struct MovieWriter {
  let width: Int
  let height: Int
  let framesPerSecond: Int
  let coder: PictureCoder

  /// Unit: ticks a second.
  static let timescale = 1_000

  private var frameDuration: UInt32 { UInt32(MovieWriter.timescale / framesPerSecond) }

  /// ISO/IEC 14496-12 §8.1: what the track is, without any of its pictures.
  var initialization: [UInt8] {
    var writer = BoxWriter()
    writer.box("ftyp") { $0.append("iso6\u{0}\u{0}\u{0}\u{1}iso6cmfcdashmp41") }
    writer.box("moov") { movie in
      movie.box("mvhd", flags: 0) { header in
        header.append(zeros: 8)
        header.append(UInt32(MovieWriter.timescale))
        header.append(zeros: 4)
        header.append(UInt32(0x10000))
        header.append(UInt16(0x100))
        header.append(zeros: 10)
        MovieWriter.appendMatrix(&header)
        header.append(zeros: 24)
        header.append(UInt32(2))
      }
      movie.box("trak") { appendTrack(&$0) }
      // §8.8.3: what holds for each picture unless its fragment says otherwise.
      movie.box("mvex") { extends in
        extends.box("trex", flags: 0) { defaults in
          for value in [1, 1, frameDuration, 0, MovieWriter.dependentFlags] { defaults.append(value) }
        }
      }
    }
    return writer.bytes
  }

  /// §8.8.3.1: a picture that needs others and is no place to begin; and one that is.
  private static let dependentFlags: UInt32 = 0x0101_0000
  private static let keyFlags: UInt32 = 0x0200_0000

  private static func appendMatrix(_ writer: inout BoxWriter) {
    for value: UInt32 in [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000] { writer.append(value) }
  }

  private func appendTrack(_ track: inout BoxWriter) {
    track.box("tkhd", flags: 3) { header in
      header.append(zeros: 8)
      header.append(UInt32(1))
      header.append(zeros: 24)
      MovieWriter.appendMatrix(&header)
      header.append(UInt32(width) << 16)
      header.append(UInt32(height) << 16)
    }
    track.box("mdia") { media in
      media.box("mdhd", flags: 0) { header in
        header.append(zeros: 8)
        header.append(UInt32(MovieWriter.timescale))
        header.append(zeros: 4)
        // The language is not determined: `und`, five bits a letter.
        header.append(UInt16(0x55C4))
        header.append(zeros: 2)
      }
      media.box("hdlr", flags: 0) { handler in
        handler.append(zeros: 4)
        handler.append("vide")
        handler.append(zeros: 12)
        handler.append("video\u{0}")
      }
      media.box("minf") { information in
        information.box("vmhd", flags: 1) { $0.append(zeros: 8) }
        information.box("dinf") { place in
          place.box("dref", flags: 0) { list in
            list.append(UInt32(1))
            list.box("url ", flags: 1) { _ in }
          }
        }
        information.box("stbl") { appendSampleTable(&$0) }
      }
    }
  }

  private func appendSampleTable(_ table: inout BoxWriter) {
    table.box("stsd", flags: 0) { list in
      list.append(UInt32(1))
      // ISO/IEC 14496-15 §5.4.2: AVC, its parameter sets kept beside the pictures.
      list.box("avc1") { entry in
        entry.append(zeros: 6)
        entry.append(UInt16(1))
        entry.append(zeros: 16)
        entry.append(UInt16(width))
        entry.append(UInt16(height))
        entry.append(UInt32(0x48_0000))
        entry.append(UInt32(0x48_0000))
        entry.append(zeros: 4)
        entry.append(UInt16(1))
        entry.append(zeros: 32)
        entry.append(UInt16(24))
        entry.append(UInt16(0xFFFF))
        entry.box("avcC") { configuration in
          configuration.append([1] + PictureCoder.profile + [0xFF, 0xE1])
          let (sequence, picture) = (coder.sequenceParameters, coder.pictureParameters)
          configuration.append(UInt16(sequence.count))
          configuration.append(sequence)
          configuration.append([1])
          configuration.append(UInt16(picture.count))
          configuration.append(picture)
        }
      }
    }
    for type in ["stts", "stsc", "stco"] { table.box(type, flags: 0) { $0.append(zeros: 4) } }
    table.box("stsz", flags: 0) { $0.append(zeros: 8) }
  }

  /// §8.8.4: a media segment: where it begins in time, how long each picture is, the pictures. The first one is a key picture.
  func segment(number: Int, startFrame: Int, pictures: [[UInt8]]) -> [UInt8] {
    var writer = BoxWriter()
    writer.box("styp") { $0.append("msdh\u{0}\u{0}\u{0}\u{0}msdhmsixcmfs") }
    let start = writer.bytes.count
    var offsetPlace = 0
    writer.box("moof") { fragment in
      fragment.box("mfhd", flags: 0) { $0.append(UInt32(number)) }
      fragment.box("traf") { track in
        // Offsets count from this box.
        track.box("tfhd", flags: 0x20000) { $0.append(UInt32(1)) }
        track.box("tfdt", version: 1, flags: 0) { $0.append(UInt64(startFrame) * UInt64(frameDuration)) }
        track.box("trun", flags: 0x205) { run in
          run.append(UInt32(pictures.count))
          offsetPlace = run.bytes.count
          run.append(UInt32(0))
          run.append(MovieWriter.keyFlags)
          for picture in pictures { run.append(UInt32(picture.count + 4)) }
        }
      }
    }
    writer.set(UInt32(writer.bytes.count - start + 8), at: offsetPlace)
    writer.box("mdat") { data in
      for picture in pictures {
        data.append(UInt32(picture.count))
        data.append(picture)
      }
    }
    return writer.bytes
  }
}
