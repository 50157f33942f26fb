/* A configuration as the proxy uses it: frozen once published, counted, all in one arena. The file is read by
 * ops/settings.c, which fills these structs by the rows of tbl/settings.def; requests hold a reference while they run,
 * so a reload takes nothing from under them.
 */
#ifndef CAIRN_PROXY_CONF_H
#define CAIRN_PROXY_CONF_H

#include <stdatomic.h>

#include "base/arena.h"
#include "cache/policy.h"
#include "http/head.h"
#include "net/addr.h"
#include "peer/roster.h"
#include "trail/write.h"

struct str_list {
	const struct str *items;
	unsigned count;
};

struct net_list {
	const struct net *items;
	unsigned count;
};

/* A run of ports, both ends included. */
struct port_range {
	uint16_t first, last;
};

struct port_list {
	const struct port_range *items;
	unsigned count;
};

/* CONF_mode_REVERSE and so on, from tbl/choices.def: one enum for all, so that each value says whose it is. */
enum conf_choice {
#define CHOICE(type, value, word) CONF_##type##_##value,
#include "tbl/choices.def"
#undef CHOICE
	CONF_CHOICE_COUNT
};

/* What a setting's type is in C. */
#define CONF_C_STRING         struct str
#define CONF_C_BOOL           bool
#define CONF_C_UINT           uint64_t
#define CONF_C_SIZE           uint64_t
#define CONF_C_DURATION       int64_t /* milliseconds; -1: unset */
#define CONF_C_ADDRESS        struct str
#define CONF_C_LIST           struct str_list
#define CONF_C_ENUM_mode      int /* enum conf_choice */
#define CONF_C_ENUM_kind      int
#define CONF_C_ENUM_choice    int
#define CONF_C_ENUM_follow    int
#define CONF_C_ENUM_probe     int
#define CONF_C_ENUM_kept      int
#define CONF_C_ENUM_cookie    int
#define CONF_C_ENUM_objective int
#define CONF_C_ENUM_names     int
#define CONF_C_ENUM_history   int
#define CONF_C_ENUM_format    int
#define CONF_C_ENUM_xff       int
#define CONF_C_ENUM_tls       int
#define CONF_C_ENUM_digest    int
#define CONF_C_ENUM_serve     int
#define CONF_C_ENUM_client_from int
#define CONF_C_ENUM_divert    int
#define CONF_C_ENUM_unverified int
#define CONF_C_ENUM_action    int
#define CONF_C_ENUM_preface   int

#define CONF_FIELD(field, type, def, min, max, when, doc) CONF_C_##type field;

struct conf_node {
#define NODE CONF_FIELD
#include "tbl/settings.def"
	const char *servers; /* `name_servers`, as net/resolve.h takes them; NULL: the system's */
};

struct conf_listener {
#define LISTENER CONF_FIELD
#include "tbl/settings.def"
	union addr at; /* from `address` */
	struct net_list passing_nets; /* `proxy_protocol_from`, parsed */
};

struct conf_member {
#define MEMBER CONF_FIELD
#include "tbl/settings.def"
};

struct conf_tls {
#define TLS CONF_FIELD
#include "tbl/settings.def"
};

struct conf_probe {
#define PROBE CONF_FIELD
#include "tbl/settings.def"
};

struct conf_upstream {
	struct str name;
#define UPSTREAM CONF_FIELD
#include "tbl/settings.def"
	struct conf_member *members;
	unsigned member_count;
	struct conf_tls tls;
	struct conf_probe probe;
	struct group *group; /* made from the above */
	bool keeps_trail;    /* `trail`, auto resolved */
	const struct conf_upstream *next; /* `fallback`, found; NULL: none, or... */
	bool then_direct;                 /* ...the host that the request names */
};

struct conf_cache {
#define CACHE CONF_FIELD
#include "tbl/settings.def"
};

struct conf_edit {
#define EDIT CONF_FIELD
#include "tbl/settings.def"
};

struct conf_route {
#define ROUTE CONF_FIELD
#include "tbl/settings.def"
	const struct conf_upstream *beside; /* `siblings`, found; NULL: none */
	const struct conf_upstream *to; /* `upstream`, found; NULL: the host that the request names */
	struct conf_cache cache;
	struct cache_policy policy; /* from `cache` */
	struct conf_edit request;   /* the file's keys: request_fields, response_fields */
	struct conf_edit response;
	unsigned index; /* its place in the list */
};

struct conf_store {
#define STORE CONF_FIELD
#include "tbl/settings.def"
};

struct conf_trail {
#define TRAIL CONF_FIELD
#include "tbl/settings.def"
	struct net_list trusted_nets; /* `trusted`, `tiers` parsed */
	struct net_list tiers_nets;
	struct trail_node node; /* made from the name, the secret and the fields wanted */
};

struct conf_log {
#define LOG CONF_FIELD
#include "tbl/settings.def"
};

