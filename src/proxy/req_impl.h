/* The inside of a request, shared by the files that tell its story: req.c (the steps), req_life.c (wake-ups),
 * req_head.c (what is asked), audience.c (for whom), lookup.c, join.c, reply.c, reply_head.c, deliver.c, rest.c, refuse.c,
 * account.c, tunnel.c. */
#ifndef CAIRN_PROXY_REQ_IMPL_H
#define CAIRN_PROXY_REQ_IMPL_H

#include "cache/flight.h"
#include "http/cond.h"
#include "http/range.h"
#include "peer/upconn.h"
#include "proxy/access.h"
#include "proxy/decide.h"
#include "proxy/req.h"
#include "proxy/steps.h"
#include "trail/write.h"

#define REQ_MAGIC 0x72657173u

struct direct_host;
struct fetch;
struct looked;
struct pause;
struct tunnel;

/* Is the host that an intercepted request names where the request was sent to? */
enum host_check {
	HOST_UNASKED,
	HOST_ASKED, /* its addresses are being looked up */
	HOST_THERE,
	HOST_ELSEWHERE,
	HOST_UNRESOLVED,
};

/* What the body of the response is made of, in order. */
struct piece {
	enum { PIECE_ENTRY, PIECE_RESP, PIECE_TEXT } from;
	uint64_t first, last; /* both ends included; of PIECE_RESP with RANGE_UNKNOWN: to its end */
	struct str text;
	int64_t pace_ms; /* so long after what stands before it */
};

#define PIECES_MAX 3

/* What is left to fetch of a body whose beginning is out; both ends included. */
struct rest {
	uint64_t first, last, complete;
	struct str validator; /* an entity tag or a date, strong; borrowed from the response. STR_NONE: nothing is */
};

/* A response that the node makes up itself. */
struct refusal {
	int status;
	enum reason reason;
	enum proxy_error error;
	struct str text;  /* the body; plain */
	struct str more;  /* the rest of it */
	int64_t pace_ms;  /* which leaves so long after the beginning */
	struct str extra; /* further field lines */
	struct str type;  /* of the text; STR_NONE: text/plain */
	bool expires; /* `extra` says when: else it may not be stored */
	bool close;
};

struct req {
	unsigned magic;
	enum step step;
	bool running; /* inside req_run */
	bool again;   /* a wake-up came meanwhile */
	bool reading; /* inside a reader's bracket */
	bool client_gone;
	struct worker *worker;
	struct session *session;
	const struct sink_ops *sink;
	struct arena *arena;
	struct conf *conf;
	const struct conf_listener *listener;
	struct head_limits limits;
	struct now now; /* read once a step */
	int64_t begun_ns, begun_ms;
	uint64_t id; /* of the record; 0: not given yet */
	int64_t step_ns[STEP_COUNT];
	int64_t first_byte_ns, upstream_ns, woken_ns;

	/* What is asked. */
	struct head head;
	const struct looked *looked; /* what was looked up for it before; NULL: nothing, or it has waited since */
	enum fault fault;
	bool timed_out;
	bool client_told;
	union addr client; /* where told: see req_client */
	struct body_frame frame;
	struct str scheme, host, hostname, target;
	uint16_t port;
	const struct conf_route *route;
	const struct cache_policy *policy;
	const struct conf_upstream *to;  /* the group asked first; NULL: the host that the request names */
	struct direct_host *direct_host; /* held; NULL where a group is asked first */
	struct str direct_to; /* the host that the request names, or where it was sent: "host[:port]" */
	enum host_check host_check;
	struct resolve *resolving; /* of that */
	bool names_host;    /* as requests to a forward proxy do */
	bool may_go_direct; /* there, at a listener that goes there */
	struct str rule; /* that let it in, or did not: see access.h */
	enum who who;
	bool asks_who; /* of where the host leads: that depends on who asks */
	struct str user;
	struct hash128 user_key;
	struct password_check *check; /* while who is WHO_WAITS; `pause` is its timer */
	struct key key;
	struct asked asked;
	struct audience audience;
	bool has_range;
	struct range_spec range;
	bool forwards_conditions; /* upstream judged them already */

