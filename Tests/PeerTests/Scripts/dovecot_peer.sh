#!/bin/bash
# A real Dovecot. As a client: dovecot_peer.sh fetch FOLDER IMAP-PORT USER PASSWORD copies all of a user's mailboxes from our server into
# FOLDER/mail, and says which there are. As a server: dovecot_peer.sh start FOLDER IMAP-PORT POP3-PORT, user `carol`, password `pearl`; stop FOLDER.
set -eu
folder=$2
mkdir -p "$folder/mail" "$folder/run" "$folder/state"
chown nobody:nogroup "$folder/mail"
imap=0 pop3=0
if [ "$1" = start ]; then imap=$3 pop3=$4; fi
cat > "$folder/dovecot.conf" <<M
base_dir = $folder/run
state_dir = $folder/state
log_path = $folder/log
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
mail_location = maildir:$folder/mail
mail_home = $folder/mail
ssl = no
disable_plaintext_auth = no
protocols = imap pop3
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = $imap
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    address = 127.0.0.1
    port = $pop3
  }
  inet_listener pop3s {
    port = 0
  }
}
passdb {
  driver = static
  args = password=pearl
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$folder/mail
}
namespace inbox {
  inbox = yes
  separator = /
}
M
case $1 in
  fetch)
    cat >> "$folder/dovecot.conf" <<M
imapc_host = 127.0.0.1
imapc_port = $3
imapc_user = $4
imapc_password = $5
imapc_features = rfc822.size fetch-headers
M
    dovecot -c "$folder/dovecot.conf" < /dev/null > /dev/null 2>&1
    trap 'doveadm -c "$folder/dovecot.conf" stop' EXIT
    doveadm -c "$folder/dovecot.conf" -o mail_fsync=never backup -R -u "$4" imapc:
    doveadm -c "$folder/dovecot.conf" mailbox list -u "$4" | sort
    doveadm -c "$folder/dovecot.conf" fetch -u "$4" 'hdr.subject' mailbox INBOX | grep -c '^hdr.subject' ;;
  start) exec dovecot -c "$folder/dovecot.conf" < /dev/null > /dev/null 2>&1 ;;
  stop) exec doveadm -c "$folder/dovecot.conf" stop ;;
esac
