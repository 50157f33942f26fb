/* The socket of a secured conn, as OpenSSL sees it. OpenSSL's own would raise SIGPIPE, and does not tell whether a read
 * got all that it asked for, which saves asking the kernel once more. */
#include <errno.h>

#include "net/tls_impl.h"

static int
bio_read(BIO *b, char *p, int n)
{
	struct tls *t = BIO_get_data(b);
	ssize_t got;

	BIO_clear_retry_flags(b);
	do
		got = recv(t->conn->fd, p, (size_t)n, 0);
	while (got < 0 && errno == EINTR);
	t->below = got == n;
	t->eof = got == 0;
	if (got < 0 && errno == EAGAIN)
		BIO_set_retry_read(b);
	else if (got < 0)
		t->sys = -errno;
	return (int)got;
}

static int
bio_write(BIO *b, const char *p, int n)
{
	struct tls *t = BIO_get_data(b);
	ssize_t sent;

	BIO_clear_retry_flags(b);
	do
		sent = send(t->conn->fd, p, (size_t)n, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno == EAGAIN)
		BIO_set_retry_write(b);
	else if (sent < 0)
		t->sys = -errno;
	return (int)sent;
}

static long
bio_ctrl(BIO *b, int what, long num, void *ptr)
{
	const struct tls *t = BIO_get_data(b);

	(void)num;
	(void)ptr;
	switch (what) {
	case BIO_CTRL_EOF:
		return t->eof;
	case BIO_CTRL_FLUSH:
		return 1;
	default:
		return 0;
	}
}

static BIO_METHOD *method;

/* Lives as long as the process. */
static void
make_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "conn");

	if (m == NULL)
		return;
	BIO_meth_set_read(m, bio_read);
	BIO_meth_set_write(m, bio_write);
	BIO_meth_set_ctrl(m, bio_ctrl);
	method = m;
}

BIO *
tls_bio_new(struct tls *t)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	BIO *b;

	pthread_once(&once, make_method);
	b = method == NULL ? NULL : BIO_new(method);
	if (b == NULL)
		return NULL;
	BIO_set_data(b, t);
	BIO_set_init(b, 1);
	return b;
}