	/* What is found. */
	struct entry *entry;
	bool pinned;
	struct decision decision;
	int64_t absent_ago_ms;
	uint64_t order;
	bool uncacheable;
	uint8_t uncacheable_why;
	uint32_t uncacheable_s;
	struct flight_id flight_id;

	/* The flight. */
	struct waiter waiter;
	bool in_flight;
	bool leads;
	unsigned tries; /* flights entered */
	bool tried;     /* shared, and had to go itself */
	struct fetch *fetch;
	struct resp *resp;
	struct rest rest;
	bool went_on; /* asked for the rest itself */
	const struct chain *told; /* the answer's trail with its extras, which are not stored; NULL: none came */
	struct str miss_from, upstream_member, upstream_group; /* the flight's, while it is in one */
	unsigned tries_upstream;
	bool hedged;
	struct str details; /* of an upstream's failure, in words; STR_NONE: none */
	bool direct; /* what was asked, or would have been */
	bool ask_timed_out;
	enum hierarchy hierarchy; /* of who was asked */
	enum told told_by;
	union addr upstream_peer; /* AF_UNSPEC: nobody was asked for this request */

	/* The response. */
	struct verdict verdict;
	enum unstorable unstorable;
	struct refusal refusal;
	int status;
	bool replied; /* the head is out */
	bool keep;    /* the connection may carry another request */
	bool cut;
	unsigned piece_count, piece;
	uint64_t piece_done; /* bytes of the current piece that are out */
	bool piece_open;
	struct pause *pause; /* before the current piece; NULL: none */
	uint64_t body_out, body_due; /* bytes of the body that are out, and that were promised */
	struct str content_type;
	struct tunnel *tunnel;
	struct upconn *switched;
	struct str switched_lines, switched_early;
	int switched_status; /* 0: nobody was asked a word */
	struct task wake;

	/* From here on nothing is cleared at the start: what each says is written before it is read. */
	struct meta meta;       /* of the entry */
	struct freshness fresh; /* of the entry, when it was looked at last */
	struct piece pieces[PIECES_MAX];
	struct entry_reader entry_reader; /* piece_open says whether one of these two is in use */
	struct segs_reader segs_reader;
	struct field fields[REQ_FIELDS]; /* the head's table, while that is so short */
};

#define REQ_CLEARED offsetof(struct req, meta)

/* req.c: of the flight that it leads; and out of the one that it waits for, what was told of it being kept. */
void req_begin_fetch(struct req *r);
void req_leave_flight(struct req *r);

/* join.c: the flight's head is there. The next step: it answers this request, or what to do instead. */
enum step req_take(struct req *r, const struct flight_result *result);

/* For the record: who was asked. */
void req_note_whom(struct req *r, const struct flight_whom *whom);

/* What is wrong with the upstream, where RFC 9209's word leaves that open and the reader may know names; else nothing. */
struct str req_failure(const struct req *r);

/* req_head.c: reads the head as a request to a proxy. Fills host, target and so on; false with r->refusal. */
bool req_understand(struct req *r);

/* The next step of one that may ask: by its method and route, which it fills. */
enum step req_way(struct req *r);

/* Whose upstream is asked for a tunnel to the host that is named: parents. NULL: nobody, it leads straight there. */
const struct conf_route *req_tunnel_route(const struct req *r);

/* Instead of a group: the host that the request names, or where it was sent. False with r->refusal. */
bool req_ask_direct(struct req *r);
bool req_upstream_is_down(const struct req *r);

/* audience.c: who asks, and what he may be shown. */
void req_find_audience(struct req *r);

/* The client: the peer, or whom a trusted proxy tells of. Known from step parse on. */
const union addr *req_client(const struct req *r);

