// Reads the lists of addresses in a message's fields: From, To, Cc and the like. Lenient, since what arrives is shown in any case:
// comments, old routes, empty elements and names without quotes are taken; each byte is looked at once.
// Not here: addresses in commands, which are strict (MailPath.swift).
public import Bytes

/// One mailbox of a list, as it was written but for comments, quotes and folds.
public struct AddressEntry: Hashable, Sendable {
  /// The name in front of the address, or in a comment behind it, encoded words still in it; nil: there is none.
  public var name: Buffer?
  /// The name was in quotes, so that nothing in it is an encoded word.
  public var isNameQuoted = false
  /// An old source route, `@a,@b`.
  public var route: Buffer?
  /// Without quotes and backslashes; may be empty.
  public var localPart: Buffer
  /// Nil: there was no `@`.
  public var domain: Buffer?

  public init(name: Buffer? = nil, isNameQuoted: Bool = false, route: Buffer? = nil, localPart: Buffer, domain: Buffer?) {
    self.name = name
    self.isNameQuoted = isNameQuoted
    self.route = route
    self.localPart = localPart
    self.domain = domain
  }

  /// The address, when it is one that mail can be sent to.
  public var address: MailAddress? {
    guard let domain, let place = try? MailDomain(domain.text) else { return nil }
    return try? MailAddress(localPart: localPart.text, domain: place)
  }

  /// The name for people, encoded words read.
  public var displayName: String? { name.map { isNameQuoted ? Charset.assumed($0) : EncodedWords.text(of: $0) } }
}

/// One element of a list.
public enum AddressListItem: Hashable, Sendable {
  case mailbox(AddressEntry)
  /// `name:`; the mailboxes up to `groupEnd` belong to the group.
  case groupStart(Buffer)
  case groupEnd
}

/// A list of mailboxes and groups.
// RFC 5322 §3.4 address-list, §4.4 obs-addr-list
public struct AddressList: Hashable, Sendable {
  public var items: [AddressListItem]

  public init(_ items: [AddressListItem] = []) { self.items = items }

  /// Reads the value of a field.
  public init(reading value: Buffer) {
    var reader = AddressListReader(value)
    items = reader.read()
  }

  /// The mailboxes, those in groups too.
  public var mailboxes: [AddressEntry] {
    items.compactMap { if case .mailbox(let entry) = $0 { entry } else { nil } }
  }
}

/// Reads a list in one pass.
private struct AddressListReader {
  private var scanner: ByteScanner
  private var items: [AddressListItem] = []
  private var isInGroup = false
  /// The words since the last separator, joined as a name, and joined as a local part.
  private var phrase = Phrase()
  private var comment: [UInt8]?

  /// Words that are a name or a local part, as what follows will tell.
  private struct Phrase {
    var name: [UInt8] = []
    var local: [UInt8] = []
    var isQuoted = false
    var hasWords = false
    /// A blank or comment stands behind the last word.
    var isParted = false

    mutating func add(_ word: some Sequence<UInt8>, isDot: Bool = false) {
      if isParted, hasWords { name.append(0x20) }
      name += word
      local += word
      if !isDot || hasWords { hasWords = true }
      isParted = false
    }
  }

  init(_ value: Buffer) { scanner = ByteScanner(value.array) }

  mutating func read() -> [AddressListItem] {
    while let byte = scanner.peek {
      switch byte {
      case UInt8(ascii: ","):
        scanner.index += 1
        endMailbox()
      case UInt8(ascii: ";"):
        scanner.index += 1
        endMailbox()
        endGroup()
      case UInt8(ascii: ":"):
        scanner.index += 1
        beginGroup()
      case UInt8(ascii: "<"):
        scanner.index += 1
        readAngle()
      case UInt8(ascii: "@"):
        scanner.index += 1
        let domain = readDomain()
        finish(AddressEntry(localPart: Buffer(phrase.local), domain: Buffer(domain)))
      case UInt8(ascii: "\""):
        readQuoted()
      case UInt8(ascii: "("), 0x20, 0x09, 0x0D, 0x0A:
        skipBlanks()
      case UInt8(ascii: "."):
        scanner.index += 1
        phrase.add([byte], isDot: true)
      case UInt8(ascii: ">"), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"):
        // Nothing that belongs here: passed over.
        scanner.index += 1
      default:
        phrase.add(scanner.take(while: Self.wordBytes))
      }
    }
    endMailbox()
    endGroup()
    return items
  }

  /// Everything but blanks and what means something in a list; a backslash is one byte like others.
  private static let wordBytes = CharacterClass("()<>[]:;@,.\" \t\r\n").inverted

  // RFC 5322 §3.2.2 CFWS. The last comment is kept: it may be the name.
  private mutating func skipBlanks() {
    phrase.isParted = true
    while let byte = scanner.peek {
      if byte == UInt8(ascii: "(") { readComment() } else if ASCII.isSpace(byte) { scanner.index += 1 } else { return }
    }
  }

