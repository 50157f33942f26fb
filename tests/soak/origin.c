#include "origin.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "count.h"
#include "origin_impl.h"
#include "reply.h"

#define PIECE 60000 /* of a body; room for a chunk's frame is left */

/* The keeper has the port without listening: nobody else takes it while the door is shut, and the node is refused. */
struct door {
	struct watch watch;
	int keeper;
	uint16_t port;
};

static struct door doors[ORIGINS];
static unsigned door_count;
static struct peer *peers;

/* ---- connections ---- */

void
origin_drop(struct peer *p, bool reset)
{
	if (p->state == PEER_SILENT)
		site_note_cut(p->rep.url);
	reactor_close(&p->watch, reset);
	*(p->prev != NULL ? &p->prev->next : &peers) = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	arena_free(&p->arena);
	free(p);
}

void
origin_rest(struct peer *p, unsigned ms)
{
	reactor_want(&p->watch, 0);
	reactor_at(&p->watch, ms);
}

static void
on_due(struct watch *w)
{
	origin_go_on((struct peer *)(void *)w);
}

static void
on_ready(struct watch *w)
{
	struct peer *p = (struct peer *)(void *)w;
	ssize_t n;

	if (w->wants & EPOLLOUT) {
		origin_go_on(p);
		return;
	}
	n = recv(w->fd, p->in + p->in_n, PEER_IN - p->in_n, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		origin_drop(p, false);
		return;
	}
	p->in_n += (size_t)n;
	origin_take(p);
}

static void
on_knock(struct watch *w)
{
	int fd;

	while ((fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct peer *p = calloc(1, sizeof *p);

		p->watch.ready = on_ready;
		p->watch.due = on_due;
		p->arena = arena_new(1 << 20);
		p->next = peers;
		if (peers != NULL)
			peers->prev = p;
		peers = p;
		reactor_add(&p->watch, fd, EPOLLIN);
	}
}

/* ---- doors ---- */

static int
take_port(uint16_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) },
				  .sin_port = htons(*port) };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) != 0 ||
	    bind(fd, (struct sockaddr *)&at, n) != 0 || getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		reply_wrong("no port for an origin: %s", strerror(errno));
	*port = ntohs(at.sin_port);
	return fd;
}

static void
open_door(struct door *d)
{
	int fd = take_port(&d->port);

	if (listen(fd, 1024) != 0)
		reply_wrong("an origin cannot listen: %s", strerror(errno));
	d->watch.ready = on_knock;
	reactor_add(&d->watch, fd, EPOLLIN);
}

uint16_t
origin_open(void)
{
	struct door *d = &doors[door_count++];

	d->keeper = take_port(&d->port);
	open_door(d);
	return d->port;
}

void
origin_turn_doors(void)
{
	for (unsigned i = 0; i < door_count; i++) {
		if (doors[i].watch.fd < 0) {
			if (site_permille(500))
				open_door(&doors[i]);
		} else if (site_permille(100)) {
			reactor_close(&doors[i].watch, false);
			count(COUNT_FAULT_SHUT);
		}
	}
}

void
origin_close_all(void)
{
	while (peers != NULL)
		origin_drop(peers, false);
	for (unsigned i = 0; i < door_count; i++)
		reactor_close(&doors[i].watch, false);
}

/* ---- sending ---- */

void
origin_say(struct peer *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	p->out_n += (size_t)vsnprintf(p->out + p->out_n, PEER_OUT - p->out_n, format, args);
	va_end(args);
}

/* Up to the end, or to where something befalls it. */
static uint64_t
next_stop(const struct peer *p)
{
	const uint64_t stops[] = { p->cut_at, p->mute_at, p->rest_at };
	uint64_t stop = p->end;

	for (unsigned i = 0; i < sizeof stops / sizeof stops[0]; i++)
		if (stops[i] > p->at && stops[i] < stop)
			stop = stops[i];
	return stop;
}

static void
fill_body(struct peer *p)
{
	uint64_t most = next_stop(p) - p->at;
	size_t n = most < PIECE ? (size_t)most : PIECE;

	if (p->chunked && site_permille(500))
		n = 1 + site_below((unsigned)n);
	if (p->chunked)
		origin_say(p, "%zx\r\n", n);
	if (p->error)
		memset(p->out + p->out_n, 'e', n);
	else
		site_fill(p->rep, p->at, p->out + p->out_n, n);
	p->out_n += n;
	p->at += n;
	if (p->chunked)
		origin_say(p, "\r\n");
}

static void
end_chunks(struct peer *p)
{
	origin_say(p, "0\r\n%s\r\n", site_permille(100) ? "X-Trailer: t\r\n" : "");
	p->ended = true;
}

/* What comes next, to `out`; false where all was said. */
static bool
refill(struct peer *p)
{
	p->out_n = p->out_done = 0;
	if (p->at < p->end)
		fill_body(p);
	else if (p->chunked && !p->ended)
		end_chunks(p);
	return p->out_n > 0;
}

/* False where the socket takes no more, the other end is gone, or this one takes its time. */
static bool
flush(struct peer *p)
{
	while (p->out_done < p->out_n) {
		size_t most = p->out_n - p->out_done, few = 1 + site_below(40);
		ssize_t n = send(p->watch.fd, p->out + p->out_done, p->drip > 0 && few < most ? few : most,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			reactor_want(&p->watch, EPOLLOUT);
			return false;
		}
		if (n < 0) {
			origin_drop(p, false);
			return false;
		}
		p->out_done += (size_t)n;
		if (p->drip > 0) {
			p->drip--;
			origin_rest(p, 1 + site_below(3));
			return false;
		}
	}
	return true;
}

static void
cut(struct peer *p)
{
	static const char junk[] = "zz\r\nx\r\n";

	site_note_cut(p->rep.url);
	if (p->chunked && site_permille(400)) {
		count(COUNT_FAULT_CHUNKS);
		if (send(p->watch.fd, junk, sizeof junk - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			errno = 0;
	}
	origin_drop(p, site_permille(500));
}

static void
finish(struct peer *p)
{
	if (p->closes) {
		origin_drop(p, false);
		return;
	}
	p->state = PEER_ASKED;
	reactor_want(&p->watch, EPOLLIN);
	if (p->in_n > 0)
		origin_take(p);
}

void
origin_go_on(struct peer *p)
{
	while (flush(p)) {
		if (p->at == p->cut_at) {
			cut(p);
			return;
		}
		if (p->at == p->mute_at) {
			site_note_hanging(p->rep.url);
			p->state = PEER_SILENT;
			reactor_want(&p->watch, EPOLLIN);
			return;
		}
		if (p->at == p->rest_at) {
			p->rest_at = UINT64_MAX;
			origin_rest(p, 1 + site_below(30));
			return;
		}
		if (!refill(p)) {
			finish(p);
			return;
		}
	}
}
