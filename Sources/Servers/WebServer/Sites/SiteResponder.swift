// Answers the requests for one site of files, at once: method, path, conditions, ranges, codings, errors.
// Not here: which site (SiteSet), how files are kept (OpenFileCache), writing the response (HTTP). Read next: OpenFileCache.swift.
import Bytes
package import HTTP
import Storage
package import World

/// One site of files, ready to answer from any thread.
package final class SiteResponder: Sendable {
  let site: Site
  private let tree: any FileTree
  let cache: OpenFileCache
  private let absent: PreparedResponse?

  package init(_ site: Site, tree: any FileTree) {
    self.site = site
    self.tree = tree
    cache = OpenFileCache(tree, site: site)
    absent = site.errorPages[404] == nil ? PreparedResponse(Self.page(.notFound, site)) : nil
  }

  /// The answer to `request`.
  package func answer(_ request: RequestHead, at now: Instant) -> Response {
    switch request.method {
    case .get, .head:
      if let file = request.path.withUnsafeBytes({ cache.known($0, at: now) }) { return answer(request, with: file, at: now) }
      return find(request, at: now)
    case .options:
      var fields = FieldLines()
      fields.append(.allow, Self.allowed)
      return Response(.noContent, fields: fields)
    // RFC 9110 §9.1: 501 for what no resource here knows, 405 for what this one does not allow.
    case .other:
      return failure(.notImplemented, at: now, afterwards: request.hasBody ? .close : .keepOpen)
    case .post, .put, .delete, .connect, .trace, .patch:
      var response = failure(.methodNotAllowed, at: now, afterwards: request.method == .connect ? .close : .keepOpen)
      response.fields.append(.allow, Self.allowed)
      return response
    }
  }

  private static let allowed = "GET, HEAD, OPTIONS"

  /// What stands at `path` on the disk now.
  func status(of path: [UInt8]) -> FileStatus? { tree.status(path) }

  /// The file at `path` was changed through this server: whoever asks next is to see that.
  func noteChange(of path: [UInt8]) { cache.forget(path: path) }

  // MARK: Finding

  private func find(_ request: RequestHead, at now: Instant) -> Response {
    let path: [UInt8]
    do throws(Refusal) {
      let safe = try SafePath(request.path)
      path = Array(safe.segments.joined(separator: "/").utf8) + (safe.isDirectory && !safe.segments.isEmpty ? [UInt8(ascii: "/")] : [])
    } catch {
      return failure(error.status, at: now)
    }
    switch cache.find(path, at: now) {
    case .file(let file): return answer(request, with: file, at: now)
    case .folderWithoutSlash: return redirect(to: path, query: request.query)
    case .folder(let folder): return site.listsFolders ? list(folder, at: now) : failure(.notFound, at: now)
    case .absent: return failure(.notFound, at: now)
    case .forbidden: return failure(.forbidden, at: now)
    case .busy: return failure(.serviceUnavailable, at: now)
    }
  }

  /// Sends the client to the same folder with a slash at its end.
  private func redirect(to folder: [UInt8], query: Buffer?) -> Response {
    // Written anew from the decoded names, with exactly one slash in front: `//host` would lead to another server.
    var location = "/"
    for name in folder.split(separator: UInt8(ascii: "/")) { location += PercentText.encoded(String(decoding: name, as: UTF8.self)) + "/" }
    if let query { location += "?" + query.text }
    var response = Self.page(.movedPermanently, site)
    response.fields.append(.location, location)
    return response
  }

  private func list(_ folder: [UInt8], at now: Instant) -> Response {
    let itemsMax = site.limits.itemsListedMax
    guard let items = try? tree.items(in: folder, itemsMax: itemsMax) else { return failure(.notFound, at: now) }
    let shown = [UInt8(ascii: "/")] + folder + (folder.isEmpty ? [] : [UInt8(ascii: "/")])
    return Self.html(.ok, Pages.listing(of: shown, items, isCut: items.count >= itemsMax), site)
  }

  // MARK: Sending a file

  /// The fields that can make the answer anything but the whole file.
  private static let conditions: [FieldName] = [.ifNoneMatch, .ifModifiedSince, .range, .ifMatch, .ifUnmodifiedSince]

  private func answer(_ request: RequestHead, with original: ServedFile, at now: Instant) -> Response {
    let file = original.siblings.isEmpty ? original : ContentNegotiation.choose(among: original, for: request)
    if !Self.conditions.contains(where: request.fields.contains) { return .prepared(file.whole) }
    switch Preconditions.evaluate(request, file.version, now: now) {
    case .notModified: return .prepared(file.unchanged)
    case .failed: return failure(.preconditionFailed, at: now)
    case .proceed: break
    }
    guard let value = request.value(of: .range), Preconditions.wantsRange(request, file.version, now: now) else {
      return .prepared(file.whole)
    }
    switch ByteRanges(parsing: value, length: file.size) {
    case .whole:
      return .prepared(file.whole)
    case .unsatisfiable:
      var response = Self.page(.rangeNotSatisfiable, site)
      response.fields.append(.contentRange, "bytes */\(file.size)")
      return response
    case .parts(let ranges):
      return part(ranges, of: file) ?? .prepared(file.whole)
    }
  }

  /// A 206 with one stretch, or with several as a multipart body; nil when that would hold too much in memory.
  private func part(_ ranges: [Range<Int64>], of file: ServedFile) -> Response? {
    if ranges.count == 1, let range = ranges.first {
      let fields = FieldLines(file.commonFields + file.contentFields + [(.contentRange, Self.contentRange(range, file.size))])
      return Response(.partialContent, fields: fields, body: file.body(range))
    }
    guard ranges.reduce(0, { $0 + $1.upperBound - $1.lowerBound }) <= Int64(site.limits.severalRangesBytesMax) else { return nil }
    // RFC 9110 §15.3.7.2: each part has its own Content-Type and Content-Range; the whole has neither range nor the parts' type.
    let boundary = "netstead-" + file.entityTag.opaque.text
    var body = Buffer()
    for range in ranges {
      guard let bytes = file.bytes(range) else { return nil }
      body.append("\r\n--\(boundary)\r\nContent-Type: \(file.type)\r\nContent-Range: \(Self.contentRange(range, file.size))\r\n\r\n")
      body.append(bytes)
    }
    body.append("\r\n--\(boundary)--\r\n")
    var fields = FieldLines(file.commonFields)
    fields.append(.contentType, "multipart/byteranges; boundary=\(boundary)")
    if let coding = file.coding { fields.append(.contentEncoding, coding.name) }
    fields.append(.contentTypeOptions, "nosniff")
    return Response(.partialContent, fields: fields, body: .bytes(body))
  }

  // RFC 9110 §14.4
  private static func contentRange(_ range: Range<Int64>, _ size: Int64) -> String {
    "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
  }

  // MARK: Errors

  /// The page for `status`: the site's own, or ours.
  func failure(_ status: Status, at now: Instant, afterwards: Response.Afterwards = .keepOpen) -> Response {
    if status == .notFound, let absent { return .prepared(absent) }
    var response = Self.page(status, site)
    if let path = site.errorPages[status.rawValue], case .file(let file) = cache.find(Array(path.utf8), at: now) {
      response.fields = FieldLines()
      response.fields.append(.contentType, file.type)
      response.fields.append(.contentTypeOptions, "nosniff")
      response.body = file.body(0..<file.size)
    }
    response.afterwards = afterwards
    return response
  }

  private static func page(_ status: Status, _ site: Site) -> Response {
    html(status, Pages.message("\(status)", sentence(for: status)), site)
  }

  private static func html(_ status: Status, _ page: Buffer, _ site: Site) -> Response {
    var fields = FieldLines()
    fields.append(.contentType, "text/html; charset=utf-8")
    fields.append(.contentTypeOptions, "nosniff")
    if site.namesServer { fields.append(.server, "Netstead") }
    for (name, value) in site.extraFields { fields.append(name, value) }
    return Response(status, fields: fields, body: .bytes(page))
  }

  /// What a visitor can make of it.
  static func sentence(for status: Status) -> String {
    switch status {
    case .unauthorized: "This page is for users only."
    case .conflict: "There is a folder at this address, and folders cannot be put or removed."
    case .contentTooLarge: "This is larger than what the server takes."
    case .unsupportedMediaType: "The server does not take content of this kind."
    case .insufficientStorage: "There is no space left for this."
    case .movedPermanently: "This folder's address ends in a slash."
    case .badRequest: "The address in this request cannot be the address of a file."
    case .forbidden: "The server may not read this file."
    case .notFound: "There is nothing at this address."
    case .methodNotAllowed: "Files here can only be read."
    case .preconditionFailed: "The file is not what the request assumed it to be."
    case .rangeNotSatisfiable: "The file is shorter than the part that was asked for."
    case .misdirectedRequest: "This server does not speak for that name."
    case .notImplemented: "This server does not know the method of this request."
    case .serviceUnavailable: "The file cannot be read at the moment. Please try again."
    default: "The request could not be answered."
    }
  }
}
