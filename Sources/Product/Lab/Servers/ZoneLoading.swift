// From the world's zones to zones that a name server can answer from: the generated part and the world's own records, read as master files.
// Not here: what is generated (ZoneText), what makes a zone whole (NameServer/Authoritative/Zone).
import Bytes
import DNS
import NameServer
import World

/// Loads all zones of a world.
struct ZoneLoading {
  /// Largest master file. Unit: bytes. Past it: the zone is refused.
  static let fileBytesMax = 67_108_864

  private let setting: LabSetting

  init(_ setting: LabSetting) { self.setting = setting }

  /// Every zone by its origin, or everything that is wrong with any of them.
  func load() throws(LabError) -> [String: Zone] {
    var zones: [String: Zone] = [:]
    var complaints: [String] = []
    for description in setting.world.zones {
      do throws(LabError) { zones[description.origin] = try load(description) } catch { complaints += error.sentences }
    }
    guard complaints.isEmpty else { throw LabError(complaints) }
    return zones
  }

  private func load(_ description: ZoneDescription) throws(LabError) -> Zone {
    guard let origin = try? Name(description.origin) else { throw LabError(["zone \(description.origin): the name is no domain name"]) }
    var reader = MasterFileReader(origin: origin)
    var records: [ResourceRecord] = []
    let generated = ZoneText(setting.world, setting.plan).masterFile(of: description)
    reader.read(Buffer(generated), file: "zone \(description.origin)") { record, _ in records.append(record) }
    let (text, file) = try source(of: description)
    reader.read(text, file: file) { record, _ in
      if let record = placed(record) { records.append(record) }
    }
    guard reader.problems.isEmpty else { throw LabError(reader.problems.map(\.description)) }
    do {
      return try Zone(apex: origin, records: records)
    } catch {
      throw LabError(error.problems.map { "zone \(description.origin): \($0)" })
    }
  }

  private func source(of description: ZoneDescription) throws(LabError) -> (Buffer, String) {
    switch description.records {
    case .text(let text): return (Buffer(text), "records of zone \(description.origin)")
    case .file(let name):
      let path = name.hasPrefix("/") ? name : setting.folder + "/" + name
      guard let bytes = SystemFile.bytes(path, bytesMax: ZoneLoading.fileBytesMax) else {
        throw LabError(["zone \(description.origin): \(path) cannot be read"])
      }
      return (Buffer(bytes), path)
    }
  }

  /// The record with its address as the plan has it; nil: that address does not exist there.
  private func placed(_ record: ResourceRecord) -> ResourceRecord? {
    var record = record
    switch record.data {
    case .a(let value):
      guard case .v4(let real)? = setting.plan.address(.v4(value)) else { return nil }
      record.data = .a(real)
    case .aaaa(let high, let low):
      guard case .v6(let realHigh, let realLow)? = setting.plan.address(.v6(high, low)) else { return nil }
      record.data = .aaaa(realHigh, realLow)
    default: break
    }
    return record
  }
}
