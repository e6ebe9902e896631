// Takes a form in, however it was sent: as text, or in parts, with files that go to the disk as they arrive.
// Not here: the grammars (HTTP/Forms), what is done with a form (applications).
package import Bytes
package import HTTP
package import Storage

/// A file of a form, written aside. It stays only when somebody keeps it.
package struct ReceivedFile: Sendable {
  /// The form's field.
  package var field: String
  /// What the sender calls it. Never a path.
  package var fileName: String
  /// Its first bytes, at most sixteen: what it really is.
  package var beginning: Buffer
  package var draft: any BlobDraft
}

/// A form that was filled in.
package struct ReceivedForm: Sendable {
  package var fields = FormFields()
  package var files: [ReceivedFile] = []
}

extension Exchange {
  /// Reads the request's content as a form. Files go into drafts of `blobs`; nil: the form takes none. Whatever it throws, nothing of the
  /// files stays: a `Refusal` for the client, `Abandoned` when it has gone, a `StorageError`.
  package func form(into blobs: (any BlobStore)? = nil, limits: FormLimits = FormLimits()) async throws -> ReceivedForm {
    guard let type = request.value(of: .contentType), let word = ParameterizedValue(parsing: type)?.word else {
      throw Refusal(.unsupportedMediaType, "expected a form, found no Content-Type")
    }
    switch word {
    case "application/x-www-form-urlencoded":
      do {
        let text = try await body(bytesMax: limits.textBytesMax)
        return ReceivedForm(fields: try FormFields(parsing: text, limits: limits))
      } catch is BodyTooLarge {
        throw Refusal(.contentTooLarge, "the form is longer than \(limits.textBytesMax) bytes")
      }
    case "multipart/form-data":
      guard let reader = MultipartReader(contentType: type, limits: limits) else {
        throw Refusal(.badRequest, "expected a boundary of 1 to 70 characters in Content-Type (RFC 2046 §5.1.1)")
      }
      return try await parts(reader, blobs, limits)
    default:
      throw Refusal(.unsupportedMediaType, "expected a form in Content-Type")
    }
  }

  private func parts(_ reader: MultipartReader, _ blobs: (any BlobStore)?, _ limits: FormLimits) async throws -> ReceivedForm {
    var reader = reader
    var form = ReceivedForm()
    var head: PartHead?
    var value = Buffer()
    var file: ReceivedFile?
    var filesBytes: Int64 = 0
    while let piece = try await nextOfBody() {
      reader.push(piece)
      while let event = try reader.next() {
        switch event {
        case .part(let next):
          head = next
          value = Buffer()
          guard let name = next.fileName else { continue }
          guard let blobs else { throw Refusal(.badRequest, "this form takes no files") }
          file = ReceivedFile(field: next.name, fileName: name, beginning: Buffer(), draft: try await blobs.draft())
        case .data(let bytes):
          guard let draft = file?.draft else {
            value.append(bytes)
            if value.count > limits.valueBytesMax { throw Refusal(.contentTooLarge, "a value of the form is longer than \(limits.valueBytesMax) bytes") }
            continue
          }
          filesBytes += Int64(bytes.count)
          if draft.count + Int64(bytes.count) > limits.fileBytesMax || filesBytes > limits.filesBytesMax {
            throw Refusal(.contentTooLarge, "a file of the form is longer than \(limits.fileBytesMax) bytes")
          }
          if let missing = file.map({ 16 - $0.beginning.count }), missing > 0 { file?.beginning.append(bytes[0..<missing]) }
          try await draft.append(bytes)
        case .partEnd:
          if let whole = file {
            // A browser sends a part without name and content when no file was chosen.
            if whole.draft.count > 0 || !whole.fileName.isEmpty { form.files.append(whole) } else { await whole.draft.discard() }
          } else if let head {
            form.fields.append(head.name, value.text)
          }
          file = nil
        case .end: break
        }
      }
    }
    try reader.finish()
    return form
  }
}