struct conf_admin {
#define ADMIN CONF_FIELD
#include "tbl/settings.def"
	bool asked_for; /* the address was given: taken is an error */
};

struct conf_access {
#define ACCESS CONF_FIELD
#include "tbl/settings.def"
	bool allows;      /* `action` */
	bool of_proxy;    /* not a site's: for those who use this node as their proxy */
	struct str label; /* "access[2]"; empty: not the operator's */
	struct net_list client_nets, destination_nets;
	struct port_list port_ranges;
};

struct conf_user {
	struct str name, hash;
};

struct conf_authentication {
#define AUTHENTICATION CONF_FIELD
#include "tbl/settings.def"
	struct conf_user *users; /* from `file`, by name */
	unsigned user_count;
};

struct conf_pac {
#define PAC CONF_FIELD
#include "tbl/settings.def"
	struct str text;  /* of `file`; p NULL: it is made */
	struct str rules; /* its beginning, from `direct` */
};

struct conf_forwarding {
#define FORWARDING CONF_FIELD
#include "tbl/settings.def"
	struct port_list connect_ranges;
	struct net_list trusted_nets; /* where there are any, https may stand in keys: a proxy before us ended its TLS */
};

struct conf_purge {
#define PURGE CONF_FIELD
#include "tbl/settings.def"
	struct net_list allow_nets;
};

struct conf_neighbours {
#define NEIGHBOURS CONF_FIELD
#include "tbl/settings.def"
	struct net_list allow_nets, clear_nets; /* `allow`, `clear` parsed */
	bool allow_asked_for;                   /* and not the default */
};

struct conf_digest {
#define DIGEST CONF_FIELD
#include "tbl/settings.def"
	bool in_squids, in_cairns; /* the forms that `serve` comes to */
};

struct conf_limits {
#define LIMITS CONF_FIELD
#include "tbl/settings.def"
};

struct conf_timeouts {
#define TIMEOUTS CONF_FIELD
#include "tbl/settings.def"
};

/* A worker's hold on a configuration. A line for each, so that no two workers write the same. */
struct conf_hold {
	_Alignas(64) unsigned count;
};

struct conf {
	atomic_uint refs;
	struct conf_hold *holds; /* a worker's, by its number; NULL until conf_for_workers */
	unsigned hold_count;
	struct arena *arena;
	struct conf_node node;
	struct conf_listener *listeners;
	unsigned listener_count;
	struct conf_upstream *upstreams;
	unsigned upstream_count;
	bool clears; /* a member of one is told what to forget */
	struct conf_route *routes;
	unsigned route_count;
	struct conf_authentication authentication;
	struct conf_pac pac;
	struct conf_access *access;
	unsigned access_count; /* of which the first `access_given` are the operator's */
	unsigned access_given;
	struct net_list loopback_nets; /* this machine for itself; and with its neighbours on the wire, who trust it */
	struct net_list inside_nets;
	struct conf_store store;
	struct conf_trail trail;
	struct conf_log *logs;
	unsigned log_count;
	bool logged; /* one of them at least is not off */
	struct conf_admin admin;
	struct conf_forwarding forwarding;
	struct conf_purge purge;
	struct conf_neighbours neighbours;
	struct conf_digest digest;
	struct conf_limits limits;
	struct conf_timeouts timeouts;
};

struct conf *conf_ref(struct conf *c);

/* The last one frees the arena and all in it. Nulls. */
void conf_unref(struct conf **c);

/* Before it comes into force, once: that many workers may hold it. False where memory is short. */
bool conf_for_workers(struct conf *c, unsigned workers);

/* As conf_ref and conf_unref, for what runs on a worker, by its number, and on its thread: counted for each worker by itself. A
 * worker has one reference for as long as it holds it at all. */
struct conf *conf_hold(struct conf *c, unsigned worker);
void conf_let_go(struct conf **c, unsigned worker);

/* Does the kernel bring it connections to addresses that are not this machine's? */
static inline bool
conf_is_tproxy(const struct conf_listener *l)
{
	return l->mode == CONF_mode_INTERCEPT && l->divert == CONF_divert_TPROXY;
}

/* May https stand in keys? Where a URL is forgotten, it is under both schemes then. */
static inline bool
conf_knows_https(const struct conf *c)
{
	return c->forwarding.trusted_nets.count > 0;
}

/* The first route whose host and path match; NULL where none does. `host` without port, any case; `target` in origin
 * form. */
const struct conf_route *conf_route_for(const struct conf *c, struct str host, struct str target);

/* Is there a listener that takes requests which no route serves? */
bool conf_forwards(const struct conf *c);

/* Does a host, any case, match a pattern in lower case, in which `*` stands for anything? */
bool conf_host_matches(struct str host, struct str pattern);

/* Does a response of this listener bear our Via? */
bool conf_adds_via(const struct conf *c, const struct conf_listener *l);

bool net_list_has(const struct net_list *l, const union addr *a);

#endif
