/* The last request of a pipeline comes in two parts, and the second part at any moment: it is asked once and answered
 * once. The request before it is a hit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rig.h"

#define MOMENTS 24

struct scene {
	struct rig *rig;
	int client, origin;
	unsigned asked; /* requests that the origin was sent */
	char answer[4096];
	size_t answer_n;
};

static void
put(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text))
		abort();
}

/* Answers whatever the node asks. */
static void
serve(struct scene *s)
{
	static const char response[] = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nok";
	char request[4096];

	if (s->origin < 0)
		s->origin = rig_accept(s->rig);
	if (s->origin < 0 || recv(s->origin, request, sizeof request, 0) <= 0)
		return;
	s->asked++;
	put(s->origin, response);
}

static void
turn(struct scene *s)
{
	ssize_t n;

	rig_turn(s->rig);
	n = recv(s->client, s->answer + s->answer_n, sizeof s->answer - 1 - s->answer_n, 0);
	s->answer_n += n > 0 ? (size_t)n : 0;
}

static unsigned
answers(const struct scene *s)
{
	unsigned n = 0;

	for (const char *at = s->answer; (at = strstr(at, "HTTP/1.1 ")) != NULL; at++)
		n++;
	return n;
}

/* The last part comes at that moment: there are two in each turn, before the origin has its say and after it. */
static bool
play(unsigned moment)
{
	struct scene s = { .rig = rig_new(4 << 20), .origin = -1 };
	bool fine;

	s.client = rig_connect(s.rig, 0);
	put(s.client, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHo");
	for (unsigned i = 0; i < 2 * MOMENTS; i++) {
		if (i == moment)
			put(s.client, "st: a\r\n\r\n");
		if (i % 2 == 0)
			serve(&s);
		else
			turn(&s);
	}
	fine = s.asked == 2 && answers(&s) == 3;
	if (!fine)
		fprintf(stderr, "at moment %u: asked %u times, answered %u times\n", moment, s.asked, answers(&s));
	close(s.client);
	if (s.origin >= 0)
		close(s.origin);
	rig_free(&s.rig);
	return fine;
}

int
main(void)
{
	bool fine = true;

	rig_set_clock(1000000000000);
	for (unsigned moment = 0; moment < MOMENTS; moment++)
		fine = play(moment) && fine;
	return fine ? 0 : 1;
}
