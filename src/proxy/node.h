/* What the workers of one process share: the store, the flights, the configuration in force, and the hooks through
 * which records leave for the layer above.
 *
 * thread: shared. The configuration is swapped as a whole: node_conf hands out a reference.
 */
#ifndef CAIRN_PROXY_NODE_H
#define CAIRN_PROXY_NODE_H

#include <pthread.h>

#include "cache/flight.h"
#include "proxy/conf.h"
#include "proxy/digest_shelf.h"
#include "proxy/record.h"

struct worker;

/* Handed down by ops. */
struct node_hooks {
	void (*record)(void *ctx, unsigned worker, const struct record *r);
	void (*stopped)(void *ctx, unsigned worker); /* a worker's loop has ended; on its thread */
	void (*say)(void *ctx, struct str line);     /* for the operator; on any worker */
	void *ctx;
};

struct node {
	struct store *store;
	struct flights *flights;
	struct passwords *passwords;
	struct digest_shelf digests;
	struct node_hooks hooks;
	uint64_t instance; /* random: by it a loop is found */
	int64_t started_ms;
	unsigned worker_count;
	struct worker **workers;
	atomic_bool draining;
	atomic_uint clients; /* connections */
	atomic_uint client_limit;
	atomic_ullong orders;  /* purges so far: the latest id */
	atomic_ullong records; /* ids given to workers, by the block */
	/* private: */
	pthread_mutex_t conf_lock;
	struct conf *conf;
};

/* Takes over the conf's reference. Makes store and flights; 0, or -1 with *why. */
int node_init(struct node *n, struct conf *conf, unsigned workers, const struct hash_secret *index, uint64_t instance,
	      const struct node_hooks *hooks, const char **why);
void node_fini(struct node *n);

/* A reference to the configuration in force. */
struct conf *node_conf(struct node *n);

/* Another one from now on; takes over the reference. Requests in flight keep the old one. conf_for_workers comes
 * before. */
void node_reconf(struct node *n, struct conf *conf);

/* The id of a new order to purge. */
uint64_t node_order(struct node *n);

/* Everything stored for a key, by that order; also what is in flight. Returns the variants there were. What is stored for
 * other values of the fields that join a key is the store's to mark: store_invalidate_url. */
unsigned node_purge(struct node *n, const struct key *key, bool soft, uint64_t order, int64_t now_ms);

/* Everything that there is. Returns how many responses that were. */
uint64_t node_purge_all(struct node *n, bool soft, int64_t now_ms, uint64_t *order);

#endif
