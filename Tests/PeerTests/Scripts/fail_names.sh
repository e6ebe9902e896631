#!/bin/sh
# Names at which things go wrong on purpose, met by programs that know nothing of them: openssl, curl, swaks, lftp, aria2c.
# Where the servers are it learns from its environment. Usage: fail_names.sh tls|mail|files|peers FOLDER, in `netstead lab --ci`.
set -u
cd "$2" || exit 1
bad=0

# says NAME PATTERN COMMAND…: what the command prints, errors too, has the pattern in it.
says() {
  name=$1 pattern=$2
  shift 2
  printed=$("$@" 2>&1 </dev/null)
  printf '%s' "$printed" | grep -Eq -e "$pattern" || { echo "$name: no $pattern in: $printed" >&2; bad=1; }
}
# tls LABEL PORT OPTIONS…
tls() {
  host=$1.fail.test port=$2
  shift 2
  openssl s_client -CAfile "$NETSTEAD_CA_FILE" -connect "$host:$port" -servername "$host" -verify_hostname "$host" -verify_return_error "$@"
}
old="-tls1_1 -cipher DEFAULT@SECLEVEL=0"

case "$1" in
  tls)
    # Whoever does not look at the list sees nothing wrong.
    says revoked "wrong on purpose" curl -sS https://revoked.fail.test/
    curl -sS -o list.der http://revoked.fail.test/authority.crl && openssl crl -inform DER -in list.der -out list.pem
    says "the list" "verify OK" openssl crl -in list.pem -CAfile "$NETSTEAD_CA_FILE" -noout
    says "the list" "Revoked Certificates" openssl crl -in list.pem -noout -text
    says "revoked by curl" "revoked" curl -sS --crlfile list.pem https://revoked.fail.test/
    says "another by curl" "things to try|Things to try" curl -sS --crlfile list.pem https://www.garnet.test/notes.txt
    says "revoked by openssl" "certificate revoked" tls revoked 443 -crl_check -crl_download
    says old-tls "protocol|unsupported" curl -sS https://old-tls.fail.test/
    says "old-tls spoken" "Protocol *: TLSv1.1" tls old-tls 443 $old
    says "old-tls in the clear" "old on purpose" curl -sS http://old-tls.fail.test/
    ;;
  mail)
    says "expired at SMTP" "certificate has expired" tls expired-cert 25 -starttls smtp
    says "wrong name at IMAP" "ostname mismatch" tls wrong-name 143 -starttls imap
    says "self-signed at POP3S" "self.signed certificate" tls self-signed 995
    says "unknown root at submission" "unable to get local issuer" tls unknown-root 587 -starttls smtp
    says "revoked at SMTP" "certificate revoked" tls revoked 25 -starttls smtp -crl_check -crl_download
    says "old-tls at SMTP" "Protocol *: TLSv1.1" tls old-tls 25 -starttls smtp $old
    says "old-tls at IMAP" "legacy sigalg|protocol version|unsupported protocol" tls old-tls 143 -starttls imap
    says "no STARTTLS at SMTP" "STARTTLS" swaks --server no-starttls.fail.test --tls --to x@no-starttls.fail.test --from a@shop.example
    says "no STARTTLS at IMAP" "STARTTLS" curl -sS --ssl-reqd imap://no-starttls.fail.test/
    mail="--server $(printf %s "${NETSTEAD_SMTP%:*}") --from shop@shop.example --timeout 3"
    says quit-temperror "<\*\* 451 4.3.0" swaks $mail --to quit-temperror@garnet.test
    says quit-permerror "<\*\* 550 5.1.1" swaks $mail --to quit-permerror@garnet.test
    says quit-timeout "[Tt]imeout|timed out|TIMEOUT" swaks $mail --to quit-timeout@garnet.test
    says "all three came" '("to":\["quit-.*){3}' sh -c 'sleep 1; curl -sS "$NETSTEAD_API/messages?from=shop@shop.example" | tr -d "\n"'
    ;;
  files)
    site="ftp://${NETSTEAD_FTP%:*}"
    echo text > file
    for code in 425 426 452; do
      # Some clients look at the data connection only, and go when it breaks.
      says "get fail-$code" "< $code |transfer closed" curl -v -sS "$site/fail-$code"
      says "put fail-$code" "< $code " curl -v -sS -T file "$site/stones/fail-$code"
    done
    says "get stall" "timed out" curl -sS --max-time 3 "$site/stall"
    says "put stall" "< 150 " curl -v -sS --max-time 3 -T file "$site/stall"
    says "by lftp" "452" lftp -d -c "set net:max-retries 1; set net:reconnect-interval-base 1; set net:timeout 5; open $site; get fail-452"
    says "what is there" "." curl -sS "$site/"
    ;;
  peers)
    # peer PREFIX SECONDS: gets the file for so long, and tells all that is said.
    peer() {
      rm -rf "got-$1"
      aria2c --peer-id-prefix="$1" --dir="got-$1" --seed-time=0 --disable-ipv6=true --enable-dht=false --bt-enable-lpd=false --stop="$2" --listen-port=7001 \
        --check-certificate=false --console-log-level=info --summary-interval=0 "$NETSTEAD_TORRENT" 2>&1
    }
    # misled PREFIX MEETS NEVER: what the world's peers do to who calls itself so, and what never comes to it.
    misled() {
      printed=$(peer "$1" 12)
      printf '%s' "$printed" | grep -Eq -e "$2" || { echo "$1: no $2 in: $printed" >&2; bad=1; }
      printf '%s' "$printed" | grep -E -e "$3" >&2 && { echo "$1: this should not have come" >&2; bad=1; }
    }
    says "an honest one" "Download complete: got" peer -A2-0001- 60
    misled bad-piece "wrong piece" "got new piece"
    misled choke-forever "From: .* have all" "From: .* unchoke"
    misled lying-have "From: .* reject index" "From: .* piece index"
    misled vanish "From: .* unchoke" "From: .* piece index"
    ;;
esac
exit $bad
