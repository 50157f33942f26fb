/* The other end of a TLS connection: a server that never blocks, and goes on by far_shake between the rounds of a loop.
 */
#ifndef CAIRN_TESTS_NET_FAR_H
#define CAIRN_TESTS_NET_FAR_H

#include "pki.h"

#include <openssl/err.h>

static SSL_CTX *far_ctx; /* NULL: it speaks no TLS */
static SSL *far;
static int far_fd = -1;

static inline void
far_certificate(const struct pki *p)
{
	assert_int_equal(SSL_CTX_use_certificate(far_ctx, p->cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(far_ctx, p->key), 1);
}

static inline void
far_speaks_tls(const struct pki *p)
{
	far_ctx = SSL_CTX_new(TLS_server_method());
	assert_non_null(far_ctx);
	SSL_CTX_set_session_id_context(far_ctx, (const unsigned char *)"x", 1);
	far_certificate(p);
}

static inline void
far_speaks_no_tls(void)
{
	SSL_CTX_free(far_ctx);
	far_ctx = NULL;
}

/* The connection, which is far's from here on; -1: there is none yet. */
static inline void
far_takes(int fd)
{
	far_fd = fd;
	if (fd < 0 || far_ctx == NULL)
		return;
	far = SSL_new(far_ctx);
	SSL_set_fd(far, fd);
	SSL_set_accept_state(far);
	SSL_set_mode(far, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

/* What went wrong in it stays in OpenSSL's queue. */
static inline void
far_shake(void)
{
	if (far == NULL || !SSL_in_init(far))
		return;
	ERR_clear_error();
	SSL_do_handshake(far);
}

static inline bool
far_open(void)
{
	return far != NULL && !SSL_in_init(far);
}

static inline void
far_closes(void)
{
	SSL_free(far);
	far = NULL;
	if (far_fd >= 0)
		close(far_fd);
	far_fd = -1;
}

#endif
