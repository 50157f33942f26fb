#include "proxy/node.h"

#include "base/clock.h"
#include "base/must.h"
#include "proxy/passwords.h"
#include "proxy/worker.h"

int
node_init(struct node *n, struct conf *conf, unsigned workers, const struct hash_secret *index, uint64_t instance,
	  const struct node_hooks *hooks, const char **why)
{
	struct store_conf sc = {
		.memory = conf->store.memory,
		.prefault = conf->store.prefault,
		.max_object = conf->store.max_object,
		.variants = (unsigned)conf->store.variants,
		.objective = conf->store.objective == CONF_objective_BYTES ? STORE_BYTES : STORE_OBJECTS,
		.secret = *index,
	};

	*n = (struct node){ .conf = conf, .hooks = *hooks, .instance = instance, .started_ms = clock_now().wall_ms };
	n->worker_count = workers;
	pthread_mutex_init(&n->conf_lock, NULL);
	digest_shelf_init(&n->digests);
	n->store = store_new(&sc, why);
	if (n->store == NULL)
		return -1;
	n->flights = flights_new(n->worker_count, worker_post, n);
	n->passwords = passwords_new();
	n->workers = calloc(n->worker_count, sizeof(struct worker *));
	if (!conf_for_workers(conf, workers) || n->flights == NULL || n->workers == NULL || n->passwords == NULL) {
		*why = "no memory for the workers";
		node_fini(n);
		return -1;
	}
	return 0;
}

void
node_fini(struct node *n)
{
	free(n->workers);
	passwords_free(&n->passwords);
	if (n->flights != NULL)
		flights_free(&n->flights);
	if (n->store != NULL)
		store_free(&n->store);
	if (n->conf != NULL)
		conf_unref(&n->conf);
	digest_shelf_fini(&n->digests);
	pthread_mutex_destroy(&n->conf_lock);
}

struct conf *
node_conf(struct node *n)
{
	struct conf *c;

	pthread_mutex_lock(&n->conf_lock);
	c = conf_ref(n->conf);
	pthread_mutex_unlock(&n->conf_lock);
	return c;
}

void
node_reconf(struct node *n, struct conf *conf)
{
	struct conf *old;

	MUST(conf->holds != NULL);
	pthread_mutex_lock(&n->conf_lock);
	old = n->conf;
	n->conf = conf;
	pthread_mutex_unlock(&n->conf_lock);
	store_reconf(n->store, conf->store.max_object, (unsigned)conf->store.variants,
		     conf->store.objective == CONF_objective_BYTES ? STORE_BYTES : STORE_OBJECTS);
	conf_unref(&old);
	for (unsigned i = 0; i < n->worker_count; i++)
		worker_reconf(n->workers[i]);
}

uint64_t
node_order(struct node *n)
{
	return atomic_fetch_add(&n->orders, 1) + 1;
}

unsigned
node_purge(struct node *n, const struct key *key, bool soft, uint64_t order, int64_t now_ms)
{
	flights_doom(n->flights, key->hash); /* first: what a flight puts after this is taken back by itself */
	return store_purge(n->store, key, soft, order, now_ms);
}

uint64_t
node_purge_all(struct node *n, bool soft, int64_t now_ms, uint64_t *order)
{
	*order = node_order(n);
	flights_doom_all(n->flights);
	return store_purge_all(n->store, soft, *order, now_ms);
}
