// Both ends of POP3.
