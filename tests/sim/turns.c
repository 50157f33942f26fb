/* Scenes that hang on what comes first in a round of the node's loop: played with it coming at any moment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/counter.h"
#include "proxy/session.h"
#include "proxy/worker.h"
#include "rig.h"

#define MOMENTS 24
#define ROUNDS  200

struct scene {
	struct rig *rig;
	int client, origin;
	char asked[4096], answered[4096]; /* what the origin and the client got, all of it */
};

static void
put(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
		abort();
}

/* True where something came. */
static bool
take(int fd, char *text, size_t size)
{
	size_t have = strlen(text);
	ssize_t n = recv(fd, text + have, size - 1 - have, 0);

	if (n > 0)
		text[have + (size_t)n] = '\0';
	return n > 0;
}

static unsigned
times(const char *text, const char *word)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		n++;
	return n;
}

static const char response[] = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok";

/* Answers what the node asks. */
static void
serve(struct scene *s)
{
	if (s->origin < 0)
		s->origin = rig_accept(s->rig);
	if (s->origin >= 0 && take(s->origin, s->asked, sizeof s->asked))
		put(s->origin, response);
}

static struct scene
begin(const char *request)
{
	struct scene s = { .rig = rig_new(4 << 20), .origin = -1 };

	s.client = rig_connect(s.rig, 0);
	put(s.client, request);
	return s;
}

/* Two moments to a turn: before the origin has its say, and after it. */
static void
pass(struct scene *s, unsigned moment)
{
	if (moment % 2 == 0) {
		serve(s);
	} else {
		rig_turn(s->rig);
		take(s->client, s->answered, sizeof s->answered);
	}
}

static void
end(struct scene *s)
{
	close(s->client);
	if (s->origin >= 0)
		close(s->origin);
	rig_free(&s->rig);
}

/* The last request of a pipeline comes in two parts: it is asked once and answered once. The one before it is a hit. */
static bool
pipeline(unsigned moment)
{
	struct scene s =
	    begin("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHo");

	for (unsigned i = 0; i < 2 * MOMENTS; i++) {
		if (i == moment)
			put(s.client, "st: a\r\n\r\n");
		pass(&s, i);
	}
	end(&s);
	if (times(s.asked, " HTTP/1.1\r\n") == 2 && times(s.answered, "HTTP/1.1 200") == 3)
		return true;
	fprintf(stderr, "pipeline, moment %u: the origin got\n%s\nand the client\n%s\n", moment, s.asked, s.answered);
	return false;
}

/* A little of what the node sends, where it does. */
static size_t
take_some(int fd)
{
	char some[2000];
	ssize_t n = fd < 0 ? 0 : recv(fd, some, sizeof some, 0);

	return n > 0 ? (size_t)n : 0;
}

/* As much of the upload as goes; behind all of it the client shuts its side. */
static void
upload(int fd, size_t *left)
{
	static const char piece[4000];
	ssize_t n = 1;

	if (*left == 0)
		return;
	while (*left > 0 && n > 0) {
		n = send(fd, piece, *left < sizeof piece ? *left : sizeof piece, MSG_NOSIGNAL);
		*left -= n > 0 ? (size_t)n : 0;
	}
	if (*left == 0)
		shutdown(fd, SHUT_WR);
}

/* A client that asked for the connection's end shuts its side behind its upload, while some of that has yet to leave
 * the node, since the origin is slow: it is answered. */
static bool
half_closed(size_t size)
{
	char head[200];
	size_t left = size, got = 0;
	bool told = false;
	struct scene s;

	snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
		 size);
	s = begin(head);

	for (unsigned i = 0; i < ROUNDS; i++) {
		upload(s.client, &left);
		rig_turn(s.rig);
		if (s.origin < 0)
			s.origin = rig_accept(s.rig);
		got += take_some(s.origin);
		if (got > size && !told) {
			put(s.origin, response);
			told = true;
		}
		take(s.client, s.answered, sizeof s.answered);
	}
	end(&s);
	if (times(s.answered, "HTTP/1.1 200") == 1)
		return true;
	fprintf(stderr, "half-closed: the origin got %zu bytes of %zu, and the client\n%s\n", got, size, s.answered);
	return false;
}

