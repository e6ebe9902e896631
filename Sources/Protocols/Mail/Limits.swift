// Mail messages: addresses, heads, MIME, signatures; nothing that moves them.
