// The verbs of FTP commands, with what each is for and the document that defines it. Unknown ones are kept as they came.

/// A command's verb, in upper case.
public struct Verb: RawRepresentable, Sendable, Hashable {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }

  /// What is known about a verb.
  public struct Entry: Sendable {
    public let verb: Verb
    /// What it asks for, in a sentence.
    public let meaning: StaticString
    /// What its argument is; empty: it takes none.
    public let argument: StaticString
    public let source: StaticString
  }

  /// What is known about this one; nil: nothing.
  public var entry: Entry? { Self.table[self] }

  private static let table = Dictionary(uniqueKeysWithValues: registry.map { ($0.verb, $0) })
}

extension Verb {
  // RFC 959 §4.1
  public static let user = Verb(rawValue: "USER")
  public static let pass = Verb(rawValue: "PASS")
  public static let acct = Verb(rawValue: "ACCT")
  public static let cwd = Verb(rawValue: "CWD")
  public static let cdup = Verb(rawValue: "CDUP")
  public static let smnt = Verb(rawValue: "SMNT")
  public static let rein = Verb(rawValue: "REIN")
  public static let quit = Verb(rawValue: "QUIT")
  public static let port = Verb(rawValue: "PORT")
  public static let pasv = Verb(rawValue: "PASV")
  public static let type = Verb(rawValue: "TYPE")
  public static let stru = Verb(rawValue: "STRU")
  public static let mode = Verb(rawValue: "MODE")
  public static let retr = Verb(rawValue: "RETR")
  public static let stor = Verb(rawValue: "STOR")
  public static let stou = Verb(rawValue: "STOU")
  public static let appe = Verb(rawValue: "APPE")
  public static let allo = Verb(rawValue: "ALLO")
  public static let rest = Verb(rawValue: "REST")
  public static let rnfr = Verb(rawValue: "RNFR")
  public static let rnto = Verb(rawValue: "RNTO")
  public static let abor = Verb(rawValue: "ABOR")
  public static let dele = Verb(rawValue: "DELE")
  public static let rmd = Verb(rawValue: "RMD")
  public static let mkd = Verb(rawValue: "MKD")
  public static let pwd = Verb(rawValue: "PWD")
  public static let list = Verb(rawValue: "LIST")
  public static let nlst = Verb(rawValue: "NLST")
  public static let site = Verb(rawValue: "SITE")
  public static let syst = Verb(rawValue: "SYST")
  public static let stat = Verb(rawValue: "STAT")
  public static let help = Verb(rawValue: "HELP")
  public static let noop = Verb(rawValue: "NOOP")
  // RFC 1123 §4.1.3.1
  public static let xcwd = Verb(rawValue: "XCWD")
  public static let xcup = Verb(rawValue: "XCUP")
  public static let xrmd = Verb(rawValue: "XRMD")
  public static let xmkd = Verb(rawValue: "XMKD")
  public static let xpwd = Verb(rawValue: "XPWD")
  // RFC 2228 §3, RFC 4217
  public static let auth = Verb(rawValue: "AUTH")
  public static let pbsz = Verb(rawValue: "PBSZ")
  public static let prot = Verb(rawValue: "PROT")
  public static let ccc = Verb(rawValue: "CCC")
  // RFC 2389
  public static let feat = Verb(rawValue: "FEAT")
  public static let opts = Verb(rawValue: "OPTS")
  // RFC 2428
  public static let eprt = Verb(rawValue: "EPRT")
  public static let epsv = Verb(rawValue: "EPSV")
  // RFC 3659
  public static let mdtm = Verb(rawValue: "MDTM")
  public static let size = Verb(rawValue: "SIZE")
  public static let mlst = Verb(rawValue: "MLST")
  public static let mlsd = Verb(rawValue: "MLSD")
  // RFC 7151, and drafts that everybody follows.
  public static let host = Verb(rawValue: "HOST")
  public static let mfmt = Verb(rawValue: "MFMT")
  public static let avbl = Verb(rawValue: "AVBL")
  public static let clnt = Verb(rawValue: "CLNT")

