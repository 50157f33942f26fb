/* A secured conn. TLS may have to write before it can be read from and the other way round, and keeps bytes that the
 * socket does not know of any more: here both are turned into the events that the owner of a plain conn would see.
 *
 * What the owner wants stays in conn->want; what the socket is watched for follows from it and from what TLS needs. A
 * connection that ends by no close_notify was cut: that is read as a failure, and not as an end (RFC 9112 9.8). */
#include "net/tls_impl.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "base/must.h"

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

int
tls_fail(struct tls *t, int err)
{
	t->failure = err;
	t->ended = true;
	return err;
}

int
tls_judge(struct tls *t, int err)
{
	tls_trouble_note(t);
	if (t->trouble.fault == TLS_FAULT_NONE)
		return tls_fail(t, err);
	tls_sessions_forget(&t->context->sessions, str_of(t->place, t->place_n));
	return tls_fail(t, -EPROTO);
}

int
tls_outcome(struct tls *t, int rc, uint8_t *needs_now)
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
		return tls_fail(t, t->sys != 0 ? t->sys : -ECONNRESET);
	default:
		return tls_judge(t, -ECONNRESET);
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
	err = tls_outcome(c->tls, rc, &need);
	if (err == -EAGAIN)
		conn_watch(c, need);
	else
		opened(c, err == 0 ? tls_fail(c->tls, -ECONNRESET) : err);
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
	tls_fail(c->tls, -ECONNABORTED);
}

void
tls_close(struct conn *c)
{
	struct tls *t = c->tls;

	MUST_OBJ(t, TLS_MAGIC);
	tls_shutdown(c);
	task_cancel(&t->again);
	/* Else OpenSSL would look under its context's lock for a session to void; what is kept is ours, and a cut no news. */
	if (t->open)
		SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	c->tls = NULL;
	free_tls(t);
}
