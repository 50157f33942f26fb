/* Who may ask what: the rules under `access`, of which the first that matches decides, and behind them those that hold
 * where the operator wrote none (ops/settings_access.c). Pure; nothing is allocated.
 *
 * A rule that allows opens what it names, and no more: CONNECT goes to the ports of forwarding.connect_ports unless the
 * rule names ports itself, and a client elsewhere reaches this machine's own addresses (loopback, link-local) through
 * it only where the rule names destinations. Else the rule does not match.
 *
 * A rule about destinations needs the address that is connected to. Before it is known a rule that allows is taken at
 * its word and one that denies is passed over; once it is known, the judge is asked again (access_judge_at).
 */
#ifndef CAIRN_PROXY_ACCESS_H
#define CAIRN_PROXY_ACCESS_H

#include "proxy/conf.h"

/* What is known of the user. */
enum who {
	WHO_UNASKED,   /* nobody wanted to know yet */
	WHO_NOBODY,    /* the request does not say */
	WHO_WAITS,     /* the password is being checked */
	WHO_UNCHECKED, /* it could not be */
	WHO_WRONG,
	WHO_KNOWN,
};

struct access_asked {
	const struct conf_listener *listener;
	const union addr *client;
	struct str method;
	struct str host; /* without port, any case */
	uint16_t port;
	bool connect;
	bool proxied; /* the client uses this node as its proxy */
	bool askable; /* and can be asked who he is */
	enum who who;
	struct str user;               /* where known */
	bool direct;                   /* the host that it names is connected to, and no configured upstream */
	const union addr *destination; /* where that is; NULL: not known yet, or not direct */
};

enum access_verdict {
	ACCESS_ALLOWED,
	ACCESS_DENIED,
	ACCESS_WHO, /* that depends on the user, who is not known */
};

struct access_answer {
	enum access_verdict verdict;
	struct str
	    rule; /* "access[2]", or what denied it: borrowed from the configuration. Empty: allowed by default */
};

struct access_answer access_judge(const struct conf *c, const struct access_asked *a);

/* The same when the host that was named is about to be connected to. */
struct access_answer access_judge_at(const struct conf *c, const struct access_asked *a, const union addr *destination);

/* Of what is allowed: may it become a question of who asks, once it is known where the host leads? */
bool access_may_ask(const struct conf *c, const struct access_asked *a);

/* One that outlives the request, in the arena. NULL where that is full. */
const struct access_asked *access_keep(const struct access_asked *a, struct arena *arena);

/* May it be that a request on this listener is denied? Else nobody needs to ask. */
static inline bool
access_guards(const struct conf *c, const struct conf_listener *l)
{
	return c->access_given > 0 || l->mode != CONF_mode_REVERSE;
}

/* May this client use the node as its proxy for anything, whoever its user is? */
bool access_serves(const struct conf *c, const struct conf_listener *l, const union addr *client);

/* May this client GET whatever the routes lead to on this listener? False too where it depends on more. */
bool access_is_open(const struct conf *c, const struct conf_listener *l, const union addr *client);

#endif
