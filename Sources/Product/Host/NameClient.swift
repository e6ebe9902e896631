// Looking names up for the command line's tools: by the system's resolver, by a server of one's choice, or step by step from the root.
// Not here: resolving for others (NameServer/Recursive), printing.
import Bytes
package import DNS
import NameServer
package import Trace
package import Transport
package import World

/// Asks servers about names.
package struct NameClient: Sendable {
  private let upstream: NetworkUpstream
  private let clock: any WorldClock
  private let timeout: Duration

  /// A client that waits `timeout` for each answer.
  package init(_ network: any Network, timeout: Duration, trace: TraceContext?) {
    upstream = NetworkUpstream(network, trace: trace)
    clock = network.clock
    self.timeout = timeout
  }

  /// What came of a question.
  package enum Outcome: Sendable {
    case answered(Answer)
    case timedOut
    case unreachable(String)
  }

  /// An answer and how it came.
  package struct Answer: Sendable {
    package var message: Message
    package var server: Endpoint
    package var carriage: ConversationInfo.Carriage
    package var duration: Duration
    /// Unit: bytes.
    package var byteCount: Int

    /// Whether it answers nothing and names other servers.
    // RFC 1034 §4.3.2 step 3b: a referral comes without authority.
    package var isReferral: Bool { message.responseCode == .noError && message.answers.isEmpty && !message.flags.isAuthoritative }
  }

  /// Asks `server`, because of a conversation if one is known; over TCP when asked for, or when the answer over UDP was cut or doubtful.
  package func ask(_ query: Message, _ server: Endpoint, overStream: Bool = false, because cause: ConversationID? = nil) async -> Outcome {
    let begin = clock.now
    var carriage = overStream ? ConversationInfo.Carriage.tcp : .udp
    while true {
      switch await upstream.exchange(query, with: server, over: carriage, case: .ignored, until: clock.now + timeout, because: cause) {
      // RFC 7766 §5: a cut answer is asked for again over TCP.
      case .answered(let message, _) where carriage == .udp && message.flags.isTruncated: carriage = .tcp
      case .answered(let message, let count): 
        return .answered(Answer(message: message, server: server, carriage: carriage, duration: clock.now - begin, byteCount: count))
      case .suspicious where carriage == .udp: carriage = .tcp
      case .timedOut, .suspicious: return .timedOut
      case .unreachable(let why): return .unreachable(why)
      }
    }
  }

  /// Changes a zone at `server`, signed with `key` if there is one; what does not fit into a datagram goes over TCP.
  package func change(_ update: ZoneUpdate, _ server: Endpoint, key: TransactionKey?, id: UInt16) async -> Outcome {
    let begin = clock.now
    let message = update.message(id: id)
    let carriage: ConversationInfo.Carriage = message.wire().count > Limits.Format.datagramMax - 128 ? .tcp : .udp
    return switch await upstream.exchange(message, with: server, over: carriage, signedWith: key, until: begin + timeout) {
    case .answered(let message, let count):
      .answered(Answer(message: message, server: server, carriage: carriage, duration: clock.now - begin, byteCount: count))
    case .timedOut, .suspicious: .timedOut
    case .unreachable(let why): .unreachable(why)
    }
  }

  /// Copies a zone from `server`. Throws the reason when it is not given.
  package func copy(_ question: TransferQuestion, _ server: Endpoint, key: TransactionKey?, id: UInt16) async throws(TransferProblem) -> ZoneTransfer {
    let outcome: TransferClientConversation.Outcome
    do throws(NetworkError) {
      outcome = try await upstream.transfer(question, from: ZonePeer(server, key: key), id: id, timeout: timeout)
    } catch { throw .network(error) }
    switch outcome {
    case .received(let transfer): return transfer
    case .failed(let failure): throw .transfer(failure)
    }
  }

  /// Why a zone was not copied.
  package enum TransferProblem: Error, Sendable {
    case network(NetworkError)
    case transfer(TransferFailure)
  }

  /// One step of a walk from the root.
  package struct Step: Sendable {
    package var server: Endpoint
    package var serverName: String
    package var outcome: Outcome
  }

  /// Most steps of one walk. Unit: questions. Past it: the walk ends.
  package static let stepsMax = 24

  /// Walks from the root servers that `resolver` knows to the answer, telling each step. It asks each server without recursion and follows
  /// referrals; a server without an address in the referral is looked up at `resolver`.
  package func walk(
    _ name: Name, _ type: RecordType, resolver: Endpoint, overStream: Bool = false, ids: () -> UInt16, tell: (Step) -> Void
  ) async {
    let roots = await ask(.query(.root, .ns, id: ids()), resolver, overStream: overStream)
    tell(Step(server: resolver, serverName: "resolver", outcome: roots))
    guard case .answered(let answer) = roots else { return }
    var next = await server(of: answer.message, resolver: resolver, ids: ids)
    var steps = 1
    while let (serverName, server) = next, steps < NameClient.stepsMax {
      steps += 1
      let outcome = await ask(.query(name, type, id: ids(), recursionDesired: false), server, overStream: overStream)
      tell(Step(server: server, serverName: serverName, outcome: outcome))
      guard case .answered(let answer) = outcome, answer.isReferral else { return }
      next = await self.server(of: answer.message, resolver: resolver, ids: ids)
    }
  }

  /// The first server that a message names and whose address can be had.
  private func server(of message: Message, resolver: Endpoint, ids: () -> UInt16) async -> (String, Endpoint)? {
    let names = (message.answers + message.authorities).compactMap { record -> Name? in
      if case .ns(let name) = record.data { name } else { nil }
    }
    for record in message.additionals where names.contains(record.name) {
      if let address = record.data.address, case .v4 = address { return ("\(record.name)", Endpoint(address, resolver.port)) }
    }
    for name in names.prefix(3) {
      guard case .answered(let answer) = await ask(.query(name, .a, id: ids()), resolver) else { continue }
      let addresses = answer.message.answers.compactMap { $0.data.address }
      if let address = addresses.first { return ("\(name)", Endpoint(address, resolver.port)) }
    }
    return nil
  }
}
