/* A plain hit, answered without a request: a GET for something that is stored whole and fresh, by a client that demands
 * nothing else. Most requests of most sites are such. They wait for nothing and fetch nothing, so they need none of
 * what a request is there for.
 *
 * It is the story of req.c told in one breath, by the functions that the steps call: understood, found, weighed,
 * written and accounted for alike. Until the answer is certain nothing has been changed; where anything is not plain,
 * the request takes its steps. Where the socket does not take the whole answer, the rest is a request's to deliver.
 *
 * thread: local.
 */
#ifndef CAIRN_PROXY_PLAIN_H
#define CAIRN_PROXY_PLAIN_H

#include "cache/store.h"
#include "proxy/session.h"

#define PLAIN_KEY 512 /* longer keys take their steps */

/* What was looked up for a head that is not answered here after all, so that the request need not ask again: a GET by HTTP/1.1 of
 * a path, with one Host field and with none that a cache has to mind (head_is_quiet), by a route that leaves requests as they
 * are. It holds inside the reader's bracket. */
struct looked {
	const struct conf_route *route; /* NULL: nothing was looked up */
	uint16_t port;                  /* that the Host field names; 0: none */
	size_t host_n;                  /* so much of it is the host */
	struct key key;                 /* with its text in `text` */
	struct found found;
	char text[PLAIN_KEY];
};

/* `h`: a whole head, all that has come on an idle connection, and `in` its bytes. Inside a reader's bracket. True: it has been
 * answered; the session may be gone. False: nothing has happened, but that *looked says what there is. */
bool plain_answer(struct session *s, const struct head *h, struct str in, struct looked *looked);

#endif
