// What the server's half of a session asks its owner, and what it is told. The owner decides who comes in, holds the files and makes data
// connections; the conversation decides what is allowed when and what is said.
public import Bytes
public import World

/// Why something could not be done with a file or folder.
public enum FileFailure: Error, Sendable, Hashable {
  case absent
  /// The session has no right to it.
  case denied
  /// Something of that name is there already.
  case exists
  case notEmpty
  case isFolder
  case notFolder
  /// The server takes no such name.
  case badName
  /// A transfer cannot begin at that byte.
  case badOffset
  /// No room, or the user's share is used up.
  case full
  /// Others use too much at the moment.
  case busy
  /// The disk failed, or something nobody thought of.
  case broken
}

/// Something to be done with one name, answered at once or a little later.
public enum FileOperation: Sendable, Hashable {
  /// Is it a folder that may be entered?
  case enter(TreePath)
  case makeFolder(TreePath)
  case removeFolder(TreePath)
  case removeFile(TreePath)
  /// Could it be renamed?
  case checkRename(TreePath)
  case rename(TreePath, to: TreePath)
  /// What is known about it.
  case facts(TreePath)
  /// The names in it, or it itself if it is a file, as `ls` writes them.
  case list(TreePath, NamePattern?)
  case setModified(TreePath, Instant)
  /// How much room there is.
  case space(TreePath)
}

/// What became of it.
public enum OperationOutcome: Sendable, Hashable {
  case done
  case facts(FileFacts)
  /// Lines with their ends.
  case listing(Buffer, isFolder: Bool)
  /// Unit: bytes.
  case space(Int64)
  case failed(FileFailure)
}

/// How content is written on the data connection.
// RFC 959 §3.1.1
public enum ContentType: Sendable, Hashable {
  /// TYPE A: lines of text that end with CR LF.
  case text
  /// TYPE I: byte for byte.
  case image
}

/// How the data connection comes to be.
public enum DataWay: Sendable, Hashable {
  /// The client calls the port that was opened for it.
  case passive
  /// The server calls the client.
  case active(Endpoint)
}

/// A transfer to be made.
public struct TransferOrder: Sendable, Hashable {
  public enum Content: Sendable, Hashable {
    /// From this byte on.
    case retrieve(TreePath, from: Int64)
    /// In place of what is there; with an offset: into what is there, from that byte on.
    case store(TreePath, at: Int64)
    /// At the end of what is there.
    case append(TreePath)
    /// Under a name that is free in this folder.
    case storeUnique(TreePath)
    case list(TreePath, NamePattern?, ListingForm)
  }

  public var content: Content
  public var type: ContentType
  public var way: DataWay
  /// Whether the data connection is inside TLS.
  public var isProtected: Bool

  public init(_ content: Content, type: ContentType, way: DataWay, isProtected: Bool = false) {
    self.content = content
    self.type = type
    self.way = way
    self.isProtected = isProtected
  }

  /// Whether the client is the one who sends.
  public var isUpload: Bool {
    switch content {
    case .store, .append, .storeUnique: true
    case .retrieve, .list: false
    }
  }
}

/// How a transfer ended.
public enum TransferEnd: Sendable, Hashable {
  /// Everything has passed; of an upload, everything is where a power cut leaves it.
  case complete
  /// No data connection came, or none could be made.
  case notConnected
  /// The data connection broke, or stood still.
  case broken
  /// As the client asked.
  case aborted
  case failed(FileFailure)
}

/// What an owner says to a name and a password.
public enum LoginVerdict: Sendable, Hashable {
  case accepted
  case wrong
  /// Right perhaps, but not now.
  case busy
}

extension ServerConversation {
  public enum Question: Sendable, Hashable {
    /// Is this somebody? Answered by `.loggedIn`.
    case login(Ticket, user: String, password: String)
    /// Nobody is logged in any more; a new login may follow.
    case logout
    /// Answered by `.answered`.
    case operation(Ticket, FileOperation)
    /// Open a port for the client, in place of one that is open; `isProtected`: for connections inside TLS. Answered by `.passiveOpened`.
    case openPassive(Ticket, isProtected: Bool)
    /// The port is not wanted any more.
    case closePassive
    /// Answered by `.transferEnded`; before that, when file and data connection are ready, by `.transferBegan`.
    case transfer(Ticket, TransferOrder)
    /// Break this transfer off; `.transferEnded` is awaited all the same.
    case abort(Ticket)
    /// Nothing more will be asked, and no answer is awaited.
    case ended
  }
}