  private mutating func readComment() {
    scanner.index += 1
    var depth = 1
    var text: [UInt8] = []
    while let byte = scanner.next() {
      switch byte {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        depth -= 1
        if depth == 0 {
          comment = text
          return
        }
      case UInt8(ascii: "\\"):
        if let quoted = scanner.next() { text.append(quoted) }
        continue
      case 0x0D, 0x0A: continue
      default: break
      }
      text.append(byte)
    }
    comment = text
  }

  private mutating func readQuoted() {
    phrase.add(quotedContent())
    phrase.isQuoted = true
    phrase.hasWords = true
  }

  // RFC 5322 §3.2.4 quoted-string
  private mutating func quotedContent() -> [UInt8] {
    scanner.index += 1
    var content: [UInt8] = []
    while let byte = scanner.next(), byte != UInt8(ascii: "\"") {
      switch byte {
      case UInt8(ascii: "\\"): if let quoted = scanner.next() { content.append(quoted) }
      case 0x0D, 0x0A: break
      default: content.append(byte)
      }
    }
    return content
  }

  // RFC 5322 §3.4 angle-addr, §4.4 obs-route. What is no address up to `>` is kept as far as it goes.
  private mutating func readAngle() {
    var local: [UInt8] = []
    var route: [UInt8] = []
    var domain: [UInt8]?
    while let byte = scanner.peek, byte != UInt8(ascii: ">") {
      switch byte {
      case UInt8(ascii: "\""): local += quotedContent()
      case UInt8(ascii: "("), 0x20, 0x09, 0x0D, 0x0A: skipBlanks()
      case UInt8(ascii: "@") where local.isEmpty && domain == nil:
        // A route: `@a,@b:`.
        scanner.index += 1
        route.append(contentsOf: (route.isEmpty ? "@" : ",@").utf8)
        route += readDomain()
        while scanner.skip(",") {}
        _ = scanner.skip(":")
      case UInt8(ascii: "@"):
        scanner.index += 1
        // Of several the last counts.
        domain = readDomain()
      case _ where domain != nil:
        // Between the domain and `>` nothing counts any more.
        scanner.index += 1
      default:
        scanner.index += 1
        local.append(byte)
      }
    }
    _ = scanner.skip(">")
    // `<@only.a.route>` names nobody.
    finish(
      AddressEntry(
        name: phrase.hasWords ? Buffer(phrase.name) : nil, isNameQuoted: phrase.isQuoted, route: route.isEmpty ? nil : Buffer(route),
        localPart: Buffer(local), domain: domain.map { Buffer($0) }))
  }

  // RFC 5322 §3.4.1 domain, with the blanks of §4.4 obs-domain.
  private mutating func readDomain() -> [UInt8] {
    var domain: [UInt8] = []
    while let byte = scanner.peek {
      switch byte {
      case UInt8(ascii: "("), 0x20, 0x09, 0x0D, 0x0A: skipBlanks()
      case UInt8(ascii: "["):
        repeat {
          guard let inner = scanner.next() else { return domain }
          if !ASCII.isSpace(inner) { domain.append(inner) }
          if inner == UInt8(ascii: "]") { break }
        } while true
      case UInt8(ascii: "."):
        scanner.index += 1
        domain.append(byte)
      default:
        // Two words without a dot between: the second belongs to something else.
        guard Self.wordBytes.contains(byte), domain.isEmpty || domain.last == UInt8(ascii: ".") else { return domain }
        domain += scanner.take(while: Self.wordBytes)
      }
    }
    return domain
  }

  /// Adds the mailbox; a comment behind it may still become its name.
  private mutating func finish(_ entry: AddressEntry) {
    var entry = entry
    skipBlanks()
    if entry.name == nil, let comment, !comment.isEmpty { entry.name = Buffer(comment) }
    comment = nil
    phrase = Phrase()
    items.append(.mailbox(entry))
  }

  /// A separator: words that became no address are an address without a domain.
  private mutating func endMailbox() {
    if phrase.hasWords {
      items.append(
        .mailbox(AddressEntry(name: comment.flatMap { $0.isEmpty ? nil : Buffer($0) }, localPart: Buffer(phrase.local), domain: nil)))
    }
    phrase = Phrase()
    comment = nil
  }

  // RFC 5322 §3.4 group. One in another does not exist: its colon ends a word.
  private mutating func beginGroup() {
    guard !isInGroup else {
      endMailbox()
      return
    }
    items.append(.groupStart(Buffer(phrase.name)))
    isInGroup = true
    phrase = Phrase()
    comment = nil
  }

  private mutating func endGroup() {
    if isInGroup { items.append(.groupEnd) }
    isInGroup = false
  }
}
