#!/bin/bash
# A real Postfix in a folder of its own: postfix_peer.sh start FOLDER ITS-PORT OUR-PORT [EXTENSIONS-IT-LACKS], or stop FOLDER. It takes mail for
# elsewhere.test into FOLDER/box/mbox, and hands everything else to our port.
set -eu
folder=$2
if [ "$1" = stop ]; then exec postfix -c "$folder/etc" stop; fi
chmod 755 "$folder"
mkdir -p "$folder/etc" "$folder/queue" "$folder/data" "$folder/box"
chown postfix "$folder/data"
chmod 777 "$folder/box"
cat > "$folder/etc/main.cf" <<M
compatibility_level = 3.6
queue_directory = $folder/queue
data_directory = $folder/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.elsewhere.test
mydestination =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = elsewhere.test
virtual_mailbox_base = $folder/box
virtual_mailbox_maps = static:mbox
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
relayhost = [127.0.0.1]:$4
smtpd_recipient_restrictions = permit_mynetworks, reject
smtp_tls_security_level = may
smtp_host_lookup = native
smtp_dns_support_level = disabled
smtpd_forbid_bare_newline = normalize
smtpd_discard_ehlo_keywords = ${5:-}
maillog_file = $folder/log
maillog_file_prefixes = $folder
M
cat > "$folder/etc/master.cf" <<M
127.0.0.1:$3 inet n - n - - smtpd
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
M
exec postfix -c "$folder/etc" start
