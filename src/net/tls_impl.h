/* The inside of TLS, shared by tls.c (contexts), tls_files.c (what they read), tls_sessions.c (what is resumed),
 * tls_conn.c (a secured conn), tls_io.c (its reads and writes), tls_bio.c (its socket, as OpenSSL sees it) and
 * tls_trouble.c (what went wrong). Private to net/. */
#ifndef CAIRN_NET_TLS_IMPL_H
#define CAIRN_NET_TLS_IMPL_H

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>

#include "net/conn_impl.h"
#include "net/tls.h"

#define TLS_MAGIC         0x746c7373u
#define TLS_CONTEXT_MAGIC 0x746c7378u

#define TLS_DIGEST 32 /* SHA-256 */
#define TLS_NAME   254

/* ---- sessions ---- */

/* The sessions of one context, by place. thread: shared, under its lock. A connection writes to its own session, on its
 * own thread: what is kept here is a copy, and what is taken from here is the taker's alone. */
struct tls_sessions {
	pthread_mutex_t lock;
	struct list places; /* the latest used first */
	unsigned count;
};

void tls_sessions_init(struct tls_sessions *s);
void tls_sessions_fini(struct tls_sessions *s);

/* Keeps a copy; the session stays the caller's. Where memory is short, none is kept. */
void tls_sessions_put(struct tls_sessions *s, struct str place, SSL_SESSION *theirs);

/* One to resume, the caller's; NULL where there is none. One of TLS 1.3 is used once (RFC 8446 C.4). */
SSL_SESSION *tls_sessions_take(struct tls_sessions *s, struct str place);

/* Forgets all that the place has given: after a failure nothing of it is resumed (RFC 5246 7.2.2, RFC 8446 6.2). */
void tls_sessions_forget(struct tls_sessions *s, struct str place);

/* ---- contexts ---- */

struct tls_context {
	unsigned magic;
	atomic_uint refs;
	SSL_CTX *ssl;
	bool verify;
	char name[TLS_NAME]; /* empty: each server's own */
	unsigned char digest[TLS_DIGEST];
	struct tls_sessions sessions;
};

/* Reads what the settings name into `x`, and adds it to the digest. */
bool tls_files_load(struct tls_context *x, const struct tls_settings *s, EVP_MD_CTX *digest, enum tls_flaw *flaw,
		    char why[TLS_TEXT]);

/* ---- a secured conn ---- */

struct tls {
	unsigned magic;
	SSL *ssl;
	struct conn *conn;
	struct tls_context *context;
	uint8_t read_needs;  /* UV_READABLE, UV_WRITABLE: what the socket must be for a read to go on */
	uint8_t write_needs; /* the same for a write */
	bool open;           /* the handshake is done */
	bool hungry;         /* the latest read took all that can be had without the socket */
	bool below;          /* the socket gave all that it was asked for: there may be more */
	bool eof;            /* the socket is at its end */
	bool ended;          /* an end, or a failure, is there to be read */
	int failure;         /* -errno; nothing works any more */
	int sys;             /* the socket's latest error, as -errno */
	size_t stuck;        /* bytes of a record that OpenSSL holds, and the socket did not take */
	size_t ahead;        /* bytes gone with it that the owner has not offered again */
	struct task again;   /* what lies inside OpenSSL raises no event of the socket */
	struct tls_trouble trouble;
	size_t place_n;
	char place[];
};

/* tls_conn.c: of a call of OpenSSL's that returned `rc` <= 0: -EAGAIN, with *needs_now what the socket has to be; 0 at
 * the end; another -errno, for good. */
int tls_outcome(struct tls *t, int rc, uint8_t *needs_now);

/* From here on nothing works any more; returns `err`. */
int tls_fail(struct tls *t, int err);

/* After a call failed with SSL_ERROR_SSL: notes why, and fails with -EPROTO, or with `err` where it was just cut.
 * In the first case nothing that the place gave is resumed any more. */
int tls_judge(struct tls *t, int err);

/* The connection's own BIO: the socket, without SIGPIPE. NULL where memory is short. */
BIO *tls_bio_new(struct tls *t);

/* OpenSSL's callback for each certificate of a chain: where one does not pass, notes what is wrong with it. */
int tls_trouble_at_certificate(int ok, X509_STORE_CTX *chain);

/* After a call failed with SSL_ERROR_SSL: notes why, from the queue of errors, which is emptied. */
void tls_trouble_note(struct tls *t);

/* The latest error in the queue, as half a sentence without end; the queue is emptied. */
const char *tls_trouble_reason(void);

#endif
