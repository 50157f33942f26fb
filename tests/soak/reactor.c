#include "reactor.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 4
#define EVENTS  256
#define MOST    8192

static int epoll;
static int64_t looked_ms;
static struct watch *all[MOST];
static unsigned count;

int64_t
reactor_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
reactor_init(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		abort();
}

void
reactor_add(struct watch *w, int fd, uint32_t wants)
{
	struct epoll_event e = { .events = wants, .data.ptr = w };

	if (count == MOST || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) != 0)
		abort();
	w->fd = fd;
	w->wants = wants;
	w->due_ms = 0;
	w->slot = count;
	all[count++] = w;
}

void
reactor_want(struct watch *w, uint32_t wants)
{
	struct epoll_event e = { .events = wants, .data.ptr = w };

	if (w->wants == wants)
		return;
	w->wants = wants;
	epoll_ctl(epoll, EPOLL_CTL_MOD, w->fd, &e);
}

void
reactor_at(struct watch *w, int64_t ms)
{
	w->due_ms = ms == 0 ? 0 : reactor_now_ms() + ms;
}

void
reactor_close(struct watch *w, bool reset)
{
	static const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (w->fd < 0)
		return;
	if (reset)
		setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(w->fd);
	w->fd = -1;
	all[w->slot] = all[--count];
	all[w->slot]->slot = w->slot;
}

static void
call_due(void)
{
	int64_t now = reactor_now_ms();

	if (now < looked_ms + TICK_MS)
		return;
	looked_ms = now;
	for (unsigned i = count; i-- > 0;) {
		struct watch *w = i < count ? all[i] : NULL;

		if (w == NULL || w->due_ms == 0 || w->due_ms > now)
			continue;
		w->due_ms = 0;
		w->due(w);
	}
}

void
reactor_turn(void)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(epoll, events, EVENTS, TICK_MS);

	for (int i = 0; i < n; i++) {
		struct watch *w = events[i].data.ptr;

		w->ready(w); /* which may close what is its own, and nothing else */
	}
	call_due();
}