#define BODY      ((size_t)3 << 20)
#define TURN_MOST ((size_t)640 << 10)

/* All of a response, as far as the socket takes it at once. */
static size_t
pour(int fd)
{
	static const char piece[1 << 16];
	int room = (int)BODY;
	char head[200];
	size_t sent = 0;
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: %zu\r\n\r\n", BODY);
	put(fd, head);
	while (sent < BODY && (n = send(fd, piece, sizeof piece, MSG_NOSIGNAL)) > 0)
		sent += (size_t)n;
	return sent;
}

/* However much an upstream has sent already, a turn of the loop takes a share of it, and the next ones the rest. */
static bool
fast_upstream(void)
{
	struct scene s = begin("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	uint64_t before = counter_sum(COUNTER_UPSTREAM_BYTES_IN), most = 0, all = 0;
	size_t sent = 0;

	for (unsigned i = 0; i < ROUNDS && (sent == 0 || all < sent); i++) {
		uint64_t now;

		rig_turn(s.rig);
		while (take_some(s.client) > 0)
			;
		now = counter_sum(COUNTER_UPSTREAM_BYTES_IN) - before;
		most = now - all > most ? now - all : most;
		all = now;
		if (s.origin < 0 && (s.origin = rig_accept(s.rig)) >= 0)
			sent = pour(s.origin);
	}
	end(&s);
	if (sent > 2 * TURN_MOST && all == sent && most <= TURN_MOST)
		return true;
	fprintf(stderr, "fast upstream: of %zu bytes %llu were taken, up to %llu in a turn\n", sent,
		(unsigned long long)all, (unsigned long long)most);
	return false;
}

/* Turns until all of the request is at the origin, which answers it with `text`, and that at the client. */
static void
answer_with(struct scene *s, const char *text)
{
	for (unsigned i = 0; i < MOMENTS && times(s->asked, "\r\n\r\n") == 0; i++) {
		rig_turn(s->rig);
		if (s->origin < 0)
			s->origin = rig_accept(s->rig);
		if (s->origin >= 0)
			take(s->origin, s->asked, sizeof s->asked);
	}
	put(s->origin, text);
	for (unsigned i = 0; i < MOMENTS && strlen(s->answered) == 0; i++) {
		rig_turn(s->rig);
		take(s->client, s->answered, sizeof s->answered);
	}
}

/* A client leaves, and mail is on its way to the fetch that is to end it; before that has come the origin ends it, and
 * then the time of their connection is over: what has ended hears of nothing more. Played with the origin's end at any
 * moment. */
static bool
over_before_its_mail(unsigned moment)
{
	struct scene s = begin("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
	const struct worker *w = rig_node(s.rig)->workers[0];
	bool fine;

	/* By the clock that stands still, and by libuv's, which does not. */
	rig_node(s.rig)->conf->timeouts.between = 1;
	answer_with(&s, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok");
	fine = times(s.answered, "HTTP/1.1 200 OK") == 1 && w->fetch_count == 1;
	shutdown(s.client, SHUT_RDWR);
	for (unsigned i = 0; i < moment + 4; i++) {
		if (i == moment)
			shutdown(s.origin, SHUT_WR);
		rig_turn(s.rig);
		usleep(2000);
		if (i == moment)
			rig_advance(10);
	}
	fine = fine && w->fetch_count == 0;
	end(&s);
	if (!fine)
		fprintf(stderr, "over before its mail, moment %u: the client got\n%s\n", moment, s.answered);
	return fine;
}

static const char switching[] = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n";

static struct scene
begin_switched(void)
{
	return begin("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
}

/* Upstream switches protocols, and before the request has come to it the time is over that it had to answer: what asked
 * is gone by then, and hears nothing of that. */
static bool
switched_in_time(unsigned moment)
{
	struct scene s = begin_switched();
	bool fine;

	rig_node(s.rig)->conf->timeouts.first_byte = 1;
	for (unsigned i = 0; i < MOMENTS && times(s.asked, "\r\n\r\n") == 0; i++) {
		rig_turn(s.rig);
		if (s.origin < 0)
			s.origin = rig_accept(s.rig);
		if (s.origin >= 0)
			take(s.origin, s.asked, sizeof s.asked);
	}
	put(s.origin, switching);
	for (unsigned i = 0; i < moment + 4; i++) {
		rig_turn(s.rig);
		usleep(2000);
		if (i == moment)
			rig_advance(10);
	}
	put(s.origin, "hello");
	rig_turn(s.rig);
	take(s.client, s.answered, sizeof s.answered);
	fine = times(s.answered, "HTTP/1.1 101") == 1 && times(s.answered, "hello") == 1;
	end(&s);
	if (!fine)
		fprintf(stderr, "switched in time, moment %u: the client got\n%s\n", moment, s.answered);
	return fine;
}

/* In the middle of a round all of a node's sessions may have to go; the first one is enough. */
static void
kill_first(void *ctx, unsigned worker, const struct record *r)
{
	struct rig *rig = ctx;

	(void)r;
	rig_node(rig)->hooks.record = NULL;
	session_kill(session_of_node(rig_node(rig)->workers[worker]->sessions.next));
}

/* A tunnel's session is killed, and in the same round of the loop something comes through the tunnel. */
static bool
killed_with_a_tunnel(void)
{
	struct scene s = begin_switched();
	int other = rig_connect(s.rig, 0);
	bool fine;

	answer_with(&s, switching);
	fine = times(s.answered, "HTTP/1.1 101") == 1;
	rig_node(s.rig)->hooks.record = kill_first;
	rig_node(s.rig)->hooks.ctx = s.rig;
	put(other, "what is no request is refused at once\r\n\r\n");
	put(s.origin, "too late");
	for (unsigned i = 0; i < MOMENTS; i++)
		rig_turn(s.rig);
	fine = fine && rig_node(s.rig)->hooks.record == NULL && !take(s.client, s.answered, sizeof s.answered);
	close(other);
	end(&s);
	if (!fine)
		fprintf(stderr, "killed with a tunnel: the client got\n%s\n", s.answered);
	return fine;
}

static bool out_of_memory;

enum flight_role __real_flight_enter(struct flights *fs, const struct flight_id *id, enum flight_join how,
				     struct waiter *w);
enum flight_role __wrap_flight_enter(struct flights *fs, const struct flight_id *id, enum flight_join how,
				     struct waiter *w);

enum flight_role
__wrap_flight_enter(struct flights *fs, const struct flight_id *id, enum flight_join how, struct waiter *w)
{
	return out_of_memory ? FLIGHT_NO_ROOM : __real_flight_enter(fs, id, how, w);
}

static void
note_reason(void *ctx, unsigned worker, const struct record *r)
{
	enum reason *reason = ctx;

	(void)worker;
	*reason = r->status == 503 ? r->verdict.reason : REASON_NONE;
}

/* Where memory is short a request is answered, and record and metrics say why. */
static bool
overload(void)
{
	struct scene s = begin("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	uint64_t before = counter_requests(false, REASON_OVERLOAD);
	enum reason reason = REASON_NONE;
	bool counted;

	rig_node(s.rig)->hooks.record = note_reason;
	rig_node(s.rig)->hooks.ctx = &reason;
	out_of_memory = true;
	for (unsigned i = 0; i < MOMENTS; i++)
		pass(&s, i);
	out_of_memory = false;
	counted = counter_requests(false, REASON_OVERLOAD) == before + 1;
	end(&s);
	if (times(s.answered, "HTTP/1.1 503") == 1 && times(s.answered, "Retry-After: ") == 1 && counted &&
	    reason == REASON_OVERLOAD)
		return true;
	fprintf(stderr, "overload: counted %d, reason %d, and the client got\n%s\n", counted, reason, s.answered);
	return false;
}

int
main(void)
{
	bool fine = true;

	rig_set_clock(1000000000000);
	for (size_t size = 100000; size < 300000; size += 4000) /* around what sockets hold */
		fine = half_closed(size) && fine;
	fine = fast_upstream() && fine;
	fine = overload() && fine;
	for (unsigned moment = 0; moment < 6; moment++)
		fine = over_before_its_mail(moment) && switched_in_time(moment) && fine;
	fine = killed_with_a_tunnel() && fine;
	for (unsigned moment = 0; moment < MOMENTS; moment++)
		fine = pipeline(moment) && fine;
	return fine ? 0 : 1;
}
