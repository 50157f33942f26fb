#include "net/conn_impl.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/must.h"

#define LINGER_MS    1000
#define LINGER_BYTES ((size_t)256 * 1024)
#define LINGER_CHUNK ((size_t)16 * 1024)

/* ---- memory ---- */

struct conn *
conn_memory(struct loop *l)
{
	void *spare = mem_spare(&l->spares);

	return spare != NULL ? spare : malloc(sizeof(struct conn));
}

/* ---- ways to end ---- */

static void
part_closed(struct conn *c)
{
	if (--c->parts > 0)
		return;
	mem_give_back(&c->loop->spares, c);
}

static void
poll_closed(uv_handle_t *h)
{
	part_closed(LIST_OF(h, struct conn, poll));
}

static void
timer_closed(struct timer *t)
{
	part_closed(LIST_OF(t, struct conn, timer));
}

void
conn_close(struct conn **cp)
{
	struct conn *c = *cp;

	if (c == NULL)
		return;
	MUST_OBJ(c, CONN_MAGIC);
	*cp = NULL;
	c->magic = 0;
	c->want = 0;
	c->parts = 2;
	c->loop->conns--;
	list_del(&c->lingering);
	if (UNLIKELY(c->tls != NULL))
		tls_close(c);
	uv_close((uv_handle_t *)&c->poll, poll_closed);
	timer_close(&c->timer, timer_closed);
	close(c->fd);
}

void
conn_abort(struct conn **cp)
{
	static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	if (*cp == NULL)
		return;
	MUST_OBJ(*cp, CONN_MAGIC);
	if ((*cp)->tls != NULL)
		tls_silence(*cp);
	setsockopt((*cp)->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	conn_close(cp);
}

static void
drop_input(struct conn *c, void *owner)
{
	char chunk[LINGER_CHUNK];
	ssize_t got;

	(void)owner;
	do {
		got = conn_read(c, chunk, sizeof chunk);
		c->drained += got > 0 ? (size_t)got : 0;
	} while (got > 0 && c->drained < LINGER_BYTES);
	if (got != -EAGAIN)
		conn_close(&c);
}

static void
stop_lingering(struct conn *c, void *owner)
{
	(void)owner;
	conn_close(&c);
}

void
conn_linger(struct conn **cp)
{
	static const struct conn_events events = { .readable = drop_input, .expired = stop_lingering };
	struct conn *c = *cp;

	if (c == NULL)
		return;
	MUST_OBJ(c, CONN_MAGIC);
	if (c->connecting) {
		conn_close(cp);
		return;
	}
	if (c->tls != NULL)
		tls_shutdown(c);
	if (shutdown(c->fd, SHUT_WR) != 0) {
		conn_close(cp);
		return;
	}
	*cp = NULL;
	conn_own(c, &events, NULL);
	list_add_tail(&c->loop->lingering, &c->lingering);
	conn_want(c, true, false);
	conn_timer(c, LINGER_MS);
}

void
conn_end_lingering(struct loop *l)
{
	LIST_EACH_SAFE(it, &l->lingering) {
		struct conn *c = LIST_OF(it, struct conn, lingering);

		conn_close(&c);
	}
}
