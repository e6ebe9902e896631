// Received header fields: the head's own bytes and a compact table of where each field stands. Nothing is copied until asked for.
// Not here: fields to be sent (FieldLines.swift), reading them (H1/HeadReader.swift).
public import Bytes

/// Where one field stands in its head.
struct FieldPlace: Sendable, Hashable {
  /// The name's code in `FieldRegistry`; zero: not in it.
  var code: UInt8
  var nameLength: UInt8
  /// Unit: bytes from the start of the head.
  var nameStart: UInt32
  var valueStart: UInt32
  var valueLength: UInt32

  var name: Range<Int> { Int(nameStart)..<(Int(nameStart) &+ Int(nameLength)) }
  /// Without the blanks around it.
  var value: Range<Int> { Int(valueStart)..<(Int(valueStart) &+ Int(valueLength)) }
}

/// The header fields (or trailers) of a received message, in their order.
public struct Fields: Sendable {
  /// The whole head as received; shares the storage of what the connection read.
  public private(set) var bytes: Buffer
  var places: [FieldPlace]

  init(bytes: Buffer = Buffer(), places: [FieldPlace] = []) {
    self.bytes = bytes
    self.places = places
  }

  public var count: Int { places.count }
  public var isEmpty: Bool { places.isEmpty }

  /// Whether there is a field called `name`.
  public func contains(_ name: FieldName) -> Bool { firstPlace(of: name) != nil }

  /// The value of the first field called `name`, without the blanks around it; shares the head's storage. Nil: there is none.
  public func value(of name: FieldName) -> Buffer? {
    guard let place = firstPlace(of: name) else { return nil }
    return bytes[place.value]
  }

  /// The same as a String, what is not UTF-8 repaired.
  public func text(of name: FieldName) -> String? { value(of: name)?.text }

  /// The values of all fields called `name`, in their order.
  public func values(of name: FieldName) -> [Buffer] {
    places.filter { isCalled($0, name) }.map { bytes[$0.value] }
  }

  /// The values of all fields called `name` as one: joined by commas, or for `Cookie` by semicolons. Nil: there is none.
  // RFC 9110 §5.3, and for Cookie RFC 9113 §8.2.3
  public func joined(_ name: FieldName) -> Buffer? {
    let all = values(of: name)
    guard var whole = all.first else { return nil }
    for other in all.dropFirst() {
      whole.append(name == .cookie ? "; " : ", ")
      whole.append(other)
    }
    return whole
  }

  /// The field at `index`: its name as received, and its value.
  public subscript(index: Int) -> (name: Buffer, value: Buffer)? {
    guard places.indices.contains(index) else { return nil }
    let place = places[index]
    return (bytes[place.name], bytes[place.value])
  }

  /// The name of the field at `index`, for comparing.
  public func name(at index: Int) -> FieldName? {
    guard places.indices.contains(index) else { return nil }
    let place = places[index]
    return place.code != 0 ? FieldName(code: place.code) : FieldName(bytes[place.name].text)
  }

  private func firstPlace(of name: FieldName) -> FieldPlace? {
    if name.code != 0 {
      for place in places where place.code == name.code { return place }
      return nil
    }
    return places.first { isCalled($0, name) }
  }

  private func isCalled(_ place: FieldPlace, _ name: FieldName) -> Bool {
    guard name.code == 0 else { return place.code == name.code }
    guard place.code == 0, Int(place.nameLength) == name.unlisted.utf8.count else { return false }
    return bytes[place.name].text.lowercased() == name.unlisted.lowercased()
  }
}
