/* A secured conn. TLS may have to write before it can be read from and the other way round, and keeps bytes that the
 * socket does not know of any more: here both are turned into the events that the owner of a plain conn would see.
 *
 * What the owner wants stays in conn->want; what the socket is watched for follows from it and from what TLS needs. A
 * connection that ends by no close_notify was cut: that is read as a failure, and not as an end (RFC 9112 9.8). */
#include "net/tls_impl.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "base/must.h"

#define RECORD_MAX ((size_t)16384) /* RFC 8446 5.1 */

/* ---- events ---- */

/* Is something there to be read that the socket will not tell of? */
static bool
holds(const struct tls *t)
{
	return t->ended || (!t->hungry && SSL_has_pending(t->ssl));
}

/* What the socket is to be watched for. */
static unsigned
needs(const struct conn *c)
{
	return (c->want & UV_READABLE ? c->tls->read_needs : 0u) | (c->want & UV_WRITABLE ? c->tls->write_needs : 0u);
}

/* Bytes inside OpenSSL are as good as bytes in the socket. */
static void
raise_again(struct conn *c)
{
	if ((c->want & UV_READABLE) && holds(c->tls))
		loop_defer(c->loop, &c->tls->again);
	else
		task_cancel(&c->tls->again);
}

static void
on_again(struct task *task)
{
	struct conn *c = LIST_OF(task, struct tls, again)->conn;

	c->ev->readable(c, c->owner);
	if (c->want & UV_READABLE) /* not closed, then */
		raise_again(c);
}

void
tls_want(struct conn *c)
{
	unsigned need = needs(c);

	/* As for a plain one: READABLE stays armed, WRITABLE goes at once. */
	if ((need & ~c->armed) != 0 || (c->armed & ~need & UV_WRITABLE) != 0)
		conn_watch(c, need);
	raise_again(c);
}

static void shake_hands(struct conn *c);

void
tls_on_poll(uv_poll_t *h, int status, int events)
{
	struct conn *c = LIST_OF(h, struct conn, poll);
	struct tls *t = c->tls;
	unsigned told;

	if (status != 0) { /* libuv has stopped watching it; a read or a write will say why */
		c->armed = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	if (c->connecting) {
		shake_hands(c);
		return;
	}
	told = (events & t->read_needs ? UV_READABLE : 0u) | (events & t->write_needs ? UV_WRITABLE : 0u);
	told &= c->want;
	if (told == 0 || status != 0)
		conn_watch(c, needs(c));
	if (told & UV_READABLE)
		c->ev->readable(c, c->owner);
	if (told & c->want & UV_WRITABLE) /* not if the owner has just changed its mind, or closed it */
		c->ev->writable(c, c->owner);
}

/* ---- what OpenSSL said ---- */

static int
fail(struct tls *t, int err)
{
	t->failure = err;
	t->ended = true;
	return err;
}

/* Of a call that returned `rc` <= 0: -EAGAIN, with *needs the socket has to be; 0 at the end; another -errno, for good.
 */
static int
outcome(struct tls *t, int rc, uint8_t *needs_now)
{
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		*needs_now = UV_READABLE;
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		*needs_now = UV_WRITABLE;
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		t->ended = true;
		return 0;
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		return fail(t, t->sys != 0 ? t->sys : -ECONNRESET);
	default:
		tls_trouble_note(t);
		return fail(t, t->trouble.fault == TLS_FAULT_NONE ? -ECONNRESET : -EPROTO);
	}
}

/* ---- the handshake ---- */

static void
opened(struct conn *c, int err)
{
	struct tls *t = c->tls;

	c->error = err;
	c->connecting = false;
	c->want = 0;
	t->open = err == 0;
	t->read_needs = UV_READABLE;
	t->write_needs = UV_WRITABLE;
	c->ev->writable(c, c->owner);
}

static void
shake_hands(struct conn *c)
{
	uint8_t need = 0;
	int rc, err;

	ERR_clear_error();
	rc = SSL_do_handshake(c->tls->ssl);
	if (rc == 1) {
		opened(c, 0);
		return;
	}
	err = outcome(c->tls, rc, &need);
	if (err == -EAGAIN)
		conn_watch(c, need);
	else
		opened(c, err == 0 ? fail(c->tls, -ECONNRESET) : err);
}

