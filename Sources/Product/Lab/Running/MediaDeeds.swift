// Choosing among a page's servers, and playing a clip in pieces: what clients of a content network do by themselves.
// Not here: other pages (PageDeeds.swift), the player's decisions (MediaPlayer.swift), the page that plays in a browser (WebServer/Video).
import Bytes
import HTTP
import SimulatedTransport
import Sockets
import Transport
import WebServer
import World

extension ScenarioRun {
  /// Measures every address of a page's host by the time a connection takes, and gets the page from the quickest.
  func choose(_ client: SimulatedNetwork, _ url: String, as host: String) async -> Result.Outcome {
    guard let address = WebAddress(url) else { return .failed("`\(url)` is no address of a page") }
    do {
      var best: (endpoint: Endpoint, took: Duration)?
      for candidate in try await lookUp(client, as: host)(address.host, nil).prefix(Self.candidatesMax) {
        let endpoint = Endpoint(candidate, address.port)
        guard let took = await connecting(client, to: endpoint, as: host), took < best?.took ?? .seconds(3_600) else { continue }
        best = (endpoint, took)
      }
      guard let best else { return .failed("no server of \(address.host) answers") }
      var ask = WebClient.Ask(address)
      ask.endpoint = best.endpoint
      let fetched = try await web(client, as: host).fetch(ask) { _ in }
      return .page(Int(fetched.head.status.rawValue))
    } catch { return .failed("\(error)") }
  }

  /// Most addresses measured. Unit: addresses. Past it: the rest is left out.
  private static var candidatesMax: Int { 16 }
  /// Longest wait for a connection that is measured. Past it: the server counts as dead.
  private static var measureTimeout: Duration { .seconds(1) }

  /// How long a connection to `endpoint` takes; nil: there is none in time.
  private func connecting(_ client: SimulatedNetwork, to endpoint: Endpoint, as host: String) async -> Duration? {
    let begin = internet.now
    do {
      _ = try await client.connect(
        PipeStreamClient(lingerTime: .zero), to: endpoint, options: DialOptions(timeout: Self.measureTimeout), trace: trace(host)
      ) { question, _ in
        if case .more = question { .finished } else { nil }
      }
      return internet.now - begin
    } catch { return nil }
  }

  /// Plays a clip as the player page in a browser does: pieces of two seconds, each in the quality that the rule chooses.
  func play(_ client: SimulatedNetwork, _ url: String, by rule: PlayerRule, as host: String) async -> Result.Outcome {
    guard let address = WebAddress(url) else { return .failed("`\(url)` is no address of a manifest") }
    let web = web(client, as: host)
    let begin = client.clock.now
    do {
      let (_, text) = try await web.get(address, redirectsMax: 0, bytesMax: Self.manifestBytesMax)
      guard let manifest = MediaManifest(text.text) else { return .failed("\(url) is no manifest that this player reads") }
      var player = MediaPlayer(manifest, rule: rule, at: begin)
      while let wish = player.wish(at: client.clock.now) {
        switch wish {
        case .wait(let until): try await client.clock.sleep(until: until)
        case .fetch(let path):
          guard let next = address.resolving(path) else { return .failed("`\(path)` is no address") }
          let asked = client.clock.now
          let (fetched, body) = try await web.get(next, redirectsMax: 0, bytesMax: Self.segmentBytesMax)
          guard fetched.head.status == .ok else { return .failed("\(path): \(fetched.head.status)") }
          player.note(bytes: body.count, from: asked, at: client.clock.now)
        }
      }
      return .said(player.report)
    } catch { return .failed("\(error)") }
  }

  /// Largest manifest and largest segment. Unit: bytes. Past it: the clip is not played.
  private static var manifestBytesMax: Int { 65_536 }
  private static var segmentBytesMax: Int { 16_777_216 }
}
