// The file that address books are exchanged in: a line for each name, `name=destination`, and after `#!` what else is known of it.
// Not here: what a book makes of such a file (AddressBook.swift).
public import Bytes

/// The lines of one hosts file.
public struct HostsFile: Sendable, Hashable {
  public var lines: [Line]
  /// What could not be used, in the order of the file, as far as they are remembered.
  public var problems: [Problem]
  /// How many lines could not be used.
  public var problemCount = 0

  /// One name.
  public struct Line: Sendable, Hashable {
    public var name: HostName
    public var destination: Destination
    /// Keys and values after `#!`, in the order of the line.
    public var properties: [Property]

    public init(_ name: HostName, _ destination: Destination, properties: [Property] = []) {
      (self.name, self.destination, self.properties) = (name, destination, properties)
    }

    public func value(of key: String) -> String? { properties.first { $0.key == key }?.value }
  }

  /// Something known of a name.
  public struct Property: Sendable, Hashable {
    public var key: String
    public var value: String
    public init(_ key: String, _ value: String) { (self.key, self.value) = (key, value) }
  }

  /// A line that could not be used.
  public struct Problem: Sendable, Hashable, CustomStringConvertible {
    /// From 1.
    public var line: Int
    public var what: String
    public var description: String { "line \(line): \(what)" }
  }

  public init(_ lines: [Line] = []) {
    self.lines = lines
    problems = []
  }

  /// Reads a file. A line that cannot be used is left out and told; it spoils nothing else.
  // I2P subscription feed format
  public init(reading file: Buffer, limits: Limits = Limits()) {
    self.init()
    var number = 0
    for line in file.array.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      var line = line
      if line.last == 0x0D { line.removeLast() }
      guard line.count <= limits.lineBytesMax else {
        note(number, "more than \(limits.lineBytesMax) bytes", limits)
        continue
      }
      guard let text = String(validating: line, as: UTF8.self) else {
        note(number, "no UTF-8", limits)
        continue
      }
      read(text, number, limits)
    }
  }

  private mutating func note(_ line: Int, _ what: String, _ limits: Limits) {
    problemCount += 1
    if problems.count < limits.problemsMax { problems.append(Problem(line: line, what: what)) }
  }

  private mutating func read(_ text: String, _ number: Int, _ limits: Limits) {
    // A comment; one that begins with `#!` is an order of a newer feed, for a name that stands in it: not done.
    guard !text.isEmpty, !text.hasPrefix("#") else { return }
    guard lines.count < limits.addressesMax else { return note(number, "more than \(limits.addressesMax) names", limits) }
    let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    guard let equals = parts[0].firstIndex(of: "=") else { return note(number, "expected name=destination", limits) }
    do {
      let name = try HostName(parts[0][..<equals])
      guard let destination = Destination(parts[0][parts[0].index(after: equals)...], limits: limits) else { return note(number, "what follows \(name)= is no destination", limits) }
      var properties: [Property] = []
      if parts.count == 2, parts[1].hasPrefix("!") {
        for pair in parts[1].dropFirst().split(separator: "#", omittingEmptySubsequences: true) {
          guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else { continue }
          properties.append(Property(String(pair[..<equals]), String(pair[pair.index(after: equals)...])))
        }
      }
      lines.append(Line(name, destination, properties: properties))
    } catch { note(number, "\(error)", limits) }
  }

  /// The file in bytes. What a line has no room for (`#` and ends of lines in a value) is left out.
  public var bytes: Buffer {
    var file = Buffer()
    for line in lines {
      file.append("\(line.name)=\(line.destination.text)")
      let properties = line.properties.map { Property(Self.kept($0.key, besides: "="), Self.kept($0.value)) }.filter { !$0.key.isEmpty }
      if !properties.isEmpty { file.append("#!" + properties.map { "\($0.key)=\($0.value)" }.joined(separator: "#")) }
      file.append("\n")
    }
    return file
  }

  static func kept(_ text: String, besides: Character? = nil) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "#" && $0.value >= 0x20 && $0 != besides?.unicodeScalars.first }))
  }
}
