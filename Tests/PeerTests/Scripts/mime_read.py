# Reads messages of ours, each in base64 on a line, with Python's email package, and prints for each what it found as JSON:
# subject, author's name, the texts of the two forms, the file's name and text.
import base64
import email
import email.policy
import json
import sys

for line in sys.stdin:
    read = email.message_from_bytes(base64.b64decode(line), policy=email.policy.default)
    alternative, attached = read.get_payload()
    plain, html = alternative.get_payload()
    texts = [part.get_payload(decode=True).decode(part.get_content_charset()) for part in (plain, html)]
    print(json.dumps({
        "defects": [type(defect).__name__ for part in read.walk() for defect in part.defects],
        "read": [read["Subject"], read["From"].addresses[0].display_name] + texts + [attached.get_filename(), attached.get_payload(decode=True).decode()],
    }))
