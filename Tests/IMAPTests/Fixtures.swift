// What stands in the test account. Transcripts count on it: who changes it changes them.
import Bytes
import IMAP
import World

extension Account {
  /// Alice's mailboxes: INBOX with 18 messages of which the 12th is the one of RFC 3501 §8, Work with three of several parts, and others.
  static func alice() -> Account {
    func name(_ text: String) -> MailboxName { (try? MailboxName(text)) ?? .inbox }
    var inbox = Mailbox(name: .inbox, validity: 3_857_529_045)
    for number in 1...18 {
      let isNext = number >= 17
      let bytes = number == 12 ? minutes : simple(number)
      _ = inbox.add(bytes, Flags(isNext ? [] : .seen), date: number == 12 ? InternalDate(seconds: 837_596_665, zone: -420) : InternalDate(seconds: Int64(number) * 86_400))
    }
    inbox.recent = UIDSet([17, 18] as [UInt32])
    inbox.next = 4_392
    var work = Mailbox(name: name("Work"), validity: 7)
    work.next = 100
    _ = work.add(alternative, Flags(.seen, keywords: ["$Label1"]), date: InternalDate(seconds: 946_684_800))
    _ = work.add(mixed, Flags(), date: InternalDate(seconds: 946_771_200))
    _ = work.add(strange, Flags(.flagged), date: InternalDate(seconds: 946_857_600))
    work.recent = UIDSet()
    var drafts = Mailbox(name: name("Entw\u{FC}rfe"), validity: 8)
    drafts.use = .drafts
    var archive = Mailbox(name: name("Archive"), validity: 9)
    archive.isLevel = true
    archive.isSubscribed = false
    var sealed = Mailbox(name: name("Sealed"), validity: 10)
    sealed.isReadOnly = true
    sealed.isSubscribed = false
    _ = sealed.add(simple(1))
    let account = Account([inbox, work, drafts, archive, Mailbox(name: name("Archive/2025"), validity: 11), Mailbox(name: name("Archive/2025/a b"), validity: 12), sealed])
    account.missing = [name("Gone/away")]
    return account
  }

  private static func simple(_ number: Int) -> Buffer {
    Buffer("From: Joe <joe@a.test>\r\nTo: alice@home.test\r\nSubject: message \(number)\r\nDate: Thu, \(number < 10 ? "0" : "")\(number) Jan 1970 10:00:00 +0000\r\n\r\nbody \(number)\r\n")
  }

  /// RFC 3501 §8: a head of 342 bytes, a body of 3,028 in 92 lines.
  private static var minutes: Buffer {
    var bytes: Buffer = """
      Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r
      From: Terry Gray <gray@cac.washington.edu>\r
      Subject: IMAP4rev1 WG mtg summary and minutes\r
      To: imap@cac.washington.edu\r
      cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r
      Message-Id: <B27397-0100000@cac.washington.edu>\r
      MIME-Version: 1.0\r
      Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r
      \r

      """
    for _ in 0..<91 { bytes.append("The minutes of the meeting come\r\n" as StaticString) }
    bytes.append("and here comes the end.\r\n" as StaticString)
    return bytes
  }

  private static let alternative: Buffer = """
    From: "Doe, Jane" <jane@b.test>\r
    Sender: list@b.test\r
    Reply-To: answers@b.test\r
    To: Friends: a@c.test, Bob <bob@c.test>;, alice@home.test\r
    Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r
    Date: Sat, 1 Jan 2000 00:00:00 +0000\r
    In-Reply-To: <1@b.test>\r
    Message-ID: <2@b.test>\r
    MIME-Version: 1.0\r
    Content-Type: multipart/alternative; boundary="x y"\r
    \r
    preamble\r
    --x y\r
    Content-Type: text/plain; charset=utf-8\r
    Content-Transfer-Encoding: quoted-printable\r
    \r
    Gr=C3=BC=C3=9Fe\r
    --x y\r
    Content-Type: text/html; charset=utf-8\r
    Content-ID: <html@b.test>\r
    Content-Language: de, en\r
    Content-Location: http://b.test/\r
    \r
    <p>hello</p>\r
    --x y--\r

    """

  /// With a message inside, which has parts itself.
  private static let mixed: Buffer = """
    From: jane@b.test\r
    Subject: forwarded\r
    Date: Sun, 2 Jan 2000 00:00:00 +0000\r
    MIME-Version: 1.0\r
    Content-Type: multipart/mixed; boundary=outer\r
    \r
    --outer\r
    \r
    see below\r
    --outer\r
    Content-Type: message/rfc822\r
    Content-Description: the other mail\r
    \r
    From: joe@a.test\r
    Subject: inside\r
    Content-Type: multipart/mixed; boundary=inner\r
    \r
    --inner\r
    Content-Type: text/plain\r
    \r
    one\r
    --inner\r
    Content-Type: image/gif; name="a.gif"\r
    Content-Transfer-Encoding: base64\r
    Content-Disposition: attachment; filename="a.gif"\r
    Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\r
    \r
    R0lGODlhAQABAAAAACw=\r
    --inner--\r
    --outer--\r

    """

  /// 8-bit bytes in the head, no date, no parts.
  private static let strange: Buffer = "From: nobody\r\nSubject: caf\u{E9} \"quoted\" \\\r\n\r\nno line end"
}
