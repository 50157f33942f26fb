/* Reading and writing a secured conn: whole records inside, any pieces outside. */
#include "net/tls_impl.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>

#define RECORD_MAX ((size_t)16384) /* RFC 8446 5.1 */

/* ---- reading ---- */

/* Goes on as long as OpenSSL has bytes of its own: where it stops short, the next ones come with an event of the
 * socket. */
ssize_t
tls_read(struct conn *c, char *buf, size_t n)
{
	struct tls *t = c->tls;
	ssize_t done = 0;
	int rc;

	if (t->failure != 0)
		return t->failure;
	ERR_clear_error();
	t->hungry = false;
	t->read_needs = UV_READABLE;
	do {
		size_t most = n - (size_t)done < INT_MAX ? n - (size_t)done : INT_MAX;

		rc = SSL_read(t->ssl, buf + done, (int)most);
		done += rc > 0 ? rc : 0;
	} while (rc > 0 && (size_t)done < n && SSL_has_pending(t->ssl));
	if (rc <= 0) {
		int err = tls_outcome(t, rc, &t->read_needs);

		t->hungry = err == -EAGAIN;
		if (done == 0)
			done = err;
	}
	c->filled = done == (ssize_t)n || t->below || t->ended;
	tls_want(c);
	return done;
}

bool
tls_stirs(struct conn *c)
{
	struct tls *t = c->tls;
	char byte;
	int rc;

	if (t->ended)
		return true;
	ERR_clear_error();
	t->hungry = false;
	rc = SSL_peek(t->ssl, &byte, 1); /* takes in tickets and the like on the way */
	if (rc > 0)
		return true;
	t->hungry = tls_outcome(t, rc, &t->read_needs) == -EAGAIN;
	return !t->hungry;
}

/* ---- writing ---- */

static _Thread_local char gathered[RECORD_MAX];

/* Where one is in an array of pieces. */
struct cursor {
	const struct iovec *iov;
	int count;
	size_t pos; /* in the first */
};

static void
advance(struct cursor *at, size_t n)
{
	at->pos += n;
	while (at->count > 0 && at->pos >= at->iov->iov_len) {
		at->pos -= at->iov->iov_len;
		at->iov++;
		at->count--;
	}
}

/* What makes the next record: of one piece where it fills the record or is the last, else of as many as fit. */
static struct str
next_record(struct cursor at)
{
	size_t n = at.iov->iov_len - at.pos;
	struct str first = str_of((const char *)at.iov->iov_base + at.pos, n < RECORD_MAX ? n : RECORD_MAX);
	size_t have = 0;

	if (first.n == RECORD_MAX || at.count == 1)
		return first;
	while (at.count > 0 && have < RECORD_MAX) {
		n = at.iov->iov_len - at.pos;
		n = n < RECORD_MAX - have ? n : RECORD_MAX - have;
		memcpy(gathered + have, (const char *)at.iov->iov_base + at.pos, n);
		have += n;
		advance(&at, n);
	}
	return str_of(gathered, have);
}

/* Who closes on us may have said why: in TLS 1.3 a server that does not like our certificate does so when we have begun
 * to write. The alert lies in the socket still, and is what the failure is about. */
static int
last_words(struct tls *t, int err)
{
	char byte;
	int rc;

	ERR_clear_error();
	rc = SSL_peek(t->ssl, &byte, 1);
	if (rc > 0 || SSL_get_error(t->ssl, rc) != SSL_ERROR_SSL)
		return err;
	return tls_judge(t, err);
}

/* A record that the socket did not take stays with OpenSSL, as it is, and goes out first. The owner was told that
 * nothing went; so of what it offers next the record's bytes come first, and are not sent again. */
static int
write_record(struct tls *t, struct str data)
{
	size_t n = data.n > t->stuck ? data.n : t->stuck;
	size_t gone;
	int rc;

	if (t->ahead == 0) {
		rc = SSL_write(t->ssl, data.n < n ? gathered : data.p, (int)n);
		if (rc <= 0) {
			int err = tls_outcome(t, rc, &t->write_needs);

			t->stuck = err == -EAGAIN ? n : 0;
			return err == -EPIPE || err == -ECONNRESET ? last_words(t, err) : err == 0 ? -EPIPE : err;
		}
		t->stuck = 0;
		t->ahead = (size_t)rc;
	}
	gone = t->ahead < data.n ? t->ahead : data.n;
	t->ahead -= gone;
	return (int)gone;
}

ssize_t
tls_writev(struct conn *c, const struct iovec *iov, int count)
{
	struct cursor at = { iov, count, 0 };
	struct tls *t = c->tls;
	ssize_t done = 0;

	if (t->failure != 0)
		return t->failure;
	ERR_clear_error();
	t->write_needs = UV_WRITABLE;
	advance(&at, 0);
	while (at.count > 0) {
		int n = write_record(t, next_record(at));

		if (n < 0) {
			tls_want(c);
			return done > 0 ? done : n;
		}
		done += n;
		advance(&at, (size_t)n);
	}
	return done;
}
