/* TLS towards servers, by OpenSSL 3: what one group of servers is believed by, and connections secured under it.
 *
 * A context is made from a configuration and shared by all workers: frozen, but for the sessions to resume, which a
 * lock of its own guards. It is counted: members hold it, and each connection. A secured conn is read and written like
 * any other (net/conn.h); all of TLS that its owner sees is conn_trouble. Order of use: tls_context_new; conn_secure on
 * a conn that has just connected; tls_context_unref.
 */
#ifndef CAIRN_NET_TLS_H
#define CAIRN_NET_TLS_H

#include "base/str.h"
#include "net/conn.h"

struct tls_context;

struct tls_settings {
	struct str ca;          /* a file of roots, PEM; empty: the system's */
	struct str certificate; /* our own, with its chain, PEM; empty: none is shown */
	struct str key;         /* its key, PEM; empty: in the same file */
	struct str name;        /* whom to expect; empty: each server by its own name */
	bool verify;
	bool only_1_3; /* else 1.2 will do */
};

/* What is wrong with settings. */
enum tls_flaw {
	TLS_FLAW_CA,
	TLS_FLAW_CERTIFICATE,
	TLS_FLAW_KEY,
	TLS_FLAW_OTHER,
};

#define TLS_TEXT 256

/* Reads the files. NULL where it cannot be: *flaw says which setting is to blame, `why` half a sentence. Any thread. */
struct tls_context *tls_context_new(const struct tls_settings *s, enum tls_flaw *flaw, char why[TLS_TEXT]);
struct tls_context *tls_context_ref(struct tls_context *x);
void tls_context_unref(struct tls_context **x); /* Nulls; NULL is fine. */

/* Made from the same settings, and files of the same content? Then what one vouched for, the other does. */
bool tls_context_same(const struct tls_context *a, const struct tls_context *b);

/* Are there roots of the system's where OpenSSL looks for them? */
bool tls_system_has_roots(void);

/* Begins the handshake on a conn whose connecting has ended well. `writable` is called once more when it has ended,
 * well or not (conn_error); until then conn_want may not be called. The server is expected to be `host`, a name or an
 * address, unless the context says otherwise; sessions are kept for it under `place`, such as "host:port". 0, or
 * -ENOMEM: then the conn is as it was. */
int conn_secure(struct conn *c, struct tls_context *x, struct str host, struct str place);

/* Did the handshake resume a session? */
bool conn_resumed(const struct conn *c);

enum tls_fault {
	TLS_FAULT_NONE,        /* not TLS's business: the connection was lost, say */
	TLS_FAULT_CERTIFICATE, /* the server's did not pass */
	TLS_FAULT_ALERT,       /* the server told us what it does not like */
	TLS_FAULT_PROTOCOL,    /* anything else */
};

/* What came between us and a server. `text` is half a sentence of printable ASCII; parts of it are the server's words.
 */
struct tls_trouble {
	enum tls_fault fault;
	uint8_t alert; /* of TLS_FAULT_ALERT */
	char text[TLS_TEXT];
};

/* Why a handshake, a read or a write failed. NULL where TLS has nothing to say about it; borrowed from the conn. */
const struct tls_trouble *conn_trouble(const struct conn *c);

#endif