/* Of a client whose request bears nothing that says it was relayed, and no token. */
struct audience audience_of_client(const struct conf *c, const union addr *peer, int mode);
struct audience audience_of_peer(const struct conf *c, const union addr *peer, int mode);

/* admit.c: may this client ask this? The next step. */
enum step req_admit(struct req *r);
struct access_asked req_access(const struct req *r);

/* What was said of an address that the host leads to; and where this client may not go there. */
void req_judged(struct req *r, const struct access_answer *answer);
enum step req_refuse_destination(struct req *r);
bool req_may_reach(struct req *r, const union addr *to); /* where that is not known before: a tunnel's other end */

/* identify.c: settles r->who. False: it takes a while; the request is run again. */
bool req_identify(struct req *r);

/* lookup.c: looks up and works out what the decision needs. Opens the reader's bracket. */
void req_lookup(struct req *r);

/* Another entry, which a flight has brought; does it have every byte that the answer needs? */
bool req_take_entry(struct req *r, struct entry *e);

/* Lets go of the entry, pinned or not. */
void req_forget_entry(struct req *r);

/* refuse.c. `text` NULL: a sentence made from the error. */
enum step req_refuse(struct req *r, int status, enum reason reason, enum proxy_error error, const char *text);
enum step req_refuse_fault(struct req *r);

/* OPTIONS and TRACE that may go no further. */
void req_answer_here(struct req *r);
void req_prepare_refusal(struct req *r);

/* deliver.c: a stored or arriving response, or a refusal, to the client. */
enum step req_deliver(struct req *r);

/* Lets go of the bytes of the current piece, where it was looked at. */
void req_close_piece(struct req *r);

/* The end of a response that is not whole, so that the client sees it. */
enum step req_cut(struct req *r);

/* rest.c: where the body that arrives has left the window before this client had it. Can the rest be had by a request of
 * its own? Then req_go_on leaves the others behind, and req_rest is the step that asks and waits. */
bool req_may_go_on(struct req *r);
enum step req_go_on(struct req *r);
enum step req_rest(struct req *r);

/* reply.c: its head, and in r->pieces which bytes follow it. Sets r->status. `room` is for lines of this response alone,
 * which go into the arena where they are more; it must live as long as *reply. */
#define REPLY_EXTRA 1024
void req_prepare_reply(struct req *r, struct reply *reply, char room[REPLY_EXTRA]);

/* Does the arriving response fill a gap of the stored one, so that both together answer? */
bool req_fills(const struct req *r);

/* The trail fields of this response; `s` NULL: of one made up here. */
void req_write_trail(struct req *r, struct strbuf *b, const struct stored *s);

/* Via of a response: what came, and this node where it adds itself. */
void req_write_via(const struct req *r, struct strbuf *b, int minor, struct str received);

/* For plain.c, which has sent the head and so many bytes of the body: the request goes on from there, inside a reader's
 * bracket. */
void req_resume(struct req *r, struct entry *e, const struct verdict *v, uint64_t taken);

/* verdict.c: once it is known who answers. */
void verdict_of_hit(struct verdict *v, struct entry *e, const struct freshness *f, int64_t now_ms);
enum collapsed req_collapsed(const struct req *r); /* did it share another's fetch, or was to? */
void req_verdict_hit(struct req *r);
void req_verdict_forwarded(struct req *r, const struct flight_result *result);
void req_verdict_stale_on_error(struct req *r, const struct flight_result *result);

/* account.c */
void account_count(const struct verdict *v, uint64_t bytes_in, uint64_t bytes_out, int64_t took_ns);
void req_account(struct req *r);
void fetch_account_refresh(struct fetch *f);

/* tunnel.c */
enum step req_tunnel(struct req *r);
void req_tunnel_count(struct req *r); /* for the record: what went through */
void req_tunnel_over(struct req *r);  /* the client's connection is gone: nothing touches it any more */
void req_tunnel_stop(struct req *r);

/* purge.c */
enum step req_purge(struct req *r);

#endif
