/* One thread that serves: a loop, its listeners, its client sessions, its upstream connections. A connection lives and
 * dies on one worker.
 *
 * thread: local, but for worker_start, worker_stop, worker_reconf and worker_join.
 */
#ifndef CAIRN_PROXY_WORKER_H
#define CAIRN_PROXY_WORKER_H

#include "net/listener.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "net/timer.h"
#include "peer/upconn.h"
#include "proxy/node.h"
#include "proxy/sites.h"

#define WORKER_LISTENERS_MAX 32

struct answering;
struct asker;

struct worker_listener {
	struct worker *worker;
	struct listener *listener;
	unsigned index; /* in conf->listeners: RESTART keeps them in place */
	uint16_t port;
	int fd;
};

/* The port that the trail names. */
static inline uint16_t
worker_shown_port(const struct conf *c, const struct worker_listener *l)
{
	uint64_t shown = c->listeners[l->index].shown_port;

	return shown != 0 ? (uint16_t)shown : l->port;
}

struct worker {
	struct node *node;
	unsigned index;
	pthread_t thread;
	struct loop *loop;
	struct resolver *resolver;
	struct upconn_pool *pool;
	struct conf *conf; /* the newest that this worker has seen */
	struct worker_listener listeners[WORKER_LISTENERS_MAX];
	unsigned listener_count;
	struct answering *answering; /* neighbours that ask; NULL: none may */
	struct digest_work *digest_work; /* of worker 0 */
	struct asker *asker; /* NULL until neighbours are asked */
	struct list sessions;
	unsigned session_count;
	struct list fetches;
	unsigned fetch_count;
	struct arena *spare[64]; /* arenas waiting for a request */
	unsigned spare_count;
	struct mail control; /* stop or new configuration */
	atomic_int wanted;   /* enum worker_order, told by mail */
	struct list awaiting; /* fetches of groups whose members are not known yet */
	struct timer await;
	struct timer drain;
	struct timer tidy;
	bool draining;
	struct outcomes *outcomes; /* of passwords that were right; NULL: none was yet */
	struct direct *direct; /* origins of a forward proxy */
	struct cache_policy direct_policy;
	struct plates *plates; /* of conf */
	struct sites sites;
	unsigned conf_number; /* how often the configuration changed */
	uint64_t record_id;    /* the latest given */
	unsigned record_ids;   /* how many may be given behind it */
};

/* `fds`: one bound descriptor for each of the configuration's listeners, owned from here on. Starts the thread. 0 or
 * -errno. */
struct worker *worker_new(struct node *n, unsigned index);
int worker_start(struct worker *w, const int *fds, unsigned count);

/* Before it starts: it answers neighbours on these bound descriptors, owned from here on; -1 is none. False where that
 * cannot be. */
bool worker_answer(struct worker *w, int icp, int htcp);

/* Any thread: no new connections, those that run may end within timeouts.drain; `now`: all end at once. */
void worker_stop(struct worker *w, bool now);

/* Any thread: look at the node's configuration again. */
void worker_reconf(struct worker *w);

/* Any thread: the members of some group have changed. */
void worker_members(struct worker *w);

/* When all workers have stopped. */
void worker_join(struct worker **w);

/* An arena for a request, and back. NULL where memory is short. */
struct arena *worker_arena(struct worker *w);
void worker_arena_back(struct worker *w, struct arena **a);

/* The newest configuration; the worker's own reference, take one to keep it. */
struct conf *worker_conf(struct worker *w);

/* What holds for requests that no route matches. */
const struct cache_policy *worker_direct_policy(const struct worker *w);

/* A line for the operator. */
void worker_say(const struct worker *w, struct str line);

/* To ask neighbours with; NULL where there is no socket to be had. */
struct asker *worker_asker(struct worker *w);

/* A number for a record, unique in this process. */
uint64_t worker_record_id(struct worker *w);

/* Told by sessions and fetches that end: a draining worker stops when nothing is left. */
void worker_idle_check(struct worker *w);
void worker_fetch_ended(struct worker *w);

/* For flights: wakes a worker by number. ctx is the node. */
void worker_post(void *ctx, unsigned worker, struct mail *m);

#endif
