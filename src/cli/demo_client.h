/* The client of the demo: one request, one connection. It sends what it is told as it is, a malformed request too,
 * which libraries refuse to. thread: the main one. */
#ifndef CAIRN_CLI_DEMO_CLIENT_H
#define CAIRN_CLI_DEMO_CLIENT_H

#include "base/arena.h"
#include "http/head.h"
#include "net/conn.h"

#define DEMO_HOST "www.example.com"

/* `request`: method and target, then field lines, with a newline between: "GET /\nCache-Control: no-cache". Protocol,
 * Host and Connection are added. Waits for the whole answer, and keeps its head, in `a`. NULL, or why there is none. */
const char *demo_client_ask(const union addr *to, const char *request, struct arena *a, struct head *answer);

#endif
