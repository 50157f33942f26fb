#!/usr/bin/env python3
"""A name server on 127.0.0.1:53: silent about names that begin with "silent", the others do not exist."""
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("ready", flush=True)
while True:
    query, client = server.recvfrom(512)
    if not query[13:].startswith(b"silent"):
        server.sendto(query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12:], client)
