// A site of files whose visitors may put files and remove them, where it allows that: PUT and DELETE, with their conditions.
// Not here: reading (SiteResponder), how a file gets to the disk whole (Storage/WritableFolder), who may (SiteFront).
import Bytes
import HTTP
package import Storage
import World

/// Where and how a site of files may be changed.
package struct SiteWriting: Sendable {
  package var folder: WritableFolder
  package var areas: [PathArea]
  /// Largest file. Unit: bytes. Past it: 413, and nothing of it stays.
  package var fileBytesMax: Int64

  package init(_ folder: WritableFolder, areas: [PathArea], fileBytesMax: Int64 = 1_073_741_824) {
    self.folder = folder
    self.areas = areas
    self.fileBytesMax = fileBytesMax
  }
}

/// Files that can be changed.
final class WritableFiles: Application {
  private let responder: SiteResponder
  private let writing: SiteWriting

  init(_ responder: SiteResponder, _ writing: SiteWriting) {
    self.responder = responder
    self.writing = writing
  }

  func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    guard let path = try? SafePath(request.path), writing.areas.contains(where: { $0.contains(path) }) else {
      return .response(responder.answer(request, at: now))
    }
    let name = Array(path.segments.joined(separator: "/").utf8)
    switch request.method {
    case .options:
      var fields = FieldLines()
      fields.append(.allow, "GET, HEAD, OPTIONS, PUT, DELETE")
      return .response(Response(.noContent, fields: fields))
    case .put, .delete:
      if name.isEmpty || path.isDirectory { return .response(responder.failure(.conflict, at: now)) }
      if hasHiddenName(name) { return .response(responder.failure(.forbidden, at: now)) }
      if request.method == .delete { return .workflow { [self] exchange in exchange.respond(remove(name, exchange.request, at: now)) } }
      return .workflow { [self] exchange in
        if let response = await put(name, exchange, at: now) { exchange.respond(response) }
      }
    default:
      return .response(responder.answer(request, at: now))
    }
  }

  /// Takes the request's content as the file at `name`; nil: nobody waits for an answer any more.
  // RFC 9110 §9.3.4
  private func put(_ name: [UInt8], _ exchange: Exchange, at now: Instant) async -> Response? {
    let request = exchange.request
    // RFC 9110 §9.3.4, §14.5: a part must not be taken for the whole.
    if request.fields.contains(.contentRange) { return responder.failure(.badRequest, at: now) }
    // What is stored is served as it is, so a compressed upload would come back as something else.
    if request.fields.contains(.contentEncoding) { return responder.failure(.unsupportedMediaType, at: now) }
    if case .length(let length) = request.framing, length > writing.fileBytesMax { return responder.failure(.contentTooLarge, at: now) }
    guard isAllowed(request, responder.status(of: name), at: now) else { return responder.failure(.preconditionFailed, at: now) }
    do {
      let draft = try writing.folder.draft(for: name)
      var count: Int64 = 0
      while let piece = try await exchange.nextOfBody() {
        count += Int64(piece.count)
        if count > writing.fileBytesMax { return responder.failure(.contentTooLarge, at: now) }
        try draft.append(piece)
      }
      // Judged again at the moment of the change: somebody may have been quicker.
      switch try draft.keep(if: { isAllowed(request, $0, at: now) }) {
      case .refused: return responder.failure(.preconditionFailed, at: now)
      case .kept(let status, let replaced):
        responder.noteChange(of: name)
        var fields = FieldLines()
        fields.append(.etag, ServedFile.tag(status, size: status.size).description)
        return Response(replaced ? .noContent : .created, fields: fields)
      }
    } catch let error as FolderError {
      return failure(error, at: now)
    } catch {
      // The client has gone in the middle; the draft goes with this call.
      return nil
    }
  }

  // RFC 9110 §9.3.5
  private func remove(_ name: [UInt8], _ request: RequestHead, at now: Instant) -> Response {
    do throws(FolderError) {
      let isRemoved = try writing.folder.remove(name) { isAllowed(request, $0, at: now) }
      guard isRemoved else { return responder.failure(.preconditionFailed, at: now) }
      responder.noteChange(of: name)
      return Response(.noContent)
    } catch {
      return failure(error, at: now)
    }
  }

  // RFC 9110 §13.2.1: conditions count where the answer would be a success without them.
  private func isAllowed(_ request: RequestHead, _ status: FileStatus?, at now: Instant) -> Bool {
    let current = status.map { Preconditions.Current(tag: ServedFile.tag($0, size: $0.size), lastModified: $0.modified) }
    return Preconditions.evaluate(request, current ?? Preconditions.Current(exists: false), now: now) == .proceed
  }

  private func failure(_ error: FolderError, at now: Instant) -> Response {
    switch error {
    case .absent: responder.failure(.notFound, at: now)
    case .forbidden, .outside, .notRegular: responder.failure(.forbidden, at: now)
    case .isFolder, .exists, .notEmpty: responder.failure(.conflict, at: now)
    case .exhausted: responder.failure(.serviceUnavailable, at: now)
    case .full: responder.failure(.insufficientStorage, at: now)
    case .failed: responder.failure(.internalServerError, at: now)
    }
  }
}