/* Whom to expect; an address is no name to ask for (RFC 6066 3). */
static bool
expect(struct tls *t, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);
	union addr a;

	if (addr_parse_ip(str_c(name), 0, &a))
		return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(t->ssl, name) == 1 && SSL_set_tlsext_host_name(t->ssl, name) == 1;
}

static void
resume(struct tls *t)
{
	SSL_SESSION *session = tls_sessions_take(&t->context->sessions, str_of(t->place, t->place_n));

	if (session == NULL)
		return;
	SSL_set_session(t->ssl, session); /* where it does not suit, the handshake is a whole one */
	SSL_SESSION_free(session);
	ERR_clear_error();
}

static bool
prepare(struct tls *t, const char *name)
{
	BIO *b;

	t->ssl = SSL_new(t->context->ssl);
	if (t->ssl == NULL || !expect(t, name))
		return false;
	b = tls_bio_new(t);
	if (b == NULL)
		return false;
	SSL_set_bio(t->ssl, b, b);
	SSL_set_app_data(t->ssl, t);
	SSL_set_connect_state(t->ssl);
	resume(t);
	return true;
}

/* "name place": a session is for both. */
static struct tls *
new_tls(struct conn *c, struct tls_context *x, struct str name, struct str place)
{
	size_t n = name.n + 1 + place.n;
	struct tls *t = calloc(1, sizeof *t + n);
	char *p;

	if (t == NULL)
		return NULL;
	t->magic = TLS_MAGIC;
	t->conn = c;
	t->context = tls_context_ref(x);
	t->place_n = n;
	p = str_put(t->place, name);
	*p++ = ' ';
	str_put(p, place);
	task_init(&t->again, on_again);
	return t;
}

static void
free_tls(struct tls *t)
{
	SSL_free(t->ssl);
	ERR_clear_error();
	tls_context_unref(&t->context);
	t->magic = 0;
	free(t);
}

int
conn_secure(struct conn *c, struct tls_context *x, struct str host, struct str place)
{
	char name[TLS_NAME];
	struct tls *t;

	MUST_OBJ(c, CONN_MAGIC);
	MUST(c->tls == NULL && !c->connecting);
	MUST(host.n < sizeof name);
	if (x->name[0] != '\0')
		host = str_c(x->name);
	if (str_ends(host, STR("."))) /* the root's, which certificates leave out */
		host.n--;
	*str_put(name, host) = '\0';
	t = new_tls(c, x, host, place);
	if (t == NULL)
		return -ENOMEM;
	ERR_clear_error();
	if (!prepare(t, name)) {
		free_tls(t);
		return -ENOMEM;
	}
	c->tls = t;
	c->connecting = true;
	/* It is writable, so the first flight leaves in the next round. */
	uv_poll_stop(&c->poll);
	c->armed = 0;
	conn_watch(c, UV_WRITABLE);
	return 0;
}

bool
conn_resumed(const struct conn *c)
{
	MUST_OBJ(c, CONN_MAGIC);
	return c->tls != NULL && SSL_session_reused(c->tls->ssl);
}

const struct tls_trouble *
conn_trouble(const struct conn *c)
{
	MUST_OBJ(c, CONN_MAGIC);
	return c->tls == NULL || c->tls->trouble.text[0] == '\0' ? NULL : &c->tls->trouble;
}

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
		int err = outcome(t, rc, &t->read_needs);

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
	t->hungry = outcome(t, rc, &t->read_needs) == -EAGAIN;
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
	tls_trouble_note(t);
	return t->trouble.fault == TLS_FAULT_NONE ? err : fail(t, -EPROTO);
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
			int err = outcome(t, rc, &t->write_needs);

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

/* ---- the end ---- */

void
tls_shutdown(struct conn *c)
{
	struct tls *t = c->tls;

	if (!t->open || t->failure != 0 || (SSL_get_shutdown(t->ssl) & SSL_SENT_SHUTDOWN))
		return;
	ERR_clear_error();
	SSL_shutdown(t->ssl); /* what the socket does not take now is not told */
	ERR_clear_error();
}

void
tls_silence(struct conn *c)
{
	fail(c->tls, -ECONNABORTED);
}

void
tls_close(struct conn *c)
{
	struct tls *t = c->tls;

	MUST_OBJ(t, TLS_MAGIC);
	tls_shutdown(c);
	task_cancel(&t->again);
	/* One that did not end in order would make its session one that is not resumed; but here that is no news. */
	if (t->open)
		SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	c->tls = NULL;
	free_tls(t);
}
