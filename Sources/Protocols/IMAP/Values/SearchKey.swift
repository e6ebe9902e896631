// What a search asks for, as a tree. Numbers have become identifiers and \Recent has become a set before the owner sees it.
// Read next: SearchParser.swift (how it is read), ServerMessages.swift (how it is asked).

/// One condition on a message.
// RFC 3501 §6.4.4
public indirect enum SearchKey: Sendable, Hashable {
  case all
  /// Every one of them; none: every message.
  case and([SearchKey])
  case or(SearchKey, SearchKey)
  case not(SearchKey)
  case flag(Flag, isSet: Bool)
  /// One of these messages.
  case messages(UIDSet)
  /// The internal date, its time and zone disregarded, is earlier than the day.
  case before(Day)
  case on(Day)
  case since(Day)
  /// The same for the date in the message's own Date field.
  case sentBefore(Day)
  case sentOn(Day)
  case sentSince(Day)
  /// Unit: bytes.
  case larger(Int64)
  case smaller(Int64)
  /// A field of this name contains the text; with an empty text: there is such a field. BCC, CC, FROM, SUBJECT and TO are this too.
  case header(name: String, contains: String)
  /// The text outside the header contains this.
  case body(String)
  /// The header or the text contains this.
  case text(String)
}

extension SearchKey {
  /// Whether only the index is needed: neither a header nor a body has to be read.
  public var isIndexOnly: Bool {
    switch self {
    case .all, .flag, .messages, .before, .on, .since, .larger, .smaller: true
    case .and(let keys): keys.allSatisfy(\.isIndexOnly)
    case .or(let a, let b): a.isIndexOnly && b.isIndexOnly
    case .not(let key): key.isIndexOnly
    case .sentBefore, .sentOn, .sentSince, .header, .body, .text: false
    }
  }
}

/// A search key as the client wrote it: numbers are still numbers.
indirect enum WrittenSearchKey: Sendable, Hashable {
  /// A key that depends on nothing else.
  case plain(SearchKey)
  case and([WrittenSearchKey])
  case or(WrittenSearchKey, WrittenSearchKey)
  case not(WrittenSearchKey)
  case sequence(SequenceSet)
  case uids(SequenceSet)
  case recent
  case unseenRecent
  case old
}
