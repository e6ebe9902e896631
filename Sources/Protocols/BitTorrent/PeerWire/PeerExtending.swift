// The extension protocol inside a peer conversation: who speaks which extension under which number, the torrent's description, lists of peers.
// Read next: ExtensionHandshake.swift, MetadataMessage.swift, PeerExchange.swift (the messages themselves).
import Bytes
import World

extension PeerConversation {
  // MARK: Saying

  /// Says what we speak; said again when there is more.
  // BEP 10
  mutating func tellExtensions(at now: Instant, into actions: inout [Action]) {
    guard offer.contains(.extensions) else { return }
    var handshake = ExtensionHandshake()
    // BEP 27: a private torrent's peers come from its tracker alone.
    for spoken in PeerExtension.allCases where spoken != .exchange || !terms.isPrivate { handshake.numbers[spoken] = spoken.rawValue }
    handshake.client = setting.client
    handshake.port = terms.listeningPort
    handshake.yourAddress = terms.peerAddress
    handshake.requestsMax = limits.requestsHeldMax
    handshake.metadataSize = terms.metadata?.count
    handshake.isUploadOnly = terms.isUploadOnly ? true : nil
    send(.extended(0, handshake.encoded), at: now, into: &actions)
  }

  mutating func askMetadata(_ part: Int, at now: Instant, into actions: inout [Action]) {
    guard let number = numbers[.metadata], let size = peerMetadataSize, MetadataMessage.range(of: part, in: size) != nil,
      metadataAsked.count < limits.metadataAskedMax, !metadataAsked.contains(part)
    else { return actions.append(.ask(.metadataRejected(part))) }
    metadataAsked.append(part)
    send(.extended(number, MetadataMessage.request(part).encoded), at: now, into: &actions)
  }

  mutating func tell(_ exchange: PeerExchange, at now: Instant, into actions: inout [Action]) {
    guard let number = numbers[.exchange], !terms.isPrivate else { return }
    // BEP 11: not more than once a minute.
    if let last = exchangeSent, now < last + limits.exchangeInterval { return actions.append(.note("a list of peers too soon after the last is not sent")) }
    exchangeSent = now
    let bounded = PeerExchange(added: Array(exchange.added.prefix(limits.exchangedPeersMax)), dropped: Array(exchange.dropped.prefix(limits.exchangedPeersMax)))
    send(.extended(number, bounded.encoded), at: now, into: &actions)
  }

  // MARK: Hearing

  mutating func noteExtended(_ number: UInt8, _ content: Buffer, at now: Instant, into actions: inout [Action]) {
    do throws(ReadingFailure) {
      switch PeerExtension(rawValue: number) {
      case nil where number == 0: try noteHandshake(ExtensionHandshake(reading: content, limits: limits), into: &actions)
      case .metadata: try noteMetadata(MetadataMessage(reading: content), at: now, into: &actions)
      case .exchange where !terms.isPrivate: try noteExchange(content, at: now, into: &actions)
      // BEP 10: unknown extension message ids are ignored.
      case .exchange, nil: break
      }
    } catch { breach("extended \(number): \(error)", into: &actions) }
  }

  private mutating func noteHandshake(_ handshake: ExtensionHandshake, into actions: inout [Action]) {
    extensionHandshakes += 1
    guard extensionHandshakes <= limits.extensionHandshakesMax else {
      return breach("more than \(limits.extensionHandshakesMax) handshakes of the extension protocol", into: &actions)
    }
    // BEP 10: later handshakes add to earlier ones, and zero takes an extension away.
    for spoken in PeerExtension.allCases { if let number = handshake.numbers[spoken] { numbers[spoken] = number == 0 ? nil : number } }
    if let most = handshake.requestsMax { requestsTaken = min(max(1, most), limits.requestsSentMax) }
    // What parts there are is settled by the first size: the parts on their way are held against it.
    if peerMetadataSize == nil { peerMetadataSize = handshake.metadataSize }
    actions.append(.ask(.extended(handshake)))
  }

  private mutating func noteExchange(_ content: Buffer, at now: Instant, into actions: inout [Action]) throws(ReadingFailure) {
    if let last = exchangeHeard, now < last + limits.exchangeIntervalHeeded {
      return actions.append(.note("a list of peers too soon after the last is not heeded"))
    }
    exchangeHeard = now
    let most = limits.exchangedPeersMax * (hasExchanged ? 1 : 4)
    hasExchanged = true
    actions.append(.ask(.exchanged(try PeerExchange(reading: content, most: most))))
  }

  // MARK: The torrent's description

  private mutating func noteMetadata(_ message: MetadataMessage, at now: Instant, into actions: inout [Action]) {
    switch message {
    case .request(let part):
      guard numbers[.metadata] != nil else { return }
      if isCongested, metadataHeld.count < limits.metadataHeldMax { return metadataHeld.append(part) }
      isCongested ? refuseMetadata(part, at: now, into: &actions) : sendMetadata(part, at: now, into: &actions)
    case .data(let part, let total, let bytes):
      guard let place = metadataAsked.firstIndex(of: part) else { return breach("metadata: part \(part) was not asked for (BEP 9)", into: &actions) }
      metadataAsked.remove(at: place)
      guard total == peerMetadataSize, bytes.count == MetadataMessage.range(of: part, in: total)?.count else {
        return breach("metadata: \(bytes.count) bytes are no part \(part) of \(peerMetadataSize ?? 0) (BEP 9)", into: &actions)
      }
      actions.append(.ask(.metadata(part, bytes, total: total)))
    case .reject(let part):
      guard let place = metadataAsked.firstIndex(of: part) else { return }
      metadataAsked.remove(at: place)
      actions.append(.ask(.metadataRejected(part)))
    case .unknown: break
    }
  }

  /// Sends the parts that waited for the network.
  mutating func serveMetadata(at now: Instant, into actions: inout [Action]) {
    let parts = metadataHeld
    metadataHeld = []
    for part in parts { sendMetadata(part, at: now, into: &actions) }
  }

  private mutating func sendMetadata(_ part: Int, at now: Instant, into actions: inout [Action]) {
    guard let metadata = terms.metadata, let range = MetadataMessage.range(of: part, in: metadata.count), metadataServes[part, default: 0] < limits.metadataServesMax,
      let number = numbers[.metadata]
    else { return refuseMetadata(part, at: now, into: &actions) }
    metadataServes[part, default: 0] += 1
    send(.extended(number, MetadataMessage.data(part, total: metadata.count, metadata[range]).encoded), at: now, into: &actions)
  }

  private mutating func refuseMetadata(_ part: Int, at now: Instant, into actions: inout [Action]) {
    guard let number = numbers[.metadata], mayRefuse(into: &actions) else { return }
    send(.extended(number, MetadataMessage.reject(part).encoded), at: now, into: &actions)
  }
}
