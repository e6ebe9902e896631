// H.264 (ITU-T H.264, Constrained Baseline) in its two simplest kinds of macroblock: the samples themselves (I_PCM), and "as in the picture
// before" (P_Skip). No transform and no prediction, so every decoder shows exactly what was drawn.
// Not here: what is drawn (Scene.swift), the file format around it (MovieWriter.swift).

/// Writes the NAL units of one stream. Sizes in macroblocks of 16 by 16 samples.
struct PictureCoder {
  let widthInBlocks: Int
  let heightInBlocks: Int

  /// Constrained Baseline, level 3.
  static let profile: [UInt8] = [66, 0xC0, 30]
  /// Unit: bytes of one macroblock: 256 of brightness, 64 of each colour difference.
  static let blockBytes = 384

  private var blockCount: Int { widthInBlocks * heightInBlocks }

  /// H.264 §7.3.2.1: how large pictures are, and how they are counted.
  var sequenceParameters: [UInt8] {
    var bits = BitWriter()
    for byte in PictureCoder.profile { bits.append(UInt32(byte), bits: 8) }
    bits.append(unsigned: 0)
    bits.append(unsigned: UInt32(PictureCoder.frameNumberBits - 4))
    // Pictures are shown in the order they are coded.
    bits.append(unsigned: 2)
    bits.append(unsigned: 1)
    bits.append(0, bits: 1)
    bits.append(unsigned: UInt32(widthInBlocks - 1))
    bits.append(unsigned: UInt32(heightInBlocks - 1))
    // Whole frames; direct_8x8_inference; no cropping; no further words on display.
    bits.append(0b1100, bits: 4)
    bits.finish()
    return [0x67] + bits.bytes
  }

  /// H.264 §7.3.2.2: CAVLC, one slice group, and slices say themselves whether they are deblocked.
  var pictureParameters: [UInt8] {
    var bits = BitWriter()
    bits.append(unsigned: 0)
    bits.append(unsigned: 0)
    bits.append(0, bits: 2)
    bits.append(unsigned: 0)
    bits.append(unsigned: 0)
    bits.append(unsigned: 0)
    bits.append(0, bits: 3)
    bits.append(signed: 0)
    bits.append(signed: 0)
    bits.append(signed: 0)
    bits.append(0b100, bits: 3)
    bits.finish()
    return [0x68] + bits.bytes
  }

  /// Unit: bits of frame_num.
  private static let frameNumberBits = 8

  /// A picture that needs no other: all macroblocks anew. `samples` gives a macroblock's 384 bytes. `identifier` differs from the last one's.
  func keyPicture(identifier: Int, samples: (_ block: Int) -> ArraySlice<UInt8>) -> [UInt8] {
    var bits = header(sliceType: 7, number: 0)
    bits.append(unsigned: UInt32(identifier & 0xFFFF))
    // dec_ref_pic_marking: output nothing early, keep as a short-term reference.
    bits.append(0, bits: 2)
    finishHeader(&bits)
    for block in 0..<blockCount {
      bits.append(unsigned: 25)
      bits.align()
      bits.append(samples: samples(block))
    }
    bits.finish()
    return [0x65] + bits.bytes
  }

  /// The picture `number` after the key picture: the macroblocks `changed` (ascending) anew, all others as in the picture before.
  func picture(number: Int, changed: [Int], samples: (_ block: Int) -> ArraySlice<UInt8>) -> [UInt8] {
    var bits = header(sliceType: 5, number: number)
    // No override of the reference count, no reordering, no adaptive marking.
    bits.append(0, bits: 3)
    finishHeader(&bits)
    var next = 0
    for block in changed {
      bits.append(unsigned: UInt32(block - next))
      // H.264 table 7-13: in a P slice the types of I macroblocks begin at 5.
      bits.append(unsigned: 5 + 25)
      bits.align()
      bits.append(samples: samples(block))
      next = block + 1
    }
    if next < blockCount { bits.append(unsigned: UInt32(blockCount - next)) }
    bits.finish()
    return [0x41] + bits.bytes
  }

  /// H.264 §7.3.3, up to what only key pictures have.
  private func header(sliceType: UInt32, number: Int) -> BitWriter {
    var bits = BitWriter()
    bits.append(unsigned: 0)
    bits.append(unsigned: sliceType)
    bits.append(unsigned: 0)
    bits.append(UInt32(number), bits: PictureCoder.frameNumberBits)
    return bits
  }

  /// The rest of it: no change of the quantiser, no deblocking.
  private func finishHeader(_ bits: inout BitWriter) {
    bits.append(signed: 0)
    bits.append(unsigned: 1)
  }
}