  /// Every verb this program knows, in the order of the documents.
  public static let registry: [Entry] = [
    Entry(verb: .user, meaning: "Says who wants to come in.", argument: "user name", source: "RFC 959 §4.1.1"),
    Entry(verb: .pass, meaning: "Proves it with a password, which anybody on the way can read unless TLS is around it.", argument: "password", source: "RFC 959 §4.1.1"),
    Entry(verb: .acct, meaning: "Names an account to be charged; nobody asks for one any more.", argument: "account", source: "RFC 959 §4.1.1"),
    Entry(verb: .cwd, meaning: "Goes into a folder: later paths begin there.", argument: "path", source: "RFC 959 §4.1.1"),
    Entry(verb: .cdup, meaning: "Goes one folder up.", argument: "", source: "RFC 959 §4.1.1"),
    Entry(verb: .smnt, meaning: "Mounts another file system; nobody offers it.", argument: "path", source: "RFC 959 §4.1.1"),
    Entry(verb: .rein, meaning: "Begins again as if just connected, but lets a transfer finish.", argument: "", source: "RFC 959 §4.1.1"),
    Entry(verb: .quit, meaning: "Says goodbye, after the transfer under way.", argument: "", source: "RFC 959 §4.1.1"),
    Entry(verb: .port, meaning: "Active mode: names the client's own address and port, which the server is to call.", argument: "address and port", source: "RFC 959 §4.1.2"),
    Entry(verb: .pasv, meaning: "Passive mode: asks the server for a port of its own that the client may call.", argument: "", source: "RFC 959 §4.1.2"),
    Entry(verb: .type, meaning: "Says how content is written on the data connection.", argument: "type", source: "RFC 959 §4.1.2"),
    Entry(verb: .stru, meaning: "Says of what a file is made; only plain files are left.", argument: "structure", source: "RFC 959 §4.1.2"),
    Entry(verb: .mode, meaning: "Says how the end of a file is marked; only a stream that ends with its connection is left.", argument: "mode", source: "RFC 959 §4.1.2"),
    Entry(verb: .retr, meaning: "Asks for a file, over a data connection of its own.", argument: "path", source: "RFC 959 §4.1.3"),
    Entry(verb: .stor, meaning: "Brings a file, over a data connection of its own.", argument: "path", source: "RFC 959 §4.1.3"),
    Entry(verb: .stou, meaning: "Brings a file, and lets the server find a name that is free.", argument: "", source: "RFC 959 §4.1.3"),
    Entry(verb: .appe, meaning: "Brings bytes to be added at the end of a file.", argument: "path", source: "RFC 959 §4.1.3"),
    Entry(verb: .allo, meaning: "Announces how much room is needed; servers of today need no warning.", argument: "size", source: "RFC 959 §4.1.3"),
    Entry(verb: .rest, meaning: "The next transfer begins at this byte: how a broken one is resumed.", argument: "offset", source: "RFC 3659 §5.3"),
    Entry(verb: .rnfr, meaning: "Names what is to be renamed; RNTO follows.", argument: "path", source: "RFC 959 §4.1.3"),
    Entry(verb: .rnto, meaning: "Says what it is to be called.", argument: "path", source: "RFC 959 §4.1.3"),
    Entry(verb: .abor, meaning: "Breaks off the transfer under way.", argument: "", source: "RFC 959 §4.1.3"),
    Entry(verb: .dele, meaning: "Removes a file.", argument: "path", source: "RFC 959 §4.1.3"),
    Entry(verb: .rmd, meaning: "Removes an empty folder.", argument: "path", source: "RFC 959 §4.1.3"),
    Entry(verb: .mkd, meaning: "Makes a folder.", argument: "path", source: "RFC 959 §4.1.3"),
    Entry(verb: .pwd, meaning: "Asks in which folder the session is.", argument: "", source: "RFC 959 §4.1.3"),
    Entry(verb: .list, meaning: "Asks for a listing for people, over a data connection.", argument: "path", source: "RFC 959 §4.1.3"),
    Entry(verb: .nlst, meaning: "Asks for the names alone, over a data connection.", argument: "path", source: "RFC 959 §4.1.3"),
    Entry(verb: .site, meaning: "A command of this server's own.", argument: "command", source: "RFC 959 §4.1.3"),
    Entry(verb: .syst, meaning: "Asks what kind of system this is, a hint how its listings look.", argument: "", source: "RFC 959 §4.1.3"),
    Entry(verb: .stat, meaning: "Asks how things stand; with a path: for a listing without a data connection.", argument: "path", source: "RFC 959 §4.1.3"),
    Entry(verb: .help, meaning: "Asks which commands there are.", argument: "command", source: "RFC 959 §4.1.3"),
    Entry(verb: .noop, meaning: "Does nothing but show that somebody is there.", argument: "", source: "RFC 959 §4.1.3"),
    Entry(verb: .xcwd, meaning: "The older name of CWD.", argument: "path", source: "RFC 1123 §4.1.3.1"),
    Entry(verb: .xcup, meaning: "The older name of CDUP.", argument: "", source: "RFC 1123 §4.1.3.1"),
    Entry(verb: .xrmd, meaning: "The older name of RMD.", argument: "path", source: "RFC 1123 §4.1.3.1"),
    Entry(verb: .xmkd, meaning: "The older name of MKD.", argument: "path", source: "RFC 1123 §4.1.3.1"),
    Entry(verb: .xpwd, meaning: "The older name of PWD.", argument: "", source: "RFC 1123 §4.1.3.1"),
    Entry(verb: .auth, meaning: "Asks for TLS around the control connection from here on.", argument: "mechanism", source: "RFC 4217 §4"),
    Entry(verb: .pbsz, meaning: "Sets the size of protected pieces; with TLS it is always 0, but has to be said.", argument: "size", source: "RFC 4217 §8"),
    Entry(verb: .prot, meaning: "Says whether data connections are inside TLS too: P for private, C for clear.", argument: "level", source: "RFC 4217 §9"),
    Entry(verb: .ccc, meaning: "Asks to take TLS away from the control connection again.", argument: "", source: "RFC 4217 §6"),
    Entry(verb: .feat, meaning: "Asks what the server can do beyond the oldest commands.", argument: "", source: "RFC 2389 §3"),
    Entry(verb: .opts, meaning: "Sets how a later command behaves.", argument: "command and options", source: "RFC 2389 §4"),
    Entry(verb: .eprt, meaning: "Active mode for any kind of address: names the client's own, which the server is to call.", argument: "address and port", source: "RFC 2428 §2"),
    Entry(verb: .epsv, meaning: "Passive mode for any kind of address: asks for a port; the address stays the one of the control connection.", argument: "family", source: "RFC 2428 §3"),
    Entry(verb: .mdtm, meaning: "Asks when a file was last changed.", argument: "path", source: "RFC 3659 §3"),
    Entry(verb: .size, meaning: "Asks how many bytes RETR would bring.", argument: "path", source: "RFC 3659 §4"),
    Entry(verb: .mlst, meaning: "Asks for one name's facts, on the control connection.", argument: "path", source: "RFC 3659 §7"),
    Entry(verb: .mlsd, meaning: "Asks for a folder's names with their facts, a listing for programs, over a data connection.", argument: "path", source: "RFC 3659 §7"),
    Entry(verb: .host, meaning: "Says which of several servers behind one address is meant.", argument: "host name", source: "RFC 7151 §3"),
    Entry(verb: .mfmt, meaning: "Sets when a file was last changed.", argument: "time and path", source: "draft-somers-ftp-mfxx §3"),
    Entry(verb: .avbl, meaning: "Asks how much room there is.", argument: "path", source: "draft-peterson-streamlined-ftp-command-extensions §4"),
    Entry(verb: .clnt, meaning: "Says which program the client is.", argument: "name", source: "FileZilla"),
  ]
}
