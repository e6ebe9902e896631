// Mail servers: what is decided.
