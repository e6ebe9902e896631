// The lessons about reading mail, as the YAML that `netstead lab lesson M8 --print` prints.
// Not here: how letters get there (MailJourneyLessons), the form (LessonReader), the list (BuiltInLessons).

/// Lessons M8 and M9.
enum MailboxLessons {
  static let fetching = #"""
    schema: 1
    id: M8
    version: 1
    title: Fetching mail
    chapter: Mail
    minutes: 15
    text: |
      POP3 is a short way to one mailbox: log in, list, fetch, delete, leave. Whether letters stay on the server is the client's decision, and whoever
      has two clients feels it. What was marked for deletion goes only when the client says goodbye.
    world:
      hosts: [pc, phone, pc2, resolver, mail.cobalt.test]
      draw: {subject: word, letters: 2..5, lines: 1..40, more: 1..40, key: word}
      members:
        cobalt.test: {user: reader, password: "{key}"}
    steps:
      - do: 'pc2 sends reader@cobalt.test reader@cobalt.test "{subject}" "A note to myself." repeated {lines} password {key}'
        times: "{letters}"
        text: The reader writes notes to herself, so that there is something to fetch.
      - do: 'pc2 sends reader@cobalt.test reader@cobalt.test "The last one" "It has another length." repeated {more} password {key}'
        text: And one of another size.
      - do: 'pc reads reader@cobalt.test {key} by pop3 "STAT; LIST; UIDL; take"'
        text: The computer fetches everything, and keeps it on the server.
        at: 30s
      - do: 'phone reads reader@cobalt.test {key} by pop3 "STAT; UIDL; take"'
        text: Then the phone comes. How does it know what is new?
        at: 60s
    faults:
      - id: delete
        title: Deleted on one device
        text: The computer deletes what it has fetched, as many did when room on servers was dear.
        instead: true
        steps:
          - {do: 'pc2 sends reader@cobalt.test reader@cobalt.test "{subject}" "A note to myself." repeated {lines} password {key}', times: "{letters}"}
          - {do: 'pc reads reader@cobalt.test {key} by pop3 "STAT; clear"', at: 30s}
          - {do: 'phone reads reader@cobalt.test {key} by pop3 "STAT; UIDL"', at: 60s}
      - id: cut
        title: Cut off before QUIT
        text: The line breaks when everything is fetched and marked, and nobody has said goodbye.
        instead: true
        steps:
          - {do: 'pc2 sends reader@cobalt.test reader@cobalt.test "{subject}" "A note to myself." repeated {lines} password {key}', times: "{letters}"}
          - {do: 'pc reads reader@cobalt.test {key} by pop3 "STAT; clear; wait 20s"', at: 30s}
          - {do: link pc mail.cobalt.test cut, at: 40s}
          - {do: 'phone reads reader@cobalt.test {key} by pop3 "STAT"', at: 60s}
          - {do: 'phone reads reader@cobalt.test {key} by pop3 "STAT; UIDL"', at: 3600s}
    guards:
      - id: quit
        title: The update state
        text: The same with a line that holds. After QUIT the server deletes what was marked, in one step, and only then says that it is done.
        against: cut
        instead: true
        steps:
          - {do: 'pc2 sends reader@cobalt.test reader@cobalt.test "{subject}" "A note to myself." repeated {lines} password {key}', times: "{letters}"}
          - {do: 'pc reads reader@cobalt.test {key} by pop3 "STAT; clear; wait 20s"', at: 30s}
          - {do: 'phone reads reader@cobalt.test {key} by pop3 "STAT"', at: 60s}
    questions:
      - id: foresight
        ask: The computer fetches all letters and marks each for deletion; then the line breaks. What will the phone find an hour later?
        kind: predict
        options: [all letters, none, only the last one]
        run: cut
        key: 'if(number(last(pop3.reply where to == "phone" and command.keyword == "STAT").text) == number(first(pop3.reply where to == "pc" and command.keyword == "STAT").text), "all letters", if(number(last(pop3.reply where to == "phone" and command.keyword == "STAT").text) == 0, "none", "only the last one"))'
        read: last(pop3.reply where to == "phone" and command.keyword == "STAT")
      - id: count
        ask: How many letters does the server tell the computer of?
        kind: number
        key: number(first(pop3.reply where to == "pc" and command.keyword == "STAT").text)
        read: first(pop3.reply where to == "pc" and command.keyword == "STAT")
      - id: bytes
        ask: How many bytes have they together, by the server's word?
        kind: number
        key: number(word(first(pop3.reply where to == "pc" and command.keyword == "STAT").text, 1))
        read: first(pop3.reply where to == "pc" and command.keyword == "STAT")
      - id: second
        ask: How many bytes has letter 2, by the list?
        kind: number
        key: number(word(first(pop3.reply where to == "pc" and command.keyword == "LIST").item[1], 1))
        read: first(pop3.reply where to == "pc" and command.keyword == "LIST")
      - id: name
        ask: By which unique identifier does the server call the last letter? Copy it.
        kind: text
        key: word(last(first(pop3.reply where to == "pc" and command.keyword == "UIDL").item), 1)
        read: first(pop3.reply where to == "pc" and command.keyword == "UIDL")
      - id: same
        ask: Does the phone see the same identifiers as the computer?
        kind: choice
        options: ["yes", "no"]
        key: 'if(first(pop3.reply where to == "pc" and command.keyword == "UIDL").item == first(pop3.reply where to == "phone" and command.keyword == "UIDL").item, "yes", "no")'
        read: first(pop3.reply where to == "phone" and command.keyword == "UIDL")
      - id: kept
        ask: How many letters does the phone fetch, after the computer has fetched and kept them?
        kind: number
        key: count(fetched where to == "phone")
        read: fetched where to == "phone"
      - id: traffic
        ask: How many bytes does the server send to the phone in that session, all replies together?
        kind: number
        key: (tcp.connection where protocol == "pop3" and client == "phone")[0].bytesToClient
        read: pop3.reply where to == "phone"
      - id: deleted
        ask: And after the computer has fetched and deleted them?
        kind: number
        run: delete
        key: number(first(pop3.reply where to == "phone" and command.keyword == "STAT").text)
        read: first(pop3.reply where to == "phone" and command.keyword == "STAT")
      - id: marks
        ask: How often does the computer say DELE then?
        kind: number
        run: delete
        key: count(pop3.command where from == "pc" and keyword == "DELE")
        read: pop3.command where from == "pc" and keyword == "DELE"
      - id: busy
        ask: The line is cut. Half a minute later the phone comes, and is not let in. Which code in square brackets says why?
        kind: text
        run: cut
        key: word(first(pop3.reply where to == "phone" and not ok).text, 0)
        read: first(pop3.reply where to == "phone" and not ok)
        hint: Give it with its brackets.
      - id: there
        ask: How many letters does the phone find an hour later?
        kind: number
        run: cut
        key: number(last(pop3.reply where to == "phone" and command.keyword == "STAT").text)
        read: last(pop3.reply where to == "phone" and command.keyword == "STAT")
      - id: gone
        ask: With a line that holds, how many does it find?
        kind: number
        run: quit
        key: number(last(pop3.reply where to == "phone" and command.keyword == "STAT").text)
        read: last(pop3.reply where to == "phone" and command.keyword == "STAT")
      - id: moment
        ask: Mark the message of the computer after which the letters are deleted.
        kind: mark
        run: quit
        key: last(pop3.command where from == "pc" and keyword == "QUIT")
        read: last(pop3.command where from == "pc")
    """#

  static let devices = #"""
    schema: 1
    id: M9
    version: 1
    title: One mailbox, two devices
    chapter: Mail
    minutes: 20
    text: |
      With IMAP the mail stays on the server, in folders, with flags, and every device sees the same. Each letter has a number for good, its UID, as long as
      the folder keeps its UIDVALIDITY. Who waits with IDLE is told at once what others do.
    world:
      hosts: [pc, phone, pc2, resolver, mail.cobalt.test]
      draw: {subject: word, last: word, letters: 2..4, lines: 60..200, pick: 1..2, folder: word, moved: 46s..70s, anew: 120s..140s, key: word}
      members:
        cobalt.test: {user: reader, password: "{key}"}
    steps:
      - do: 'pc2 sends reader@cobalt.test reader@cobalt.test "{subject}" "A note to myself, which goes on for a while." repeated {lines} password {key}'
        times: "{letters}"
        text: The reader writes notes to herself, so that there is something to see.
      - do: 'phone reads reader@cobalt.test {key} by imap "SELECT INBOX; FETCH 1:* (UID FLAGS ENVELOPE); idle 60s; FETCH 1:* (UID FLAGS)"'
        text: The phone lists what there is without fetching it, and waits.
        at: 20s
      - do: 'pc reads reader@cobalt.test {key} by imap "SELECT INBOX; UID FETCH {pick} (BODY[])"'
        text: The computer opens one letter. What is the phone told?
        at: 30s
      - do: 'pc2 sends reader@cobalt.test reader@cobalt.test "{last}" "The last one." password {key}'
        text: Another letter comes. What is the phone told now?
        at: 40s
      - do: 'pc reads reader@cobalt.test {key} by imap "CREATE {folder}; SELECT INBOX; UID STORE {pick} +FLAGS (\\Flagged); UID MOVE {pick} {folder}; STATUS {folder} (MESSAGES UIDNEXT UIDVALIDITY)"'
        text: The computer puts a flag on its letter, and moves it into a folder.
        at: "{moved}"
      - do: 'phone reads reader@cobalt.test {key} by imap "SELECT {folder}; FETCH 1:* (UID FLAGS)"'
        text: The phone looks into the folder.
        at: 100s
      - do: 'phone reads reader@cobalt.test {key} by pop3 "take"'
        text: For comparison, how one got to see what there is before there was IMAP.
        at: 110s
    faults:
      - id: renewed
        title: The same number, another letter
        text: >-
          The computer removes the folder and makes it anew, with another letter in it. The phone was away, remembers UID 1, and asks for it without looking
          at UIDVALIDITY.
        steps:
          - {do: 'pc reads reader@cobalt.test {key} by imap "DELETE {folder}; CREATE {folder}; SELECT INBOX; COPY * {folder}"', at: "{anew}"}
          - {do: 'phone reads reader@cobalt.test {key} by imap "SELECT {folder}; UID FETCH 1 (UID ENVELOPE)"', at: 150s}
    guards:
      - id: resync
        title: Looking at UIDVALIDITY
        text: The phone compares the number that SELECT tells with the one it remembers, forgets everything about the folder, and lists it anew.
        against: renewed
        steps:
          - {do: 'pc reads reader@cobalt.test {key} by imap "DELETE {folder}; CREATE {folder}; SELECT INBOX; COPY * {folder}"', at: "{anew}"}
          - {do: 'phone reads reader@cobalt.test {key} by imap "SELECT {folder}; FETCH 1:* (UID FLAGS ENVELOPE)"', at: 150s}
    questions:
      - id: exists
        ask: How many letters does INBOX have when the phone opens it first?
        kind: number
        key: first(imap.response where to == "phone" and keyword == "EXISTS").number
        read: first(imap.response where to == "phone" and keyword == "EXISTS")
      - id: next
        ask: Which UID will the next letter get, by the answer to that SELECT?
        kind: number
        key: number(word(first(imap.response where to == "phone" and code contains "UIDNEXT").code, 1))
        read: first(imap.response where to == "phone" and code contains "UIDNEXT")
      - id: validity
        ask: And what is the UIDVALIDITY of INBOX?
        kind: number
        key: number(word(first(imap.response where to == "phone" and code contains "UIDVALIDITY").code, 1))
        read: first(imap.response where to == "phone" and code contains "UIDVALIDITY")
      - id: seen
        ask: The computer fetches one letter. Which flag does the phone learn of while it waits?
        kind: text
        key: (imap.response where to == "phone" and command.keyword == "IDLE" and keyword == "FETCH")[0].flags[0]
        read: (imap.response where to == "phone" and command.keyword == "IDLE" and keyword == "FETCH")[0]
      - id: which
        ask: Of the letter with which number in the mailbox?
        kind: number
        key: (imap.response where to == "phone" and command.keyword == "IDLE" and keyword == "FETCH")[0].number
        read: (imap.response where to == "phone" and command.keyword == "IDLE" and keyword == "FETCH")[0]
      - id: newest
        ask: Which UID has the letter that came while the phone waited?
        kind: number
        key: last((imap.response where to == "phone" and command.keyword == "FETCH" and time > 70s and time < 95s and keyword == "FETCH").uid)
        read: last(imap.response where to == "phone" and command.keyword == "FETCH" and time > 70s and time < 95s and keyword == "FETCH")
      - id: gone
        ask: With which word does the server tell the phone that the letter has left INBOX?
        kind: text
        key: (imap.response where to == "phone" and command.keyword == "IDLE" and keyword == "EXPUNGE")[0].keyword
        read: imap.response where to == "phone" and command.keyword == "IDLE" and keyword == "EXPUNGE"
      - id: left
        ask: Which UIDs has the phone in INBOX after that?
        kind: set
        key: (imap.response where to == "phone" and command.keyword == "FETCH" and time > 70s and time < 95s and keyword == "FETCH").uid
        read: imap.response where to == "phone" and command.keyword == "FETCH" and time > 70s and time < 95s
      - id: uid
        ask: Which UID has the letter in its new folder?
        kind: number
        key: last(imap.response where to == "phone" and keyword == "FETCH" and time > 95s).uid
        read: last(imap.response where to == "phone" and keyword == "FETCH" and time > 95s)
      - id: flags
        ask: And which flags, as the phone sees it there? Give them without the signs in front.
        kind: set
        key: last(imap.response where to == "phone" and keyword == "FETCH" and time > 95s).flags
        read: last(imap.response where to == "phone" and keyword == "FETCH" and time > 95s)
      - id: listing
        ask: How many bytes does the server send to list the letters of INBOX for the phone the first time (all lines of FETCH)?
        kind: number
        key: sum((imap.response where to == "phone" and command.keyword == "FETCH" and time < 30s).bytes)
        read: imap.response where to == "phone" and command.keyword == "FETCH" and time < 30s
      - id: fetching
        ask: And how many by POP3, which has to fetch them (all replies to RETR)?
        kind: number
        key: sum((pop3.reply where to == "phone" and command.keyword == "RETR").bytes)
        read: pop3.reply where to == "phone" and command.keyword == "RETR"
      - id: wrong
        ask: The folder was made anew. Which subject has the letter that the phone gets for the UID it remembers?
        kind: text
        run: renewed
        key: 'if(last(imap.response where to == "phone" and keyword == "FETCH").line contains draw["last"], draw["last"], draw["subject"])'
        read: last(imap.response where to == "phone" and keyword == "FETCH")
      - id: before
        ask: What was the folder's UIDVALIDITY when the phone looked into it first?
        kind: number
        run: resync
        key: number(word((imap.response where to == "phone" and code contains "UIDVALIDITY" and time > 95s)[0].code, 1))
        read: (imap.response where to == "phone" and code contains "UIDVALIDITY" and time > 95s)[0]
      - id: after
        ask: And by how much is it larger when the phone comes back?
        kind: number
        run: resync
        key: number(word(last(imap.response where to == "phone" and code contains "UIDVALIDITY").code, 1)) - number(word((imap.response where to == "phone" and code contains "UIDVALIDITY" and time > 95s)[0].code, 1))
        read: last(imap.response where to == "phone" and code contains "UIDVALIDITY")
    """#
}
